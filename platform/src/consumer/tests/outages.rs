//! While a dependency is down nothing is received, nothing fails, and no attempt is burnt.

use super::*;

const MINUTES_15: Duration = Duration::from_secs(15 * 60);

/// Works while the store is up.
fn stage_with_store() -> (Stage, Arc<AtomicBool>) {
    let store_up = Arc::new(AtomicBool::new(true));
    let seen = store_up.clone();
    let stage = stage(SETTINGS, move |_| {
        let up = seen.load(SeqCst);
        async move { if up { Ok(()) } else { store_is_away() } }
    });
    (stage, store_up)
}

#[tokio::test(start_paused = true)]
async fn a_job_waits_in_place_and_burns_no_attempt() {
    let (stage, store_up) = stage_with_store();
    store_up.store(false, SeqCst);
    stage.worker.down.store(true, SeqCst);
    (0..3).for_each(|_| stage.send_job());
    sleep(MINUTES_15).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (1, 2), "one waits, the rest rest");
    assert_eq!(stage.queue.receives.load(SeqCst), 1, "nothing is received meanwhile");

    store_up.store(true, SeqCst);
    stage.worker.down.store(false, SeqCst);
    sleep(Duration::from_secs(31)).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (4, 0), "each once more, at once");
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_is_not_burnt_by_an_outage() {
    let (stage, store_up) = stage_with_store();
    store_up.store(false, SeqCst);
    stage.worker.down.store(true, SeqCst);
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    sleep(MINUTES_15).await;
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
    store_up.store(true, SeqCst);
    stage.worker.down.store(false, SeqCst);
    sleep(HOUR).await;
    assert_eq!((stage.given_up().len(), stage.queue.inner.len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn asking_backs_off_to_once_in_30_seconds() {
    let (stage, store_up) = stage_with_store();
    store_up.store(false, SeqCst);
    stage.worker.down.store(true, SeqCst);
    stage.send_job();
    sleep(HOUR).await;
    let asked = stage.worker.asked.load(SeqCst);
    // The job that waits and the loop that would receive ask, each every 15 to 30 s.
    assert!((120..=500).contains(&asked), "asked {asked} times");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_received_after_a_failed_job_until_the_dependencies_are_up() {
    let settings = ConsumerSettings { slots: 2, ..SETTINGS };
    let stage = stage(settings, |run: Run| async move {
        if run.number == 1 { store_is_away() } else { Ok(()) }
    });
    stage.worker.down.store(true, SeqCst);
    stage.send_job();
    sleep(Duration::from_secs(30)).await; // the poll that was under way has run out
    stage.send_job();
    sleep(MINUTES_15).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (1, 1), "a slot is free and waits");
    stage.worker.down.store(false, SeqCst);
    sleep(Duration::from_secs(31)).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_away_is_asked_less_and_less() {
    let (stage, _) = stage_with_store();
    sleep(Duration::from_secs(1)).await;
    stage.queue.cannot_receive.store(true, SeqCst);
    sleep(HOUR).await;
    let receives = stage.queue.receives.load(SeqCst);
    assert!((120..=260).contains(&receives), "asked {receives} times in an hour");
    stage.queue.cannot_receive.store(false, SeqCst);
    stage.send_job();
    sleep(Duration::from_secs(31)).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_recorded_when_the_outage_is_over() {
    let stage = stage(SETTINGS, async |_| Err(JobError::Permanent(Reason::unreadable())));
    stage.worker.cannot_give_up.store(true, SeqCst);
    stage.worker.down.store(true, SeqCst);
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (1, 0), "kept");
    stage.worker.cannot_give_up.store(false, SeqCst);
    stage.worker.down.store(false, SeqCst);
    sleep(Duration::from_secs(31)).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
    assert_eq!(stage.given_up(), ["unreadable"]);
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_answers_and_fails_burns_no_attempt() {
    // Buckets can be looked at, and nothing can be put into them; the same for a topic.
    let healed_at = Instant::now() + MINUTES_15;
    let stage = stage(SETTINGS, move |_| async move {
        if Instant::now() < healed_at { fails(503) } else { Ok(()) }
    });
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    sleep(MINUTES_15 + Duration::from_secs(31)).await;
    assert_eq!(stage.queue.inner.len(), 0, "done within half a minute after it healed");
    assert!(stage.runs() < 80, "asked less and less: {}", stage.runs());
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_always_meets_an_outage_is_given_up_in_the_end() {
    let stage = stage(SETTINGS, async |_| fails(500));
    stage.send_job();
    sleep(3 * HOUR).await;
    assert_eq!((stage.given_up(), stage.queue.inner.len()), (vec!["gave_up".into()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_no_outage() {
    let stage = stage(SETTINGS, async |_| fails(403));
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.given_up(), ["gave_up"]);
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_is_away_costs_the_job_in_hand_one_delivery() {
    let stage = stage(SETTINGS, async |_| {
        sleep(5 * LEASE).await;
        Ok(())
    });
    stage.send_job();
    sleep(LEASE).await;
    for fault in [&stage.queue.cannot_receive, &stage.queue.cannot_extend] {
        fault.store(true, SeqCst);
    }
    sleep(MINUTES_15).await;
    assert_eq!(stage.runs(), 1, "dropped, and nobody can receive it");
    for fault in [&stage.queue.cannot_receive, &stage.queue.cannot_extend] {
        fault.store(false, SeqCst);
    }
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (2, 0));
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn restarts_during_an_outage_burn_no_attempt() {
    let (mut stage, store_up) = stage_with_store();
    store_up.store(false, SeqCst);
    stage.worker.down.store(true, SeqCst);
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    for _ in 0..15 {
        sleep(Duration::from_secs(60)).await;
        stage.stop().await;
        stage.shutdown = CancellationToken::new();
        stage.start();
    }
    store_up.store(true, SeqCst);
    stage.worker.down.store(false, SeqCst);
    sleep(HOUR).await;
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
    assert_eq!(stage.queue.inner.len(), 0);
}

fn fails(status: u16) -> Outcome {
    Err(JobError::Retryable(crate::outage::answered(status).context("storing a segment")))
}
