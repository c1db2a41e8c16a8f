//! Captions. Text tracks of the source are read by the fleet of the sound when that is done, so they
//! never delay it; closed captions are put together by whoever closes the smallest rung, from what
//! its segments left. What cannot be made is told with a reason and fails nothing else.

use anyhow::anyhow;
use domain::{
    CaptionsName, Happening, Plan, Reason, RenditionName, VideoJob, captions::CaptionsState, keys,
    webvtt,
};
use media::{Captions, CaptionsRequest, ClosedCaptionsRequest, MediaError, Stop};
use platform::{
    consumer::{JobError, Lease},
    objects::{ObjectInfo, ObjectReader},
};

use crate::{encode::StopGuard, transcode::Transcoder};

const CAPTIONS_TYPE: &str = "text/vtt; charset=utf-8";

impl Transcoder {
    /// Reads the text tracks that are not stored yet, all in one pass over the source.
    pub(crate) async fn text_captions(
        &self,
        job: &VideoJob,
        plan: &Plan,
        source: ObjectReader,
        lease: &Lease,
    ) -> Result<(), JobError> {
        if plan.source.captions.is_empty() || self.are_stored(job, plan).await? {
            return Ok(());
        }
        let stop = Stop::default();
        let (cord, request) = (stop.clone(), CaptionsRequest { plan: plan.clone() });
        let cage = self.cage;
        let reading =
            tokio::task::spawn_blocking(move || cage.captions(Box::new(source), &request, &cord));
        // Whoever drops this future stops the reader.
        let _guard = StopGuard(stop);
        let read = tokio::select! {
            read = reading => read.map_err(|panic| anyhow!("reading captions panicked: {panic}"))?,
            () = lease.cancelled() => Err(MediaError::Stopped),
        };
        match read {
            Ok(tracks) => {
                for track in tracks {
                    self.store_captions(job, track).await?;
                }
                Ok(())
            }
            Err(MediaError::Rejected(reason)) => {
                Ok(self.text_captions_failed(job, plan, &reason).await?)
            }
            Err(other) => Err(JobError::Retryable(other.into())),
        }
    }

    /// Tells what is stored; true if that is all.
    async fn are_stored(&self, job: &VideoJob, plan: &Plan) -> anyhow::Result<bool> {
        let mut all = true;
        for name in text_tracks(plan) {
            if self.media.find(&job.run.captions(&name)).await?.is_some() {
                let state = CaptionsState::Complete;
                self.report(&job.run, Happening::Captions { name, state, reason: None }).await?;
            } else {
                all = false;
            }
        }
        Ok(all)
    }

    /// Tells that text tracks will not be made.
    pub(crate) async fn text_captions_failed(
        &self,
        job: &VideoJob,
        plan: &Plan,
        reason: &Reason,
    ) -> anyhow::Result<()> {
        for name in text_tracks(plan) {
            let (state, reason) = (CaptionsState::Failed, Some(reason.clone()));
            self.report(&job.run, Happening::Captions { name, state, reason }).await?;
        }
        Ok(())
    }

    /// Makes WebVTT of what the pictures of the smallest rung's segments said, if they said
    /// anything. `listed` are the rung's objects: a stored segment's captions were stored first.
    pub(crate) async fn closed_captions(
        &self,
        job: &VideoJob,
        plan: &Plan,
        rung: &RenditionName,
        listed: &[ObjectInfo],
    ) -> anyhow::Result<()> {
        let keys =
            listed.iter().map(|object| &object.key).filter(|key| keys::is_closed_captions(key));
        let mut keys: Vec<String> = keys.cloned().collect();
        if keys.is_empty() || plan.made_rungs().next() != Some(rung) {
            return Ok(());
        }
        keys.sort();
        let data = self.media.concatenation(keys);
        let request = ClosedCaptionsRequest { plan: plan.clone() };
        let cage = self.cage;
        let making =
            tokio::task::spawn_blocking(move || cage.closed_captions(Box::new(data), &request));
        let made = match making.await {
            Ok(made) => made,
            Err(panic) => Err(MediaError::Internal(format!("captions panicked: {panic}"))),
        };
        match made {
            Ok(tracks) => {
                for track in tracks {
                    self.store_captions(job, track).await?;
                }
                Ok(())
            }
            Err(MediaError::Source(error)) => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "closed captions could not be made");
                let (name, state) = (CaptionsName::closed(0), CaptionsState::Failed);
                let reason = Some(Reason::unreadable_captions());
                self.report(&job.run, Happening::Captions { name, state, reason }).await
            }
        }
    }

    async fn store_captions(&self, job: &VideoJob, made: Captions) -> anyhow::Result<()> {
        let name = made.name;
        let (state, reason) = match made.cues {
            Err(reason) => (CaptionsState::Failed, Some(reason)),
            Ok(cues) if cues.is_empty() => (CaptionsState::Skipped, Some(Reason::no_captions())),
            Ok(cues) => {
                let key = job.run.captions(&name);
                self.media.put_if_absent(&key, webvtt::file(&cues), CAPTIONS_TYPE).await?;
                (CaptionsState::Complete, None)
            }
        };
        self.report(&job.run, Happening::Captions { name, state, reason }).await
    }
}

fn text_tracks(plan: &Plan) -> impl Iterator<Item = CaptionsName> {
    (0..plan.source.captions.len()).map(CaptionsName::text)
}
