//! The API over real HTTP, against real stand-ins for AWS.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unreachable_pub, reason = "nothing is outside of a binary of tests")]

mod access;
mod admission;
mod catalogue;
mod crashes;
mod deadlines;
mod direct;
mod edges;
mod events;
mod fixture;
mod flood;
mod http;
mod issuer;
mod letters;
mod playback;
mod retries;
mod sample;
mod sharing;
mod signing_in;
mod standins;
mod story;
mod sweeping;
mod uploads;
mod videos;
mod web;
