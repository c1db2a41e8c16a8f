//! Poster, storyboard and preview as the outside sees them.

use domain::{
    Video,
    message::{PosterCandidate, THUMBNAILS},
    video::PartStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{OutputStateView, ReasonView};

/// Poster, storyboard and preview.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Thumbnails)]
pub struct ThumbnailsView {
    /// Where the poster stands.
    pub state: OutputStateView,
    /// Why there is none, or none yet.
    #[schema(required)]
    pub reason: Option<ReasonView>,
    /// The poster and other stills that could be it, the best one, which it is, first.
    pub posters: Vec<PosterView>,
    /// Small pictures of the whole length.
    pub storyboard: ThumbnailView,
    /// A few silent seconds.
    pub preview: ThumbnailView,
}

/// A still that could stand for the video.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Poster)]
pub struct PosterView {
    /// Relative URL.
    pub url: String,
    /// Where in the video it is.
    pub at_seconds: f64,
    /// How good it is, from 0 to 1: bright, varied, sharp and not in transition.
    pub score: f64,
}

/// Where the storyboard or the preview stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Thumbnail)]
pub struct ThumbnailView {
    /// Where it stands.
    pub state: OutputStateView,
    /// Why there is none.
    #[schema(required)]
    pub reason: Option<ReasonView>,
    /// Bytes of the preview; null for the storyboard.
    #[schema(required)]
    pub size_bytes: Option<u64>,
}

impl From<&Video> for ThumbnailsView {
    fn from(video: &Video) -> Self {
        let thumbnails = &video.record.thumbnails;
        let standing = video.standing(&THUMBNAILS.into());
        let open = standing.and_then(|standing| standing.reason.as_ref());
        let poster = |(number, candidate): (usize, &PosterCandidate)| PosterView {
            url: match number {
                1 => format!("/v/{}/poster.jpg", video.record.id),
                _ => format!("/v/{}/poster-{number}.jpg", video.record.id),
            },
            at_seconds: candidate.at_ms as f64 / 1000.0,
            score: f64::from(candidate.score) / 1000.0,
        };
        Self {
            state: thumbnails.state.into(),
            reason: thumbnails.reason.as_ref().or(open).map(Into::into),
            posters: (1..).zip(&thumbnails.candidates).map(poster).collect(),
            storyboard: part(&video.storyboard(), None),
            preview: part(&video.preview(), thumbnails.preview_size_bytes),
        }
    }
}

fn part(part: &PartStatus, size_bytes: Option<u64>) -> ThumbnailView {
    let reason = part.reason.as_ref().map(Into::into);
    ThumbnailView { state: part.state.into(), reason, size_bytes }
}
