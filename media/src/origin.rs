//! Where thumbnails are taken from: the uploaded file, or a rung that was made of it.

use domain::{
    Plan, RenditionName,
    source::{Color, Orientation, VideoTrack},
};
use serde::{Deserialize, Serialize};

use crate::{MediaError, encode_video::unplanned};

/// What the bytes of a request's source are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// The uploaded file.
    Upload,
    /// The init segment of this rung and some of its segments, in order.
    Rung(RenditionName),
}

impl Origin {
    /// The picture track in there, and the time on it that is 0 on the plan's timeline.
    pub(crate) fn track(&self, plan: &Plan) -> Result<(VideoTrack, i64), MediaError> {
        let uploaded = plan.source.video.as_ref().ok_or_else(|| unplanned("pictures"))?;
        let Self::Rung(name) = self else { return Ok((uploaded.clone(), plan.offset_us)) };
        let rung = plan.video_encode(name).ok_or_else(|| unplanned("such rung"))?;
        let track = VideoTrack {
            stream: 0,
            codec: "h264".into(),
            width: rung.width,
            height: rung.height,
            sample_aspect_ratio: (1, 1),
            orientation: Orientation::default(),
            average_rate: Some(plan.frame_rate),
            base_rate: Some(plan.frame_rate),
            start_us: 0,
            late_us: 0,
            duration_us: i64::try_from(plan.duration_us()).unwrap_or(i64::MAX),
            bitrate_bps: None,
            interlaced: false,
            cuttable: true,
            pixel_format: "yuv420p".into(),
            color: Color {
                primaries: "bt709".into(),
                transfer: "bt709".into(),
                matrix: "bt709".into(),
                range: "tv".into(),
            },
        };
        Ok((track, 0))
    }
}
