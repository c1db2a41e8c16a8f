//! What a reader does not know yet of what the table holds now.

use std::{collections::BTreeMap, sync::Arc};

use domain::VideoId;

/// A video as the table held it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) version: u64,
    pub(super) json: String,
}

/// What is being watched, as it was at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub(super) videos: BTreeMap<VideoId, Arc<Seen>>,
    /// Whether there are older ones, which are not watched.
    pub(super) is_cut: bool,
}

/// Something a reader did not know.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    Changed(Arc<Seen>),
    Deleted(VideoId),
}

/// What one reader has been told.
#[derive(Debug)]
pub(super) struct Reader {
    known: BTreeMap<VideoId, u64>,
    only: Option<VideoId>,
    has_read_all: bool,
}

impl Reader {
    /// Reads one video, from behind the version that was seen last.
    pub(super) fn of_video(id: VideoId, last_version: Option<u64>) -> Self {
        // Version 0 is never: so a video that goes before it was told is told to be gone.
        let known = BTreeMap::from([(id, last_version.unwrap_or(0))]);
        Self { known, only: Some(id), has_read_all: false }
    }

    /// Reads all videos of an owner.
    pub(super) fn of_owner() -> Self {
        Self { known: BTreeMap::new(), only: None, has_read_all: false }
    }

    /// Whether nothing can come any more.
    pub(super) fn has_read_all(&self) -> bool {
        self.has_read_all
    }

    /// What is new, oldest video first.
    pub(super) fn read(&mut self, snapshot: &Snapshot) -> Vec<News> {
        let mut news = Vec::new();
        let oldest = snapshot.videos.keys().next().copied();
        self.known.retain(|id, _| {
            if snapshot.videos.contains_key(id) {
                return true;
            }
            // One that newer ones pushed out is still there.
            let is_pushed_out = snapshot.is_cut && oldest.is_some_and(|oldest| *id < oldest);
            if !is_pushed_out {
                news.push(News::Deleted(*id));
            }
            false
        });
        self.has_read_all = self.only.is_some() && self.known.is_empty();
        for (id, seen) in &snapshot.videos {
            if self.known.insert(*id, seen.version) != Some(seen.version) {
                news.push(News::Changed(seen.clone()));
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(number: u128) -> VideoId {
        VideoId(Uuid::from_u128(number))
    }

    fn snapshot(videos: &[(u128, u64)], is_cut: bool) -> Snapshot {
        let seen = |version| Arc::new(Seen { version, json: String::new() });
        let videos = videos.iter().map(|(number, version)| (id(*number), seen(*version))).collect();
        Snapshot { videos, is_cut }
    }

    fn told(news: &[News]) -> Vec<String> {
        let word = |news: &News| match news {
            News::Changed(seen) => format!("v{}", seen.version),
            News::Deleted(id) => format!("-{}", id.0.as_u128()),
        };
        news.iter().map(word).collect()
    }

    #[test]
    fn an_owner_hears_what_is_new_once() {
        let mut reader = Reader::of_owner();
        assert_eq!(told(&reader.read(&snapshot(&[(1, 3), (2, 1)], false))), ["v3", "v1"]);
        assert!(reader.read(&snapshot(&[(1, 3), (2, 1)], false)).is_empty());
        assert_eq!(told(&reader.read(&snapshot(&[(2, 2), (3, 1)], false))), ["-1", "v2", "v1"]);
        assert!(!reader.has_read_all());
    }

    #[test]
    fn what_is_pushed_out_is_not_deleted() {
        let mut reader = Reader::of_owner();
        reader.read(&snapshot(&[(1, 1), (2, 1), (3, 1)], false));
        assert_eq!(told(&reader.read(&snapshot(&[(3, 1), (4, 1)], true))), ["v1"]);
        assert_eq!(told(&reader.read(&snapshot(&[(2, 1), (4, 1)], true))), ["-3", "v1"]);
    }

    #[test]
    fn a_video_is_resumed_and_ends() {
        let mut reader = Reader::of_video(id(1), Some(4));
        assert!(reader.read(&snapshot(&[(1, 4)], false)).is_empty());
        assert_eq!(told(&reader.read(&snapshot(&[(1, 6)], false))), ["v6"]);
        assert_eq!(told(&reader.read(&snapshot(&[], false))), ["-1"]);
        assert!(reader.has_read_all());
        let mut late = Reader::of_video(id(1), None);
        assert_eq!(told(&late.read(&snapshot(&[(1, 1)], false))), ["v1"]);
    }
}
