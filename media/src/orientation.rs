//! Upright pictures: display matrices read, and the filters that obey them.

use domain::source::Orientation;

/// Reads a display matrix as libav keeps it: nine 16.16 numbers `a b u c d v x y w`
/// (ISO 14496-12 6.2.2). Angles are rounded to quarter turns.
pub(crate) fn from_matrix(bytes: &[u8]) -> Option<Orientation> {
    let mut cells = bytes.chunks_exact(4).map(|cell| {
        let cell = cell.try_into().ok()?;
        Some(f64::from(i32::from_ne_bytes(cell)))
    });
    let mut next = || cells.next().flatten();
    let (a, b, _u, c, d) = (next()?, next()?, next()?, next()?, next()?);
    let mirrored = a * d - b * c < 0.0;
    // The first row is where the right side goes: along the angle, or against it if mirrored.
    let degrees = if mirrored { (-b).atan2(-a) } else { b.atan2(a) }.to_degrees();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0, 1, 2 or 3")]
    let quarters = (degrees / 90.0).round().rem_euclid(4.0) as u16;
    Some(Orientation { clockwise_degrees: quarters * 90, mirrored })
}

/// Filters that turn a picture upright, each led by a comma; none if it stands.
pub(crate) fn filters(orientation: Orientation) -> String {
    let mirror = if orientation.mirrored { ",hflip" } else { "" };
    let turn = match orientation.clockwise_degrees {
        90 => ",transpose=clock",
        180 => ",hflip,vflip",
        270 => ",transpose=cclock",
        _ => "",
    };
    format!("{mirror}{turn}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(a: i32, b: i32, c: i32, d: i32) -> Orientation {
        let cells = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30];
        let bytes: Vec<u8> = cells.into_iter().flat_map(i32::to_ne_bytes).collect();
        from_matrix(&bytes).unwrap()
    }

    #[test]
    fn all_eight_ways_to_hold_a_phone() {
        let turned = |clockwise_degrees, mirrored| Orientation { clockwise_degrees, mirrored };
        assert_eq!(matrix(1, 0, 0, 1), turned(0, false));
        assert_eq!(matrix(0, 1, -1, 0), turned(90, false), "right side goes down");
        assert_eq!(matrix(-1, 0, 0, -1), turned(180, false));
        assert_eq!(matrix(0, -1, 1, 0), turned(270, false));
        assert_eq!(matrix(-1, 0, 0, 1), turned(0, true), "mirror image");
        assert_eq!(matrix(0, -1, -1, 0), turned(90, true), "left side, now right, goes down");
        assert_eq!(matrix(1, 0, 0, -1), turned(180, true), "upside down mirror image");
        assert_eq!(matrix(0, 1, 1, 0), turned(270, true));
    }

    #[test]
    fn too_short_a_matrix_is_none() {
        assert_eq!(from_matrix(&[0; 16]), None);
    }

    #[test]
    fn mirrors_before_it_turns() {
        let orientation = Orientation { clockwise_degrees: 90, mirrored: true };
        assert_eq!(filters(orientation), ",hflip,transpose=clock");
        assert_eq!(filters(Orientation::default()), "");
    }
}
