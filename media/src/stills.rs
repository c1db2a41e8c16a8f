//! Still pictures for posters: upright, in the renditions' colours, with a mark for what is on them.

use domain::source::VideoTrack;
use ffmpeg_next::{format::Pixel, frame};

use crate::{
    MediaError, Source, Still, StillsRequest, Stop, encode_video::unplanned, picture::Scaler,
    pictures::Pictures, time,
};

/// Where the key frame lies farther before the wanted point than this, decoding goes on towards it.
const NEAR_US: i64 = 2_000_000;
/// Pictures decoded beyond the key frame, at most.
const MAX_PICTURES: usize = 250;

/// See [`crate::stills`].
pub(crate) fn stills(
    source: Box<dyn Source>,
    request: &StillsRequest,
) -> Result<Vec<Still>, MediaError> {
    let plan = &request.plan;
    let track = plan.source.video.as_ref().ok_or_else(|| unplanned("pictures"))?;
    let mut pictures = Pictures::open(source, track, &Stop::default())?;
    let (width, height) = size(track, request.max_width);
    let mut scaler = Scaler::new(track, width, height, Pixel::RGB24);
    let mut stills: Vec<Still> = Vec::new();
    for &thousandths in &request.positions {
        let seconds = plan.duration_seconds() * f64::from(thousandths.min(1000)) / 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "hours at most")]
        let at_us = plan.offset_us.saturating_add((seconds * 1e6) as i64);
        let Some(picture) = picture_near(&mut pictures, at_us)? else { continue };
        let at_us = time::to_us(picture.pts().unwrap_or(0), pictures.time_base()) - plan.offset_us;
        if stills.iter().any(|still| still.at_us == at_us) {
            continue;
        }
        let rgb = packed(&scaler.scale(&picture)?);
        let score = score(&rgb, width as usize);
        stills.push(Still { at_us, width, height, rgb, score });
    }
    if stills.is_empty() {
        return Err(MediaError::unreadable());
    }
    Ok(stills)
}

fn picture_near(pictures: &mut Pictures, at_us: i64) -> Result<Option<frame::Video>, MediaError> {
    pictures.start_before(at_us)?;
    let mut best = None;
    for _ in 0..MAX_PICTURES {
        let Some(picture) = pictures.next()? else { break };
        let shown_us = time::to_us(picture.pts().unwrap_or(0), pictures.time_base());
        best = Some(picture);
        if shown_us >= at_us.saturating_sub(NEAR_US) {
            break;
        }
    }
    Ok(best)
}

/// Size upright with square pixels, even sides, at most `max_width` wide.
fn size(track: &VideoTrack, max_width: u32) -> (u32, u32) {
    let (width, height) = track.display_size();
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let wide = width.min(u64::from(max_width.max(2)));
    let even = |side: u64| u32::try_from(side.div_ceil(2) * 2).unwrap_or(2).max(2);
    (even(wide), even((height * wide + width / 2) / width))
}

/// The pixels without the padding at the end of each row.
fn packed(picture: &frame::Video) -> Vec<u8> {
    let row = picture.width() as usize * 3;
    let rows = picture.data(0).chunks(picture.stride(0)).take(picture.height() as usize);
    rows.flat_map(|padded| &padded[..row]).copied().collect()
}

/// How much there is to see: spread of brightness and detail; next to nothing for what is almost
/// black or white.
fn score(rgb: &[u8], width: usize) -> f32 {
    let luma = |pixel: &[u8]| {
        0.2126 * f32::from(pixel[0]) + 0.7152 * f32::from(pixel[1]) + 0.0722 * f32::from(pixel[2])
    };
    let lumas: Vec<f32> = rgb.chunks_exact(3).map(luma).collect();
    if lumas.is_empty() || width == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few million pixels")]
    let count = lumas.len() as f32;
    let mean = lumas.iter().map(|l| l / count).sum::<f32>();
    let spread = lumas.iter().map(|l| (l - mean).powi(2) / count).sum::<f32>().sqrt();
    let detail = lumas
        .chunks(width)
        .flat_map(|row| row.windows(2))
        .map(|pair| (pair[1] - pair[0]).abs() / count)
        .sum::<f32>();
    let lit = if (20.0..235.0).contains(&mean) { 1.0 } else { 0.1 };
    (spread + 2.0 * detail.min(20.0)) * lit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_and_flat_pictures_lose() {
        let flat = score(&[128; 300], 10);
        let black = score(&[2; 300], 10);
        let scene: Vec<u8> = (0..100).flat_map(|n: u8| [n.wrapping_mul(37); 3]).collect();
        assert!(score(&scene, 10) > 10.0);
        assert!(flat < 1.0 && black < 1.0);
    }
}
