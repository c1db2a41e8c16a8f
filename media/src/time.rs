//! Exact conversions between a track's ticks, microseconds and units of a grid.

use ffmpeg_next::Rational;

/// Ticks of `base` seconds in microseconds, rounded to the nearest.
pub(crate) fn to_us(ticks: i64, base: Rational) -> i64 {
    rounded(i128::from(ticks) * i128::from(base.0) * 1_000_000, i128::from(base.1).max(1))
}

/// Microseconds in ticks of `base` seconds, rounded to the nearest.
pub(crate) fn from_us(us: i64, base: Rational) -> i64 {
    rounded(i128::from(us) * i128::from(base.1), i128::from(base.0).max(1) * 1_000_000)
}

/// A point of a track, `offset_us` being 0, in units of which `num / den` make a second, rounded
/// to the nearest, halves up. So a picture is due from frame ⌊t·F + ½⌋ on.
pub(crate) fn unit_at(ticks: i64, base: Rational, offset_us: i64, num: u32, den: u32) -> i64 {
    let scale = i128::from(base.1).max(1) * 1_000_000;
    let time = i128::from(ticks) * i128::from(base.0) * 1_000_000
        - i128::from(offset_us) * i128::from(base.1).max(1);
    rounded(time.saturating_mul(i128::from(num)), scale * i128::from(den).max(1))
}

/// Times beyond this are nonsense. So small that a few of them can be added up.
const MOST: i64 = 1 << 53;

/// `a / b` to the nearest, halves up, clamped to what may be added without a second thought.
fn rounded(a: i128, b: i128) -> i64 {
    let value = a
        .saturating_mul(2)
        .saturating_add(b)
        .div_euclid(b.saturating_mul(2))
        .clamp(-i128::from(MOST), i128::from(MOST));
    i64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_there_and_back() {
        let base = Rational(1, 90_000);
        assert_eq!(to_us(90_000, base), 1_000_000);
        assert_eq!(to_us(-3003, base), -33_367);
        assert_eq!(from_us(33_367, base), 3003);
    }

    #[test]
    fn nonsense_stays_small() {
        for base in [Rational(1, 90_000), Rational(i32::MAX, 1), Rational(0, 0), Rational(-1, -5)] {
            for ticks in [i64::MIN, i64::MAX] {
                assert!(to_us(ticks, base).abs() <= MOST);
                assert!(from_us(ticks, base).abs() <= MOST);
                assert!(unit_at(ticks, base, i64::MIN, u32::MAX, 0).abs() <= MOST);
            }
        }
    }

    #[test]
    fn a_picture_is_due_from_the_nearest_frame() {
        let ms = Rational(1, 1000);
        // Matroska's milliseconds at 30 fps.
        for (ticks, frame) in [(0, 0), (33, 1), (67, 2), (100, 3), (-17, -1), (16, 0), (17, 1)] {
            assert_eq!(unit_at(ticks, ms, 0, 30, 1), frame, "{ticks} ms");
        }
        assert_eq!(unit_at(1033, ms, 1_000_000, 30, 1), 1, "the offset is 0");
        // 59.94 fields on the clock of transport streams.
        let base = Rational(1, 90_000);
        assert_eq!(unit_at(1501, base, 0, 60_000, 1001), 1);
        assert_eq!(unit_at(90_000 * 3600, base, 0, 60_000, 1001), 215_784);
    }
}
