//! How long one delivery is worked on, and what becomes of a job that needs longer.

use super::*;

const MINUTES_14: Duration = Duration::from_secs(14 * 60);
const SHORT: ConsumerSettings = ConsumerSettings { hold: MINUTES_14, ..SETTINGS };

#[tokio::test(start_paused = true)]
async fn a_job_that_gets_on_is_continued_for_as_long_as_it_takes() {
    let stage = stage(SHORT, async |run: Run| {
        (run.progressed)();
        if run.number < 60 {
            run.token.cancelled().await;
            return Err(JobError::Retryable(anyhow!("stopped")));
        }
        Ok(())
    });
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    sleep(14 * HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (60, 0), "past the wall of 12 hours");
    let began = stage.worker.began.lock().unwrap().clone();
    let longest = began.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= MINUTES_14 + Duration::from_secs(1), "{longest:?}");
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_gets_nothing_done_in_its_time_has_failed() {
    let stage = stage(SHORT, async |run: Run| {
        run.token.cancelled().await;
        Err(JobError::Retryable(anyhow!("stopped")))
    });
    stage.send_job();
    sleep(2 * HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (5, 0));
    assert_eq!(stage.given_up(), ["gave_up"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_does_not_stop_in_time_is_dropped() {
    let stage = stage(SHORT, async |run: Run| {
        (run.progressed)();
        if run.number == 1 { std::future::pending().await } else { Ok(()) }
    });
    stage.send_job();
    sleep(MINUTES_14 + DRAIN + Duration::from_secs(1)).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (2, 0));
    assert_eq!(stage.worker.ended.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ignores_its_lost_lease_is_dropped_before_the_lease_ends() {
    let stage = stage(SETTINGS, |_| std::future::pending());
    stage.send_job();
    sleep(Duration::from_secs(1)).await;
    stage.queue.cannot_extend.store(true, SeqCst);
    sleep(LEASE - Duration::from_secs(2)).await;
    // The slot is free again: it takes the next message while the first is still hidden.
    stage.send_job();
    sleep(Duration::from_millis(500)).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (2, 0));
    assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
}
