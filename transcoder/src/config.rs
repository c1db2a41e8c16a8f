//! Everything the transcoder reads from its environment; `--help` is the manual.

use domain::RenditionName;
use media::Cage;
use platform::fleet::FleetArgs;

/// Transcodes uploads into adaptive streams: serves one queue, makes the renditions it is told.
#[derive(clap::Parser, Debug)]
pub(crate) struct Config {
    /// What is common to all fleets.
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,

    /// What this fleet makes, comma-separated: `audio` and rungs of the ladder such as `480p`.
    /// Several picture rungs are decoded once.
    #[arg(long, env, value_delimiter = ',', required = true, value_parser = rendition)]
    pub(crate) renditions: Vec<RenditionName>,

    /// Where finished segments are announced as a job for the MP4.
    #[arg(long, env)]
    pub(crate) video_uploaded_topic_arn: String,

    /// Spans of segments encoded at once per job, each on a core of its own; the number of cores
    /// if not given.
    #[arg(long, env)]
    pub(crate) spans: Option<std::num::NonZeroUsize>,

    /// Where strangers' files are decoded: `on` is in locked child processes; `off` is in this one,
    /// for kernels without landlock or seccomp and files that one trusts.
    #[arg(long = "sandbox", env = "SANDBOX", default_value = "on")]
    pub(crate) cage: Cage,
}

fn rendition(text: &str) -> Result<RenditionName, String> {
    let name = RenditionName::from(text.trim());
    let recipe = domain::Recipe::standard();
    let known = name.is_audio() || recipe.ladder.rungs.iter().any(|rung| rung.name == name);
    known.then_some(name).ok_or_else(|| "not a rendition of the ladder".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definition_is_sound() {
        Config::command().debug_assert();
    }

    #[test]
    fn only_known_renditions() {
        assert_eq!(rendition("480p"), Ok("480p".into()));
        assert_eq!(rendition(" audio"), Ok("audio".into()));
        assert!(rendition("481p").is_err());
    }
}
