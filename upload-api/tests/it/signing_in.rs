//! Who somebody is: tokens of an issuer, sessions of browsers, API keys.

use std::sync::atomic::Ordering::Relaxed;

use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, eventually, with_issuer},
    http::{self, Reply},
    issuer::{CLIENT, SITE, TestIssuer},
};

async fn ask(fixture: &Fixture, method: &str, path: &str, headers: &[(&str, &str)]) -> Reply {
    http::ask_with(fixture.addr, method, path, headers, b"").await
}

async fn me(fixture: &Fixture, token: &str) -> Reply {
    let bearer = format!("Bearer {token}");
    ask(fixture, "GET", "/api/me", &[("Authorization", &bearer)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_issuer_are_taken() {
    with_issuer(async |fixture, issuer| {
        let ada = me(fixture, &issuer.token("ada")).await.json();
        assert_eq!(ada["owner_id"], "ada");
        assert_eq!((&ada["is_operator"], &ada["signed_in_by"]), (&json!(false), &json!("token")));
        let id_token = issuer.signed(&json!({"sub": "ada", "aud": [CLIENT], "name": "Ada"}));
        assert_eq!(me(fixture, &id_token).await.json()["name"], "Ada");
        let operator = me(fixture, &issuer.operator_token()).await.json();
        assert_eq!(operator["is_operator"], true);

        let stranger = TestIssuer::start().await;
        for wrong in [
            issuer.signed(&json!({"sub": "ada", "aud": "other"})),
            issuer.signed(&json!({"sub": "ada", "aud": CLIENT, "iss": "https://other.example"})),
            issuer.signed(&json!({"sub": "ada", "aud": CLIENT, "exp": 1})),
            issuer.signed(&json!({"sub": "local", "aud": CLIENT})),
            stranger.signed(&json!({"sub": "ada", "aud": CLIENT, "iss": issuer.state.url})),
            "eyJhbGciOiJub25lIn0.e30.".into(),
            "fantail_0000000000000000000000000000000000000000000".into(),
        ] {
            let refused = me(fixture, &wrong).await;
            refused.assert_problem(401, "invalid_token");
            assert_eq!(refused.header("www-authenticate"), Some("Bearer"));
        }
        ask(fixture, "GET", "/api/me", &[]).await.assert_problem(401, "not_signed_in");
        assert_eq!(issuer.state.asked.load(Relaxed), 1, "its keys are remembered");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_the_issuer_change_and_it_may_be_away() {
    with_issuer(async |fixture, issuer| {
        issuer.state.down.store(true, Relaxed);
        let away = me(fixture, &issuer.token("ada")).await;
        away.assert_problem(503, "issuer_unavailable");
        assert_eq!(away.header("retry-after"), Some("5"));
        issuer.state.down.store(false, Relaxed);
        assert_eq!(me(fixture, &issuer.token("ada")).await.status, 200);
        issuer.state.down.store(true, Relaxed);
        assert_eq!(me(fixture, &issuer.token("ada")).await.status, 200, "what it said holds");
        issuer.state.down.store(false, Relaxed);

        let before = issuer.token("ada");
        issuer.rotate();
        assert_eq!(me(fixture, &issuer.token("ada")).await.status, 200);
        me(fixture, &before).await.assert_problem(401, "invalid_token");
        for _ in 0..20 {
            me(fixture, &before).await.assert_problem(401, "invalid_token");
        }
        let asked = issuer.state.asked.load(Relaxed);
        assert!(asked <= 3, "strangers make us ask only so often: {asked}");
    })
    .await;
}

/// Walks through the issuer's pages as a browser would: the answer of the callback.
async fn sign_in(fixture: &Fixture, return_to: &str) -> Reply {
    let begun = ask(fixture, "GET", &format!("/auth/sign-in?return_to={return_to}"), &[]).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    let cookie = cookie(&begun, "fantail-sign-in");
    let path = at_the_issuer(&begun).await;
    ask(fixture, "GET", &path, &[("Cookie", &cookie)]).await
}

/// Where the issuer sends the browser back to.
async fn at_the_issuer(begun: &Reply) -> String {
    let url = begun.header("location").unwrap().strip_prefix("http://").unwrap();
    let (host, path) = url.split_once('/').unwrap();
    let addr = host.parse().unwrap();
    let back = http::ask(addr, "GET", &format!("/{path}")).await;
    back.header("location").unwrap().strip_prefix(SITE).unwrap().to_owned()
}

fn cookie(reply: &Reply, name: &str) -> String {
    let set = reply.headers("set-cookie").find(|cookie| cookie.starts_with(name)).unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    set.split_once(';').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_and_out() {
    with_issuer(async |fixture, _| {
        let signed_in = sign_in(fixture, "/watch/1?t=2").await;
        assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/watch/1?t=2")));
        let gone = signed_in.headers("set-cookie").any(|c| c.starts_with("fantail-sign-in=; "));
        assert!(gone, "what was needed to sign in is forgotten");
        let session = cookie(&signed_in, "fantail-session");
        let by_cookie = [("Cookie", session.as_str())];
        let me = ask(fixture, "GET", "/api/me", &by_cookie).await.json();
        assert_eq!((&me["owner_id"], &me["name"]), (&json!("ada"), &json!("ada@example.com")));
        assert_eq!(me["signed_in_by"], "session");

        let foreign = [by_cookie[0], ("Origin", "https://evil.example")];
        for headers in [by_cookie.as_slice(), foreign.as_slice()] {
            let refused = http::ask_with(fixture.addr, "POST", "/api/videos", headers, b"x").await;
            refused.assert_problem(403, "origin_not_allowed");
            ask(fixture, "POST", "/auth/sign-out", headers)
                .await
                .assert_problem(403, "origin_not_allowed");
        }
        let own = [by_cookie[0], ("Origin", SITE)];
        let taken = http::ask_with(fixture.addr, "POST", "/api/videos", &own, b"x").await;
        assert_eq!((taken.status, &taken.json()["owner_id"]), (201, &json!("ada")));

        let out = ask(fixture, "POST", "/auth/sign-out", &own).await;
        let to = out.header("location").unwrap();
        assert!(out.status == 303 && to.contains("/pool/logout?client_id=fantail-web"), "{to}");
        assert!(out.headers("set-cookie").any(|cookie| cookie.starts_with("fantail-session=; ")));
        let after = ask(fixture, "GET", "/api/me", &by_cookie).await;
        after.assert_problem(401, "not_signed_in");
        let elsewhere = sign_in(fixture, "//evil.example").await;
        assert_eq!(elsewhere.header("location"), Some("/"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_is_not_ones_own_fails() {
    with_issuer(async |fixture, issuer| {
        let begun = ask(fixture, "GET", "/auth/sign-in", &[]).await;
        let mine = cookie(&begun, "fantail-sign-in");
        let path = at_the_issuer(&begun).await;
        let failed = async |path: &str, cookie: &str| {
            let page = ask(fixture, "GET", path, &[("Cookie", cookie)]).await;
            assert_eq!(page.status, 400);
            assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
            assert!(!page.headers("set-cookie").any(|c| c.starts_with("fantail-session")));
            page.text().to_owned()
        };
        let text = failed(&path, "a=b").await;
        assert!(text.contains("not begun in this browser"), "{text}");
        let other = ask(fixture, "GET", "/auth/sign-in", &[]).await;
        failed(&path, &cookie(&other, "fantail-sign-in")).await;
        let (address, _) = path.split_once("state=").unwrap();
        failed(&format!("{address}state=x"), &mine).await;
        failed(&path.replace("c0de", "wr0ng"), &mine).await;
        failed(&path.replace("code=c0de", "error=access_denied"), &mine).await;
        assert_eq!(ask(fixture, "GET", &path, &[("Cookie", &mine)]).await.status, 303);
        failed(&path, &mine).await;
        for lie in [
            json!({"nonce": "other"}),
            json!({"aud": "other"}),
            json!({"azp": "other"}),
            json!({"exp": 1}),
            json!({"iss": "https://other.example"}),
            json!({"sub": "local"}),
        ] {
            *issuer.state.extra.lock().unwrap() = lie.clone();
            let reply = sign_in(fixture, "/").await;
            assert!(matches!(reply.status, 400 | 401), "{lie}: {}", reply.status);
            assert!(!reply.headers("set-cookie").any(|c| c.starts_with("fantail-session")));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_used_and_revoked() {
    with_issuer(async |fixture, issuer| {
        let ada = format!("Bearer {}", issuer.token("ada"));
        let make = async |token: &str, key: Value| {
            let headers = [("Authorization", token), ("Content-Type", "application/json")];
            let body = key.to_string();
            http::ask_with(fixture.addr, "POST", "/api/keys", &headers, body.as_bytes()).await
        };
        let made = make(&ada, json!({"name": "import", "scopes": ["read", "upload"]})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let made = made.json();
        let secret = made["secret"].as_str().unwrap();
        let known = me(fixture, secret).await.json();
        assert_eq!((&known["owner_id"], &known["signed_in_by"]), (&json!("ada"), &json!("key")));
        assert_eq!(known["scopes"], json!(["read", "upload"]));
        let items = fixture.standins.dynamo.scan().table_name(&fixture.standins.args.catalog_table);
        let items = format!("{:?}", items.send().await.unwrap().items());
        assert!(!items.contains(secret) && !items.contains(&secret[8..]), "only a hash is kept");

        let list =
            async |token: &str| ask(fixture, "GET", "/api/keys", &[("Authorization", token)]).await;
        let used = eventually("its use is written down", async || {
            let key = list(&ada).await.json()["keys"][0].clone();
            key["last_used_at"].is_string().then_some(key)
        })
        .await;
        assert_eq!((&used["name"], &used["expires_at"]), (&json!("import"), &json!(null)));
        assert!(used.get("secret").is_none());
        let eve = format!("Bearer {}", issuer.token("eve"));
        assert_eq!(list(&eve).await.json()["keys"], json!([]));

        for (token, key, code) in [
            (&ada, json!({"name": " ", "scopes": ["read"]}), "title_empty"),
            (&ada, json!({"name": "a", "scopes": []}), "scopes_empty"),
            (&ada, json!({"name": "a", "scopes": ["all"]}), "invalid_body"),
            (&ada, json!({"name": "a", "scopes": ["operate"]}), "not_an_operator"),
            (
                &ada,
                json!({"name": "a", "scopes": ["read"], "expires_in_days": 0}),
                "invalid_expiry",
            ),
            (
                &format!("Bearer {secret}"),
                json!({"name": "a", "scopes": ["read"]}),
                "key_not_allowed",
            ),
        ] {
            assert_eq!(make(token, key).await.json()["code"], code);
        }
        let path = format!("/api/keys/{}", made["key"]["id"].as_str().unwrap());
        let revoke =
            async |token: &str| ask(fixture, "DELETE", &path, &[("Authorization", token)]).await;
        revoke(&eve).await.assert_problem(404, "key_not_found");
        assert_eq!(revoke(&ada).await.status, 204);
        revoke(&ada).await.assert_problem(404, "key_not_found");
        me(fixture, secret).await.assert_problem(401, "invalid_token");
        assert_eq!(list(&ada).await.json()["keys"], json!([]));
    })
    .await;
}
