//! Spreading a long video over the fleet: a message per chunk, sent once.

use domain::{Plan, Task, VideoJob};
use futures::{StreamExt, TryStreamExt, stream};

use crate::transcode::Transcoder;

/// Messages sent at once.
const AT_ONCE: usize = 8;

impl Transcoder {
    /// Sends all chunks but the first to our own queue, unless that has been done. A worker that
    /// dies in between has some sent twice, which costs the fleet a look at what is made already.
    pub(crate) async fn spread(&self, job: &VideoJob, plan: &Plan) -> anyhow::Result<()> {
        let ours = self.ours(plan);
        let mut is_done = true;
        for rendition in &ours {
            is_done &= self.media.find(&job.run.spread(rendition)).await?.is_some();
        }
        if is_done {
            return Ok(());
        }
        let group = job.owner_id.message_group();
        let chunk = |chunk| VideoJob { task: Task::Chunk { chunk }, attempt: 1, ..job.clone() };
        stream::iter((1..plan.messages()).map(chunk))
            .map(async |job| self.queue.send(&job, Some(&group)).await)
            .buffered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        for rendition in &ours {
            let json = format!("{{\"messages\":{}}}", plan.messages() - 1);
            self.media.put_if_absent(&job.run.spread(rendition), json, "application/json").await?;
        }
        Ok(())
    }
}
