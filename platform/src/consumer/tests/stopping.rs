//! Asked to stop, a consumer hands back what it has, at once.

use super::*;
use crate::queue::Queue;

#[tokio::test(start_paused = true)]
async fn an_idle_consumer_stops_at_once() {
    let mut stage = stage(SETTINGS, async |_| Ok(()));
    sleep(Duration::from_secs(5)).await; // in the middle of a long poll
    assert_eq!(stage.stop().await, Duration::ZERO);
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.runs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_stops_is_handed_back_at_once() {
    let mut stage = stage(SETTINGS, async |run: Run| {
        run.token.cancelled().await;
        sleep(Duration::from_secs(2)).await; // drops what it has in hand
        store_is_away()
    });
    stage.send_job();
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, Duration::from_secs(2));
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (1, 2), "nothing new was taken");
    assert!(stage.given_up().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_gets_done_while_stopping_is_done() {
    let mut stage = stage(SETTINGS, async |run: Run| {
        run.token.cancelled().await;
        sleep(Duration::from_secs(20)).await;
        Ok(())
    });
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, Duration::from_secs(20));
    assert!(stage.queue.inner.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_kept_while_draining() {
    let settings = ConsumerSettings { drain: 3 * LEASE, ..SETTINGS };
    let mut stage = stage(settings, async |_| {
        sleep(3 * LEASE).await;
        Ok(())
    });
    stage.send_job();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(stage.stop().await, 3 * LEASE - Duration::from_secs(1));
    assert_eq!((stage.queue.inner.len(), stage.queue.stale_settlements.load(SeqCst)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_does_not_stop_is_dropped_and_handed_over() {
    let mut stage = stage(SETTINGS, |_| std::future::pending());
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, SETTINGS.drain);
    assert_eq!((stage.queue.inner.visible(), stage.queue.inner.len()), (1, 1));
    assert_eq!(stage.worker.ended.load(SeqCst), 0, "it never returned");
}

#[tokio::test(start_paused = true)]
async fn to_be_stopped_burns_no_attempt() {
    let mut stage = stage(SETTINGS, async |run: Run| {
        if run.number <= 20 {
            run.token.cancelled().await;
            return Err(JobError::Retryable(anyhow!("stopped")));
        }
        Ok(())
    });
    stage.queue.inner.send(r#"{"attempt": 5}"#);
    for _ in 0..20 {
        sleep(Duration::from_secs(1)).await;
        stage.stop().await;
        stage.shutdown = CancellationToken::new();
        stage.start();
    }
    sleep(HOUR).await;
    assert_eq!((stage.runs(), stage.queue.inner.len()), (21, 0), "the last attempt, to its end");
    assert!(stage.given_up().is_empty() && stage.letters().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_continuation_that_cannot_be_sent_is_the_message_itself() {
    let mut stage = stage(SETTINGS, async |run: Run| {
        run.token.cancelled().await;
        store_is_away()
    });
    stage.queue.cannot_send.store(true, SeqCst);
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, Duration::ZERO);
    let again = Queue::receive(&stage.queue.inner, 1, LEASE).await.unwrap();
    assert_eq!((again.len(), again[0].receive_count), (1, 2), "handed back, not lost");
}

#[tokio::test(start_paused = true)]
async fn a_job_waiting_for_a_dependency_is_handed_back() {
    let mut stage = stage(SETTINGS, async |_| store_is_away());
    stage.worker.down.store(true, SeqCst);
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, Duration::ZERO);
    assert_eq!((stage.runs(), stage.queue.inner.visible()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_consumer_waiting_for_its_queue_stops_at_once() {
    let mut stage = stage(SETTINGS, async |_| Ok(()));
    stage.queue.cannot_receive.store(true, SeqCst);
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, Duration::ZERO);
}
