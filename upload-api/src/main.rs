//! The API server: reads the configuration, builds the parts, runs until asked to stop.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context;
use clap::Parser;
use platform::{aws, shutdown, telemetry};
use tokio::net::TcpListener;
use upload_api::{
    App, Command, Config, Web,
    reconcile::{Finding, ReconcileArgs, reconcile},
    router, security, serve,
};

/// From the signal to the end at the latest; what is under way ends or is left to the sweeper.
const STOP: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let config = Config::parse();
    telemetry::init(&config.telemetry);
    let anybody = config.parts.auth.auth_issuer.is_some() || config.single_user_bind;
    security::check_address(config.listen, anybody)?;
    let shutdown = shutdown::on_signal(STOP);
    let aws = aws::load(&config.aws).await;
    let mut app = App::new(&config.parts, &aws, shutdown)?;
    app.media = app.media.with_cdn(config.delivery.cdn()?);
    let app = Arc::new(app);
    if let Some(Command::Reconcile(args)) = config.command {
        return compare(&app, args).await;
    }
    let web = Web::new(config.web_dir.as_deref(), [&app.raw, &app.media], &config.embed_ancestors)
        .await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    serve(app.clone(), router(app, &web), listener).await?;
    Ok(ExitCode::SUCCESS)
}

async fn compare(app: &App, args: ReconcileArgs) -> anyhow::Result<ExitCode> {
    let mut tell = |finding: &Finding| {
        println!("{}", serde_json::to_string(finding).expect("a finding is plain data"));
    };
    let summary = reconcile(app, args, &mut tell).await?;
    eprintln!("{summary}");
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
