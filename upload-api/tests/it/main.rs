//! The API over real HTTP, against real stand-ins for AWS.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "nothing is outside of a binary of tests")]

mod catalogue;
mod concurrency;
mod edges;
mod events;
mod fixture;
mod http;
mod letters;
mod lists;
mod playback;
mod receiver;
mod reconcile;
mod retries;
mod sample;
mod standins;
mod story;
mod sweeping;
mod uploads;
mod videos;
mod web;
mod webhooks;
