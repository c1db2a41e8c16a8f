//! How many streams may be open: each holds a connection, and whoever watches makes us ask.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::StatusCode;
use clap::Args;
use domain::OwnerId;

use crate::problem::Problem;

/// Seconds after which a place may have become free.
const ASK_AGAIN_AFTER: u32 = 10;

/// Limits of live events, for each replica.
#[derive(Args, Clone, Copy, Debug)]
pub struct StreamLimits {
    /// Streams of live events that may be open in all; strangers, who watch by a link, get half.
    #[arg(long, env, default_value_t = 4000)]
    pub event_streams: usize,

    /// Streams of live events that one owner may have open.
    #[arg(long, env, default_value_t = 200)]
    pub event_streams_per_owner: usize,
}

impl Default for StreamLimits {
    fn default() -> Self {
        Self { event_streams: 4000, event_streams_per_owner: 200 }
    }
}

/// The streams that are open.
#[derive(Debug, Default)]
pub(super) struct Places {
    limits: StreamLimits,
    /// `None` for all strangers together.
    taken: Mutex<HashMap<Option<OwnerId>, usize>>,
}

/// One of them; free again when dropped.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    who: Option<OwnerId>,
}

impl Places {
    pub(super) fn new(limits: StreamLimits) -> Self {
        Self { limits, taken: Mutex::default() }
    }

    /// How many are taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Takes one.
    ///
    /// # Errors
    /// 429 if they have as many as they may, 503 if nobody gets any more.
    pub(super) fn take(self: &Arc<Self>, who: Option<OwnerId>) -> Result<Place, Problem> {
        let StreamLimits { event_streams, event_streams_per_owner } = self.limits;
        let most = if who.is_some() { event_streams_per_owner } else { event_streams / 2 };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = taken.get(&who).copied().unwrap_or_default();
        if who.is_some() && theirs >= most {
            let detail = format!("At most {most} streams of live events may be open. Close one.");
            let full = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail);
            return Err(full.retry_after(ASK_AGAIN_AFTER));
        }
        if theirs >= most || taken.values().sum::<usize>() >= event_streams {
            let detail = "No more streams of live events can be opened now. Try again soon.";
            let full = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "streams_full", detail);
            return Err(full.retry_after(ASK_AGAIN_AFTER));
        }
        *taken.entry(who.clone()).or_default() += 1;
        Ok(Place { places: self.clone(), who })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(theirs) = taken.get_mut(&self.who) {
            *theirs -= 1;
            if *theirs == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(event_streams: usize, event_streams_per_owner: usize) -> Arc<Places> {
        Arc::new(Places::new(StreamLimits { event_streams, event_streams_per_owner }))
    }

    #[test]
    fn one_owner_does_not_take_the_places_of_others() {
        let places = places(10, 2);
        let take = |who: &str| places.take(Some(who.into()));
        let first = take("a").unwrap();
        let _second = take("a").unwrap();
        let refused = take("a").unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (429, "too_many_streams"));
        let _other = take("b").unwrap();
        drop(first);
        let _again = take("a").unwrap();
        assert_eq!(places.taken(), 3);
    }

    #[test]
    fn strangers_leave_half_to_those_who_are_known() {
        let places = places(4, 4);
        let strangers: Vec<_> = (0..2).map(|_| places.take(None).unwrap()).collect();
        let refused = places.take(None).unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.code()), (503, "streams_full"));
        let known: Vec<_> = (0..2).map(|_| places.take(Some("a".into())).unwrap()).collect();
        assert_eq!(places.take(Some("b".into())).unwrap_err().code(), "streams_full");
        drop((strangers, known));
        assert_eq!(places.taken(), 0);
    }
}
