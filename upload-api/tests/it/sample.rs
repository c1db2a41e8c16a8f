//! A 30 s clip of 1280×720 with sound, and what workers report of it.

use domain::{
    FrameRate, Happening, Plan, ProgressEvent, Recipe, SourceInfo, VideoId,
    keys::RunKeys,
    source::{AudioTrack, Color, Orientation, VideoTrack},
};

pub fn plan() -> Plan {
    let rate = Some(FrameRate::new(30, 1));
    let video = VideoTrack {
        stream: 0,
        codec: "h264".into(),
        width: 1280,
        height: 720,
        sample_aspect_ratio: (1, 1),
        orientation: Orientation::default(),
        average_rate: rate,
        base_rate: rate,
        start_us: 0,
        late_us: 0,
        duration_us: 30_000_000,
        bitrate_bps: None,
        interlaced: false,
        pixel_format: "yuv420p".into(),
        color: Color::default(),
        cuttable: true,
    };
    let audio = AudioTrack {
        stream: 1,
        codec: "aac".into(),
        sample_rate: 48_000,
        channels: 2,
        start_us: 0,
        duration_us: 30_000_000,
    };
    let source = SourceInfo {
        container: "mov,mp4,m4a,3gp,3g2,mj2".into(),
        size_bytes: 1000,
        video: Some(video),
        audio: Some(audio),
        refused_audio: None,
        captions: Vec::new(),
    };
    Plan::new(source, Recipe::standard()).unwrap()
}

/// An event of the first making of a video.
pub fn event(id: &str, happening: Happening) -> ProgressEvent {
    let video_id: VideoId = id.parse().unwrap();
    let run = RunKeys { video_id, recipe: Recipe::standard().id(), generation: 1 };
    ProgressEvent { version: 1, run, happening }
}

pub fn started(rendition: &str) -> Happening {
    Happening::Started { renditions: vec![rendition.into()], plan: Box::new(plan()) }
}

pub fn segments(rendition: &str, segments: u32) -> Happening {
    Happening::Segments { rendition: rendition.into(), chunk: 0, segments }
}

pub fn complete(rendition: &str) -> Happening {
    Happening::Complete {
        rendition: rendition.into(),
        size_bytes: 9000,
        peak_bps: 900_000,
        average_bps: 500_000,
        loudness: None,
    }
}

pub fn mp4(rendition: &str) -> Happening {
    Happening::Mp4Complete { rendition: rendition.into(), size_bytes: 9999 }
}
