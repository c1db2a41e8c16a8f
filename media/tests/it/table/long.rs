//! Four hours at one picture a second: numbers stay exact, and the end costs no more than the
//! start.

use domain::FrameRate;

use super::{PLAIN, Row, check, material};
use crate::clips::{Dir, audio, plan, raw, samples, video};

const HOURS: f64 = 4.0;

#[test]
fn four_hours_at_one_picture_a_second() {
    let dir = Dir::new();
    // It beeps two seconds into the sound, three before the end.
    let row = Row {
        args: "{V}{709} -itsoffset 14395 -f lavfi -i \
            aevalsrc=0.5*sin(2*PI*997*t)*between(t\\,2\\,2.2):s=48000:d=5 {h264} -c:a aac",
        rate: (1, 1),
        seconds: HOURS * 3600.0,
        ..PLAIN
    };
    let clip = dir.clip("lapse.mp4", &material::args(&row, &dir));
    let plan = plan(&clip);
    assert_eq!((plan.frame_rate, plan.frames), (FrameRate::new(1, 1), 14_400));

    let grid = plan.grid(&"480p".into()).unwrap();
    let last = grid.segments();
    for (index, first) in [(1, 0), (2, 2), (last, 14_396)] {
        let made = video(&clip, &plan, &["480p"], index..index + 1);
        let joined = dir.file("segment.mp4", &made.track("480p"));
        let rgb = raw(&joined, "rgb24", "-vf scale=in_color_matrix=bt709:in_range=tv");
        for (number, frame) in (first..).zip(rgb.chunks(160 * 90 * 3)) {
            let pixel = |x: usize, y: usize| frame[(y * 160 + x) * 3..][..3].try_into().unwrap();
            assert_eq!(check::number_in(160, 90, pixel), number % 256, "segment {index}");
        }
    }

    let grid = plan.grid(&"audio".into()).unwrap();
    let chunk = grid.chunks() - 1;
    let made = audio(&clip, &plan, chunk);
    let begins = grid.units_of(grid.chunk_segments(chunk).start).start as f64 * 1024.0 / 48_000.0;
    let heard = check::onsets(&samples(&dir.file("sound.mp4", &made.track("audio"))));
    assert_eq!(heard.len(), 1, "{heard:?}");
    let drift = begins + heard[0] - 14_397.0;
    assert!(drift.abs() <= check::DRIFT, "off by {drift} s");
}
