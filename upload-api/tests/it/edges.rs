//! What is asked wrong, and from where it may be asked.

use serde_json::Value;

use crate::{
    fixture::with_app,
    http::{ask, ask_with},
};

#[tokio::test(flavor = "multi_thread")]
async fn wrong_methods_and_addresses_are_problems() {
    with_app(async |fixture| {
        let reply = ask(fixture.addr, "PUT", "/api/videos").await;
        reply.assert_problem(405, "method_not_allowed");
        let mut allowed: Vec<_> = reply.header("allow").unwrap().split(',').collect();
        allowed.sort_unstable();
        assert_eq!(allowed, ["GET", "HEAD", "POST"]);
        let id = "01890a5d-ac96-774b-bcce-b302099a80f7";
        let reply = ask(fixture.addr, "POST", &format!("/v/{id}/master.m3u8")).await;
        reply.assert_problem(405, "method_not_allowed");
        for path in ["/api", "/api/", "/api/nothing", "/api/videos/", "/v", "/v/a/b/c/d"] {
            fixture.get(path).await.assert_problem(404, "not_found");
        }
        fixture.get("/").await.assert_problem(404, "no_web_page");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_machine_may_ask() {
    with_app(async |fixture| {
        let get =
            async |host| ask_with(fixture.addr, "GET", "/api/videos", &[("Host", host)], b"").await;
        assert_eq!(get("127.0.0.1:8080").await.status, 200);
        assert_eq!(get("[::1]:8080").await.status, 200);
        get("rebound.example").await.assert_problem(403, "host_not_allowed");
        let post = async |origin| {
            ask_with(fixture.addr, "POST", "/api/videos", &[("Origin", origin)], b"x").await
        };
        post("https://evil.example").await.assert_problem(403, "origin_not_allowed");
        assert_eq!(post("http://localhost:8080").await.status, 201);
        let probe = ask_with(fixture.addr, "GET", "/healthz", &[("Host", "10.0.0.7")], b"").await;
        assert_eq!(probe.status, 200, "probes ask by address");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_and_describes_itself() {
    with_app(async |fixture| {
        assert_eq!(fixture.get("/healthz").await.status, 200);
        assert_eq!(fixture.get("/readyz").await.status, 200);
        let description = fixture.get("/api/openapi.json").await;
        assert_eq!(description.header("content-type"), Some("application/json"));
        assert_eq!(description.header("x-content-type-options"), Some("nosniff"));
        let description: Value = description.json();
        assert_eq!(description["openapi"], "3.1.0");
        assert!(description["paths"]["/api/videos/{id}"]["patch"].is_object());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_told_without_its_cause() {
    with_app(async |fixture| {
        let table = &fixture.standins.args.catalog_table;
        fixture.standins.dynamo.delete_table().table_name(table).send().await.unwrap();
        let reply = fixture.get("/api/videos").await;
        reply.assert_problem(503, "unavailable");
        assert_eq!(reply.header("retry-after"), Some("5"));
        assert!(!reply.text().contains("catalogue"), "{}", reply.text());
        let upload = ask_with(fixture.addr, "POST", "/api/videos", &[], b"x").await;
        upload.assert_problem(503, "unavailable");
        assert_eq!(fixture.get("/readyz").await.status, 503);
        assert_eq!(fixture.get("/healthz").await.status, 200);
    })
    .await;
}
