//! Every kind of file that people have, one row a case: how the clip is made, and what a viewer
//! sees and hears of it.
//!
//! A clip shows four colours in four corners and, in a strip at its foot, the number of each
//! picture in eight black or white cells; it beeps when pictures of known numbers are shown. So
//! each decoded frame tells what it is, how it is turned, whether its colours are right and when
//! it should be heard. All else that holds for every output is in `check`.

mod check;
mod codecs;
mod colors;
mod files;
mod long;
mod material;
mod shapes;
mod sounds;
mod times;

use std::path::PathBuf;

use domain::Plan;

use crate::clips::Dir;

/// One case. What a row does not say is as in `PLAIN`.
#[derive(Clone)]
struct Row {
    /// Name of the file, which chooses the container.
    file: &'static str,
    /// ffmpeg's arguments; `material` says what stands in braces.
    args: &'static str,
    /// Pictures per second as drawn.
    rate: (u32, u32),
    /// Length of picture and sound as drawn.
    seconds: f64,
    /// When it beeps, as drawn: with the next picture.
    beeps: &'static [f64],
    /// What is done to the file afterwards.
    patch: fn(&Dir, PathBuf) -> PathBuf,
    /// Why it is refused, if it is.
    refused: Option<&'static str>,
    /// The plan's frame rate, if it is not `rate`.
    fps: Option<(u32, u32)>,
    /// The plan's number of frames, if it does not follow from `seconds`.
    frames: Option<u64>,
    /// Size of the 480p rung.
    size: (u32, u32),
    /// The number that is seen in output frame n, if there is one.
    shows: fn(u64) -> Option<u64>,
    /// The frame whose colours are compared, if any.
    look_at: Option<usize>,
    /// By how much of 255 a channel may be off.
    tolerance: u8,
    /// What the plan must say besides.
    planned: fn(&Plan),
    /// What the decoded frames (RGB) must show besides.
    seen: fn(&[Vec<u8>]),
}

const PLAIN: Row = Row {
    file: "clip.mp4",
    args: "{V}{709} {A} {h264} -c:a aac",
    rate: (25, 1),
    seconds: 3.0,
    beeps: &[0.5, 2.5],
    patch: |_, path| path,
    refused: None,
    fps: None,
    frames: None,
    size: (160, 90),
    shows: Some,
    look_at: Some(0),
    tolerance: 8,
    planned: |_| {},
    seen: |_| {},
};

/// A test for each row.
macro_rules! rows {
    ($($name:ident { $($field:ident: $value:expr),* $(,)? })*) => {$(
        #[test]
        fn $name() {
            let row = crate::table::Row { $($field: $value,)* ..crate::table::PLAIN };
            crate::table::check::holds(&row);
        }
    )*};
}
use rows;
