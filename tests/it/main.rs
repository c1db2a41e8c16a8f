//! End to end: real files in at one end, what a viewer would notice out of the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod captions;
mod conform;
mod consolidated;
mod input;
mod long;
mod resilience;
mod walk;
