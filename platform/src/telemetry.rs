//! Logs: readable text for people, one JSON object a line for machines.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing::error;
use tracing_subscriber::EnvFilter;

/// Crates that tell at `info` what only their own authors want to know. They come first, so that
/// whoever asks for one by name in `RUST_LOG` still gets it.
const QUIET: &str = "aws_config=warn,aws_runtime=warn,aws_sdk_dynamodb=warn,aws_sdk_s3=warn,\
    aws_sdk_sns=warn,aws_sdk_sqs=warn,aws_smithy_http_client=warn,aws_smithy_runtime=warn,\
    aws_smithy_runtime_api=warn,h2=warn,hyper=warn,hyper_util=warn,rustls=warn,tower_http=warn";

/// How a service logs.
#[derive(Args, Clone, Debug)]
pub struct TelemetryArgs {
    /// Text for people or JSON lines for machines.
    #[arg(long, env, value_enum, default_value_t)]
    pub log_format: LogFormat,

    /// What to log, as tracing directives: `info`, `debug`, `info,platform=debug`.
    #[arg(long = "log", env = "RUST_LOG", default_value = "info")]
    pub log: String,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One readable line, coloured on a terminal.
    #[default]
    Text,
    /// One JSON object with the fields of the event and of its spans.
    Json,
}

/// Starts logging to standard output; a panic anywhere becomes a log line too.
///
/// # Panics
/// If called twice.
pub fn init(args: &TelemetryArgs) {
    let logs = tracing_subscriber::fmt().with_env_filter(filter(&args.log));
    match args.log_format {
        LogFormat::Text => logs.with_ansi(std::io::stdout().is_terminal()).init(),
        LogFormat::Json => logs.json().flatten_event(true).with_span_list(false).init(),
    }
    std::panic::set_hook(Box::new(|panic| error!(%panic, "panicked")));
}

fn filter(directives: &str) -> EnvFilter {
    let parse = |text: &str| EnvFilter::try_new(format!("{QUIET},{text}"));
    // A typo in RUST_LOG must not make a service silent, nor keep it from starting.
    parse(directives).or_else(|_| parse("info")).expect("our own directives parse")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(filter: &EnvFilter, directive: &str) -> bool {
        filter.to_string().split(',').any(|held| held == directive)
    }

    #[test]
    fn the_sdk_is_quiet_unless_asked_for() {
        let everything = filter("debug");
        assert!(holds(&everything, "debug") && holds(&everything, "hyper=warn"), "{everything}");
        let wire = filter("info,hyper=trace");
        assert!(holds(&wire, "hyper=trace") && !holds(&wire, "hyper=warn"), "{wire}");
    }

    #[test]
    fn a_typo_falls_back_to_info() {
        assert!(holds(&filter("info,,=!?"), "info"));
    }
}
