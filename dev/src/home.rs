//! Where everything lies: the repository, the installed tools, and the state of one running product.

use anyhow::{Context, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The directories of one product. Tools are shared by all of them, state is not.
#[derive(Clone, Debug)]
pub struct Home {
    /// The repository.
    pub root: PathBuf,
    /// What is installed once for all: the venv, stamps, the sample clip.
    pub tools: PathBuf,
    /// Ports, data, logs and process ids: `FANTAIL_HOME`, by default the same as `tools`.
    pub state: PathBuf,
}

impl Home {
    pub fn from_env() -> Result<Self> {
        // Set by `cargo run`; compiled in for a binary that was started by hand.
        let manifest = env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("dev/ lies in the repository")?;
        let tools = root.join(".fantail");
        let state = match env::var_os("FANTAIL_HOME") {
            Some(path) if !path.is_empty() => std::path::absolute(path)?,
            _ => tools.clone(),
        };
        let home = Self { root: root.to_owned(), tools, state };
        for dir in [home.tools.clone(), home.logs(), home.data()] {
            fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
        Ok(home)
    }

    /// The product that tests use, beside whatever else runs.
    pub fn for_tests(&self) -> Result<Self> {
        let home = Self { state: self.state.join("test"), ..self.clone() };
        fs::create_dir_all(home.logs())?;
        Ok(home)
    }

    /// The product that is mistreated.
    pub fn for_chaos(&self) -> Result<Self> {
        let home = Self { state: self.state.join("chaos"), ..self.clone() };
        fs::create_dir_all(home.logs())?;
        Ok(home)
    }

    /// `KEY=VALUE` lines that every service gets besides, if whoever starts the product wrote any.
    pub fn overrides_file(&self) -> PathBuf {
        self.state.join("services.env")
    }

    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    pub fn data(&self) -> PathBuf {
        self.state.join("data")
    }

    pub fn ports_file(&self) -> PathBuf {
        self.state.join("ports.json")
    }

    /// Locked for as long as a supervisor lives; holds its process id.
    pub fn lock_file(&self) -> PathBuf {
        self.state.join("supervisor.pid")
    }

    /// Written by the supervisor at every change.
    pub fn status_file(&self) -> PathBuf {
        self.state.join("status.json")
    }

    /// `KEY=VALUE` lines: everything a service or a test needs to speak to this product.
    pub fn env_file(&self) -> PathBuf {
        self.state.join("env")
    }

    pub fn web(&self) -> PathBuf {
        self.root.join("web")
    }

    /// A program that pip installed.
    pub fn venv_bin(&self, program: &str) -> PathBuf {
        self.tools.join("venv/bin").join(program)
    }

    /// A service as `cargo build --release` made it; beside our own profile's folder, wherever cargo's target is.
    pub fn service_bin(&self, name: &str) -> PathBuf {
        let own = env::current_exe().ok();
        let target = own.as_deref().and_then(Path::parent).and_then(Path::parent);
        target.map_or_else(|| self.root.join("target"), Path::to_owned).join("release").join(name)
    }
}
