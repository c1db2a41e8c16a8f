//! Buckets, table, topic and queues of one test, as `infra/cloudformation` describes them.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use aws_sdk_sqs::types::QueueAttributeName;
use platform::aws::{Aws, AwsArgs};
use upload_api::{PartsArgs, auth::AuthArgs, fleets::FleetQueue, uploads::UploadArgs};
use uuid::Uuid;

/// What one test works on; nobody else knows of it.
pub struct Standins {
    pub aws: Aws,
    pub dynamo: aws_sdk_dynamodb::Client,
    pub args: PartsArgs,
    /// Gets what is published, as the fleet of 480p would.
    pub fleet_queue_url: String,
    pub fleet_letters_url: String,
    pub dead_letter_queue_url: String,
}

impl Standins {
    pub async fn new() -> Self {
        for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID"] {
            assert!(
                std::env::var_os(name).is_some(),
                "{name} is not set: these tests need the stand-ins; run them through `cargo dev \
                 test`"
            );
        }
        let aws = platform::aws::load(&AwsArgs { s3_path_style: true }).await;
        let dynamo = aws_sdk_dynamodb::Client::new(&aws.sdk);
        let prefix = format!("api-test-{}", &Uuid::now_v7().simple().to_string()[20..]);
        let (raw_bucket, media_bucket) = (format!("{prefix}-raw"), format!("{prefix}-media"));
        for bucket in [&raw_bucket, &media_bucket] {
            aws.s3.create_bucket().bucket(bucket).send().await.unwrap();
        }
        let topic = aws.sns.create_topic().name(format!("{prefix}-uploaded")).send().await.unwrap();
        let topic_arn = topic.topic_arn.unwrap();
        let fleet_letters_url = queue(&aws, &format!("{prefix}-fleet-dlq"), None).await;
        let letters = queue_arn(&aws, &fleet_letters_url).await;
        let fleet_queue_url = queue(&aws, &format!("{prefix}-fleet"), Some(&letters)).await;
        let dead_letter_queue_url = queue(&aws, &format!("{prefix}-dlq"), None).await;
        let letters = queue_arn(&aws, &dead_letter_queue_url).await;
        let catalog_queue_url = queue(&aws, &format!("{prefix}-catalog"), Some(&letters)).await;
        aws.sns
            .subscribe()
            .topic_arn(&topic_arn)
            .protocol("sqs")
            .endpoint(queue_arn(&aws, &fleet_queue_url).await)
            .attributes("RawMessageDelivery", "true")
            .attributes("FilterPolicy", r#"{"rendition":["all","480p"]}"#)
            .send()
            .await
            .unwrap();
        let catalog_table = format!("{prefix}-catalogue");
        table(&dynamo, &catalog_table).await;
        let args = PartsArgs {
            lease_seconds: 60,
            raw_bucket,
            media_bucket,
            video_uploaded_topic_arn: topic_arn,
            catalog_queue_url,
            fleet_queues: vec![FleetQueue {
                name: "480p".into(),
                url: Some(fleet_queue_url.clone()),
            }],
            owner_videos_at_once: 100.try_into().unwrap(),
            catalog_table,
            s3_public_endpoint: None,
            auth: AuthArgs::default(),
            uploads: UploadArgs::default(),
        };
        Self { aws, dynamo, args, fleet_queue_url, fleet_letters_url, dead_letter_queue_url }
    }

    /// Uploads in parts that nobody has completed or aborted.
    pub async fn open_uploads(&self) -> usize {
        let list = self.aws.s3.list_multipart_uploads().bucket(&self.args.raw_bucket);
        list.send().await.unwrap().uploads().len()
    }

    /// Keys in the raw bucket.
    pub async fn raw_keys(&self) -> Vec<String> {
        let list = self.aws.s3.list_objects_v2().bucket(&self.args.raw_bucket);
        let objects = list.send().await.unwrap().contents.unwrap_or_default();
        objects.into_iter().filter_map(|object| object.key).collect()
    }

    /// Items of videos in the table.
    pub async fn items(&self) -> usize {
        let scan = self.dynamo.scan().table_name(&self.args.catalog_table);
        let scan = scan.filter_expression("begins_with(pk, :videos)");
        let videos = aws_sdk_dynamodb::types::AttributeValue::S("video#".into());
        let scan = scan.expression_attribute_values(":videos", videos);
        scan.send().await.unwrap().items().len()
    }

    /// Sends an event as a worker's topic would.
    pub async fn report(&self, event: &domain::ProgressEvent) {
        self.report_text(&serde_json::to_string(event).unwrap()).await;
    }

    pub async fn report_text(&self, body: &str) {
        let send = self.aws.sqs.send_message().queue_url(&self.args.catalog_queue_url);
        send.message_body(body).send().await.unwrap();
    }

    /// The next job that a fleet gets.
    pub async fn next_job(&self, patience: Duration) -> Option<serde_json::Value> {
        self.next_message(&self.fleet_queue_url, patience).await
    }

    pub async fn next_message(&self, url: &str, patience: Duration) -> Option<serde_json::Value> {
        let wait = i32::try_from(patience.as_secs()).unwrap();
        let receive = self.aws.sqs.receive_message().queue_url(url).wait_time_seconds(wait);
        let message = receive.send().await.unwrap().messages?.pop()?;
        let delete = self.aws.sqs.delete_message().queue_url(url);
        delete.receipt_handle(message.receipt_handle?).send().await.unwrap();
        Some(serde_json::from_str(&message.body?).unwrap())
    }

    /// Removes everything.
    pub async fn remove(self) {
        let args = &self.args;
        for bucket in [&args.raw_bucket, &args.media_bucket] {
            let objects = platform::objects::Objects::new(self.aws.s3.clone(), bucket.as_str());
            for object in objects.list("").await.unwrap_or_default() {
                let _already_gone = objects.delete(&object.key).await;
            }
            let _best_effort = self.aws.s3.delete_bucket().bucket(bucket).send().await;
        }
        let topic = self.aws.sns.delete_topic().topic_arn(&args.video_uploaded_topic_arn);
        let _best_effort = topic.send().await;
        let queues = [
            &args.catalog_queue_url,
            &self.fleet_queue_url,
            &self.fleet_letters_url,
            &self.dead_letter_queue_url,
        ];
        for url in queues {
            let _best_effort = self.aws.sqs.delete_queue().queue_url(url).send().await;
        }
        let _best_effort = self.dynamo.delete_table().table_name(&args.catalog_table).send().await;
    }
}

async fn queue(aws: &Aws, name: &str, letters: Option<&str>) -> String {
    let mut create = aws.sqs.create_queue().queue_name(name);
    if let Some(arn) = letters {
        let policy = serde_json::json!({"deadLetterTargetArn": arn, "maxReceiveCount": 10});
        create = create.attributes(QueueAttributeName::RedrivePolicy, policy.to_string());
    }
    create.send().await.unwrap().queue_url.unwrap()
}

async fn queue_arn(aws: &Aws, url: &str) -> String {
    let name = QueueAttributeName::QueueArn;
    let ask = aws.sqs.get_queue_attributes().queue_url(url).attribute_names(name.clone());
    ask.send().await.unwrap().attributes.unwrap().remove(&name).unwrap()
}

async fn table(dynamo: &aws_sdk_dynamodb::Client, name: &str) {
    let attribute = |name: &str, kind| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let text = |name| attribute(name, ScalarAttributeType::S);
    let index = |name: &str, hash: &str, range: &str, projection| {
        GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(hash, KeyType::Hash))
            .key_schema(key(range, KeyType::Range))
            .projection(Projection::builder().projection_type(projection).build())
            .build()
            .unwrap()
    };
    dynamo
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(vec![
            text("pk"),
            text("sk"),
            text("owner_id"),
            text("id"),
            text("due_shard"),
            attribute("due_at", ScalarAttributeType::N),
        ]))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index("by_owner", "owner_id", "id", ProjectionType::All))
        .global_secondary_indexes(index("due", "due_shard", "due_at", ProjectionType::KeysOnly))
        .send()
        .await
        .unwrap();
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
}
