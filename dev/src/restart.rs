//! When a part that died is started again.

use std::{env, time::Duration};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);
/// Another longest wait in seconds: where parts are killed all the time, and nothing is wrong with them.
const VARIABLE: &str = "FANTAIL_RESTART_SECONDS";
/// Who lived this long had no problem with starting.
const HEALTHY: Duration = Duration::from_secs(60);

/// Waits 1 s after a first death and twice as long after each further one, 30 s at most.
#[derive(Clone, Debug)]
pub struct Backoff {
    deaths: u32,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        let asked = env::var(VARIABLE).ok().and_then(|seconds| seconds.parse().ok());
        Self { deaths: 0, longest: asked.map_or(LONGEST, Duration::from_secs) }
    }
}

impl Backoff {
    /// How long to wait, after a part died that had lived for `lived`.
    pub fn after_death(&mut self, lived: Duration) -> Duration {
        self.deaths = if lived >= HEALTHY { 1 } else { self.deaths.saturating_add(1) };
        FIRST.saturating_mul(2u32.saturating_pow(self.deaths - 1)).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(backoff: &mut Backoff, lived: u64) -> u64 {
        backoff.after_death(Duration::from_secs(lived)).as_secs()
    }

    #[test]
    fn doubles_up_to_half_a_minute() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..7).map(|_| seconds(&mut backoff, 0)).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn forgets_after_a_healthy_minute() {
        let mut backoff = Backoff::default();
        for _ in 0..5 {
            seconds(&mut backoff, 3);
        }
        assert_eq!(seconds(&mut backoff, 59), 30);
        assert_eq!(seconds(&mut backoff, 60), 1);
        assert_eq!(seconds(&mut backoff, 0), 2);
    }

    #[test]
    fn never_overflows() {
        let mut backoff = Backoff { deaths: u32::MAX, ..Backoff::default() };
        assert_eq!(seconds(&mut backoff, 0), 30);
    }
}
