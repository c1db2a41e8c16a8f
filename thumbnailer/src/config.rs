//! Everything the thumbnailer reads from its environment; `--help` is the manual.

use media::Cage;
use platform::fleet::FleetArgs;

/// Makes poster, storyboard and preview of every upload.
#[derive(clap::Parser, Debug)]
pub(crate) struct Config {
    /// What is common to all fleets.
    #[command(flatten)]
    pub(crate) fleet: FleetArgs,

    /// Where strangers' files are decoded: `on` is in locked child processes; `off` is in this one,
    /// for kernels without landlock or seccomp and files that one trusts.
    #[arg(long = "sandbox", env = "SANDBOX", default_value = "on")]
    pub(crate) cage: Cage,
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
