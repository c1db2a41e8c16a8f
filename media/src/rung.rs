//! One rung of a span: scales pictures and encodes them, segment after segment.

use std::{ops::Range, sync::mpsc::Sender};

use domain::{FrameRate, Plan, RenditionName, SegmentGrid, VideoEncode, source::VideoTrack};
use ffmpeg_next::{format::Pixel, frame};

use crate::{
    MediaError, SpanOutput,
    encode_video::{Outlet, unplanned},
    frames,
    h264::SegmentEncoder,
    picture::Scaler,
};

/// Encodes the segments of one rendition.
pub(crate) struct Rung<'a> {
    settings: &'a VideoEncode,
    rate: FrameRate,
    grid: SegmentGrid,
    scaler: Scaler,
    /// Segments not begun yet.
    segments: Range<u32>,
    current: Option<(u32, SegmentEncoder)>,
    init: Option<Vec<u8>>,
    outlet: Outlet,
    encoded: u64,
}

impl<'a> Rung<'a> {
    /// A rung of the plan.
    pub(crate) fn new(
        plan: &'a Plan,
        track: &VideoTrack,
        name: &RenditionName,
        segments: Range<u32>,
        to: Sender<SpanOutput>,
    ) -> Result<Self, MediaError> {
        let settings = plan.video_encode(name).ok_or_else(|| unplanned("such rung"))?;
        let grid = plan.grid(name).ok_or_else(|| unplanned("such rung"))?;
        Ok(Self {
            settings,
            rate: plan.frame_rate,
            grid,
            scaler: Scaler::new(track, settings.width, settings.height, Pixel::YUV420P),
            segments,
            current: None,
            init: None,
            outlet: Outlet { rendition: name.clone(), to },
            encoded: 0,
        })
    }

    /// Encodes a picture for the frames that show it. It is scaled once.
    pub(crate) fn show(
        &mut self,
        picture: &frame::Video,
        shown: Range<u64>,
    ) -> Result<(), MediaError> {
        let picture = self.scaler.scale(picture)?;
        for frame in shown {
            let encoder = self.encoder_for(frame)?;
            encoder.encode(&mut frames::share(&picture)?, frame)?;
            self.encoded += 1;
            if self.encoded.is_multiple_of(u64::from(self.rate.num.div_ceil(self.rate.den))) {
                self.outlet.progress(u64::from(self.rate.num.div_ceil(self.rate.den)));
            }
        }
        Ok(())
    }

    /// Ends the last segment. Returns the number of pictures encoded.
    pub(crate) fn finish(mut self) -> Result<u64, MediaError> {
        self.close()?;
        Ok(self.encoded)
    }

    fn encoder_for(&mut self, frame: u64) -> Result<&mut SegmentEncoder, MediaError> {
        let fits = |(_, encoder): &(u32, SegmentEncoder)| encoder.frames().contains(&frame);
        if !self.current.as_ref().is_some_and(fits) {
            self.close()?;
            let index = self.segments.next().ok_or_else(|| unplanned("such segment"))?;
            let encoder = SegmentEncoder::new(self.settings, self.rate, self.grid, index)?;
            self.current = Some((index, encoder));
        }
        let (_, encoder) = self.current.as_mut().ok_or_else(|| unplanned("such segment"))?;
        Ok(encoder)
    }

    fn close(&mut self) -> Result<(), MediaError> {
        let Some((index, encoder)) = self.current.take() else { return Ok(()) };
        let finished = encoder.finish()?;
        match &self.init {
            Some(init) if *init == finished.init => {}
            // Players would decode later segments with the wrong header.
            Some(_) => return Err(MediaError::Internal("two segments, two headers".into())),
            None => {
                self.outlet.init(finished.init.clone());
                self.init = Some(finished.init);
            }
        }
        self.outlet.segment(index, finished.segment);
        Ok(())
    }
}
