//! A video as the outside sees it: the JSON of the API.

mod states;
mod thumbnails;

use domain::{
    Loudness, Reason, RenditionName, RenditionState, Video, VideoState,
    captions::{CaptionsLabel, CaptionsState, CaptionsStatus},
    plan::Outcome,
    video::{Mp4State, RenditionStatus},
};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::states::{OutputStateView, RenditionStateView, VideoStateView, VisibilityView};
pub use self::thumbnails::{PosterView, ThumbnailView, ThumbnailsView};

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
    /// Why it ended other than well; before its end, why it is not further: `waiting` for a worker
    /// or for other videos of its owner, or `sent_again` after its work got lost. Null while it
    /// gets on.
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
    /// Captions that the file brings along: its text tracks, then closed captions found in its
    /// pictures. Whether they can be made is no matter of the video's state.
    pub captions: Vec<CaptionsView>,
    /// Poster, storyboard and preview.
    pub thumbnails: ThumbnailsView,
    /// Relative URL of the poster, once there is one.
    #[schema(required)]
    pub poster_url: Option<String>,
    /// Relative URL of the storyboard, WebVTT whose cues are parts of pictures, once there is one.
    #[schema(required)]
    pub storyboard_url: Option<String>,
    /// Relative URL of a silent MP4 of a few seconds, once there is one.
    #[schema(required)]
    pub preview_url: Option<String>,
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
    /// Why it was skipped or failed, or why nothing is heard of it: `waiting` in a long line, or
    /// `sent_again` after its work got lost.
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
    /// How loud the sound is, measured when complete; null for pictures and for silence.
    #[schema(required)]
    pub loudness: Option<LoudnessView>,
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

/// One track of captions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Captions)]
pub struct CaptionsView {
    /// `subtitles-1` and so on, or `cc1`, `cc3` for closed captions.
    #[schema(example = "subtitles-1")]
    pub name: String,
    /// What a person picks, different for each track.
    pub title: String,
    /// RFC 5646 tag, if the file says.
    #[schema(required, example = "en")]
    pub language: Option<String>,
    /// Where they stand.
    pub state: OutputStateView,
    /// Why they were skipped or failed.
    #[schema(required)]
    pub reason: Option<ReasonView>,
    /// Relative URL of the WebVTT file, once there is one.
    #[schema(required)]
    pub vtt_url: Option<String>,
}

/// Loudness of the sound (EBU R 128).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Loudness)]
pub struct LoudnessView {
    /// Integrated loudness in LUFS.
    #[schema(example = -23.0)]
    pub integrated_lufs: f64,
    /// Loudness range in LU.
    pub range_lu: f64,
    /// Highest true peak in dBTP.
    pub true_peak_dbtp: f64,
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

impl From<Loudness> for LoudnessView {
    fn from(loudness: Loudness) -> Self {
        let Loudness { integrated_lufs, range_lu, true_peak_dbtp } = loudness;
        Self { integrated_lufs, range_lu, true_peak_dbtp }
    }
}

impl From<&Video> for VideoView {
    fn from(video: &Video) -> Self {
        let record = &video.record;
        let base = format!("/v/{}", record.id);
        let thumbnails = ThumbnailsView::from(video);
        let there = |state, file: &str| {
            matches!(state, OutputStateView::Complete).then(|| format!("{base}/{file}"))
        };
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
            captions: captions(video),
            poster_url: there(thumbnails.state, "poster.jpg"),
            storyboard_url: there(thumbnails.storyboard.state, "storyboard.vtt"),
            preview_url: there(thumbnails.preview.state, "preview.mp4"),
            thumbnails,
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

fn captions(video: &Video) -> Vec<CaptionsView> {
    let view = |(status, label): (&CaptionsStatus, CaptionsLabel)| {
        let complete = status.state == CaptionsState::Complete;
        CaptionsView {
            vtt_url: complete.then(|| format!("/v/{}/{}.vtt", video.record.id, status.name)),
            name: label.name.to_string(),
            title: label.title,
            language: label.language,
            state: status.state.into(),
            reason: status.reason.as_ref().map(Into::into),
        }
    };
    video.labelled_captions().into_iter().map(view).collect()
}

fn rendition(video: &Video, status: &RenditionStatus) -> RenditionView {
    let base = format!("/v/{}/{}", video.record.id, status.name);
    let size = picture_size(video, &status.name);
    let mp4_state = match (status.state, status.mp4_state) {
        // Without its rung, or the sound, there will be no MP4 either.
        (RenditionState::Failed, Mp4State::Pending) => OutputStateView::Skipped,
        (_, Mp4State::Pending) if video.sound_failed() => OutputStateView::Skipped,
        (_, state) => state.into(),
    };
    RenditionView {
        name: status.name.to_string(),
        state: status.state.into(),
        progress: video.progress(status),
        reason: status
            .reason
            .as_ref()
            .or(status.mp4_reason.as_ref())
            .or(video.standing(&status.name).and_then(|standing| standing.reason.as_ref()))
            .map(Into::into),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        bitrate_bps: status.average_bps,
        loudness: status.loudness.map(Into::into),
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
