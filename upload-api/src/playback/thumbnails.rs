//! Poster, storyboard and preview: what there is of them, and where.

use axum::{
    http::{HeaderName, header},
    response::{IntoResponse, Response},
};
use domain::{
    Storyboard, Video,
    video::{PartStatus, ThumbnailsState},
};

use super::{FINAL_CACHE, not_there};
use crate::problem::Problem;

/// WebVTT (W3C) 8.
const VTT_TYPE: &str = "text/vtt; charset=utf-8";

/// Key of a candidate for the poster, from 1, which is the poster.
pub(super) fn poster(video: &Video, number: u32) -> Result<String, Problem> {
    let thumbnails = &video.record.thumbnails;
    // Earlier versions kept no candidates, but a poster.
    let known = thumbnails.candidates.len().max(1);
    match thumbnails.state {
        ThumbnailsState::Complete if number as usize <= known => {
            Ok(video.run().poster_candidate(number))
        }
        ThumbnailsState::Complete => Err(Problem::not_found()),
        _ => Err(not_there("poster_not_ready", "There is no poster, or not yet.")),
    }
}

/// The WebVTT file, which follows from the plan.
pub(super) fn storyboard(video: &Video) -> Result<Response, Problem> {
    let storyboard = complete_storyboard(video)?;
    let headers: [(HeaderName, &str); 2] =
        [(header::CONTENT_TYPE, VTT_TYPE), (header::CACHE_CONTROL, FINAL_CACHE)];
    Ok((headers, storyboard.to_string()).into_response())
}

/// Key of a sheet.
pub(super) fn sheet(video: &Video, number: u32) -> Result<String, Problem> {
    if number > complete_storyboard(video)?.sheets() {
        return Err(Problem::not_found());
    }
    Ok(video.run().storyboard_sheet(number))
}

/// Key of the preview.
pub(super) fn preview(video: &Video) -> Result<String, Problem> {
    if !is_complete(&video.preview()) {
        return Err(not_there("preview_not_ready", "There is no preview, or not yet."));
    }
    Ok(video.run().preview())
}

fn complete_storyboard(video: &Video) -> Result<Storyboard, Problem> {
    match &video.record.plan {
        Some(plan) if is_complete(&video.storyboard()) => Ok(Storyboard::of(plan)),
        _ => Err(not_there("storyboard_not_ready", "There is no storyboard, or not yet.")),
    }
}

fn is_complete(part: &PartStatus) -> bool {
    part.state == ThumbnailsState::Complete
}
