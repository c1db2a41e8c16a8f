//! Fetches all that a player can be given of a finished video, by following its playlists.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value;

use super::{Stream, Track};
use crate::product::Product;

/// Reads playlists, manifest, init segments and all segments of a video.
///
/// # Errors
/// If anything that is listed cannot be had.
pub fn fetch(product: &Product, video: &Value) -> anyhow::Result<Stream> {
    let path = video["playlist_url"].as_str().context("nothing to play")?;
    let base = path.strip_suffix("master.m3u8").context("an odd name")?;
    let master = product.text(path)?;
    let manifest = product.text(&format!("{base}manifest.mpd"))?;
    let mut tracks = BTreeMap::new();
    for uri in lists(&master) {
        let playlist = product.text(&format!("{base}{uri}"))?;
        let init = attribute(&playlist, "#EXT-X-MAP:").context("no EXT-X-MAP")?;
        let init = product.bytes(&format!("{base}{init}"))?;
        let segments = pieces(&playlist)
            .map(|piece| product.bytes(&format!("{base}{piece}")))
            .collect::<anyhow::Result<_>>()?;
        tracks.insert(uri.to_owned(), Track { playlist, init, segments });
    }
    Ok(Stream { master, manifest, tracks })
}

/// URIs of the variants and of the sound.
pub(super) fn lists(master: &str) -> impl Iterator<Item = &str> {
    pieces(master).chain(attribute(master, "#EXT-X-MEDIA:TYPE=AUDIO"))
}

/// Lines that are URIs.
pub(super) fn pieces(playlist: &str) -> impl Iterator<Item = &str> {
    playlist.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The attribute `URI` of the first line that begins so.
fn attribute<'a>(playlist: &'a str, tag: &str) -> Option<&'a str> {
    let line = playlist.lines().find(|line| line.starts_with(tag))?;
    line.split_once("URI=\"")?.1.split('"').next()
}
