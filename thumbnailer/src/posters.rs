//! The poster and the other stills that could have been it.

use anyhow::Context;
use domain::{Happening, Plan, Reason, keys::RunKeys, message::PosterCandidate};
use media::{MediaError, Still, StillsRequest};
use platform::{consumer::JobError, objects::ObjectReader};

use crate::{
    jpeg::{JPEG_TYPE, jpeg},
    thumbnail::Thumbnailer,
    thumbnail::job_error,
};

/// Widest poster in pixels: what a watch page shows before playing.
const WIDTH: u32 = 1280;
/// Where in the video to look, in thousandths of its length: the beginning and the end are often
/// black or full of names.
const LOOK_AT: [u16; 9] = [60, 150, 240, 330, 420, 510, 600, 700, 800];

impl Thumbnailer {
    /// Stores the best stills, unless they are there, and reports them.
    pub(crate) async fn posters(
        &self,
        run: &RunKeys,
        plan: &Plan,
        source: &ObjectReader,
    ) -> Result<(), JobError> {
        let candidates = match self.media.find_bytes(&run.posters()).await? {
            Some(json) => serde_json::from_slice(&json).context("reading posters.json")?,
            None => self.make_posters(run, plan, source).await?,
        };
        Ok(self.report(run, Happening::PosterComplete { candidates }).await?)
    }

    async fn make_posters(
        &self,
        run: &RunKeys,
        plan: &Plan,
        source: &ObjectReader,
    ) -> Result<Vec<PosterCandidate>, JobError> {
        let (cage, plan, source) = (self.cage, plan.clone(), source.clone());
        let made = tokio::task::spawn_blocking(move || {
            let request = StillsRequest { plan, positions: LOOK_AT.to_vec(), max_width: WIDTH };
            let stills = cage.stills(Box::new(source), &request)?;
            stills.into_iter().map(candidate).collect::<Result<Vec<_>, MediaError>>()
        });
        let made = made.await.context("making stills")?;
        let made = made.map_err(job_error)?;
        if made.is_empty() {
            return Err(JobError::Permanent(Reason::unreadable()));
        }
        let mut candidates = Vec::new();
        for (number, (candidate, jpeg)) in (1..).zip(made) {
            self.media.put_if_absent(&run.poster_candidate(number), jpeg, JPEG_TYPE).await?;
            candidates.push(candidate);
        }
        let json = serde_json::to_vec(&candidates).context("writing posters.json")?;
        self.media.put_if_absent(&run.posters(), json, "application/json").await?;
        Ok(candidates)
    }
}

fn candidate(still: Still) -> Result<(PosterCandidate, Vec<u8>), MediaError> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1000")]
    let score = (still.score.clamp(0.0, 1.0) * 1000.0) as u16;
    let at_ms = u64::try_from(still.at_us / 1000).unwrap_or(0);
    let jpeg = jpeg(still.width, still.height, still.rgb);
    let jpeg = jpeg.map_err(|error| MediaError::Internal(error.to_string()))?;
    Ok((PosterCandidate { at_ms, score }, jpeg))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_and_times_are_whole_numbers() {
        let still = |at_us, score| Still { at_us, width: 2, height: 2, rgb: vec![9; 12], score };
        let of = |at_us, score| candidate(still(at_us, score)).unwrap().0;
        assert_eq!(of(1_234_567, 0.5), PosterCandidate { at_ms: 1234, score: 500 });
        assert_eq!(of(-40_000, 7.0), PosterCandidate { at_ms: 0, score: 1000 });
    }
}
