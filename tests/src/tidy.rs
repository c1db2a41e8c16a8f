//! Do code, docs and `infra/` agree? What is deliberately absent is checked here.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::{Recipe, message};
use platform::consumer::ConsumerSettings;

const ROOMS: [&str; 8] =
    ["domain", "media", "platform", "upload-api", "transcoder", "thumbnailer", "dev", "tests"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every Rust file of a room with its path from the root.
fn sources(room: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(room)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") {
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// Asserts that no file outside `allowed` (path prefixes) has `word` in its code.
fn only_in(word: &str, allowed: &[&str]) {
    for room in ROOMS {
        for (path, text) in sources(room) {
            let is_allowed = allowed.iter().any(|prefix| path.starts_with(prefix))
                || path.starts_with("tests/src/tidy");
            let code = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            let used = code.into_iter().any(|line| line.contains(word));
            assert!(!used || is_allowed, "`{word}` in {path}; it belongs to {allowed:?}");
        }
    }
}

#[test]
fn aws_is_named_in_platform_and_the_catalogue_only() {
    only_in("aws_sdk_", &["platform/", "upload-api/src/catalogue", "upload-api/tests/"]);
}

#[test]
fn libav_and_unsafe_are_in_media_only() {
    only_in("ffmpeg_next", &["media/"]);
    only_in("unsafe {", &["media/"]);
    only_in("allow(unsafe_code", &["media/"]);
}

#[test]
fn unsafe_says_why_it_is_sound() {
    for (path, text) in sources("media") {
        let lines: Vec<_> = text.lines().collect();
        for (number, _) in lines.iter().enumerate().filter(|(_, line)| line.contains("unsafe {")) {
            let above = &lines[number.saturating_sub(8)..number];
            let explained = above.iter().any(|line| line.contains("// SAFETY:"));
            assert!(explained, "{path}:{} has no `// SAFETY:`", number + 1);
        }
    }
}

#[test]
fn nothing_makes_queues_topics_or_buckets_in_code() {
    for call in ["create_queue()", "create_topic()", "create_bucket()", "create_table()"] {
        only_in(call, &["platform/tests/", "upload-api/tests/", "tests/"]);
    }
}

#[test]
fn the_domain_knows_no_world() {
    for (path, text) in sources("domain") {
        for word in
            ["async fn", "std::fs", "std::net", "tokio", "SystemTime", "Instant", "std::env"]
        {
            assert!(!text.contains(word), "`{word}` in {path}");
        }
    }
}

#[test]
fn doors_open_one_way() {
    let may_use = |room| match room {
        "domain" | "dev" => [].as_slice(),
        "media" | "platform" => ["domain"].as_slice(),
        "upload-api" | "tests" => ["domain", "platform"].as_slice(),
        _ => ["domain", "media", "platform"].as_slice(),
    };
    for room in ROOMS {
        let manifest = read(format!("{room}/Cargo.toml"));
        for other in ROOMS.iter().filter(|other| !may_use(room).contains(other)) {
            let uses = manifest.lines().any(|line| line.starts_with(&format!("{other}.workspace")));
            assert!(!uses, "{room} must not use {other}");
        }
    }
}

#[test]
fn files_are_small_and_say_what_they_are() {
    for (path, text) in ROOMS.iter().flat_map(|room| sources(room)) {
        let lines = text.lines().count();
        assert!(lines <= 400, "{path} has {lines} lines: what is its second subject?");
        assert!(text.starts_with("//!"), "{path} does not begin with a `//!` sentence");
    }
}

#[test]
fn the_map_is_short_and_whole() {
    let map = read("ARCHITECTURE.md");
    assert!(map.lines().count() < 150, "ARCHITECTURE.md is too long to be read");
    for room in ROOMS.iter().chain(&["infra", "web"]) {
        assert!(map.contains(&format!("{room}/")), "ARCHITECTURE.md does not show {room}/");
    }
}

#[test]
fn the_readme_of_media_tells_every_reason() {
    let code = read("domain/src/reason.rs");
    let codes: BTreeSet<_> = code
        .split("Self::new(")
        .filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    assert!(codes.len() > 10, "{codes:?}");
    let readme = read("media/README.md");
    let refused = readme.split("## ").find(|part| part.starts_with("Refused")).unwrap();
    let in_rows = refused.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    // Below the table: those that are not the file's fault, or concern one rendition.
    let others = refused.trim_end().split("\n\n").last().unwrap().split('`').skip(1).step_by(2);
    assert_eq!(in_rows.chain(others).collect::<BTreeSet<_>>(), codes);
}

#[test]
fn each_rendition_has_a_fleet_that_hears_of_it() {
    let (attribute, every) = (message::RENDITION_ATTRIBUTE, message::EVERY_RENDITION);
    let filter = format!(r#"{attribute}: !Split ["-", !Sub "{every}-${{Hears}}"]"#);
    assert!(read("infra/cloudformation/queue.yaml").contains(&filter), "no filter `{filter}`");
    let recipe = Recipe::standard();
    let rungs = recipe.ladder.rungs.iter().map(|rung| rung.name.0.as_str());
    let renditions: Vec<_> = std::iter::once("audio").chain(rungs).collect();
    let fan_out = format!("{},{}", renditions.join(","), message::THUMBNAILS);
    for told in ["cloudformation/fleets.yaml", "cloudformation/fantail.yaml", "deploy.py"] {
        assert!(read(format!("infra/{told}")).contains(&fan_out), "{told} does not say {fan_out}");
    }
    assert!(read("dev/src/fleets.rs").contains(&fan_out), "`cargo dev` does not say {fan_out}");
    let consolidated = renditions.join("-");
    for told in ["cloudformation/fleets.yaml", "deploy.py"] {
        assert!(read(format!("infra/{told}")).contains(&consolidated), "{told}: {consolidated}");
    }
}

#[test]
fn queues_agree_with_the_consumer() {
    let queue = read("infra/cloudformation/queue.yaml");
    let settings = ConsumerSettings::default();
    let number = |key: &str| -> u64 {
        let line = queue.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}:")));
        line.unwrap_or_else(|| panic!("no {key}")).trim().parse().unwrap()
    };
    assert!(number("VisibilityTimeout") >= settings.lease.as_secs());
    assert!(number("maxReceiveCount") > u64::from(settings.max_attempts), "for silent deaths only");
}
