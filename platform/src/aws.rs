//! The AWS clients of a service, configured once.

use std::time::Duration;

use aws_config::{
    BehaviorVersion, ConfigLoader, SdkConfig,
    retry::RetryConfig,
    timeout::{TimeoutConfig, TimeoutConfigBuilder},
};
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use clap::{ArgAction, Args};

/// What the standard AWS chain does not know; region, keys and endpoints come from there.
#[derive(Args, Clone, Debug)]
pub struct AwsArgs {
    /// Put the bucket into the path instead of the host name, as local object stores need it.
    #[arg(long, env, default_value_t = false, action = ArgAction::Set)]
    pub s3_path_style: bool,
}

/// Clients that share one connection pool and one set of credentials, but for the heartbeats.
#[derive(Clone, Debug)]
pub struct Aws {
    /// Objects.
    pub s3: aws_sdk_s3::Client,
    /// Queues.
    pub sqs: aws_sdk_sqs::Client,
    /// Queues once more, with connections and credentials that nothing else uses: heartbeats run
    /// on a runtime of their own and must not wait for what another one serves.
    pub heartbeats: aws_sdk_sqs::Client,
    /// Topics.
    pub sns: aws_sdk_sns::Client,
    /// For the clients that are not ours to make (the catalogue's).
    pub sdk: SdkConfig,
}

/// Reads region, credentials and endpoints from the environment as every AWS tool does.
pub async fn load(args: &AwsArgs) -> Aws {
    let sdk = config().load().await;
    let heartbeats = config().region(sdk.region().cloned()).load().await;
    Aws {
        s3: s3(args, &sdk),
        sqs: sqs(&sdk),
        heartbeats: aws_sdk_sqs::Client::new(&heartbeats),
        sns: aws_sdk_sns::Client::new(&sdk),
        sdk,
    }
}

/// With connections of its own.
fn config() -> ConfigLoader {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(answers_within(Duration::from_secs(10)).build())
}

fn s3(args: &AwsArgs, sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(sdk)
        .force_path_style(args.s3_path_style)
        // By default the SDK sends bodies as `aws-chunked` with a trailing CRC32, which not every
        // store that speaks S3 understands. The signature covers the body's SHA-256 already.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        // Counted from the first byte of a part up to the answer: room for a slow line. A body
        // that stalls is cut off earlier by the SDK's stalled stream protection.
        .timeout_config(answers_within(Duration::from_secs(60)).build());
    aws_sdk_s3::Client::from_conf(config.build())
}

fn sqs(sdk: &SdkConfig) -> aws_sdk_sqs::Client {
    // A long poll is silent for up to 20 s.
    let config = aws_sdk_sqs::config::Builder::from(sdk)
        .timeout_config(answers_within(Duration::from_secs(30)).build());
    aws_sdk_sqs::Client::from_conf(config.build())
}

fn answers_within(limit: Duration) -> TimeoutConfigBuilder {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .read_timeout(limit)
        .operation_attempt_timeout(limit)
}
