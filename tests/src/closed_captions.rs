//! Closed captions (CEA-608) put into an H.264 stream, as a broadcaster's encoder does: nothing on
//! the command line can.

/// Resume caption loading, erase non-displayed memory, end of caption, erase displayed memory, and
/// the start of row 15 in white (CEA-608 tables 52 and 53), all on channel 1.
const LOAD: [u8; 2] = [0x14, 0x20];
const ERASE_HIDDEN: [u8; 2] = [0x14, 0x2e];
const SHOW: [u8; 2] = [0x14, 0x2f];
const ERASE_SHOWN: [u8; 2] = [0x14, 0x2c];
const ROW_15: [u8; 2] = [0x14, 0x60];

/// A pop-on caption of the first field: text of plain letters, shown from one picture to another.
#[derive(Clone, Copy, Debug)]
pub struct PopOn<'a> {
    /// Capitals, digits and spaces.
    pub text: &'a str,
    /// Number of the picture on which it appears; it is sent on those before.
    pub shown: usize,
    /// Number of the picture on which it goes.
    pub erased: usize,
}

impl PopOn<'_> {
    /// Byte pairs and the pictures that carry them. Control codes are sent twice.
    fn pairs(self) -> Vec<(usize, [u8; 2])> {
        let mut sent = Vec::new();
        for code in [LOAD, ERASE_HIDDEN, ROW_15] {
            sent.extend([code, code]);
        }
        sent.extend(self.text.as_bytes().chunks(2).map(|two| [two[0], *two.get(1).unwrap_or(&0)]));
        let first = self.shown - sent.len();
        let mut pairs: Vec<_> =
            sent.into_iter().enumerate().map(|(n, pair)| (first + n, pair)).collect();
        for (at, code) in [(self.shown, SHOW), (self.erased, ERASE_SHOWN)] {
            pairs.extend([(at, code), (at + 1, code)]);
        }
        pairs
    }
}

/// Puts captions into a raw H.264 stream (ISO 14496-10 annex B) of one slice a picture without B
/// pictures. Every picture says something, if only padding.
#[must_use]
pub fn add(h264: &[u8], captions: &[PopOn]) -> Vec<u8> {
    let pairs: Vec<_> = captions.iter().flat_map(|caption| caption.pairs()).collect();
    let starts: Vec<usize> = (0..h264.len().saturating_sub(3))
        .filter(|&at| h264[at..].starts_with(&[0, 0, 1]))
        .collect();
    let mut out = h264[..starts.first().copied().unwrap_or(0)].to_vec();
    let mut picture = 0;
    for (n, &start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(h264.len());
        if matches!(h264[start + 3] & 0x1f, 1 | 5) {
            let pair =
                pairs.iter().find(|(at, _)| *at == picture).map_or([0, 0], |(_, pair)| *pair);
            out.extend(sei(pair));
            picture += 1;
        }
        out.extend(&h264[start..end]);
    }
    out
}

/// A message of user data (ISO 14496-10 D.1.6) with `cc_data` (ATSC A/53 part 4, 6.2.3).
fn sei(pair: [u8; 2]) -> Vec<u8> {
    let [first, second] = pair.map(odd);
    let mut payload = vec![0xb5, 0x00, 0x31];
    payload.extend(b"GA94");
    // Two triplets: the first field's, and padding for the second.
    payload.extend([0x03, 0x42, 0xff, 0xfc, first, second, 0xfd, 0x80, 0x80, 0xff]);
    let mut sei = vec![0, 0, 1, 6, 4, u8::try_from(payload.len()).unwrap_or(0)];
    sei.extend(payload);
    sei.push(0x80);
    sei
}

/// The seven bits and a parity that makes their sum odd.
fn odd(byte: u8) -> u8 {
    if byte.count_ones().is_multiple_of(2) { byte | 0x80 } else { byte }
}
