//! What `media` makes, looked at through libav's own tools.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of clips of a few seconds"
)]

mod captions;
mod clips;
#[expect(unreachable_pub, reason = "public for the end-to-end tests, whose file it is")]
#[path = "../../../tests/src/closed_captions.rs"]
mod closed_captions;
mod facts;
mod faults;
mod joins;
mod mp4;
mod picture;
mod purity;
mod segments;
mod sound;
mod table;
mod vbv;
