//! A video as the outside sees it: the JSON of the API.

mod states;

use domain::{
    Reason, RenditionName, RenditionState, Video, VideoState,
    plan::Outcome,
    video::{Mp4State, RenditionStatus},
};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::states::{OutputStateView, RenditionStateView, VideoStateView, VisibilityView};

/// A video and everything that has become of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Video)]
pub struct VideoView {
    /// UUIDv7.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a80f7")]
    pub id: String,
    /// Counts every change.
    pub version: u64,
    /// What people call it.
    pub title: String,
    /// Where it stands.
    pub state: VideoStateView,
    /// Why, for the states that need it.
    #[schema(required)]
    pub reason: Option<ReasonView>,
    /// Who may see it.
    pub visibility: VisibilityView,
    /// Whose it is; `local` in single-user mode.
    pub owner_id: String,
    /// RFC 3339, UTC.
    #[schema(example = "2026-11-23T20:15:00Z")]
    pub created_at: String,
    /// Known once a worker has looked at the file.
    #[schema(required)]
    pub duration_seconds: Option<f64>,
    /// What was uploaded.
    pub source: SourceView,
    /// Sound first, then small to large; empty until the first worker has made its plan.
    pub renditions: Vec<RenditionView>,
    /// Poster and what belongs to it.
    pub thumbnails: ThumbnailsView,
    /// Relative URL of the poster, once there is one.
    #[schema(required)]
    pub poster_url: Option<String>,
    /// Relative URL of the multivariant playlist, once it can be played.
    #[schema(required)]
    pub playlist_url: Option<String>,
}

/// The uploaded file. What is in it is known once a worker has looked.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = Source)]
pub struct SourceView {
    /// Without a path; null if none was told.
    #[schema(required)]
    pub filename: Option<String>,
    /// Known once all bytes are there.
    #[schema(required)]
    pub size_bytes: Option<u64>,
    /// Upright, with square pixels.
    #[schema(required)]
    pub width: Option<u32>,
    /// Upright, with square pixels.
    #[schema(required)]
    pub height: Option<u32>,
    /// FFmpeg's name of the codec.
    #[schema(required, example = "h264")]
    pub video_codec: Option<String>,
    /// FFmpeg's name of the codec; null also for a file without sound.
    #[schema(required, example = "aac")]
    pub audio_codec: Option<String>,
    /// Mean frames per second.
    #[schema(required)]
    pub frame_rate: Option<f64>,
}

/// One size of the video, or its sound.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Rendition)]
pub struct RenditionView {
    /// `audio`, or a rung of the ladder.
    #[schema(example = "480p")]
    pub name: String,
    /// Where it stands.
    pub state: RenditionStateView,
    /// From 0 to 1.
    pub progress: f64,
    /// Why it was skipped or failed.
    #[schema(required)]
    pub reason: Option<ReasonView>,
    /// Pixels; null for sound.
    #[schema(required)]
    pub width: Option<u32>,
    /// Pixels; null for sound.
    #[schema(required)]
    pub height: Option<u32>,
    /// Mean bits per second, measured when complete.
    #[schema(required)]
    pub bitrate_bps: Option<u64>,
    /// Relative URL of the media playlist, once there is something in it.
    #[schema(required)]
    pub playlist_url: Option<String>,
    /// Relative URL of the MP4 for download, once there is one.
    #[schema(required)]
    pub mp4_url: Option<String>,
    /// Where the MP4 stands; `skipped` for sound and where the rendition is not made.
    pub mp4_state: OutputStateView,
    /// Bytes of the MP4.
    #[schema(required)]
    pub mp4_size_bytes: Option<u64>,
}

/// Poster and what belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Thumbnails)]
pub struct ThumbnailsView {
    /// Where they stand.
    pub state: OutputStateView,
    /// Why there are none.
    #[schema(required)]
    pub reason: Option<ReasonView>,
}

/// Why something did not happen.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonView {
    /// Stable; programs may match on it.
    #[schema(example = "source_too_small")]
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// A page of an owner's videos.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VideoList)]
pub struct VideoListView {
    /// Newest first.
    pub videos: Vec<VideoView>,
    /// Ask with it for the next page; null on the last.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl From<&Reason> for ReasonView {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.clone(), message: reason.message.clone() }
    }
}

impl From<&Video> for VideoView {
    fn from(video: &Video) -> Self {
        let record = &video.record;
        let base = format!("/v/{}", record.id);
        let thumbnails = ThumbnailsView {
            state: record.thumbnails.state.into(),
            reason: record.thumbnails.reason.as_ref().map(Into::into),
        };
        let poster_url = matches!(thumbnails.state, OutputStateView::Complete)
            .then(|| format!("{base}/poster.jpg"));
        Self {
            id: record.id.to_string(),
            version: record.version,
            title: record.title.clone(),
            state: record.state.into(),
            reason: record.reason.as_ref().map(Into::into),
            visibility: record.visibility.into(),
            owner_id: record.owner_id.to_string(),
            created_at: record.created_at.clone(),
            duration_seconds: record.plan.as_ref().map(|plan| plan.duration_seconds()),
            source: source(video),
            renditions: video.renditions.iter().map(|status| rendition(video, status)).collect(),
            thumbnails,
            poster_url,
            playlist_url: can_be_watched(video.record.state).then(|| format!("{base}/master.m3u8")),
        }
    }
}

/// Whether there is something to watch: from then on the multivariant playlist is served.
pub fn can_be_watched(state: VideoState) -> bool {
    matches!(state, VideoState::Playable | VideoState::Ready | VideoState::Partial)
}

fn source(video: &Video) -> SourceView {
    let record = &video.record;
    let info = record.plan.as_ref().map(|plan| &plan.source);
    let track = info.and_then(|info| info.video.as_ref());
    let size = track.map(domain::source::VideoTrack::display_size);
    SourceView {
        filename: record.filename.clone(),
        size_bytes: record.source.as_ref().map(|source| source.size_bytes),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        video_codec: track.map(|track| track.codec.clone()),
        audio_codec: info.and_then(|info| info.audio.as_ref()).map(|audio| audio.codec.clone()),
        frame_rate: track.and_then(|track| track.average_rate).map(|rate| rounded(rate.fps())),
    }
}

fn rendition(video: &Video, status: &RenditionStatus) -> RenditionView {
    let base = format!("/v/{}/{}", video.record.id, status.name);
    let size = picture_size(video, &status.name);
    let sound = video.rendition(&RenditionName::audio());
    let sound_failed = sound.is_some_and(|sound| sound.state == RenditionState::Failed);
    let mp4_state = match (status.state, status.mp4_state) {
        // Without its rung, or the sound, there will be no MP4 either.
        (RenditionState::Failed, Mp4State::Pending) => OutputStateView::Skipped,
        (_, Mp4State::Pending) if sound_failed => OutputStateView::Skipped,
        (_, state) => state.into(),
    };
    RenditionView {
        name: status.name.to_string(),
        state: status.state.into(),
        progress: video.progress(status),
        reason: status.reason.as_ref().or(status.mp4_reason.as_ref()).map(Into::into),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        bitrate_bps: status.average_bps,
        playlist_url: status.is_playable().then(|| format!("{base}.m3u8")),
        mp4_url: matches!(mp4_state, OutputStateView::Complete).then(|| format!("{base}.mp4")),
        mp4_state,
        mp4_size_bytes: status.mp4_size_bytes,
    }
}

fn picture_size(video: &Video, name: &RenditionName) -> Option<(u32, u32)> {
    match video.record.plan.as_ref()?.rendition(name)? {
        Outcome::Video(encode) => Some((encode.width, encode.height)),
        _ => None,
    }
}

fn rounded(rate: f64) -> f64 {
    (rate * 1000.0).round() / 1000.0
}
