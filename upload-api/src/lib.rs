//! Fantail's API: uploads, the catalogue of videos, playback, live events and the web page.
//!
//! An upload walks through [`uploads`], [`jobs`], the workers, [`progress`], the [`catalogue`] and
//! [`playback`].

mod admission;
pub mod app;
pub mod auth;
pub mod catalogue;
mod clock;
pub mod config;
mod deletion;
pub mod delivery;
pub mod events;
mod extract;
pub mod fleets;
pub mod jobs;
pub mod letters;
pub mod naming;
mod pages;
pub mod playback;
pub mod problem;
pub mod progress;
pub mod retries;
mod router;
pub mod security;
pub mod shares;
pub mod sweeper;
pub mod uploads;
pub mod videos;
pub mod view;
pub mod web;

pub use self::{
    app::{App, serve},
    config::{Config, PartsArgs},
    router::{openapi, router},
    web::Web,
};
