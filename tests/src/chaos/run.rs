//! The course of a run: a clean one first, then the storm, then calm, then the ledger.

use std::{
    fs,
    path::Path,
    process::ExitCode,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use clap::Parser;
use futures::future::join_all;
use tokio::{task::JoinSet, time::sleep};

use super::{
    clips::Kind,
    crowd::Crowd,
    faults::Weather,
    gremlin::Gremlin,
    ledger::{self, Claim, Clean, Findings, Ledger, Mischief, Promise, Videos, Waste},
    plan::Plan,
    proxy::Sky,
    stage::Stage,
    survey::Surveyor,
};
use crate::product::Product;

/// How the titles of undisturbed videos end.
const CLEAN: &str = "undisturbed";
/// Videos under way at the same time.
const AT_ONCE: usize = 8;
/// How long messages are left to settle when all videos have: the longest backoff, and the leases.
const SETTLING: Duration = Duration::from_secs(150);
/// How long parts may take to be ready again.
const RECOVERY: Duration = Duration::from_secs(120);

/// What to do, and how much of it.
#[derive(Clone, Debug, Parser)]
#[command(args_override_self = true)]
pub struct ChaosArgs {
    /// Decides the clips, the strikes and the faults; chosen and told if not given.
    #[arg(long)]
    pub seed: Option<u64>,

    /// Videos to upload.
    #[arg(long, default_value = "300")]
    pub videos: u32,

    /// Processes to kill -9 while they are made.
    #[arg(long, default_value = "200")]
    pub kills: u32,

    /// Minutes after which the storm ends, whatever is done by then.
    #[arg(long, default_value = "60")]
    pub minutes: u64,

    /// Seconds that a message stays a worker's; short, so that not every kill costs a minute, and
    /// long enough for stand-ins on a busy machine to answer a heartbeat within a twelfth of it.
    #[arg(long, default_value = "15")]
    pub lease_seconds: u64,
}

/// Does a whole run and says whether all is well.
///
/// # Errors
/// If there is no product to run on.
pub async fn run(args: &ChaosArgs) -> anyhow::Result<ExitCode> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = args.seed.unwrap_or_else(|| now.map_or(1, |now| now.as_secs() % 1_000_000));
    let lease = Duration::from_secs(args.lease_seconds);
    println!("chaos: seed {seed}, {} videos, {} kills", args.videos, args.kills);
    let sky = Sky::new(seed);
    let stage = Stage::start(&sky, lease).await?;
    let clips = stage.home.join("clips");
    film(&clips)?;
    let surveyor = Surveyor::new(&stage).await?;
    let plan = Plan { seed, lease };
    let gremlin = Gremlin::new(plan, &stage);
    let ledger = Chaos { args, plan, sky, stage: &stage, clips: &clips, surveyor, gremlin };
    let ledger = ledger.ledger().await?;
    ledger.print();
    let file = stage.home.join("ledger.json");
    fs::write(&file, serde_json::to_vec_pretty(&ledger)?).context("writing the ledger")?;
    println!("  as JSON     {}", file.display());
    Ok(if ledger.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn film(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    Kind::ALL.into_iter().try_for_each(|kind| kind.film(folder).map(drop))
}

struct Chaos<'a> {
    args: &'a ChaosArgs,
    plan: Plan,
    sky: Arc<Sky>,
    stage: &'a Stage,
    clips: &'a Path,
    surveyor: Surveyor,
    gremlin: Gremlin<'a>,
}

impl Chaos<'_> {
    async fn ledger(&self) -> anyhow::Result<Ledger> {
        let began = Instant::now();
        let told = |what: &str| println!("{:5} s  {what}", began.elapsed().as_secs());
        let product = || Product::at(&self.stage.url);
        let (clean, mut claims) = self.clean_run().await?;
        let clean_cpu = self.gremlin.cpu_of_workers();
        told("each kind was made once, and nothing disturbed it");
        let ends = Instant::now() + Duration::from_secs(self.args.minutes * 60);
        let crowd = Crowd::new(self.plan, product(), self.clips.to_owned());
        let mut walks = self.storm(&crowd, ends).await;
        told("the storm is over");
        self.sky.set(Weather::calm());
        let mut cut_short = self.why_cut_short(&crowd);
        self.stage.ready(RECOVERY).await?;
        told("all parts are ready again");
        if tokio::time::timeout(SETTLING, async { while walks.join_next().await.is_some() {} })
            .await
            .is_err()
        {
            cut_short.get_or_insert("some videos did not settle".into());
            walks.shutdown().await;
        }
        self.settle().await?;
        let cpu = self.gremlin.cpu_of_workers() - clean_cpu;
        told("nothing moves any more");
        claims.extend(crowd.claims());
        let found = self.surveyor.look(&product()).await?;
        let violations = ledger::audit(&claims, &found, &clean);
        let (deeds, counts) = (self.gremlin.deeds(), self.sky.counts());
        let kills = f64::from(deeds.kills.max(1));
        let clean_seconds: u32 = Kind::ALL.iter().map(|kind| kind.seconds()).sum();
        let cpu_of_a_second = clean_cpu / f64::from(clean_seconds);
        let seconds = |found: &Findings| -> f64 {
            let kinds = found.listed.iter().filter_map(|video| {
                let is_ready = video.state == "ready" && !video.title.ends_with(CLEAN);
                Kind::of(video.title.split(' ').next()?).filter(|_| is_ready)
            });
            kinds.map(|kind| f64::from(kind.seconds())).sum()
        };
        Ok(Ledger {
            seed: self.plan.seed,
            seconds: began.elapsed().as_secs(),
            cut_short,
            videos: Videos::of(self.args.videos, &claims, &found),
            mischief: Mischief::of(&deeds, &counts),
            waste: Waste {
                cpu_seconds_in_killed_encoders: deeds.cpu_in_hand,
                encode_seconds_per_kill: deeds.cpu_in_hand / cpu_of_a_second / kills,
                segments_made_twice: counts.made_twice.len(),
                seconds_made_twice: ledger::seconds_of(&counts.made_twice),
                extra_cpu_seconds_per_kill: (cpu - seconds(&found) * cpu_of_a_second) / kills,
            },
            violations,
            notes: vec![
                "there is no scratch disk to fill: sources are read by range, results kept in memory",
            ],
        })
    }

    /// What each kind is when nothing disturbs it.
    async fn clean_run(&self) -> anyhow::Result<(Clean, Vec<Claim>)> {
        let mut runs = Vec::new();
        for kind in Kind::ALL {
            let product = Product::at(&self.stage.url);
            let file = kind.film(self.clips)?;
            runs.push(tokio::task::spawn_blocking(move || {
                let query = format!("title={}%20{CLEAN}&filename=clip.mp4", kind.name());
                let video = product.settled(&product.upload(&file, &query)?)?;
                let due = if kind.is_rejected() { "rejected" } else { "ready" };
                ensure!(video["state"] == due, "a clean run made {due} of no {kind:?}: {video:#}");
                let id = video["id"].as_str().unwrap_or_default().parse()?;
                Ok((kind, id))
            }));
        }
        let (mut clean, mut claims) = (Clean::new(), Vec::new());
        for run in join_all(runs).await {
            let (kind, id) = run??;
            let title = format!("{} {CLEAN}", kind.name());
            claims.push(Claim { title, kind, promise: Promise::Taken(id) });
            if !kind.is_rejected() {
                clean.insert(kind, self.surveyor.made_of(id).await?);
            }
        }
        Ok((clean, claims))
    }

    /// Uploads and strikes, in step with each other, under changing weather.
    async fn storm(&self, crowd: &Arc<Crowd>, ends: Instant) -> JoinSet<()> {
        let patience = ends + SETTLING + RECOVERY;
        let mut walks = JoinSet::new();
        let arriving = async {
            for number in 0..self.args.videos {
                while !self.has_room(&mut walks, number) && Instant::now() < ends {
                    sleep(Duration::from_millis(50)).await;
                }
                if Instant::now() >= ends {
                    return;
                }
                walks.spawn(crowd.clone().walk(number, patience));
            }
        };
        let weather = async {
            for number in 0.. {
                let weather = Weather::of(self.plan.seed, number);
                let lasts = weather.lasts;
                self.sky.set(weather);
                sleep(lasts).await;
            }
        };
        let striking = async {
            tokio::join!(arriving, self.gremlin.strike(self.args.kills, ends));
        };
        tokio::select! {
            () = weather => {}
            () = striking => {}
        }
        walks
    }

    /// Whether the next video may come: not too many at once, and neither they nor the kills run
    /// out long before the others.
    fn has_room(&self, walks: &mut JoinSet<()>, number: u32) -> bool {
        while walks.try_join_next().is_some() {}
        let share = f64::from(self.gremlin.kills.load(Relaxed)) / f64::from(self.args.kills.max(1));
        let due = share * f64::from(self.args.videos);
        walks.len() < AT_ONCE && f64::from(number) < due + AT_ONCE as f64
    }

    fn why_cut_short(&self, crowd: &Crowd) -> Option<String> {
        let (videos, kills) = (crowd.begun.load(Relaxed), self.gremlin.kills.load(Relaxed));
        let is_whole = videos >= self.args.videos && kills >= self.args.kills;
        (!is_whole).then(|| format!("the time was over after {videos} videos and {kills} kills"))
    }

    /// Until no message is left, or the longest backoff is over; what is left then is told.
    async fn settle(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut quiet = 0;
        while quiet < 3 && began.elapsed() < SETTLING {
            sleep(Duration::from_secs(1)).await;
            let messages = self.surveyor.messages().await?;
            quiet = if messages.values().all(|count| *count == 0) { quiet + 1 } else { 0 };
        }
        // What is deleted is erased by the sweeper, a minute after whoever died at it.
        let product = Product::at(&self.stage.url);
        while began.elapsed() < SETTLING && self.surveyor.has_orphans(&product).await? {
            sleep(Duration::from_secs(2)).await;
        }
        Ok(())
    }
}
