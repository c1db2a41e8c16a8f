//! Buckets, queues and topics of a test's own, removed again however it ends.

use std::{env, panic::AssertUnwindSafe};

use aws_sdk_sqs::types::QueueAttributeName;
use futures::FutureExt;
use platform::{
    aws::{self, Aws, AwsArgs},
    objects::Objects,
    queue::SqsQueue,
};

/// Clients of the stand-ins.
pub(crate) async fn aws() -> Aws {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_REGION"] {
        assert!(
            env::var_os(name).is_some(),
            "{name} is not set: these tests need the stand-ins, run them through `cargo dev test`"
        );
    }
    let s3_path_style = env::var("S3_PATH_STYLE").is_ok_and(|value| value == "true");
    aws::load(&AwsArgs { s3_path_style }).await
}

/// A name that nobody else has.
pub(crate) fn random_name(what: &str) -> String {
    format!("contract-{what}-{:016x}", rand::random::<u64>())
}

/// Runs `test` in a bucket of its own, with its clients.
pub(crate) async fn with_bucket(test: impl AsyncFnOnce(Objects, &Aws)) {
    let aws = aws().await;
    let objects = Objects::new(aws.s3.clone(), random_name("bucket"));
    aws.s3.create_bucket().bucket(objects.bucket()).send().await.unwrap();
    let outcome = AssertUnwindSafe(test(objects.clone(), &aws)).catch_unwind().await;
    objects.background_done().await;
    for object in objects.list("").await.unwrap() {
        objects.delete(&object.key).await.unwrap();
    }
    aws.s3.delete_bucket().bucket(objects.bucket()).send().await.unwrap();
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// The ids of the uploads that are neither completed nor aborted.
pub(crate) async fn open_uploads(objects: &Objects, aws: &Aws) -> Vec<String> {
    let answer = aws.s3.list_multipart_uploads().bucket(objects.bucket()).send().await.unwrap();
    let uploads = answer.uploads.unwrap_or_default().into_iter();
    uploads.filter_map(|upload| upload.upload_id).collect()
}

/// A queue and its dead-letter queue.
pub(crate) struct Queues {
    pub(crate) queue: SqsQueue,
    pub(crate) url: String,
    pub(crate) arn: String,
    pub(crate) letters_url: String,
}

/// Runs `test` with a queue and a dead-letter queue of its own.
pub(crate) async fn with_queues(test: impl AsyncFnOnce(&Queues, &Aws)) {
    let aws = aws().await;
    let name = random_name("queue");
    let letters_url = create_queue(&aws, &format!("{name}-dlq")).await;
    let url = create_queue(&aws, &name).await;
    let letters_arn = queue_arn(&aws, &letters_url).await;
    let policy = format!(r#"{{"deadLetterTargetArn":"{letters_arn}","maxReceiveCount":"10"}}"#);
    let request = aws.sqs.set_queue_attributes().queue_url(&url);
    request.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.unwrap();

    let arn = queue_arn(&aws, &url).await;
    let queue = SqsQueue::new(aws.sqs.clone(), url.as_str());
    let queue = queue.with_heartbeats(aws.heartbeats.clone());
    let queues = Queues { queue, url, arn, letters_url };
    let outcome = AssertUnwindSafe(test(&queues, &aws)).catch_unwind().await;
    for url in [&queues.url, &queues.letters_url] {
        aws.sqs.delete_queue().queue_url(url).send().await.unwrap();
    }
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

async fn create_queue(aws: &Aws, name: &str) -> String {
    aws.sqs.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap()
}

async fn queue_arn(aws: &Aws, url: &str) -> String {
    let request = aws.sqs.get_queue_attributes().queue_url(url);
    let answer = request.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap();
    answer.attributes.unwrap().remove(&QueueAttributeName::QueueArn).unwrap()
}

/// Bytes that no two places of a file share, so that a misplaced one is noticed.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    use rand::{RngCore, SeedableRng};
    let mut noise = vec![0; length];
    rand::rngs::StdRng::seed_from_u64(7).fill_bytes(&mut noise);
    noise
}
