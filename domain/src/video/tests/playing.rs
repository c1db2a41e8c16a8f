//! Playlists and the manifest follow the video's state.

use super::*;

#[test]
fn playlists_follow_the_state() {
    let mut video = uploaded_video();
    assert_eq!(video.multivariant_playlist(), None);
    for happening in
        [started("480p"), segments("audio", 9), segments("480p", 2), segments("720p", 1)]
    {
        tell(&mut video, happening);
    }
    let uris = |video: &Video| -> Vec<String> {
        video.multivariant_playlist().unwrap().variants.into_iter().map(|v| v.uri).collect()
    };
    assert_eq!(uris(&video), ["480p.m3u8"], "only the smallest running one");
    assert_eq!(video.media_playlist(&"480p".into()).unwrap().available, 2);
    assert_eq!(video.media_playlist(&"1080p".into()), None);
    tell(&mut video, complete("480p"));
    assert_eq!(uris(&video), ["480p.m3u8", "720p.m3u8"]);
    assert_eq!(video.media_playlist(&"480p".into()).unwrap().available, 9);
}

#[test]
fn bandwidth_is_assumed_until_it_is_measured() {
    let mut video = uploaded_video();
    let told = |video: &Video| {
        let playlist = video.multivariant_playlist().unwrap();
        let variant = playlist.variants.into_iter().find(|v| v.uri == "480p.m3u8").unwrap();
        (variant.bandwidth_bps, variant.average_bandwidth_bps)
    };
    for happening in [started("480p"), segments("audio", 9), segments("480p", 2)] {
        tell(&mut video, happening);
    }
    assert_eq!(told(&video), (1_400_000 * 5 / 4 + 128_000, None));
    tell(&mut video, complete("480p"));
    assert_eq!(told(&video), (900_000 + 128_000, None), "the sound is not measured yet");
    tell(&mut video, complete("audio"));
    assert_eq!(told(&video), (1_800_000, Some(1_000_000)));
}

#[test]
fn the_dash_manifest_comes_at_the_end() {
    let mut video = uploaded_video();
    for happening in whole_life().into_iter().take_while(|h| *h != complete("720p")) {
        tell(&mut video, happening);
        assert_eq!(video.manifest(), None);
    }
    let mut without = video.clone();
    tell(&mut video, complete("720p"));
    let manifest = video.manifest().unwrap();
    let names: Vec<_> = manifest.rungs.iter().map(|rung| rung.name.0.as_str()).collect();
    assert_eq!(names, ["480p", "720p"]);
    assert_eq!(manifest.audio.unwrap().bandwidth_bps, 900_000);
    assert_eq!(manifest.video_grid.segments(), 9);

    tell(&mut without, failed("720p"));
    assert_eq!(without.manifest().unwrap().rungs.len(), 1, "what failed is not offered");
}

#[test]
fn a_playlist_stops_at_the_first_gap() {
    let mut long = clip(640, 360);
    long.video.as_mut().unwrap().duration_us = 200_000_000;
    let mut video = uploaded_video();
    let plan = Box::new(plan_of(long));
    tell(&mut video, Happening::Started { renditions: vec!["480p".into()], plan });
    for (chunk, segments) in [(0, 16), (2, 9), (1, 3)] {
        let rendition = "480p".into();
        tell(&mut video, Happening::Segments { rendition, chunk, segments });
    }
    let status = video.rendition(&"480p".into()).unwrap();
    assert_eq!(video.media_playlist(&"480p".into()).unwrap().available, 19);
    assert!((video.progress(status) - 28.0 / 51.0).abs() < 1e-9);
}
