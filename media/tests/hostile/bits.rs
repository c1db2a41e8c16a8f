//! Streams of bits: what entropy coders read.

/// Writes bits, most significant first.
#[derive(Default)]
pub(crate) struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    pub(crate) fn put(&mut self, value: u64, count: u32) {
        for shift in (0..count).rev() {
            self.bit(value >> shift & 1 == 1);
        }
    }

    fn bit(&mut self, is_set: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if is_set {
            *self.bytes.last_mut().unwrap() |= 0x80 >> (self.used % 8);
        }
        self.used += 1;
    }

    /// Unsigned Exp-Golomb (ITU-T H.264 9.1).
    pub(crate) fn ue(&mut self, value: u64) {
        let length = (value + 1).ilog2();
        self.put(0, length);
        self.put(value + 1, length + 1);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bit(true);
        self.bytes
    }
}

/// A sequence parameter set (ITU-T H.264 7.3.2.1) that promises this many macroblocks.
pub(crate) fn h264_sps(width_mbs: u64, height_mbs: u64, references: u64) -> Vec<u8> {
    let mut sps = Bits::default();
    sps.put(0x67_42_00_33, 32); // baseline, level 5.1
    for value in [0, 0, 2, references] {
        sps.ue(value); // id, log2 frame num, order type 2, reference frames
    }
    sps.put(0, 1);
    sps.ue(width_mbs - 1);
    sps.ue(height_mbs - 1);
    sps.put(0b1_1_0_0, 4); // frames, direct 8×8, no crop, no VUI
    sps.finish()
}

/// An access unit in which every macroblock is a flat one, in a bit each or less: the second
/// and later ones are copies of the one before (ITU-T H.264 7.3.3, 7.3.4).
pub(crate) fn h264_picture(macroblocks: u64, number: u64) -> Vec<u8> {
    let mut slice = Bits::default();
    slice.put(if number == 0 { 0x65 } else { 0x41 }, 8);
    slice.ue(0);
    slice.ue(if number == 0 { 7 } else { 5 }); // all I, all P
    slice.ue(0);
    slice.put(number % 16, 4);
    if number == 0 {
        slice.ue(0); // IDR picture id
        slice.put(0b00, 2); // output prior pictures, no long term reference
    } else {
        slice.put(0b000, 3); // as many references as told, in order, by sliding window
    }
    slice.ue(0); // quantiser
    slice.ue(1); // no deblocking
    if number == 0 {
        for _ in 0..macroblocks {
            slice.put(0b0010_0111, 8); // I 16×16 by the mean, no coefficients
        }
    } else {
        slice.ue(macroblocks); // all skipped
    }
    escaped(&slice.finish())
}

/// A picture parameter set for that: CAVLC, deblocking told by slices.
pub(crate) const H264_PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];

/// Emulation prevention (ITU-T H.264 7.4.1).
fn escaped(unit: &[u8]) -> Vec<u8> {
    let (mut out, mut zeros) = (Vec::new(), 0);
    for &byte in unit {
        if zeros == 2 && byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// Writes bits as deflate does: values least significant bit first, codes most significant first.
struct Deflate(Vec<u8>, u32);

impl Deflate {
    fn bit(&mut self, is_set: bool) {
        if self.1.is_multiple_of(8) {
            self.0.push(0);
        }
        if is_set {
            *self.0.last_mut().unwrap() |= 1 << (self.1 % 8);
        }
        self.1 += 1;
    }

    fn code(&mut self, bits: &str) {
        for bit in bits.bytes().filter(|bit| *bit != b' ') {
            self.bit(bit == b'1');
        }
    }
}

/// A zlib stream (RFC 1950, 1951) that unpacks into `runs` times 258 zeros, from a hundredth
/// and less of that.
pub(crate) fn zlib_bomb(runs: usize) -> Vec<u8> {
    let mut bomb = Deflate(vec![0x78, 0x9c], 0);
    bomb.code("1 10 00110000"); // last block, fixed codes, literal 0
    for _ in 0..runs {
        bomb.code("11000101 00000"); // length 258, distance 1
    }
    bomb.code("0000000"); // end; no checksum
    bomb.0
}
