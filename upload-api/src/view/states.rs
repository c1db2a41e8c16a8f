//! States as the API names them. Each mirrors one of `domain`, which knows nothing of OpenAPI; the
//! compiler sees to it that none is missing.

use domain::{
    RenditionState, VideoState,
    captions::CaptionsState,
    video::{Mp4State, ThumbnailsState, Visibility},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! mirrored {
    ($inner:ident, $view:ident { $($state:ident),+ }) => {
        impl From<$inner> for $view {
            fn from(state: $inner) -> Self {
                match state { $($inner::$state => Self::$state),+ }
            }
        }
    };
}

/// Where a video stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VideoState)]
pub enum VideoStateView {
    /// Bytes are arriving.
    Uploading,
    /// All bytes are there; no worker has begun.
    Uploaded,
    /// At least one worker has begun.
    Processing,
    /// The first seconds can be played.
    Playable,
    /// All outputs are there.
    Ready,
    /// Can be played, but something failed.
    Partial,
    /// Nothing can be played, the cause is ours.
    Failed,
    /// Nothing can be played, the file is at fault.
    Rejected,
    /// The upload was never completed.
    Expired,
}

mirrored!(
    VideoState,
    VideoStateView {
        Uploading,
        Uploaded,
        Processing,
        Playable,
        Ready,
        Partial,
        Failed,
        Rejected,
        Expired
    }
);

/// Where a rendition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RenditionState)]
pub enum RenditionStateView {
    /// Its workers have not begun.
    Pending,
    /// Its workers have begun.
    Running,
    /// Its first segment can be played.
    Playable,
    /// All of it can be played.
    Complete,
    /// It does not apply to this file.
    Skipped,
    /// It will not be made.
    Failed,
}

mirrored!(
    RenditionState,
    RenditionStateView { Pending, Running, Playable, Complete, Skipped, Failed }
);

/// Where an output that is there or not stands: an MP4, captions, the thumbnails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutputState)]
pub enum OutputStateView {
    /// Not yet made.
    Pending,
    /// There.
    Complete,
    /// It will not be made.
    Failed,
    /// There is none for this file.
    Skipped,
}

mirrored!(Mp4State, OutputStateView { Pending, Complete, Failed, Skipped });
mirrored!(CaptionsState, OutputStateView { Pending, Complete, Failed, Skipped });
mirrored!(ThumbnailsState, OutputStateView { Pending, Complete, Failed, Skipped });

/// Who may see a video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Visibility)]
pub enum VisibilityView {
    /// Its owner only.
    Private,
    /// Whoever has the link.
    Unlisted,
    /// Everybody.
    Public,
}

mirrored!(Visibility, VisibilityView { Private, Unlisted, Public });

impl From<VisibilityView> for Visibility {
    fn from(view: VisibilityView) -> Self {
        match view {
            VisibilityView::Private => Self::Private,
            VisibilityView::Unlisted => Self::Unlisted,
            VisibilityView::Public => Self::Public,
        }
    }
}
