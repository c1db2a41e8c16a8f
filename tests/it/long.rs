//! A video of more than two minutes is cut into messages, and nobody can tell from the result.

use domain::VideoId;
use tests::{
    clip::Clip,
    look,
    product::{Product, rendition},
};

use crate::{
    resilience::{objects_of, parts},
    walk::assert_in_sync,
};

const LONG: Clip = Clip { width: 160, height: 90, rate: "25", seconds: 130, has_sound: true };

#[tokio::test]
async fn chunks_join_without_a_seam() {
    let product = Product::running();
    let video = product.ready(&LONG.film("long").unwrap(), "long").unwrap();
    let id: VideoId = video["id"].as_str().unwrap().parse().unwrap();

    let (_, _, media) = parts().await;
    let objects = objects_of(&media, id).await;
    for name in ["audio", "480p"] {
        let spread = objects.iter().find(|o| o.key.ends_with(&format!("/{name}/spread.json")));
        let json = media.bytes(&spread.unwrap().key).await.unwrap();
        assert_eq!(json, r#"{"messages":2}"#, "{name}");
    }

    let url = product.url(rendition(&video, "480p")["playlist_url"].as_str().unwrap());
    let packets = look::packets(&url, "v:0").unwrap();
    assert_eq!(packets.len(), 3250, "every frame once");
    for (number, packet) in packets.iter().enumerate() {
        let due = number as f64 / 25.0;
        assert!((packet.at - due).abs() < 0.001, "frame {number} at {}", packet.at);
    }
    let mp4 = product.url(rendition(&video, "480p")["mp4_url"].as_str().unwrap());
    assert_in_sync(&mp4, LONG.seconds, 25.0);
}
