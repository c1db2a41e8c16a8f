//! What becomes of a message by how its job ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn done_is_deleted() {
    let stage = stage(SETTINGS, async |_| Ok(()));
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_retryable_failure_is_tried_again_with_growing_pauses() {
    let stage =
        stage(
            SETTINGS,
            |run: Run| async move { if run.number < 4 { store_is_away() } else { Ok(()) } },
        );
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (4, 0));
    assert!(stage.given_up().is_empty());

    let began = stage.worker.began.lock().unwrap().clone();
    let pauses: Vec<_> = began.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert!((5..=10).contains(&pauses[0]), "{pauses:?}");
    assert!((10..=20).contains(&pauses[1]), "{pauses:?}");
    assert!((20..=40).contains(&pauses[2]), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_gives_up_and_sends_a_letter() {
    let stage = stage(SETTINGS, async |_| store_is_away());
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (5, 0));
    assert_eq!(
        (stage.given_up(), stage.letters()),
        (vec!["gave_up".into()], vec!["gave_up".into()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_doubt_about_the_input_is_told_only_after_the_last_attempt() {
    let stage = stage(SETTINGS, async |_| {
        let crashed = anyhow!("killed by signal 11").context(Reason::decoder_crashed());
        Err(JobError::Retryable(crashed.context("making a segment")))
    });
    stage.send_job();
    sleep(HOUR).await;
    let told = vec!["decoder_crashed".into()];
    assert_eq!((stage.runs(), stage.given_up(), stage.letters()), (5, told.clone(), told));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_an_attempt_that_will_not_be_made() {
    let stage = stage(SETTINGS, async |_| store_is_away());
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    sleep(Duration::from_secs(1)).await;
    assert_eq!((stage.given_up().len(), stage.queue.inner.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn attempts_in_the_body_count() {
    let stage = stage(SETTINGS, async |_| store_is_away());
    stage.queue.inner.send(r#"{"attempt": 4}"#);
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.given_up()), (2, vec!["gave_up".into()]));
}

#[tokio::test(start_paused = true)]
async fn a_permanent_failure_gives_up_at_once_without_a_letter() {
    let stage = stage(SETTINGS, async |_| Err(JobError::Permanent(Reason::no_video_stream())));
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (1, 0));
    assert_eq!(stage.given_up(), ["no_video_stream"]);
    assert!(stage.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_message_becomes_a_letter() {
    let stage = stage(SETTINGS, async |_| Ok(()));
    stage.queue.inner.send("no JSON");
    stage.queue.inner.send(r#"{"attempt": "of a job"}"#);
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (0, 0));
    assert_eq!(stage.letters(), ["unreadable_message"; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_an_attempt_and_the_consumer_lives() {
    let stage = stage(SETTINGS, |run: Run| async move {
        assert!(run.number != 1, "at the disco");
        Ok(())
    });
    stage.send_job();
    sleep(Duration::from_secs(11)).await;
    assert_eq!(stage.runs(), 2, "released with backoff, as after any failure");
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_cannot_be_recorded_is_not_lost() {
    let stage = stage(SETTINGS, async |_| Err(JobError::Permanent(Reason::no_video_stream())));
    stage.worker.cannot_give_up.store(true, SeqCst);
    stage.send_job();
    sleep(Duration::from_secs(60)).await;
    assert_eq!((stage.given_up().len(), stage.queue.inner.len()), (0, 1));
    stage.worker.cannot_give_up.store(false, SeqCst);
    sleep(HOUR).await;
    assert_eq!((stage.given_up().len(), stage.queue.inner.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_cannot_be_sent_keeps_the_message() {
    let stage = stage(SETTINGS, async |_| Ok(()));
    stage.queue.cannot_dead_letter.store(true, SeqCst);
    stage.queue.inner.send("no JSON");
    sleep(Duration::from_secs(60)).await;
    assert_eq!((stage.letters().len(), stage.queue.inner.len()), (0, 1));
    stage.queue.cannot_dead_letter.store(false, SeqCst);
    sleep(HOUR).await;
    assert_eq!((stage.letters().len(), stage.queue.inner.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_job_whose_workers_died_silently_is_given_up() {
    let mut stage = stage(SETTINGS, |_| std::future::pending());
    stage.send_job();
    for _ in 0..5 {
        sleep(Duration::from_secs(1)).await;
        stage.kill().await;
        sleep(LEASE).await;
        stage.start();
    }
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (5, 0), "the sixth delivery is not run");
    assert_eq!(
        (stage.given_up(), stage.letters()),
        (vec!["gave_up".into()], vec!["gave_up".into()])
    );
}

#[tokio::test(start_paused = true)]
async fn as_many_jobs_run_at_once_as_there_are_slots() {
    let settings = ConsumerSettings { slots: 3, ..SETTINGS };
    let stage = stage(settings, async |_| {
        sleep(Duration::from_secs(100)).await;
        Ok(())
    });
    stage.send_job();
    sleep(Duration::from_secs(1)).await;
    (0..6).for_each(|_| stage.send_job());
    sleep(Duration::from_secs(49)).await;
    assert_eq!(
        (stage.runs(), stage.queue.inner.visible()),
        (3, 4),
        "the others are left to others"
    );
    sleep(Duration::from_secs(100)).await;
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (6, 1));
    sleep(Duration::from_secs(200)).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (7, 0));
}
