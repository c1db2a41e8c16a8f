//! When a delivery is attempted again: the schedule that Standard Webhooks 1.0.0 recommends.

/// Seconds from each attempt to the next; after the tenth, three days after the first, none follows.
const PAUSES: [u64; 9] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];
/// Longest pause that a webhook may ask for, in seconds.
const LONGEST: u64 = 24 * 3600;

/// When to try again after so many attempts, in Unix seconds; `None` if that was the last. What the
/// answer asked for (`Retry-After`) is heeded within reason. `jitter` is below 1000: deliveries
/// that failed together shall not come back together.
pub(super) fn again_at(
    attempts: u32,
    now: u64,
    retry_after: Option<u64>,
    jitter: u16,
) -> Option<u64> {
    let pause = *PAUSES.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    let pause = pause.max(retry_after.unwrap_or_default().min(LONGEST));
    let more = (pause / 10 + 1) * u64::from(jitter) / 1000;
    Some(now + pause + more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_on_for_three_days_and_ends() {
        let mut now = 0;
        let mut attempts = 1;
        while let Some(at) = again_at(attempts, now, None, 0) {
            assert!(at > now);
            (now, attempts) = (at, attempts + 1);
        }
        assert_eq!((attempts, now / 3600), (10, 75));
        assert_eq!(again_at(1, 100, None, 0), Some(105));
        assert_eq!(again_at(2, 100, None, 0), Some(400));
    }

    #[test]
    fn what_the_answer_asks_for_is_heeded_within_reason() {
        assert_eq!(again_at(1, 0, Some(120), 0), Some(120));
        assert_eq!(again_at(2, 0, Some(120), 0), Some(300), "not sooner than planned");
        assert_eq!(again_at(1, 0, Some(u64::MAX), 0), Some(LONGEST));
        assert_eq!(again_at(10, 0, Some(120), 0), None);
    }

    #[test]
    fn they_do_not_come_back_together() {
        let at = |jitter| again_at(2, 0, None, jitter).unwrap();
        assert!(at(999) > at(0) && at(999) <= 331);
    }
}
