//! SQS as the consumer relies on it.

use std::time::{Duration, Instant};

use domain::Reason;
use platform::queue::{Delivery, Queue, SqsQueue};
use tokio::time::sleep;

use crate::stage::{aws, with_queues};

const LEASE: Duration = Duration::from_secs(60);

async fn receive(queue: &SqsQueue, lease: Duration) -> Option<Delivery> {
    queue.receive(1, lease).await.unwrap().pop()
}

#[tokio::test]
async fn a_message_is_ours_until_it_is_settled() {
    with_queues(async |queues, _| {
        let queue = &queues.queue;
        queue.reachable().await.unwrap();
        queue.send(&serde_json::json!({"video": 1}), Some("owner-1")).await.unwrap();
        let first = receive(queue, LEASE).await.unwrap();
        assert_eq!((first.body.as_str(), first.receive_count), (r#"{"video":1}"#, 1));
        assert_eq!(first.group.as_deref(), Some("owner-1"));
        assert!(receive(queue, Duration::from_secs(3)).await.is_none(), "hidden");

        queue.release(&first.receipt, Duration::ZERO).await.unwrap();
        let second = receive(queue, LEASE).await.unwrap();
        assert_eq!((&second.message_id, second.receive_count), (&first.message_id, 2));
        queue.delete(&second.receipt).await.unwrap();
        assert!(receive(queue, Duration::from_secs(3)).await.is_none(), "deleted");
    })
    .await;
}

#[tokio::test]
async fn a_lease_ends_unless_it_is_extended() {
    with_queues(async |queues, _| {
        let queue = &queues.queue;
        queue.send(&1, None).await.unwrap();
        let first = receive(queue, Duration::from_secs(3)).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        queue.extend(&first.receipt, Duration::from_secs(4)).await.unwrap();
        sleep(Duration::from_secs(2)).await;
        assert!(receive(queue, Duration::from_secs(3)).await.is_none(), "extended");
        sleep(Duration::from_secs(2)).await;
        assert_eq!(receive(queue, LEASE).await.unwrap().receive_count, 2, "over");
    })
    .await;
}

#[tokio::test]
async fn a_message_released_for_later_comes_later() {
    with_queues(async |queues, _| {
        let queue = &queues.queue;
        queue.send(&1, None).await.unwrap();
        let first = receive(queue, LEASE).await.unwrap();
        queue.release(&first.receipt, Duration::from_secs(3)).await.unwrap();
        let released_at = Instant::now();
        while receive(queue, LEASE).await.is_none() {}
        let later = released_at.elapsed().as_secs_f64();
        assert!((2.0..6.0).contains(&later), "{later} s");
    })
    .await;
}

#[tokio::test]
async fn a_poll_wakes_when_a_message_comes() {
    with_queues(async |queues, _| {
        let (received, sent_at) =
            tokio::join!(async { (receive(&queues.queue, LEASE).await, Instant::now()) }, async {
                sleep(Duration::from_secs(1)).await;
                queues.queue.send(&1, None).await.unwrap();
                Instant::now()
            },);
        assert!(received.0.is_some());
        let latency = received.1.duration_since(sent_at);
        assert!(latency < Duration::from_millis(1500), "{latency:?}");
    })
    .await;
}

#[tokio::test]
async fn a_poll_takes_as_many_as_it_has_slots() {
    with_queues(async |queues, _| {
        for n in 0..5 {
            queues.queue.send(&n, None).await.unwrap();
        }
        let mut bodies = Vec::new();
        while bodies.len() < 5 {
            let taken = queues.queue.receive(3, LEASE).await.unwrap();
            assert!((1..=3).contains(&taken.len()), "{}", taken.len());
            bodies.extend(taken.into_iter().map(|delivery| delivery.body));
        }
        bodies.sort_unstable();
        assert_eq!(bodies, ["0", "1", "2", "3", "4"]);
    })
    .await;
}

#[tokio::test]
async fn a_letter_carries_message_and_reason() {
    with_queues(async |queues, aws| {
        queues.queue.send(&1, Some("owner-1")).await.unwrap();
        let delivery = receive(&queues.queue, LEASE).await.unwrap();
        let reason = Reason::new("gave_up", "\"Quotes\" — and\nother\u{1} characters");
        queues.queue.dead_letter(&delivery, &reason).await.unwrap();

        let request = aws.sqs.receive_message().queue_url(&queues.letters_url);
        let request = request.message_attribute_names("All").wait_time_seconds(5);
        let letter = request.send().await.unwrap().messages.unwrap().remove(0);
        assert_eq!(letter.body.as_deref(), Some("1"));
        let attribute = letter.message_attributes.unwrap().remove("reason").unwrap();
        let sent: Reason = serde_json::from_str(attribute.string_value().unwrap()).unwrap();
        assert_eq!(sent, reason);
    })
    .await;
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_an_error() {
    with_queues(async |queues, _| {
        let nowhere = SqsQueue::new(aws().await.sqs, format!("{}-not", queues.url));
        assert!(nowhere.reachable().await.is_err());
        assert!(nowhere.receive(1, Duration::from_secs(3)).await.is_err());
    })
    .await;
}
