//! Which fleets a product has: by default one per rendition; `consolidated` decodes once for all of them.

use crate::{home::Home, stack::Environment};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{fs, path::PathBuf};

/// A fleet per rendition.
pub const FAN_OUT: &str = "audio,480p,720p,1080p,thumbnails";

const ALL: &str = "consolidated";
const THUMBNAILS: &str = "thumbnails";

/// The workers of one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fleet {
    pub name: String,
}

#[derive(Args)]
pub struct FleetsArgs {
    /// Names of the fleets, comma-separated: `audio`, `480p` and other rungs, several of them joined by hyphens
    /// (`480p-720p`), `consolidated` for all at once, and `thumbnails`
    #[arg(long, env = "FANTAIL_FLEETS", default_value = FAN_OUT, value_parser = parse_list)]
    fleets: String,
}

impl FleetsArgs {
    /// Writes the choice down for those processes that start and deploy the product.
    pub fn save(&self, home: &Home) -> Result<()> {
        let file = file(home);
        fs::write(&file, &self.fleets).with_context(|| format!("cannot write {}", file.display()))
    }
}

fn file(home: &Home) -> PathBuf {
    home.state.join("fleets")
}

/// The fleets that this product was started with.
pub fn chosen(home: &Home) -> Result<Vec<Fleet>> {
    parse(&fs::read_to_string(file(home)).unwrap_or_else(|_| FAN_OUT.into()))
}

fn parse_list(text: &str) -> Result<String> {
    parse(text).map(|_| text.to_owned())
}

pub fn parse(text: &str) -> Result<Vec<Fleet>> {
    let fleets: Vec<_> = text.split(',').map(|name| Fleet { name: name.trim().into() }).collect();
    for (at, fleet) in fleets.iter().enumerate() {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = &fleet.name;
        ensure!(!name.is_empty() && name.chars().all(is_plain), "{name:?} is no name of a fleet");
        ensure!(!fleets[..at].contains(fleet), "the fleet {name} is named twice");
    }
    Ok(fleets)
}

/// The fleets of a product that is deployed.
pub fn of(product: &Environment) -> Vec<Fleet> {
    let pairs = product.get("FLEET_QUEUES").split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, _)| Fleet { name: name.into() }).collect()
}

impl Fleet {
    pub fn makes_thumbnails(&self) -> bool {
        self.name == THUMBNAILS
    }

    /// What its part of the product is called.
    pub fn part(&self) -> String {
        if self.makes_thumbnails() {
            return "thumbnailer".into();
        }
        format!("transcoder-{}", self.name)
    }

    /// What a transcoder is told to make.
    pub fn renditions(&self) -> String {
        if self.name == ALL { "audio,480p,720p,1080p".into() } else { self.name.replace('-', ",") }
    }

    /// What its queue is called in the env file: `QUEUE_URL_480P`.
    pub fn queue_variable(&self) -> String {
        format!("QUEUE_URL_{}", self.name.to_uppercase().replace('-', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fleet_is_called_like_what_it_makes() {
        let told = |name: &str| {
            let fleet = Fleet { name: name.into() };
            (fleet.part(), fleet.renditions(), fleet.queue_variable())
        };
        let expected = |texts: [&str; 3]| texts.map(str::to_owned).into();
        assert_eq!(told("480p"), expected(["transcoder-480p", "480p", "QUEUE_URL_480P"]));
        assert_eq!(
            told("audio-480p"),
            expected(["transcoder-audio-480p", "audio,480p", "QUEUE_URL_AUDIO_480P"])
        );
        assert_eq!(told("consolidated").1, "audio,480p,720p,1080p");
        assert_eq!(told("thumbnails").0, "thumbnailer");
    }

    #[test]
    fn fleets_are_a_list_of_names() {
        assert_eq!(parse(FAN_OUT).unwrap().len(), 5);
        assert_eq!(parse("480p-720p, audio").unwrap()[1].name, "audio");
        for wrong in ["", "480p,480p", "a b", "480p,,audio"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
