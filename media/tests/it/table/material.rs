//! What clips show and sound like, and the words that stand for it in rows.

use std::fmt::Write as _;

use super::Row;
use crate::clips::Dir;

/// Top left, top right, bottom left, bottom right: 75 % bars and an orange, the colours in which
/// wrong matrices and ranges show.
pub(super) const COLORS: [[u8; 3]; 4] =
    [[0xbf, 0xbf, 0], [0, 0xbf, 0xbf], [0xbf, 0, 0xbf], [0xbf, 0x60, 0]];
/// Cells of the number in Gray's code, of which no cell flickers from picture to picture (which
/// would look like a standing pattern of two fields); it is read modulo 2 to the power of this.
pub(super) const BITS: u32 = 8;

/// BT.709 limited pictures.
const TO_709: &str = ",scale=out_color_matrix=bt709:out_range=tv,format=yuv420p";
const TAGS: &str = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv";

/// ffmpeg's arguments for a row.
///
/// - `{V}` an input that draws the picture (160×90, RGB); filters may follow directly
/// - `{A}` an input that beeps; `{T}` the same as an expression, for other inputs
/// - `{709}` filters to BT.709 limited yuv420p
/// - `{h264}` an encoder with B frames and a key frame each second, its colours tagged as BT.709
/// - `{tags}` these tags alone
/// - `{params}` a filter of the output that tags the pictures themselves
/// - `{dir}` where the clip lies, for outputs besides
pub(super) fn args(row: &Row, dir: &Dir) -> String {
    let h264 = format!("-c:v libx264 -preset ultrafast -bf 2 -crf 12 -g 25 {TAGS}");
    let tone = tone(row);
    row.args
        .replace("{V}", &format!("-f lavfi -i {}", drawn(row)))
        .replace("{A}", &format!("-f lavfi -i aevalsrc={tone}:s=48000:d={}", row.seconds))
        .replace("{T}", &tone)
        .replace("{709}", TO_709)
        .replace("{h264}", &h264)
        .replace("{tags}", TAGS)
        .replace("{params}", "-vf setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709")
        .replace("{dir}", dir.path("").to_str().unwrap())
}

fn drawn(row: &Row) -> String {
    let [a, b, c, d] = COLORS.map(|[r, g, b]| format!("0x{r:02x}{g:02x}{b:02x}"));
    let mut graph = format!(
        "color={a}:s=160x90:r={}/{}:d={},format=yuv444p,drawbox=c={b}:t=fill:x=80:w=80:h=40,\
         drawbox=c={c}:t=fill:y=40:w=80:h=40,drawbox=c={d}:t=fill:x=80:y=40:w=80:h=40,\
         drawbox=c=black:t=fill:y=80:w=160:h=10",
        row.rate.0, row.rate.1, row.seconds
    );
    for bit in 0..BITS {
        let (x, half) = (bit * 20, 1 << bit);
        // The last cell knows of no higher ones.
        let (add, value) = if bit + 1 < BITS { (half, 2 * half) } else { (0, half) };
        let _ = write!(
            graph,
            ",drawbox=c=white:t=fill:x={x}:y=80:w=20:h=10:enable='bitand(n+{add},{value})'"
        );
    }
    graph + ",format=gbrp"
}

/// Number of the picture that a beep at about `seconds` comes with.
pub(super) fn number_at(row: &Row, seconds: f64) -> u64 {
    (seconds * f64::from(row.rate.0) / f64::from(row.rate.1)).ceil() as u64
}

/// A fifth of a second of a high tone from each of those pictures on.
fn tone(row: &Row) -> String {
    let beeps = row.beeps.iter().map(|&seconds| {
        let at = number_at(row, seconds) as f64 * f64::from(row.rate.1) / f64::from(row.rate.0);
        format!("between(t\\,{at:.6}\\,{:.6})", at + 0.2)
    });
    let beeps: Vec<_> = beeps.collect();
    format!("0.5*sin(2*PI*997*t)*({})", if beeps.is_empty() { "0".into() } else { beeps.join("+") })
}
