//! All that CI runs: every check, then every test against products with ports, data and logs of their own.

use crate::{
    checks,
    cloud::{self, Cloud, EndpointArgs},
    commands::cargo,
    deploy,
    home::Home,
    lifecycle,
    ports::{self, Ports},
    process, setup,
    stack::Environment,
    summary::Summary,
    web::npm,
};
use anyhow::{Result, bail};
use clap::Args;
use std::{
    fs::{self, File},
    process::{Command, ExitCode},
    sync::atomic::{AtomicBool, Ordering},
};

#[derive(Args)]
pub struct TestArgs {
    /// Only the checks of infra/: templates, policies, images, compose file
    #[arg(long)]
    infra: bool,
    /// Only the contract and end-to-end tests, on LocalStack
    #[arg(long, conflicts_with_all = ["endpoint_url", "s3_endpoint_url", "dynamodb_endpoint_url"])]
    localstack: bool,
    /// Only the contract and end-to-end tests, there
    #[command(flatten)]
    endpoints: EndpointArgs,
}

pub fn test(home: &Home, args: &TestArgs) -> Result<ExitCode> {
    let own = home.for_tests()?;
    let lock = File::create(own.state.join("test.lock"))?;
    if lock.try_lock().is_err() {
        bail!("another `cargo dev test` runs; both would use {}", own.state.display());
    }
    let stop = lifecycle::stop_on_signals()?;
    let mut run = Run { home, own: &own, summary: Summary::default(), stop: &stop };
    if !run.summary.action("set-up", || setup::for_tests(home)) {
        return Ok(run.summary.finish());
    }
    match args.endpoints.cloud() {
        Some(cloud) => run.round(&cloud),
        None if args.infra => checks::infra(home, &mut run.summary),
        None if args.localstack => run.localstack(),
        None => run.everything(),
    }
    if stop.load(Ordering::Relaxed) {
        run.summary.action("all steps", || bail!("interrupted"));
    }
    Ok(run.summary.finish())
}

/// Does every step, whatever became of those before it, unless somebody wants us to stop.
struct Run<'a> {
    home: &'a Home,
    /// The products' own, without any memory of the run before.
    own: &'a Home,
    summary: Summary,
    stop: &'a AtomicBool,
}

impl Run<'_> {
    fn everything(&mut self) {
        let checks: [fn(&Home, &mut Summary); 5] =
            [checks::rust, checks::dependencies, checks::spelling, checks::web, checks::infra];
        for check in checks {
            if self.stopped() {
                return;
            }
            check(self.home, &mut self.summary);
        }
        if self.stopped() {
            return;
        }
        let standins = Cloud::default();
        if self.start(&standins) {
            self.all_tests();
        }
        self.down(&standins);
        if !self.stopped() {
            self.localstack();
        }
    }

    /// The reference for SNS and SQS, and another S3.
    fn localstack(&mut self) {
        if self.summary.action("LocalStack: set-up", || setup::localstack(self.home)) {
            self.round(&Cloud::localstack());
        }
    }

    /// What speaks to AWS, against this one.
    fn round(&mut self, cloud: &Cloud) {
        if self.start(cloud)
            && let Some(product) = self.product()
        {
            let mut tests = cargo(&self.home.root);
            tests.args(["test", "--release", "--workspace", "--no-fail-fast"]);
            tests.args(["--exclude", "media", "--test", "it"]);
            product.apply(&mut tests);
            self.summary.command("tests on that cloud: contract, end to end", &mut tests);
        }
        self.down(cloud);
        if cloud.is_foreign()
            && let Ok(ports) = Ports::load(self.own)
        {
            let mut destroy = deploy::destroy(cloud, self.home, &ports);
            self.summary.command("remove what was deployed", &mut destroy);
        }
    }

    /// Tests in Rust (unit, contract, end to end) and in a browser, told where the product is.
    fn all_tests(&mut self) {
        let Some(product) = self.product() else { return };
        let mut tests = cargo(&self.home.root);
        tests.args(["test", "--release", "--workspace", "--no-fail-fast"]);
        product.apply(&mut tests);
        self.summary.command("tests: unit, contract, end to end", &mut tests);
        if self.stopped() {
            return;
        }
        let mut browser = npm(&self.home.web());
        product.apply(&mut browser);
        self.summary.command("tests: browser", browser.args(["run", "--silent", "test:browser"]));
    }

    fn product(&mut self) -> Option<Environment> {
        match Environment::load(self.own) {
            Ok(product) => {
                Some(product.with(&[("FANTAIL_STATUS", &self.own.status_file().to_string_lossy())]))
            }
            Err(error) => {
                self.summary.action("the product's environment", || Err(error));
                None
            }
        }
    }

    fn start(&mut self, cloud: &Cloud) -> bool {
        let own = self.own;
        let fresh = || {
            lifecycle::down(own)?; // What a killed run left.
            let _ = fs::remove_file(own.ports_file());
            if own.data().exists() {
                fs::remove_dir_all(own.data())?;
            }
            fs::create_dir_all(own.data())?;
            Ok(ports::any_free()?.to_string())
        };
        let mut port = String::new();
        self.summary.action("a place for the product", || fresh().map(|free| port = free))
            && self.summary.command(
                "start the product",
                self.itself(cloud).env("FANTAIL_PORT", &port).args([
                    "up",
                    "--no-setup",
                    "--detach",
                ]),
            )
    }

    /// Also after a start that was interrupted: the product may have come up behind it.
    fn down(&mut self, cloud: &Cloud) {
        let mut down = self.itself(cloud);
        self.summary.command("stop the product", down.arg("down"));
    }

    /// This program again, for the tests' product.
    fn itself(&self, cloud: &Cloud) -> Command {
        let mut command = process::ourselves();
        command.env("FANTAIL_HOME", &self.own.state).env(cloud::VARIABLE, cloud.to_string());
        command
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
