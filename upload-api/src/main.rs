//! The API server: reads the configuration, builds the parts, runs until asked to stop.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use clap::Parser;
use platform::{aws, shutdown, telemetry};
use tokio::net::TcpListener;
use upload_api::{App, Config, Web, router, security, serve};

/// From the signal to the end at the latest; what is under way ends or is left to the sweeper.
const STOP: Duration = Duration::from_secs(20);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    telemetry::init(&config.telemetry);
    let anybody = config.parts.auth.auth_issuer.is_some() || config.single_user_bind;
    security::check_address(config.listen, anybody)?;
    let shutdown = shutdown::on_signal(STOP);
    let aws = aws::load(&config.aws).await;
    let mut app = App::new(&config.parts, &aws, shutdown);
    app.media = app.media.with_cdn(config.delivery.cdn()?);
    let app = Arc::new(app);
    let web = Web::new(config.web_dir.as_deref(), [&app.raw, &app.media], &config.embed_ancestors)
        .await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("listening on {}", config.listen))?;
    serve(app.clone(), router(app, &web), listener).await
}
