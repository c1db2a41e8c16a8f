//! Heartbeats on a clock that nobody can pause, beside jobs that hold up every thread of theirs.

use std::thread;

use super::*;
use crate::consumer::consume;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_block_all_threads_keep_their_messages() {
    let lease = Duration::from_secs(3);
    let stage = stage(ConsumerSettings { slots: 2, lease, ..SETTINGS }, async |_| Ok(()));
    stage.consumer.abort();
    let worker = Arc::new(Scripted::new(|_| async {
        thread::sleep(Duration::from_secs(6));
        Ok(())
    }));
    (0..2).for_each(|_| stage.send_job());
    let settings = ConsumerSettings { slots: 2, lease, ..SETTINGS };
    let queue = stage.queue.clone();
    let seen = stage.queue.clone();
    // A thread, because no task gets a turn.
    let watching = thread::spawn(move || {
        let mut visible = 0;
        for _ in 0..50 {
            thread::sleep(Duration::from_millis(100));
            visible = seen.inner.visible().max(visible);
        }
        visible
    });
    let consumer = tokio::spawn(consume(queue, worker.clone(), settings, stage.shutdown.clone()));
    let visible = tokio::task::spawn_blocking(|| watching.join()).await.unwrap().unwrap();
    while !stage.queue.inner.is_empty() {
        sleep(Duration::from_millis(50)).await;
    }
    stage.shutdown.cancel();
    consumer.await.unwrap();
    assert_eq!(visible, 0, "a message was delivered again while its job ran");
    assert_eq!(worker.began.lock().unwrap().len(), 2);
    assert_eq!(stage.queue.stale_settlements.load(SeqCst), 0);
}
