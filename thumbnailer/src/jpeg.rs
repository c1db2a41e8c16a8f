//! Pixels as a JPEG.

use image::{ImageError, RgbImage, codecs::jpeg::JpegEncoder, error};

/// The media type of what [`jpeg`] makes.
pub(crate) const JPEG_TYPE: &str = "image/jpeg";
/// Quality from 1 to 100; above this, bytes grow faster than what one sees.
const QUALITY: u8 = 82;

/// Encodes packed RGB.
///
/// # Errors
/// If the pixels do not fill the size.
pub(crate) fn jpeg(width: u32, height: u32, rgb: Vec<u8>) -> Result<Vec<u8>, ImageError> {
    let mismatch = || {
        let kind = error::ParameterErrorKind::DimensionMismatch;
        ImageError::Parameter(error::ParameterError::from_kind(kind))
    };
    let picture = RgbImage::from_raw(width, height, rgb).ok_or_else(mismatch)?;
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
        let decoded = image::load_from_memory(&jpeg(16, 8, rgb).unwrap()).unwrap().into_rgb8();
        assert_eq!(decoded.dimensions(), (16, 8));
        let pixel = decoded.get_pixel(8, 4).0;
        assert!(pixel.iter().zip([200, 30, 40]).all(|(a, b)| a.abs_diff(b) < 8), "{pixel:?}");
    }

    #[test]
    fn wrong_sizes_are_an_error() {
        assert!(jpeg(16, 8, vec![0; 3]).is_err());
    }
}
