//! A bus of EventBridge: what is put arrives where a rule sends it.

use std::{env, time::Duration};

use platform::{
    event_bus::{BusEvent, EventBus, EventBusArgs, Put},
    queue::Queue,
    signed::Signed,
};
use serde_json::{Value, json};

use crate::stage::{random_name, with_queues};

async fn call(api: &Signed, target: &str, body: Value) -> Value {
    let target = format!("AWSEvents.{target}");
    let headers =
        [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
    let (status, answer) = api.post(&headers, body.to_string()).await.unwrap();
    assert_eq!(status, 200, "{target}: {answer}");
    serde_json::from_str(&answer).unwrap_or(Value::Null)
}

#[tokio::test]
async fn what_is_put_arrives_where_a_rule_sends_it() {
    with_queues(async |queues, aws| {
        let name = random_name("bus");
        let endpoint = env::var("AWS_ENDPOINT_URL_EVENTBRIDGE").ok();
        let args = EventBusArgs {
            event_bus_name: Some(name.clone()),
            event_bus_endpoint: endpoint.clone(),
        };
        let bus = EventBus::new(&args, aws).unwrap().expect("one is configured");
        let api = endpoint.as_deref().or(aws.sdk.endpoint_url());
        let api = Signed::new("events", api, aws).unwrap();
        call(&api, "CreateEventBus", json!({ "Name": name })).await;
        let pattern = json!({"source": ["fantail"], "detail-type": ["video.ready"]}).to_string();
        let rule = json!({"Name": name, "EventBusName": name, "EventPattern": pattern});
        call(&api, "PutRule", rule).await;
        let targets = json!([{"Id": "queue", "Arn": queues.arn}]);
        let targets = json!({"Rule": name, "EventBusName": name, "Targets": targets});
        call(&api, "PutTargets", targets).await;

        let event = |kind: &str| BusEvent {
            detail_type: kind.to_owned(),
            detail: json!({"video_id": "a", "state": "ready"}).to_string(),
        };
        let put = bus.put(&[event("video.deleted"), event("video.ready")]).await.unwrap();
        assert_eq!(put, [Put::Taken, Put::Taken]);
        let taken = queues.queue.receive(10, Duration::from_secs(10)).await.unwrap();
        assert_eq!(taken.len(), 1, "the rule is for one of them");
        let told: Value = serde_json::from_str(&taken[0].body).unwrap();
        assert_eq!(
            (&told["source"], &told["detail-type"]),
            (&json!("fantail"), &json!("video.ready"))
        );
        assert_eq!(told["detail"], json!({"video_id": "a", "state": "ready"}));

        call(&api, "RemoveTargets", json!({"Rule": name, "EventBusName": name, "Ids": ["queue"]}))
            .await;
        call(&api, "DeleteRule", json!({"Name": name, "EventBusName": name})).await;
        call(&api, "DeleteEventBus", json!({ "Name": name })).await;
    })
    .await;
}

#[tokio::test]
async fn without_a_name_there_is_no_bus() {
    let aws = crate::stage::aws().await;
    assert!(EventBus::new(&EventBusArgs::default(), &aws).unwrap().is_none());
    let empty = EventBusArgs { event_bus_name: Some(String::new()), ..EventBusArgs::default() };
    assert!(EventBus::new(&empty, &aws).unwrap().is_none(), "as a template leaves it out");
}
