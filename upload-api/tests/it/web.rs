//! The web page: its files, its addresses, what its browser may do.

use std::{env, fs};

use uuid::Uuid;

use crate::{fixture::with_app_and_page, http};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_at_every_address() {
    let dir = env::temp_dir().join(format!("fantail-page-{}", Uuid::now_v7()));
    fs::create_dir_all(dir.join("assets")).unwrap();
    fs::write(dir.join("index.html"), "<!doctype html>page").unwrap();
    fs::write(dir.join("favicon.svg"), "<svg/>").unwrap();
    fs::write(dir.join("assets/app-1234.js"), "code()").unwrap();
    fs::write(dir.join("assets/app-1234.js.gz"), "zipped").unwrap();
    fs::write(dir.parent().unwrap().join("fantail-secret"), "secret").unwrap();
    with_app_and_page(Some(&dir), async |fixture| {
        for path in ["/", "/index.html", "/watch/01890a5d", "/a/b/c"] {
            let page = fixture.get(path).await;
            assert_eq!((page.status, page.text()), (200, "<!doctype html>page"), "{path}");
            assert_eq!(page.header("content-type"), Some("text/html"));
            assert_eq!(page.header("cache-control"), Some("no-cache"));
            let policy = page.header("content-security-policy").unwrap();
            let bucket = env::var("AWS_ENDPOINT_URL_S3").unwrap();
            let bucket = bucket.trim_end_matches('/');
            assert!(
                policy.contains(&format!("media-src 'self' blob: data: {bucket};")),
                "{policy}"
            );
        }
        let script = fixture.get("/assets/app-1234.js").await;
        assert_eq!(script.text(), "code()");
        assert_eq!(script.header("content-type"), Some("text/javascript"));
        assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let headers = [("Accept-Encoding", "gzip")];
        let path = "/assets/app-1234.js";
        let zipped = http::ask_with(fixture.addr, "GET", path, &headers, b"").await;
        assert_eq!((zipped.text(), zipped.header("content-encoding")), ("zipped", Some("gzip")));

        let missing = fixture.get("/assets/app-0000.js").await;
        assert_eq!(missing.status, 404, "an old page must not get HTML for a script");
        assert_eq!(missing.header("cache-control"), Some("no-cache"));
        assert_eq!(fixture.get("/favicon.svg").await.header("cache-control"), Some("no-cache"));
        for path in ["/../fantail-secret", "/%2e%2e/fantail-secret", "/assets/../../fantail-secret"]
        {
            assert!(!fixture.get(path).await.text().contains("secret"), "{path}");
        }
        fixture.get("/api/nothing").await.assert_problem(404, "not_found");
    })
    .await;
    fs::remove_dir_all(&dir).unwrap();
}
