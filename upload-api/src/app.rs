//! The parts of the service, and its life from listening to the last goodbye.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, serve::ListenerExt};
use domain::Recipe;
use platform::{
    aws::Aws,
    consumer::{ConsumerSettings, consume},
    objects::{Objects, PartMemory},
    queue::SqsQueue,
    topic::Topic,
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    admission::Admission,
    auth::Issuer,
    catalogue::Catalogue,
    config::PartsArgs,
    events::Watchers,
    fleets::Pipeline,
    letters,
    progress::ProgressWorker,
    shares::{self, Views},
    sweeper,
    uploads::UploadArgs,
};

/// How long requests under way may take to end once we are asked to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long it may take after that to leave nothing half-made behind.
const CLEAN_UP: Duration = Duration::from_secs(5);
/// Events that are taken into the catalogue at the same time.
const EVENTS_AT_ONCE: usize = 8;

/// Everything that requests need.
#[derive(Debug)]
pub struct App {
    /// The videos.
    pub catalogue: Catalogue,
    /// Who says who somebody is; without one there is a single user.
    pub issuer: Option<Issuer>,
    /// What people uploaded.
    pub raw: Objects,
    /// What the workers made of it.
    pub media: Objects,
    /// Where jobs are published.
    pub jobs: Topic,
    /// Where the workers' events come from.
    pub progress: SqsQueue,
    /// All queues by name, for operators.
    pub pipeline: Pipeline,
    /// Whose turn it is.
    pub(crate) admission: Admission,
    /// The settings that new videos are made with.
    pub recipe: Recipe,
    /// Who looks at what, live.
    pub watchers: Watchers,
    /// How often shares were opened.
    pub views: Views,
    /// What uploads may be like.
    pub upload_limits: UploadArgs,
    /// Memory for uploads of unknown length.
    pub part_memory: PartMemory,
    /// How long an event stays ours without a word of it.
    pub lease: Duration,
    /// Uploads under way; they outlive their requests to clean up.
    pub uploads: TaskTracker,
    /// Fires when uploads under way must end.
    pub last_call: CancellationToken,
    /// Fires when the service is asked to stop.
    pub shutdown: CancellationToken,
}

impl App {
    /// Puts the parts together; asks nobody yet.
    pub fn new(args: &PartsArgs, aws: &Aws, shutdown: CancellationToken) -> Self {
        let objects = |bucket: &str| {
            let objects = Objects::new(aws.s3.clone(), bucket);
            match &args.s3_public_endpoint {
                Some(endpoint) => objects.with_public_endpoint(endpoint),
                None => objects,
            }
        };
        let catalogue = Catalogue::new(aws, args.catalog_table.as_str());
        let catalogue = catalogue.with_quota(args.uploads.quota());
        let progress = SqsQueue::new(aws.sqs.clone(), args.catalog_queue_url.as_str())
            .with_heartbeats(aws.heartbeats.clone());
        Self {
            issuer: Issuer::new(&args.auth),
            watchers: Watchers::new(catalogue.clone()),
            catalogue,
            raw: objects(&args.raw_bucket),
            media: objects(&args.media_bucket),
            jobs: Topic::new(aws.sns.clone(), args.video_uploaded_topic_arn.as_str()),
            pipeline: Pipeline::new(&args.fleet_queues, &progress, aws),
            progress,
            admission: Admission::new(args.owner_videos_at_once.into()),
            recipe: Recipe::standard(),
            views: Views::default(),
            part_memory: PartMemory::new(args.uploads.stream_parts),
            upload_limits: args.uploads.clone(),
            lease: Duration::from_secs(args.lease_seconds),
            uploads: TaskTracker::new(),
            last_call: CancellationToken::new(),
            shutdown,
        }
    }

    /// Whether everything that is needed answers.
    ///
    /// # Errors
    /// What does not.
    pub async fn ready(&self) -> anyhow::Result<()> {
        tokio::try_join!(
            self.catalogue.reachable(),
            self.raw.reachable(),
            self.media.reachable(),
            self.jobs.reachable(),
            self.progress.reachable(),
        )?;
        Ok(())
    }
}

/// Serves requests, takes the workers' events in and does what is owed, until the app's `shutdown`
/// fires; then lets what is under way end.
///
/// # Errors
/// If the listener fails.
pub async fn serve(app: Arc<App>, router: Router, listener: TcpListener) -> anyhow::Result<()> {
    info!(addr = %listener.local_addr()?, "listening");
    let settings = ConsumerSettings {
        lease: app.lease,
        slots: EVENTS_AT_ONCE,
        drain: GRACE,
        ..ConsumerSettings::default()
    };
    let events = tokio::spawn(consume(
        Arc::new(app.progress.clone()),
        Arc::new(ProgressWorker::new(app.catalogue.clone())),
        settings,
        app.shutdown.clone(),
    ));
    let sweeper = tokio::spawn(sweeper::sweep(app.clone()));
    let letters = tokio::spawn(letters::watch::watch(app.clone()));
    let views = tokio::spawn(shares::views::keep_writing(app.clone()));
    let listener = listener.tap_io(|stream| {
        // Events and playlists are small and wanted at once.
        if let Err(error) = stream.set_nodelay(true) {
            warn!(%error, "cannot switch off Nagle's algorithm");
        }
    });
    let serving = axum::serve(listener, router)
        .with_graceful_shutdown(app.shutdown.clone().cancelled_owned())
        .into_future();
    let patience = async {
        app.shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = serving => served.context("serving requests"),
        () = patience => Ok(()),
    };
    app.shutdown.cancel();
    app.last_call.cancel();
    app.uploads.close();
    let cleaned_up = timeout(CLEAN_UP, async {
        app.uploads.wait().await;
        app.raw.background_done().await;
    });
    if cleaned_up.await.is_err() {
        warn!("left unfinished uploads to the sweeper and the bucket's lifecycle rule");
    }
    for task in [events, sweeper, letters, views] {
        task.await.context("a background task panicked")?;
    }
    served
}
