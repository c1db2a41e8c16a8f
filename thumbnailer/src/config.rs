//! Everything the thumbnailer reads from its environment; `--help` is the manual.

use platform::fleet::FleetArgs;

/// Makes poster, storyboard and preview of every upload.
#[derive(clap::Parser, Debug)]
pub(crate) struct Config {
    /// What is common to all fleets.
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definition_is_sound() {
        Config::command().debug_assert();
    }
}
