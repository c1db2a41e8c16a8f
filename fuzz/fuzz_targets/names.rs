//! Ids, keys and file names as strangers write them.
#![no_main]

use domain::{VideoId, keys};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(index) = keys::segment_index(text) {
        assert!(text.ends_with(&keys::segment_file(index)), "{text}");
    }
    if let Ok(id) = text.parse::<VideoId>() {
        assert_eq!(id.to_string().parse::<VideoId>().unwrap(), id);
        assert!(keys::source(id).starts_with(&id.shard()));
    }
});
