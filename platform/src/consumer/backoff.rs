//! How long to wait after a failure, with jitter so that a fleet does not come back in step.

use std::time::Duration;

/// How long a message rests after the failed attempt of this number (from 1): 10 s, 20 s, 40 s, …
/// up to 10 minutes, less up to half of it.
pub(super) fn after_attempt(attempt: u32) -> Duration {
    jittered(doubling(Duration::from_secs(10), attempt, Duration::from_secs(600)))
}

/// How long to wait between asking again what does not answer, after so many failures in a row:
/// not at all, 1 s, 2 s, 4 s, … up to 30 s, less up to half of it.
pub(super) fn between_polls(failures: u32) -> Duration {
    jittered(doubling(Duration::from_secs(1), failures, Duration::from_secs(30)))
}

fn doubling(first: Duration, nth: u32, most: Duration) -> Duration {
    match nth.checked_sub(1) {
        None => Duration::ZERO,
        Some(doublings) => first.saturating_mul(2_u32.saturating_pow(doublings)).min(most),
    }
}

fn jittered(duration: Duration) -> Duration {
    duration.mul_f64(rand::random_range(0.5..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_a_bound() {
        let of = |nth| doubling(Duration::from_secs(10), nth, Duration::from_secs(600)).as_secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 1000, u32::MAX].map(of), [0, 10, 20, 40, 320, 600, 600, 600]);
    }

    #[test]
    fn takes_between_half_and_all_of_it() {
        let waits: Vec<_> = (0..100).map(|_| after_attempt(1)).collect();
        let bounds = Duration::from_secs(5)..=Duration::from_secs(10);
        assert!(waits.iter().all(|wait| bounds.contains(wait)), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "no jitter");
    }
}
