//! Jobs, events and plans: what is read is written and read again as the same.
#![no_main]

use domain::{ProgressEvent, StoredPlan, VideoJob};
use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};

fuzz_target!(|bytes: &[u8]| {
    round_trip::<VideoJob>(bytes);
    round_trip::<ProgressEvent>(bytes);
    round_trip::<StoredPlan>(bytes);
});

fn round_trip<T: DeserializeOwned + Serialize>(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return };
    let json = serde_json::to_string(&value).unwrap();
    let again = serde_json::from_str::<T>(&json).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), json);
}
