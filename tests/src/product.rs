//! The running product, as a client on the network sees it.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use ureq::{Agent, Body, http::Response};

/// A client of the product at `FANTAIL_URL`.
pub struct Product {
    url: String,
    agent: Agent,
}

impl Product {
    /// The product that `cargo dev test` has brought up.
    ///
    /// # Panics
    /// If there is none.
    #[expect(clippy::expect_used, reason = "without a product there is nothing to test")]
    pub fn running() -> Self {
        let url = std::env::var("FANTAIL_URL")
            .expect("no FANTAIL_URL: run these tests through `cargo dev test`");
        Self::at(&url)
    }

    /// The product at this URL.
    pub fn at(url: &str) -> Self {
        let timeout = Some(Duration::from_secs(60));
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(timeout);
        Self { url: url.to_owned(), agent: agent.build().into() }
    }

    /// Absolute URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Any request without a body, redirects followed.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn call(&self, method: &str, path: &str) -> anyhow::Result<Response<Body>> {
        let request = ureq::http::Request::builder().method(method).uri(self.url(path)).body(())?;
        self.agent.run(request).with_context(|| format!("{method} {path}"))
    }

    /// Reads JSON and its status.
    ///
    /// # Errors
    /// If nobody answers or it is not JSON.
    pub fn json(&self, method: &str, path: &str) -> anyhow::Result<(u16, Value)> {
        let mut response = self.call(method, path)?;
        let text = response.body_mut().read_to_string()?;
        let json =
            serde_json::from_str(&text).with_context(|| format!("{method} {path}: {text}"))?;
        Ok((response.status().as_u16(), json))
    }

    /// Reads a whole body of at most 256 MiB.
    ///
    /// # Errors
    /// If the answer is not a success.
    pub fn bytes(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut response = self.call("GET", path)?;
        ensure!(response.status().is_success(), "GET {path}: {}", response.status());
        Ok(response.body_mut().with_config().limit(256 << 20).read_to_vec()?)
    }

    /// Reads text.
    ///
    /// # Errors
    /// If the answer is not a success or not text.
    pub fn text(&self, path: &str) -> anyhow::Result<String> {
        String::from_utf8(self.bytes(path)?).context("not text")
    }

    /// Uploads a file as `curl -T` does and returns the video's id.
    ///
    /// # Errors
    /// If it is not taken.
    pub fn upload(&self, file: &Path, query: &str) -> anyhow::Result<String> {
        let url = self.url(&format!("/api/videos?{query}"));
        let mut response = self.agent.post(url).send(File::open(file)?)?;
        let text = response.body_mut().read_to_string()?;
        ensure!(response.status() == 201, "upload: {} {text}", response.status());
        let video: Value = serde_json::from_str(&text)?;
        Ok(video["id"].as_str().context("a video without an id")?.to_owned())
    }

    /// Posts bytes as an upload; status and problem.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn post(&self, path: &str, body: &[u8]) -> anyhow::Result<(u16, Value)> {
        let mut response = self.agent.post(self.url(path)).send(body)?;
        let text = response.body_mut().read_to_string()?;
        Ok((response.status().as_u16(), serde_json::from_str(&text)?))
    }

    /// The video as JSON.
    ///
    /// # Errors
    /// If there is none.
    pub fn video(&self, id: &str) -> anyhow::Result<Value> {
        let (status, video) = self.json("GET", &format!("/api/videos/{id}"))?;
        ensure!(status == 200, "{status}: {video}");
        Ok(video)
    }

    /// Waits until nothing more happens to the video by itself.
    ///
    /// # Errors
    /// If that takes longer than five minutes.
    pub fn settled(&self, id: &str) -> anyhow::Result<Value> {
        let begun = Instant::now();
        loop {
            let video = self.video(id)?;
            if matches!(video["state"].as_str(), Some("ready" | "partial" | "failed" | "rejected"))
            {
                return Ok(video);
            }
            if begun.elapsed() > Duration::from_secs(300) {
                bail!("not settled after five minutes: {video:#}");
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Uploads a file and waits until it is ready.
    ///
    /// # Errors
    /// If it ends in any other way.
    pub fn ready(&self, file: &Path, title: &str) -> anyhow::Result<Value> {
        let id = self.upload(file, &format!("title={title}&filename={title}.mp4"))?;
        let video = self.settled(&id)?;
        ensure!(video["state"] == "ready", "{video:#}");
        Ok(video)
    }
}

/// A rendition of a video's JSON.
///
/// # Panics
/// If there is none of this name.
pub fn rendition<'a>(video: &'a Value, name: &str) -> &'a Value {
    let found = video["renditions"].as_array().into_iter().flatten().find(|r| r["name"] == name);
    match found {
        Some(rendition) => rendition,
        None => panic!("no rendition {name} in {video:#}"),
    }
}
