//! The web page: installed and built again only when something in `web/` changed.

use crate::{
    commands::{output, run},
    home::Home,
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    process::Command,
};

const OLDEST_NODE: u32 = 20;

pub fn build(home: &Home) -> Result<()> {
    let web = home.web();
    install(home)?;
    let stamp = home.tools.join("web-built");
    let sources = fingerprint(&web)?;
    if web.join("dist/index.html").exists()
        && fs::read_to_string(&stamp).is_ok_and(|built| built == sources)
    {
        return Ok(());
    }
    println!("Building the web page");
    run(npm(&web).args(["run", "--silent", "build"]), "building the web page")?;
    fs::write(stamp, sources)?;
    Ok(())
}

/// `npm ci`, when what is installed is not what package-lock.json says.
pub fn install(home: &Home) -> Result<()> {
    let web = home.web();
    let version = output(Command::new("node").arg("--version"));
    check_node(version.as_deref())?;
    let wanted = fs::read_to_string(web.join("package-lock.json"))
        .context("cannot read web/package-lock.json")?;
    let stamp = web.join("node_modules/.fantail-lock");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("Installing the web page's packages");
    run(
        npm(&web).args(["ci", "--no-audit", "--no-fund"]),
        "installing npm packages (is there a network?)",
    )?;
    fs::write(stamp, wanted)?;
    Ok(())
}

pub fn npm(web: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(web).env("npm_config_update_notifier", "false");
    command
}

fn check_node(version: Option<&str>) -> Result<()> {
    let Some(version) = version.map(str::trim) else {
        bail!("Node.js is missing: install version {OLDEST_NODE} or newer")
    };
    let major: Option<u32> =
        version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!("Node.js {version} is too old: version {OLDEST_NODE} or newer is needed");
    }
    Ok(())
}

/// A hash of everything the build reads.
fn fingerprint(web: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    hash_folder(web, &mut hasher)?;
    Ok(format!("{:x}", hasher.finish()))
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let mut paths: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "node_modules" && name != "dist" && name != "browser" {
                hash_folder(&path, hasher)?;
            }
        } else {
            name.hash(hasher);
            fs::read(&path)?.hash(hasher);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_node() {
        assert!(check_node(Some("v20.19.0\n")).is_ok());
        assert!(check_node(Some("v22.1.0")).is_ok());
        assert_eq!(
            check_node(Some("v18.20.4\n")).unwrap_err().to_string(),
            "Node.js v18.20.4 is too old: version 20 or newer is needed"
        );
        assert!(check_node(None).unwrap_err().to_string().contains("missing"));
    }

    #[test]
    fn the_fingerprint_is_of_sources_only() {
        let dir = std::env::temp_dir().join(format!("fantail-web-{}", std::process::id()));
        fs::create_dir_all(dir.join("src")).unwrap();
        fs::write(dir.join("src/a.ts"), "1").unwrap();
        let first = fingerprint(&dir).unwrap();
        fs::create_dir_all(dir.join("dist")).unwrap();
        fs::write(dir.join("dist/a.js"), "1").unwrap();
        assert_eq!(fingerprint(&dir).unwrap(), first);
        fs::write(dir.join("src/a.ts"), "2").unwrap();
        assert_ne!(fingerprint(&dir).unwrap(), first);
        fs::remove_dir_all(dir).unwrap();
    }
}
