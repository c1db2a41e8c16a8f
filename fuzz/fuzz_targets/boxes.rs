//! The outermost boxes and elements of a file, and the boxes of what a muxer wrote.
#![no_main]

use std::io::{Cursor, Read, Seek};

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../media/src/boxes.rs"]
mod boxes;
#[path = "../../media/src/ebml.rs"]
mod ebml;

/// As `media` has it.
trait Source: Read + Seek + Send + 'static {}

impl<T: Read + Seek + Send + 'static> Source for T {}

fuzz_target!(|bytes: &[u8]| {
    let mut file = Cursor::new(bytes.to_vec());
    let size = bytes.len() as u64;
    boxes::is_cut_short(&mut file, size).unwrap();
    ebml::is_cut_short(&mut file, size).unwrap();
    let parts: Vec<_> = boxes::split(bytes).map(|part| part.bytes).collect();
    assert!(bytes.starts_with(&parts.concat()));
});
