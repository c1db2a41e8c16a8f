//! A message is ours for exactly as long as its lease is kept.

use super::*;

fn runs_until_cancelled(run: Run) -> BoxFuture<'static, Outcome> {
    Box::pin(async move {
        run.token.cancelled().await;
        Err(JobError::Retryable(anyhow!("cancelled")))
    })
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_outlasts_the_lease() {
    let stage = stage(SETTINGS, async |_| {
        sleep(6 * HOUR).await;
        Ok(())
    });
    stage.send_job();
    sleep(5 * HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible(), stage.queue.inner.len()), (1, 0, 1));
    let beats = stage.queue.extensions.load(SeqCst);
    assert!((880..=920).contains(&beats), "three beats a lease, not {beats}");
    sleep(2 * HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_hogs_its_task_does_not_hold_up_the_heartbeat() {
    // Never yields to its own task's other futures, only to the scheduler.
    let stage = stage(SETTINGS, async |_| {
        let until = Instant::now() + 10 * LEASE;
        while Instant::now() < until {
            tokio::time::advance(Duration::from_millis(500)).await;
        }
        Ok(())
    });
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
    assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_of_the_heartbeat_is_survived() {
    let stage = stage(SETTINGS, async |_| {
        sleep(10 * LEASE).await;
        Ok(())
    });
    stage.send_job();
    sleep(5 * LEASE).await;
    for fault in [&stage.queue.cannot_extend, &stage.queue.extend_hangs] {
        fault.store(true, SeqCst);
        sleep(LEASE / 6).await;
        fault.store(false, SeqCst);
        sleep(LEASE).await;
    }
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
}

/// The job must have stopped before the lease ended, and the message must come back by itself.
async fn a_lost_lease(break_it: fn(&FaultyQueue)) {
    let stage = stage(SETTINGS, runs_until_cancelled);
    stage.send_job();
    sleep(2 * LEASE).await;
    break_it(&stage.queue);
    let broken_at = Instant::now();
    while stage.worker.ended.load(SeqCst) == 0 {
        sleep(Duration::from_millis(100)).await;
        assert!(broken_at.elapsed() < LEASE, "the job outlived its lease");
    }
    assert_eq!((stage.queue.inner.visible(), stage.queue.inner.len()), (0, 1), "still hidden");
    sleep(LEASE).await;
    assert_eq!(stage.runs(), 2, "delivered again");
    assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
    assert_eq!(stage.queue.inner.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_heartbeat_stops_the_job_before_the_lease_ends() {
    a_lost_lease(|queue| queue.cannot_extend.store(true, SeqCst)).await;
}

#[tokio::test(start_paused = true)]
async fn a_hanging_heartbeat_stops_the_job_before_the_lease_ends() {
    a_lost_lease(|queue| queue.extend_hangs.store(true, SeqCst)).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ends_after_its_lease_settles_nothing() {
    for outcome in [|| Ok(()), store_is_away, || Err(JobError::Permanent(Reason::unreadable()))] {
        let stage = stage(SETTINGS, move |run: Run| async move {
            if run.number > 1 {
                return Ok(());
            }
            tokio::time::advance(3 * LEASE).await; // in one go: nothing could stop it
            outcome()
        });
        stage.send_job();
        stage.queue.cannot_extend.store(true, SeqCst);
        sleep(HOUR).await;
        assert_eq!((stage.runs(), stage.queue.inner.len()), (2, 0));
        assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
        assert!(stage.given_up().is_empty(), "the next holder says how it ends");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_stopped_past_its_lease_touches_nothing() {
    let stage = stage(SETTINGS, async |run: Run| {
        if run.number == 1 {
            // What SIGSTOP and SIGCONT look like from inside: no timer fired in between.
            tokio::time::advance(2 * LEASE).await;
        }
        Ok(())
    });
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (2, 0));
    assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn the_heartbeat_is_silent_once_a_message_is_released() {
    let stage = stage(SETTINGS, async |_| {
        sleep(LEASE).await;
        store_is_away()
    });
    stage.queue.inner.send(r#"{"attempt": 4}"#);
    sleep(LEASE + Duration::from_secs(30)).await;
    let beats = stage.queue.extensions.load(SeqCst);
    sleep(Duration::from_secs(9)).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (1, 0), "resting 40 to 80 s");
    assert_eq!(stage.queue.extensions.load(SeqCst), beats);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_arrives_after_its_lease_is_not_begun() {
    let stage = stage(SETTINGS, async |_| Ok(()));
    stage.queue.answers_late_once(LEASE + Duration::from_secs(1));
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0), "only the second delivery");
    assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
}
