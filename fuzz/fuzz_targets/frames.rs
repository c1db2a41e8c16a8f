//! What comes out of the cage: frames from a decoder that was taken over.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../media/src/cage"]
mod cage {
    mod frame;

    pub(super) fn read(bytes: &[u8]) {
        let mut from = std::io::Cursor::new(bytes);
        while let Ok(Some((header, body))) = frame::receive::<serde_json::Value>(&mut from) {
            assert!(body.len() <= bytes.len());
            let mut again = Vec::new();
            frame::send(&mut again, &header, &body).unwrap();
            let mut again = std::io::Cursor::new(again);
            let (_, same) = frame::receive::<serde_json::Value>(&mut again).unwrap().unwrap();
            assert_eq!(same, body);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    // As they come, and with lengths that fit.
    cage::read(bytes);
    let header = u32::try_from(bytes.len() / 2).unwrap();
    let body = u32::try_from(bytes.len()).unwrap() - header;
    cage::read(&[header.to_le_bytes().as_slice(), &body.to_le_bytes(), bytes].concat());
});
