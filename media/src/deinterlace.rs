//! Fields to full motion: each field becomes a picture of its own (50 or 59.94 a second).

use ffmpeg_next::{Rational, format::Pixel, frame};

use crate::{MediaError, graph::Chain, picture::pixel_name};

/// Deinterlaces pictures that are flagged as pairs of fields and passes others through.
#[derive(Default)]
pub(crate) struct Deinterlacer {
    chain: Option<((Pixel, u32, u32), Chain)>,
    time_base: Option<Rational>,
}

impl Deinterlacer {
    /// How much it has to see before a picture to make the same of it as from the start.
    pub(crate) const CONTEXT_US: i64 = 200_000;

    /// Seconds per tick of the pictures that come out.
    pub(crate) fn time_base(&self) -> Rational {
        self.time_base.unwrap_or(Rational(1, 1_000_000))
    }

    /// Takes the next picture, or the end, whose times are in `base`; gives what is ready.
    pub(crate) fn fields(
        &mut self,
        picture: Option<frame::Video>,
        base: Rational,
    ) -> Result<Vec<frame::Video>, MediaError> {
        let mut ready = Vec::new();
        let shape = picture.as_ref().map(|p| (p.format(), p.width(), p.height()));
        if let Some((built, chain)) = &mut self.chain
            && shape != Some(*built)
        {
            // Another size, or the end: what the old chain still holds comes first.
            chain.finish()?;
            pull_all(chain, &mut ready)?;
            self.chain = None;
        }
        let (Some(mut picture), Some(shape)) = (picture, shape) else { return Ok(ready) };
        let chain = match &mut self.chain {
            Some((_, chain)) => chain,
            none => &mut none.insert((shape, build(shape, base)?)).1,
        };
        self.time_base = Some(chain.time_base());
        chain.push(&mut picture)?;
        pull_all(chain, &mut ready)?;
        Ok(ready)
    }
}

fn pull_all(chain: &mut Chain, ready: &mut Vec<frame::Video>) -> Result<(), MediaError> {
    loop {
        let mut picture = frame::Video::empty();
        if !chain.pull(&mut picture)? {
            return Ok(());
        }
        ready.push(picture);
    }
}

fn build((format, width, height): (Pixel, u32, u32), base: Rational) -> Result<Chain, MediaError> {
    let name = pixel_name(format);
    let args = format!(
        "video_size={width}x{height}:pix_fmt={name}:time_base={}/{}:pixel_aspect=1/1",
        base.0, base.1
    );
    Chain::new("buffer", &args, "bwdif=mode=send_field:parity=auto:deint=interlaced")
}
