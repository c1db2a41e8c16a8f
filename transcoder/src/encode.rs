//! Encodes what is missing and stores each segment while the next one is being made.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use anyhow::{Context, anyhow};
use bytes::Bytes;
use domain::{Happening, Plan, Reason, RenditionName, VideoJob, Work, keys};
use futures::{StreamExt, TryStreamExt, stream};
use media::{AudioSpan, SpanOutput, Stop, VideoSpan};
use platform::{
    consumer::{JobError, Lease},
    objects::{ObjectReader, PutOutcome},
};
use tokio::sync::mpsc;

use crate::{
    progress::Progress,
    spans::{chunks, spans},
    transcode::{Transcoder, job_error},
};

const SEGMENT_TYPE: &str = "video/iso.segment";
const CLOSED_CAPTIONS_TYPE: &str = "application/octet-stream";
const INIT_TYPE: &str = "video/mp4";
/// Outputs waiting to be stored, per span: the encoder runs ahead of the store by so many.
const AHEAD: usize = 2;

/// What all spans of a job share.
struct Making<'a> {
    job: &'a VideoJob,
    source: ObjectReader,
    lease: &'a Lease,
    told: Mutex<BTreeMap<RenditionName, Progress>>,
    inits: Mutex<BTreeMap<RenditionName, Bytes>>,
}

/// One call of `media`.
enum Span {
    Video(VideoSpan),
    Audio(AudioSpan),
}

/// Pulls the cord when it goes out of scope.
pub(crate) struct StopGuard(pub(crate) Stop);

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Transcoder {
    /// Lists what is stored of this part and makes the rest.
    pub(crate) async fn encode_missing(
        &self,
        job: &VideoJob,
        plan: &Plan,
        ours: &[RenditionName],
        work: Work,
        source: ObjectReader,
        lease: &Lease,
    ) -> Result<(), JobError> {
        let (mut missing, mut told) = (BTreeMap::new(), BTreeMap::new());
        for rendition in ours {
            let grid = plan.grid(rendition).context("a made rendition has a grid")?;
            let stored = self.stored_segments(job, rendition).await?;
            let (made, rest) = work.segments(grid).partition(|index| stored.contains(index));
            missing.insert(rendition.clone(), rest);
            told.insert(rendition.clone(), Progress::new(rendition.clone(), grid, made));
        }
        let work = to_do(plan, missing, self.spans);
        let (told, inits) = (Mutex::new(told), Mutex::default());
        let making = Making { job, source, lease, told, inits };
        self.tell_news(&making).await?;
        stream::iter(work)
            .map(|span| self.encode_span(&making, span))
            .buffer_unordered(self.spans)
            .try_collect()
            .await
    }

    async fn stored_segments(
        &self,
        job: &VideoJob,
        rendition: &RenditionName,
    ) -> anyhow::Result<BTreeSet<u32>> {
        let objects = self.media.list(&job.run.rendition(rendition)).await?;
        Ok(objects.iter().filter_map(|object| keys::segment_index(&object.key)).collect())
    }

    /// Encodes on a blocking thread, stores from here. Whoever fails first ends the other.
    async fn encode_span(&self, making: &Making<'_>, span: Span) -> Result<(), JobError> {
        let (outputs, mut received) = mpsc::channel(AHEAD);
        let (source, stop) = (Box::new(making.source.clone()), Stop::default());
        let (cage, cord) = (self.cage, stop.clone());
        let encoding = tokio::task::spawn_blocking(move || {
            let mut out = |output| {
                outputs.blocking_send(output).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
            };
            match span {
                Span::Video(span) => cage.encode_video(source, &span, &mut out, &cord),
                Span::Audio(span) => cage.encode_audio(source, &span, &mut out, &cord),
            }
        });
        // Whoever drops this future, or fails in it, stops the encoder.
        let _guard = StopGuard(stop.clone());
        let mut stored = Ok(());
        while stored.is_ok() {
            let output = tokio::select! {
                output = received.recv() => output,
                () = making.lease.cancelled() => { stop.stop(); received.recv().await }
            };
            let Some(output) = output else { break };
            stored = self.store(making, output).await;
        }
        drop(received);
        let encoded = encoding.await.map_err(|panic| anyhow!("encoding panicked: {panic}"))?;
        stored?;
        encoded.map(drop).map_err(job_error)
    }

    async fn store(&self, making: &Making<'_>, output: SpanOutput) -> Result<(), JobError> {
        match output {
            SpanOutput::Init { rendition, bytes } => {
                self.store_init(making, rendition, bytes.into()).await
            }
            SpanOutput::Segment { rendition, index, bytes } => {
                let key = making.job.run.segment(&rendition, index);
                self.media.put_if_absent(&key, bytes, SEGMENT_TYPE).await?;
                making.lease.progressed();
                if let Some(progress) = lock(&making.told).get_mut(&rendition) {
                    progress.store(index);
                }
                Ok(self.tell_news(making).await?)
            }
            SpanOutput::ClosedCaptions { rendition, index, bytes } => {
                let key = making.job.run.closed_captions(&rendition, index);
                self.media.put_if_absent(&key, bytes, CLOSED_CAPTIONS_TYPE).await?;
                Ok(())
            }
            SpanOutput::Loudness { chunk, measured } => {
                let json = serde_json::to_vec(&measured).context("writing levels as JSON")?;
                let key = making.job.run.loudness(chunk);
                self.media.put_if_absent(&key, json, "application/json").await?;
                Ok(())
            }
            SpanOutput::Progress { .. } => Ok(()),
        }
    }

    /// Segments of encoders that differ must never stand behind one init segment: if ours is not
    /// the stored one, the video is made anew under the next generation.
    async fn store_init(
        &self,
        making: &Making<'_>,
        rendition: RenditionName,
        bytes: Bytes,
    ) -> Result<(), JobError> {
        let known = lock(&making.inits).get(&rendition).cloned();
        let stored = match known {
            Some(stored) => stored,
            None => {
                let key = making.job.run.init(&rendition);
                match self.media.put_if_absent(&key, bytes.clone(), INIT_TYPE).await? {
                    PutOutcome::Stored => bytes.clone(),
                    PutOutcome::Exists => self.media.bytes(&key).await?,
                }
            }
        };
        if stored != bytes {
            let reason = Reason::encoders_differ();
            let superseded = Happening::Superseded { reason: reason.clone() };
            self.report(&making.job.run, superseded).await?;
            return Err(JobError::Permanent(reason));
        }
        lock(&making.inits).insert(rendition, stored);
        Ok(())
    }

    async fn tell_news(&self, making: &Making<'_>) -> anyhow::Result<()> {
        let news: Vec<_> = lock(&making.told).values_mut().flat_map(Progress::news).collect();
        for happening in news {
            self.report(&making.job.run, happening).await?;
        }
        Ok(())
    }
}

/// Sound first, for nothing plays without it; then the pictures, in one go all rungs that lack a
/// segment.
fn to_do(
    plan: &Plan,
    missing: BTreeMap<RenditionName, BTreeSet<u32>>,
    at_once: usize,
) -> Vec<Span> {
    let (sound, pictures): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|(name, _)| name.is_audio());
    let mut work = Vec::new();
    for (_, missing) in sound {
        let span = |chunk| Span::Audio(AudioSpan { plan: plan.clone(), chunk });
        work.extend(chunks(&missing).into_iter().map(span));
    }
    let span = |(segments, renditions)| {
        Span::Video(VideoSpan { plan: plan.clone(), renditions, segments })
    };
    work.extend(spans(pictures, at_once).into_iter().map(span));
    work
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
