//! Storyboard and preview: nice to have, so neither holds up the poster or the other.

use anyhow::Context;
use domain::{
    Happening, Plan, Reason, RenditionIndex, RenditionName, Storyboard, keys::RunKeys, preview,
};
use media::{MediaError, Origin, PreviewRequest, Source, StoryboardRequest};
use platform::{
    consumer::JobError,
    objects::{ObjectInfo, ObjectReader},
};

use crate::{
    jpeg::JPEG_TYPE,
    sheet,
    thumbnail::{Thumbnailer, job_error},
};

/// What they are taken from.
pub(crate) enum Footage {
    /// The uploaded file.
    Upload(ObjectReader),
    /// A complete rung.
    Rung {
        /// Which.
        name: RenditionName,
        /// Its segments.
        index: RenditionIndex,
    },
}

/// Whether it gave what was wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in the bucket, or will never be; either is reported.
    Settled,
    /// The upload has too few key frames, or none that can be read.
    NeedsRung,
}

/// What became of one of them.
enum Made<T> {
    There(T),
    Never(Reason),
    NeedsRung,
}

impl Thumbnailer {
    /// Makes what is missing of both. A failure of one is told after the other was tried.
    pub(crate) async fn extras(
        &self,
        run: &RunKeys,
        plan: &Plan,
        footage: &Footage,
    ) -> Result<Outcome, JobError> {
        let storyboard = self.storyboard(run, plan, footage).await;
        let preview = self.preview(run, plan, footage).await;
        match (storyboard?, preview?) {
            (Outcome::Settled, Outcome::Settled) => Ok(Outcome::Settled),
            _ => Ok(Outcome::NeedsRung),
        }
    }

    /// Whether both are in the bucket.
    pub(crate) async fn has_extras(&self, run: &RunKeys, plan: &Plan) -> anyhow::Result<bool> {
        let preview = self.media.find(&run.preview()).await?;
        Ok(preview.is_some() && self.has_storyboard(run, plan).await?)
    }

    /// A rung to take them from, if it is complete.
    pub(crate) async fn rung(
        &self,
        run: &RunKeys,
        name: &RenditionName,
    ) -> anyhow::Result<Option<Footage>> {
        let Some(json) = self.media.find_bytes(&run.index(name)).await? else { return Ok(None) };
        let index = serde_json::from_slice(&json).context("reading index.json")?;
        Ok(Some(Footage::Rung { name: name.clone(), index }))
    }

    /// The sheets are written in order: the last one says that all are there.
    async fn has_storyboard(&self, run: &RunKeys, plan: &Plan) -> anyhow::Result<bool> {
        let last = run.storyboard_sheet(Storyboard::of(plan).sheets());
        Ok(self.media.find(&last).await?.is_some())
    }

    async fn storyboard(
        &self,
        run: &RunKeys,
        plan: &Plan,
        footage: &Footage,
    ) -> Result<Outcome, JobError> {
        if self.has_storyboard(run, plan).await? {
            return self.settle(run, Happening::StoryboardComplete).await;
        }
        let storyboard = Storyboard::of(plan);
        let source = self.source(run, footage, storyboard.segments());
        let request = StoryboardRequest { plan: plan.clone(), origin: footage.origin() };
        let cage = self.cage;
        let made = tokio::task::spawn_blocking(move || {
            let Some(tiles) = cage.storyboard(source, &request)? else { return Ok(None) };
            let sheet = |number| sheet::jpeg(&storyboard, number, &tiles);
            let sheets: Result<Vec<_>, _> = (1..=storyboard.sheets()).map(sheet).collect();
            sheets.map(Some).map_err(|error| MediaError::Internal(error.to_string()))
        });
        match footage.judge(made.await.context("making a storyboard")?)? {
            Made::There(sheets) => {
                for (number, jpeg) in (1..).zip(sheets) {
                    let key = run.storyboard_sheet(number);
                    self.media.put_if_absent(&key, jpeg, JPEG_TYPE).await?;
                }
                self.settle(run, Happening::StoryboardComplete).await
            }
            Made::Never(reason) => self.settle(run, Happening::StoryboardFailed { reason }).await,
            Made::NeedsRung => Ok(Outcome::NeedsRung),
        }
    }

    async fn preview(
        &self,
        run: &RunKeys,
        plan: &Plan,
        footage: &Footage,
    ) -> Result<Outcome, JobError> {
        if let Some(stored) = self.media.find(&run.preview()).await? {
            let size_bytes = stored.size_bytes;
            return self.settle(run, Happening::PreviewComplete { size_bytes }).await;
        }
        let segments = preview::segments(&preview::excerpts_of_rung(plan.duration_us()));
        let source = self.source(run, footage, segments);
        let request = PreviewRequest { plan: plan.clone(), origin: footage.origin() };
        let cage = self.cage;
        let made = tokio::task::spawn_blocking(move || cage.preview(source, &request));
        match footage.judge(made.await.context("making a preview")?)? {
            Made::There(mp4) => {
                let size_bytes = mp4.len() as u64;
                self.media.put_if_absent(&run.preview(), mp4, "video/mp4").await?;
                self.settle(run, Happening::PreviewComplete { size_bytes }).await
            }
            Made::Never(reason) => self.settle(run, Happening::PreviewFailed { reason }).await,
            Made::NeedsRung => Ok(Outcome::NeedsRung),
        }
    }

    async fn settle(&self, run: &RunKeys, happening: Happening) -> Result<Outcome, JobError> {
        self.report(run, happening).await?;
        Ok(Outcome::Settled)
    }

    /// The upload, or these segments of the rung behind its init segment.
    fn source(
        &self,
        run: &RunKeys,
        footage: &Footage,
        segments: impl IntoIterator<Item = u32>,
    ) -> Box<dyn Source> {
        match footage {
            Footage::Upload(reader) => Box::new(reader.clone()),
            Footage::Rung { name, index } => {
                let part = |key, size_bytes| ObjectInfo { key, size_bytes, etag: String::new() };
                let segment = |number: u32| {
                    let known = index.segments.get(number.checked_sub(1)? as usize)?;
                    Some(part(run.segment(name, number), known.size_bytes))
                };
                let init = part(run.init(name), index.init_size_bytes);
                let segments = segments.into_iter().filter_map(segment);
                let parts: Vec<_> = std::iter::once(init).chain(segments).collect();
                Box::new(self.media.joined(&parts))
            }
        }
    }
}

impl Footage {
    fn origin(&self) -> Origin {
        match self {
            Self::Upload(_) => Origin::Upload,
            Self::Rung { name, .. } => Origin::Rung(name.clone()),
        }
    }

    /// An upload that gives nothing may yet become a rung that does; a rung is the last resort.
    fn judge<T>(&self, made: Result<Option<T>, MediaError>) -> Result<Made<T>, JobError> {
        match (made, self) {
            (Ok(Some(made)), _) => Ok(Made::There(made)),
            (Ok(None) | Err(MediaError::Rejected(_)), Self::Upload(_)) => Ok(Made::NeedsRung),
            (Ok(None), Self::Rung { .. }) => Ok(Made::Never(Reason::unreadable())),
            (Err(MediaError::Rejected(reason)), Self::Rung { .. }) => Ok(Made::Never(reason)),
            (Err(other), _) => Err(job_error(other)),
        }
    }
}
