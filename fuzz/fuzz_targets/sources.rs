//! What a caged decoder says of a file, from a decoder that was taken over: the rules must answer.
#![no_main]

use domain::{Plan, Recipe, SourceInfo, playlist::MediaPlaylist};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(source) = serde_json::from_slice::<SourceInfo>(bytes) else { return };
    let Ok(plan) = Plan::new(source, Recipe::standard()) else { return };
    for name in plan.made_rungs() {
        let grid = plan.grid(name).unwrap();
        let encode = plan.video_encode(name).unwrap();
        assert!(encode.width.is_multiple_of(2) && encode.height.is_multiple_of(2));
        let playlist = MediaPlaylist { grid, available: 5, folder: "480p".into() };
        assert!(playlist.to_string().ends_with('\n'));
    }
});
