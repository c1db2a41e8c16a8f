//! What can be played of a video now, as playlists.

use super::{RenditionState, RenditionStatus, Video};
use crate::{
    CaptionsName, RenditionName,
    captions::CaptionsState,
    mpd::{AudioRepresentation, Manifest, VideoRepresentation},
    plan::AUDIO_CODECS,
    playlist::{CaptionsPlaylist, MediaPlaylist, MultivariantPlaylist, Variant},
};

/// While a rung runs its peak is not known: maxrate and what muxing and VBV may add.
const RUNNING_HEADROOM_PERCENT: u64 = 125;

impl Video {
    /// The media playlist of a rendition: the unbroken run from the first segment so far, or all
    /// of it. `None` while there is nothing to play.
    pub fn media_playlist(&self, name: &RenditionName) -> Option<MediaPlaylist> {
        let status = self.rendition(name).filter(|status| status.is_playable())?;
        let grid = self.record.plan.as_ref()?.grid(name)?;
        let available = match status.state {
            RenditionState::Complete => grid.segments(),
            _ => self.available_segments(status),
        };
        Some(MediaPlaylist { grid, available, folder: name.to_string() })
    }

    /// The DASH manifest, once nothing more is being encoded and there is something to play.
    pub fn manifest(&self) -> Option<Manifest> {
        let plan = self.record.plan.as_ref()?;
        if !self.renditions.iter().all(|status| status.state.is_final()) {
            return None;
        }
        let complete = self.renditions.iter().filter(|r| r.state == RenditionState::Complete);
        let (mut rungs, mut audio) = (Vec::new(), None);
        for status in complete {
            let (Some(grid), Some(peak)) = (plan.grid(&status.name), status.peak_bps) else {
                continue;
            };
            match plan.video_encode(&status.name) {
                Some(encode) => rungs.push(VideoRepresentation {
                    name: status.name.clone(),
                    bandwidth_bps: peak,
                    resolution: (encode.width, encode.height),
                    codecs: encode.codecs(),
                }),
                None => audio = Some(AudioRepresentation { grid, bandwidth_bps: peak }),
            }
        }
        let video_grid = plan.grid(&rungs.first()?.name)?;
        let (duration_seconds, frame_rate) = (plan.duration_seconds(), plan.frame_rate);
        Some(Manifest { duration_seconds, frame_rate, video_grid, rungs, audio })
    }

    /// Complete rungs and the smallest running one, with the sound if it can be played.
    pub fn multivariant_playlist(&self) -> Option<MultivariantPlaylist> {
        let audio = self.rendition(&RenditionName::audio());
        let audio = audio.filter(|status| status.is_playable());
        let complete = |status: &&RenditionStatus| status.state == RenditionState::Complete;
        let rungs = || self.renditions.iter().filter(|status| !status.name.is_audio());
        let running = rungs().find(|status| status.state == RenditionState::Playable);
        let mut listed: Vec<_> = rungs().filter(complete).chain(running).collect();
        listed.sort_by_key(|status| self.renditions.iter().position(|r| r.name == status.name));
        let variants: Vec<_> =
            listed.into_iter().filter_map(|status| self.variant(status, audio)).collect();
        let made = self.labelled_captions().into_iter();
        let made = made.filter(|(status, _)| status.state == CaptionsState::Complete);
        let captions = made.map(|(_, label)| label).collect();
        (!variants.is_empty()).then(|| MultivariantPlaylist {
            variants,
            has_audio: audio.is_some(),
            captions,
        })
    }

    /// The playlist of a track of captions that is made.
    pub fn captions_playlist(&self, name: &CaptionsName) -> Option<CaptionsPlaylist> {
        let plan = self.record.plan.as_ref()?;
        let seconds = plan.duration_seconds();
        self.has_captions(name).then(|| CaptionsPlaylist { uri: format!("{name}.vtt"), seconds })
    }

    /// Progress of a rendition from 0 to 1, in segments.
    pub fn progress(&self, status: &RenditionStatus) -> f64 {
        if status.state == RenditionState::Complete {
            return 1.0;
        }
        let grid = self.record.plan.as_ref().and_then(|plan| plan.grid(&status.name));
        let Some(grid) = grid else { return 0.0 };
        let made: u32 = status.chunks.values().sum();
        f64::from(made.min(grid.segments())) / f64::from(grid.segments().max(1))
    }

    fn available_segments(&self, status: &RenditionStatus) -> u32 {
        let plan = self.record.plan.as_ref();
        let Some(grid) = plan.and_then(|plan| plan.grid(&status.name)) else { return 0 };
        let mut available = 0;
        for chunk in 0..grid.chunks() {
            let whole = grid.chunk_segments(chunk).len();
            let run = status.chunks.get(&chunk).copied().unwrap_or(0);
            available += run;
            if usize::try_from(run).is_ok_and(|run| run < whole) {
                break;
            }
        }
        available
    }

    fn variant(
        &self,
        status: &RenditionStatus,
        audio: Option<&RenditionStatus>,
    ) -> Option<Variant> {
        let plan = self.record.plan.as_ref()?;
        let encode = plan.video_encode(&status.name)?;
        let audio_bps =
            audio.map(|audio| audio.peak_bps.unwrap_or(u64::from(plan.recipe.audio_bitrate_bps)));
        let audio_average = audio.map(|audio| audio.average_bps);
        let peak = status.peak_bps.unwrap_or(encode.maxrate_bps * RUNNING_HEADROOM_PERCENT / 100);
        let average_bandwidth_bps = match (status.average_bps, audio_average) {
            (Some(video), None) => Some(video),
            (Some(video), Some(Some(audio))) => Some(video + audio),
            _ => None,
        };
        let codecs = match audio {
            Some(_) => format!("{},{AUDIO_CODECS}", encode.codecs()),
            None => encode.codecs(),
        };
        Some(Variant {
            uri: format!("{}.m3u8", status.name),
            bandwidth_bps: peak + audio_bps.unwrap_or(0),
            average_bandwidth_bps,
            resolution: (encode.width, encode.height),
            frame_rate: plan.frame_rate,
            codecs,
        })
    }
}
