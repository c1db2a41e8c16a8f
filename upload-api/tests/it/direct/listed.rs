//! What is listed of uploads and of their parts, in pages.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn open_uploads_are_listed_in_pages() {
    with_app(async |fixture| {
        let mut uploads = Vec::new();
        for number in 1..=3 {
            uploads.push(begin(fixture, &json!({"size_bytes": number})).await);
        }
        let first = fixture.get("/api/uploads?limit=2").await.json();
        assert_eq!(first["uploads"], json!([uploads[2], uploads[1]]));
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = fixture.get(&format!("/api/uploads?limit=2&cursor={cursor}")).await.json();
        assert_eq!(second, json!({"uploads": [uploads[0]], "next_cursor": null}));
        fixture.get("/api/uploads?limit=0").await.assert_problem(400, "invalid_limit");
        fixture.get("/api/uploads?cursor=x").await.assert_problem(400, "invalid_cursor");
        let cursor = format!("{}?cursor=x", path(&uploads[0], ""));
        fixture.get(&cursor).await.assert_problem(400, "invalid_cursor");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_listed_beyond_the_first_thousand() {
    with_app(async |fixture| {
        // Of a file with that many parts none needs to be whole to be listed.
        let upload = begin(fixture, &json!({"size_bytes": 8 * MIB as u64 * 1100})).await;
        let entry = fixture.app.catalogue.find_entry(id(&upload)).await.unwrap().unwrap();
        let multipart_id = entry.upload.unwrap().multipart_id;
        let s3 = &fixture.standins.aws.s3;
        let key = keys::source(id(&upload));
        let numbers: Vec<i32> = (1..=1003).collect();
        for some in numbers.chunks(25) {
            let parts = some.iter().map(|number| {
                let part = s3.upload_part().bucket(fixture.app.raw.bucket()).key(&key);
                let part = part.upload_id(&multipart_id).part_number(*number);
                part.body(b"x".to_vec().into()).send()
            });
            for sent in join_all(parts).await {
                sent.unwrap();
            }
        }
        let first = fixture.get(&path(&upload, "")).await.json();
        let cursor = first["next_cursor"].as_str().expect("more than a page").to_owned();
        let second = fixture.get(&path(&upload, &format!("?cursor={cursor}"))).await.json();
        let listed: Vec<_> = [&first, &second]
            .iter()
            .flat_map(|page| page["parts"].as_array().unwrap())
            .map(|part| part["number"].as_u64().unwrap())
            .collect();
        assert_eq!(listed, (1..=1003).collect::<Vec<u64>>());
        assert_eq!(second["next_cursor"], Value::Null);
        complete(fixture, &upload).await.assert_problem(409, "parts_missing");
    })
    .await;
}
