//! Topic to queue: filtered by rendition, raw, with the group.

use std::time::Duration;

use platform::{
    queue::{Queue, SqsQueue},
    topic::Topic,
};

use crate::stage::{Queues, aws, random_name, with_queues};

async fn bodies(queue: &SqsQueue) -> Vec<(String, Option<String>)> {
    let mut bodies = Vec::new();
    loop {
        let taken = queue.receive(10, Duration::from_secs(6)).await.unwrap();
        if taken.is_empty() {
            return bodies;
        }
        for delivery in taken {
            queue.delete(&delivery.receipt).await.unwrap();
            bodies.push((delivery.body, delivery.group));
        }
    }
}

async fn subscribe(topic: &str, queues: &Queues, rendition: &str) {
    let request = aws().await.sns.subscribe().topic_arn(topic).protocol("sqs");
    request
        .endpoint(&queues.arn)
        .attributes("RawMessageDelivery", "true")
        .attributes("FilterPolicy", format!(r#"{{"rendition":["all","{rendition}"]}}"#))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn each_fleet_gets_what_is_for_it() {
    with_queues(async |small, aws| {
        with_queues(async |large, _| {
            let created = aws.sns.create_topic().name(random_name("topic")).send().await.unwrap();
            let arn = created.topic_arn.unwrap();
            subscribe(&arn, small, "480p").await;
            subscribe(&arn, large, "1080p").await;

            let topic = Topic::new(aws.sns.clone(), arn.as_str());
            topic.reachable().await.unwrap();
            let group = Some("owner-1");
            topic.publish(&"for all", &[("rendition", "all")], group).await.unwrap();
            topic.publish(&"for large", &[("rendition", "1080p")], None).await.unwrap();
            topic.publish(&"for none", &[("rendition", "8k")], None).await.unwrap();

            let group = group.map(str::to_owned);
            let for_all = ("\"for all\"".to_owned(), group);
            assert_eq!(bodies(&small.queue).await, std::slice::from_ref(&for_all));
            let mut large = bodies(&large.queue).await;
            large.sort_unstable();
            assert_eq!(large, [for_all, ("\"for large\"".to_owned(), None)]);

            aws.sns.delete_topic().topic_arn(&arn).send().await.unwrap();
            assert!(topic.reachable().await.is_err());
            assert!(topic.publish(&1, &[], None).await.is_err());
        })
        .await;
    })
    .await;
}
