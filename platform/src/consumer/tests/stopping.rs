//! Asked to stop, a consumer hands back what it has, at once.

use super::*;

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
async fn a_job_that_does_not_stop_is_left_behind() {
    let mut stage = stage(SETTINGS, |_| std::future::pending());
    stage.send_job();
    sleep(HOUR).await;
    assert_eq!(stage.stop().await, SETTINGS.drain);
    assert_eq!(stage.queue.inner.visible(), 0);
    sleep(LEASE).await;
    assert_eq!(stage.queue.inner.visible(), 1, "it comes back by itself");
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
