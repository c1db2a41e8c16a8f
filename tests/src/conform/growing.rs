//! Rules of playlists while a video is being made: an unbroken run from the first segment, which
//! only ever grows (RFC 8216 6.2.1).

use std::collections::BTreeMap;

use super::{Maxrates, fetch};

/// What has been seen of a video so far.
#[derive(Debug, Default)]
pub struct Growing {
    /// The last text of each media playlist.
    lists: BTreeMap<String, String>,
    /// Playlists that were seen without an end.
    seen_open: Vec<String>,
    faults: Vec<String>,
}

const END: &str = "#EXT-X-ENDLIST\n";

impl Growing {
    /// Looks at a media playlist; true if it has its end.
    pub fn list(&mut self, uri: &str, text: &str) -> bool {
        let ended = text.ends_with(END);
        let mut say = |fault: String| self.faults.push(format!("{uri}: {fault}"));
        let folder = uri.trim_end_matches(".m3u8");
        let run = (1..).map(|n| format!("{folder}/{n:05}.m4s"));
        if !fetch::pieces(text).map(str::to_owned).eq(run.take(fetch::pieces(text).count())) {
            say(format!("no unbroken run from the first segment: {text}"));
        }
        if fetch::pieces(text).next().is_none() {
            say("no segment".to_owned());
        }
        if !text.contains("#EXT-X-START:TIME-OFFSET=0") {
            say("players would not begin at the beginning".to_owned());
        }
        if !text.contains("#EXT-X-PLAYLIST-TYPE:EVENT\n") {
            say("it grew, and is no EVENT".to_owned());
        }
        if let Some(before) = self.lists.insert(uri.to_owned(), text.to_owned()) {
            let grew = text.starts_with(before.trim_end_matches(END));
            if !grew || (before.ends_with(END) && !ended) {
                say(format!("more than its end has changed:\n{before}\n{text}"));
            }
        }
        if !ended && !self.seen_open.iter().any(|open| open == uri) {
            self.seen_open.push(uri.to_owned());
        }
        ended
    }

    /// Looks at a multivariant playlist, and at its media playlists through `read` afterwards.
    ///
    /// # Errors
    /// If one that is listed cannot be read.
    pub fn master(
        &mut self,
        text: &str,
        maxrates: &Maxrates,
        mut read: impl FnMut(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        let mut open = Vec::new();
        for uri in fetch::lists(text) {
            if !self.list(uri, &read(uri)?) && uri != "audio.m3u8" {
                open.push(uri);
            }
        }
        // What grows after the master playlist was read grew when it was made.
        if open.len() > 1 {
            self.faults.push(format!("more than one running rung: {open:?}"));
        }
        for uri in open {
            let told = bandwidth(text, uri).unwrap_or(0);
            let pictures = maxrates.get(uri).copied().unwrap_or(0) * 5 / 4;
            let audio = if text.contains("TYPE=AUDIO") { 8_000..=256_000 } else { 0..=0 };
            if !audio.contains(&told.saturating_sub(pictures)) || told < pictures {
                self.faults.push(format!("{uri} runs, its BANDWIDTH is {told}"));
            }
        }
        Ok(())
    }

    /// Everything that was wrong, and the playlists that were seen while they grew.
    pub fn end(self) -> (Vec<String>, Vec<String>) {
        (self.faults, self.seen_open)
    }
}

fn bandwidth(master: &str, uri: &str) -> Option<u64> {
    let lines: Vec<_> = master.lines().collect();
    let pair = lines.windows(2).find(|pair| pair[1] == uri)?;
    let rest = pair[0].split_once(":BANDWIDTH=")?.1;
    rest.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "#EXTM3U\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-START:TIME-OFFSET=0\n";

    fn list(segments: &[u32]) -> String {
        let lines = segments.iter().map(|n| format!("#EXTINF:2,\n480p/{n:05}.m4s\n"));
        HEAD.to_owned() + &lines.collect::<String>()
    }

    fn faults(texts: &[String]) -> usize {
        let mut growing = Growing::default();
        for text in texts {
            growing.list("480p.m3u8", text);
        }
        growing.end().0.len()
    }

    #[test]
    fn sees_what_players_would_stumble_over() {
        let ended = list(&[1, 2, 3]) + END;
        let vod = ended.replace("EVENT", "VOD");
        assert_eq!(faults(&[list(&[1]), list(&[1, 2]), ended.clone()]), 0);
        assert_eq!(faults(&[ended, list(&[1, 2, 3])]), 1, "its end is gone");
        assert_eq!(faults(&[list(&[2, 3])]), 1, "the first segment is missing");
        assert_eq!(faults(&[list(&[1, 3])]), 1, "a gap");
        assert_eq!(faults(&[list(&[])]), 1);
        assert_eq!(faults(&[list(&[1, 2]), list(&[1])]), 1, "it shrank");
        assert_eq!(faults(&[list(&[1]), vod]), 2, "its type changed in a player's hands");
        assert_eq!(faults(&[list(&[1]).replace("EVENT", "VOD")]), 1);
        assert_eq!(faults(&[list(&[1]).replace("OFFSET=0", "OFFSET=-6")]), 1);
    }

    #[test]
    fn looks_at_bandwidth_while_it_is_assumed() {
        let maxrates = Maxrates::from([("480p.m3u8".to_owned(), 1_400_000)]);
        let master = |bps| {
            format!(
                "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,URI=\"audio.m3u8\"\n\
                 #EXT-X-STREAM-INF:BANDWIDTH={bps},CODECS=\"x\"\n480p.m3u8\n"
            )
        };
        let faults = |bps, list: &str| {
            let mut growing = Growing::default();
            let read = |uri: &str| Ok(list.replace("480p/", &uri.replace(".m3u8", "/")));
            growing.master(&master(bps), &maxrates, read).unwrap();
            growing.end().0.len()
        };
        assert_eq!(faults(1_878_000, &list(&[1])), 0);
        assert_eq!(faults(1_528_000, &list(&[1])), 1);
        assert_eq!(faults(1_528_000, &(list(&[1]) + END)), 0, "measured by then");
    }
}
