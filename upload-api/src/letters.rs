//! Dead letters: what no worker could do is taken out of the dead-letter queues, which nobody can
//! look into, shown as a failure of its video, and kept until somebody sends it again.

pub mod api;
pub mod redrive;
pub mod watch;

use domain::{ProgressEvent, Reason, VideoJob};
use platform::queue::Delivery;

use crate::{catalogue::Letter, clock};

/// What a letter was meant to be.
pub(crate) enum Content {
    /// A job for a fleet.
    Job(Box<VideoJob>),
    /// News for the catalogue.
    Event(Box<ProgressEvent>),
    /// Neither.
    Unreadable,
}

pub(crate) fn content(letter: &Letter) -> Content {
    if let Ok(job) = serde_json::from_str(&letter.body) {
        return Content::Job(Box::new(job));
    }
    match serde_json::from_str(&letter.body) {
        Ok(event) => Content::Event(Box::new(event)),
        Err(_) => Content::Unreadable,
    }
}

/// A letter as it lies in the dead-letter queue of `queue`. One without a reason was put there by
/// SQS, because whoever received it never said a word.
fn received(queue: &str, delivery: &Delivery) -> Letter {
    Letter {
        letter_id: format!("{:013}-{}", delivery.sent_at_ms, delivery.message_id),
        queue: queue.to_owned(),
        body: delivery.body.clone(),
        reason: delivery.reason.clone().unwrap_or_else(Reason::worker_died),
        message_group: delivery.group.clone(),
        received_at: clock::rfc3339_now(),
        due_at: None,
    }
}
