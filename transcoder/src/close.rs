//! The end of a rendition: its index, and the MP4 once sound and picture are both whole.

use std::collections::BTreeMap;

use anyhow::{Context, anyhow};
use domain::{
    Happening, Loudness, Plan, Reason, RenditionIndex, RenditionName, Task, VideoJob,
    keys::RunKeys, loudness::ChunkLoudness, message::RENDITION_ATTRIBUTE,
};
use futures::{StreamExt, TryStreamExt, stream};
use media::{MediaError, Mp4Request};
use platform::consumer::JobError;

use crate::transcode::{Transcoder, job_error};

/// Small objects read at once.
const LEVELS_AT_ONCE: usize = 8;

impl Transcoder {
    /// Writes `index.json` and reports, if no segment is missing. The bucket alone decides: who
    /// makes the last segment sees them all in a list.
    pub(crate) async fn close_if_whole(
        &self,
        job: &VideoJob,
        plan: &Plan,
        rendition: &RenditionName,
    ) -> anyhow::Result<()> {
        let grid = plan.grid(rendition).context("a made rendition has a grid")?;
        let listed = self.media.list(&job.run.rendition(rendition)).await?;
        let sizes: BTreeMap<_, _> = listed.iter().map(|o| (o.key.as_str(), o.size_bytes)).collect();
        let size_of = |key: String| sizes.get(key.as_str()).copied();
        let init = size_of(job.run.init(rendition)).unwrap_or(0);
        let segment = |index| size_of(job.run.segment(rendition, index));
        let Some(mut index) = RenditionIndex::of(grid, init, segment) else { return Ok(()) };
        if rendition.is_audio() {
            index.loudness = self.loudness(&job.run, grid.chunks()).await?;
        }
        self.closed_captions(job, plan, rendition, &listed).await?;
        let json = serde_json::to_vec(&index).context("writing the index as JSON")?;
        let key = job.run.index(rendition);
        self.media.put_if_absent(&key, json, "application/json").await?;
        let complete = Happening::Complete {
            rendition: rendition.clone(),
            size_bytes: index.size_bytes(),
            peak_bps: index.peak_bps(),
            average_bps: index.average_bps(),
            loudness: index.loudness,
        };
        self.report(&job.run, complete).await?;
        self.ask_for_mp4s(job, plan, rendition).await
    }

    /// What the chunks measured, put together; none if a level is missing (an older version of the
    /// transcoder made that chunk).
    async fn loudness(&self, run: &RunKeys, chunks: u32) -> anyhow::Result<Option<Loudness>> {
        let measured: Vec<Option<ChunkLoudness>> = stream::iter(0..chunks)
            .map(async |chunk| {
                let json = self.media.find_bytes(&run.loudness(chunk)).await?;
                json.map(|json| serde_json::from_slice(&json).context("reading levels")).transpose()
            })
            .buffered(LEVELS_AT_ONCE)
            .try_collect()
            .await?;
        let measured: Option<Vec<_>> = measured.into_iter().collect();
        Ok(measured.and_then(|measured| Loudness::of(&measured)))
    }

    /// Whoever sees a rung and the sound both complete sends the job; two may be sent.
    async fn ask_for_mp4s(
        &self,
        job: &VideoJob,
        plan: &Plan,
        completed: &RenditionName,
    ) -> anyhow::Result<()> {
        let rungs: Vec<_> = if completed.is_audio() {
            plan.made_rungs().collect()
        } else if !plan.has_audio() || self.is_complete(&job.run, &RenditionName::audio()).await? {
            vec![completed]
        } else {
            Vec::new()
        };
        for rung in rungs {
            if self.is_complete(&job.run, rung).await? {
                let task = Task::Close { rendition: rung.clone() };
                let close = VideoJob { task, attempt: 1, ..job.clone() };
                let attributes = [(RENDITION_ATTRIBUTE, close.task.audience())];
                let group = job.owner_id.message_group();
                self.uploaded.publish(&close, &attributes, Some(&group)).await?;
            }
        }
        Ok(())
    }

    async fn is_complete(&self, run: &RunKeys, rendition: &RenditionName) -> anyhow::Result<bool> {
        Ok(self.media.find(&run.index(rendition)).await?.is_some())
    }

    /// The MP4 of a rung: its segments and the sound, copied into one faststart file.
    pub(crate) async fn close(
        &self,
        job: &VideoJob,
        rendition: &RenditionName,
    ) -> Result<(), JobError> {
        let key = job.run.mp4(rendition);
        let size_bytes = match self.media.find(&key).await? {
            Some(stored) => stored.size_bytes,
            None => self.mux(job, rendition, &key).await?,
        };
        let complete = Happening::Mp4Complete { rendition: rendition.clone(), size_bytes };
        Ok(self.report(&job.run, complete).await?)
    }

    async fn mux(
        &self,
        job: &VideoJob,
        rendition: &RenditionName,
        key: &str,
    ) -> Result<u64, JobError> {
        let plan = self.stored_plan(&job.run).await?;
        let video = self.media.concatenation(self.track(job, &plan, rendition)?);
        let audio = RenditionName::audio();
        let audio = match plan.has_audio() {
            true => Some(self.media.concatenation(self.track(job, &plan, &audio)?)),
            false => None,
        };
        let request = Mp4Request { plan, rendition: rendition.clone() };
        let sink = self.media.held_upload(key, "video/mp4", request.reserved_bytes());
        let cage = self.cage;
        let muxing = tokio::task::spawn_blocking(move || {
            let audio = audio.map(|audio| Box::new(audio) as Box<dyn std::io::Read + Send>);
            cage.mux_mp4(Box::new(video), audio, &request, Box::new(sink.clone()))?;
            sink.finish().map_err(MediaError::Sink)
        });
        let muxed = muxing.await.map_err(|panic| anyhow!("muxing panicked: {panic}"))?;
        muxed.map_err(job_error)
    }

    /// Keys of a whole track in order: the init segment, then every segment.
    fn track(
        &self,
        job: &VideoJob,
        plan: &Plan,
        rendition: &RenditionName,
    ) -> Result<Vec<String>, JobError> {
        let grid =
            plan.grid(rendition).ok_or_else(|| JobError::Permanent(Reason::source_gone()))?;
        let segments = (1..=grid.segments()).map(|index| job.run.segment(rendition, index));
        Ok(std::iter::once(job.run.init(rendition)).chain(segments).collect())
    }
}
