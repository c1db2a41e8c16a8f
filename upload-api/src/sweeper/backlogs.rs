//! What lies in the queues, and what that says about a job of which nothing is heard.

use std::collections::BTreeMap;

use domain::{
    RenditionName,
    video::{Finding, feeds},
};
use futures::future::try_join_all;
use platform::queue::Backlog;

use crate::fleets::{CATALOG, Pipeline, PipelineQueue};

/// A job that got nothing done for so many seconds has failed in all of its attempts or outlasted
/// every outage, or it never was: a worker holds a job for a quarter of an hour at a time.
const LONGEST_SILENCE: u64 = 2 * 3600;

/// All queues at one moment, by name.
#[derive(Debug, Default)]
pub(super) struct Backlogs(BTreeMap<String, Backlog>);

impl Backlogs {
    /// Asks all of them.
    pub(super) async fn ask(pipeline: &Pipeline) -> anyhow::Result<Self> {
        let asked = try_join_all(pipeline.queues().iter().map(ask)).await?;
        Ok(Self(asked.into_iter().collect()))
    }

    #[cfg(test)]
    pub(super) fn of(queues: &[(&str, u64, u64)]) -> Self {
        let backlog = |&(name, waiting, in_flight): &(&str, _, _)| {
            (name.to_owned(), Backlog { waiting, in_flight })
        };
        Self(queues.iter().map(backlog).collect())
    }

    /// Where a job of this fleet may be that has been silent for so many seconds.
    pub(super) fn finding(&self, fleet: &RenditionName, silence: u64) -> Finding {
        let queues = self.queues_of(fleet);
        let all = queues.iter().fold(Backlog::default(), |all, one| Backlog {
            waiting: all.waiting + one.waiting,
            in_flight: all.in_flight + one.in_flight,
        });
        if 0 < all.waiting {
            return if all.in_flight == 0 { Finding::Unattended } else { Finding::Queued };
        }
        let news = self.0.get(CATALOG).copied().unwrap_or_default();
        let may_be_in_hand = queues.is_empty() || 0 < all.in_flight || 0 < news.in_flight;
        match 0 < news.waiting || (may_be_in_hand && silence < LONGEST_SILENCE) {
            true => Finding::InHand,
            false => Finding::Lost,
        }
    }

    /// Its own, or those of consolidated fleets; none if nobody has told us of them.
    fn queues_of(&self, fleet: &RenditionName) -> Vec<Backlog> {
        if let Some(own) = self.0.get(&fleet.0) {
            return vec![*own];
        }
        let fed = self.0.iter().filter(|(name, _)| *name != CATALOG && feeds(name, fleet));
        fed.map(|(_, backlog)| *backlog).collect()
    }
}

async fn ask(queue: &PipelineQueue) -> anyhow::Result<(String, Backlog)> {
    Ok((queue.name.clone(), queue.queue.backlog().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: u64 = 300;

    fn finding(queues: &[(&str, u64, u64)], silence: u64) -> Finding {
        Backlogs::of(queues).finding(&"480p".into(), silence)
    }

    #[test]
    fn a_long_queue_explains_any_silence() {
        assert_eq!(finding(&[("480p", 1, 1)], u64::MAX), Finding::Queued);
        assert_eq!(finding(&[("480p", 1000, 0)], u64::MAX), Finding::Unattended);
    }

    #[test]
    fn an_empty_one_does_not() {
        assert_eq!(finding(&[("480p", 0, 0), ("catalog", 0, 0)], QUIET), Finding::Lost);
        assert_eq!(finding(&[("480p", 0, 0), ("720p", 9, 9)], QUIET), Finding::Lost);
    }

    #[test]
    fn what_a_worker_may_have_is_left_to_it_for_long() {
        for queues in [
            &[("480p", 0, 1), ("catalog", 0, 0)][..],
            &[("480p", 0, 0), ("catalog", 0, 1)],
            &[("catalog", 0, 0)], // nobody told us of its queue
        ] {
            assert_eq!(finding(queues, LONGEST_SILENCE - 1), Finding::InHand, "{queues:?}");
            assert_eq!(finding(queues, LONGEST_SILENCE), Finding::Lost, "{queues:?}");
        }
        let news_waits = [("480p", 0, 0), ("catalog", 1, 0)];
        assert_eq!(finding(&news_waits, u64::MAX), Finding::InHand);
    }

    #[test]
    fn a_consolidated_fleet_has_a_queue_of_any_other_name() {
        let queues = [("ladder", 3, 1), ("thumbnails", 0, 0)];
        assert_eq!(finding(&queues, QUIET), Finding::Queued);
        let of_pictures = Backlogs::of(&queues).finding(&"thumbnails".into(), QUIET);
        assert_eq!(of_pictures, Finding::Lost);
        assert_eq!(finding(&[("480p", 0, 0), ("ladder", 3, 1)], QUIET), Finding::Lost, "its own");
    }
}
