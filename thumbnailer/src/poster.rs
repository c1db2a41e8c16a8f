//! A still as a JPEG.

use image::{ImageError, RgbImage, codecs::jpeg::JpegEncoder, error};
use media::Still;

/// JPEG quality from 1 to 100; above this, bytes grow faster than what one sees.
const QUALITY: u8 = 82;

/// Encodes a still.
///
/// # Errors
/// If its pixels do not fill its size.
pub(crate) fn jpeg(still: Still) -> Result<Vec<u8>, ImageError> {
    let (width, height) = (still.width, still.height);
    let mismatch = || {
        let kind = error::ParameterErrorKind::DimensionMismatch;
        ImageError::Parameter(error::ParameterError::from_kind(kind))
    };
    let picture = RgbImage::from_raw(width, height, still.rgb).ok_or_else(mismatch)?;
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&picture)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_survive() {
        let rgb = [200, 30, 40].repeat(16 * 8);
        let still = Still { at_us: 0, width: 16, height: 8, rgb, score: 1.0 };
        let decoded = image::load_from_memory(&jpeg(still).unwrap()).unwrap().into_rgb8();
        assert_eq!(decoded.dimensions(), (16, 8));
        let pixel = decoded.get_pixel(8, 4).0;
        assert!(pixel.iter().zip([200, 30, 40]).all(|(a, b)| a.abs_diff(b) < 8), "{pixel:?}");
    }

    #[test]
    fn wrong_sizes_are_an_error() {
        let still = Still { at_us: 0, width: 16, height: 8, rgb: vec![0; 3], score: 1.0 };
        assert!(jpeg(still).is_err());
    }
}
