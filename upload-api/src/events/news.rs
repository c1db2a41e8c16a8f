//! What a reader does not know yet of what the table holds now.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Video, VideoId};

use super::{position, watch::NEWEST};

/// A video as the table held it.
#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) video: Video,
    pub(super) json: String,
}

impl Seen {
    pub(super) fn version(&self) -> u64 {
        self.video.record.version
    }
}

/// What is being watched, as it was at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshot {
    pub(super) videos: BTreeMap<VideoId, Arc<Seen>>,
    /// Whether there are older ones, which are not watched.
    pub(super) is_cut: bool,
}

/// Something a reader did not know.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    Changed(Arc<Seen>),
    Deleted(VideoId),
}

/// What one reader has been told.
#[derive(Debug)]
pub(super) struct Reader {
    known: BTreeMap<VideoId, u64>,
    /// The same, but for what was read and not handed on yet.
    told: BTreeMap<VideoId, u64>,
    only: Option<VideoId>,
    has_read_all: bool,
}

impl Reader {
    /// Reads one video, from behind the version that was seen last.
    pub(super) fn of_video(id: VideoId, last: Option<&str>) -> Self {
        let last = last.and_then(|last| last.parse().ok());
        // Version 0 is never: so a video that goes before it was told is told to be gone.
        let known = BTreeMap::from([(id, last.unwrap_or(0))]);
        Self { told: known.clone(), known, only: Some(id), has_read_all: false }
    }

    /// Reads the newest videos of an owner, from behind the position that was reached last.
    pub(super) fn of_owner(last: Option<&str>) -> Self {
        let known = last.and_then(|last| position::read(last, NEWEST)).unwrap_or_default();
        Self { told: known.clone(), known, only: None, has_read_all: false }
    }

    /// Notes that this is handed on; the id of its event is where the reader is then.
    pub(super) fn tell(&mut self, news: &News) -> Option<String> {
        match news {
            News::Changed(seen) => self.told.insert(seen.video.record.id, seen.version()),
            News::Deleted(id) => self.told.remove(id),
        };
        match (self.only, news) {
            (None, _) => Some(position::written(&self.told)),
            (Some(_), News::Changed(seen)) => Some(seen.version().to_string()),
            (Some(_), News::Deleted(_)) => None,
        }
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
            if is_pushed_out {
                self.told.remove(id);
            } else {
                news.push(News::Deleted(*id));
            }
            false
        });
        self.has_read_all = self.only.is_some() && self.known.is_empty();
        for (id, seen) in &snapshot.videos {
            // A replica may lag behind the one that told us before.
            if self.known.get(id).is_none_or(|known| *known < seen.version()) {
                self.known.insert(*id, seen.version());
                news.push(News::Changed(seen.clone()));
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use domain::OwnerId;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> VideoId {
        VideoId(Uuid::from_u128(number))
    }

    fn snapshot(videos: &[(u128, u64)], is_cut: bool) -> Snapshot {
        let seen = |(number, version): &(u128, u64)| {
            let id = id(*number);
            let empty = String::new;
            let owner = OwnerId::local();
            let mut video = Video::begin(id, owner, empty(), empty(), "r".into());
            video.record.version = *version;
            (id, Arc::new(Seen { video, json: empty() }))
        };
        let videos = videos.iter().map(seen).collect();
        Snapshot { videos, is_cut }
    }

    fn told(news: &[News]) -> Vec<String> {
        let word = |news: &News| match news {
            News::Changed(seen) => format!("v{}", seen.version()),
            News::Deleted(id) => format!("-{}", id.0.as_u128()),
        };
        news.iter().map(word).collect()
    }

    fn positions(reader: &mut Reader, snapshot: &Snapshot) -> Vec<String> {
        let news = reader.read(snapshot);
        news.iter().map(|news| reader.tell(news).unwrap()).collect()
    }

    #[test]
    fn an_owner_hears_what_is_new_once() {
        let mut reader = Reader::of_owner(None);
        assert_eq!(told(&reader.read(&snapshot(&[(1, 3), (2, 1)], false))), ["v3", "v1"]);
        assert!(reader.read(&snapshot(&[(1, 3), (2, 1)], false)).is_empty());
        assert_eq!(told(&reader.read(&snapshot(&[(2, 2), (3, 1)], false))), ["-1", "v2", "v1"]);
        assert!(!reader.has_read_all());
    }

    #[test]
    fn what_is_pushed_out_is_not_deleted() {
        let mut reader = Reader::of_owner(None);
        reader.read(&snapshot(&[(1, 1), (2, 1), (3, 1)], false));
        assert_eq!(told(&reader.read(&snapshot(&[(3, 1), (4, 1)], true))), ["v1"]);
        assert_eq!(told(&reader.read(&snapshot(&[(2, 1), (4, 1)], true))), ["-3", "v1"]);
    }

    #[test]
    fn an_owner_is_resumed_where_it_was() {
        let before = snapshot(&[(1, 1), (2, 1), (3, 1)], false);
        let mut reader = Reader::of_owner(None);
        let steps = positions(&mut reader, &before);
        let now = snapshot(&[(1, 1), (3, 2)], false);
        let resumed = |position: &str| told(&Reader::of_owner(Some(position)).read(&now));
        assert_eq!(resumed(&steps[2]), ["-2", "v2"]);
        assert_eq!(resumed(&steps[0]), ["v2"], "it was told of the first one only");
        assert_eq!(resumed("7"), ["v1", "v2"], "no position: everything");
        let end = positions(&mut reader, &now).pop().unwrap();
        assert!(resumed(&end).is_empty());
    }

    #[test]
    fn a_video_is_resumed_and_ends() {
        let mut reader = Reader::of_video(id(1), Some("4"));
        assert!(reader.read(&snapshot(&[(1, 4)], false)).is_empty());
        assert_eq!(told(&reader.read(&snapshot(&[(1, 6)], false))), ["v6"]);
        assert_eq!(told(&reader.read(&snapshot(&[], false))), ["-1"]);
        assert!(reader.has_read_all());
        let mut late = Reader::of_video(id(1), None);
        assert_eq!(told(&late.read(&snapshot(&[(1, 1)], false))), ["v1"]);
    }
}
