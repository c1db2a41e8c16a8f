//! From the buckets to the catalogue: what lies there that nobody knows.

use domain::{VideoId, VideoState, keys};
use platform::objects::{Listed, Objects};

use super::{FindingKind, Round};

/// What may lie in the media bucket besides videos: they go by the bucket's lifecycle rule.
const TOMBSTONES: &str = "tombstones/";

/// Compares one bucket with the catalogue. Of each video only the first page of keys is listed.
pub(super) async fn compare(round: &mut Round<'_>, bucket: &Objects) -> anyhow::Result<()> {
    let mut after = String::new();
    loop {
        let page = bucket.page_after(&after).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = behind(&last.key);
        let mut seen = None;
        for object in &page {
            let owner = owner(&object.key);
            match owner {
                Some(id) if seen == Some(id) => {}
                Some(id) => {
                    seen = owner;
                    round.summary.prefixes += 1;
                    compare_video(round, bucket, id, object).await?;
                }
                None if object.key.starts_with(TOMBSTONES) => {}
                None => {
                    let place = format!("{}/{}", bucket.bucket(), object.key);
                    round.found(FindingKind::ForeignObject, None, place, false);
                }
            }
        }
    }
}

async fn compare_video(
    round: &mut Round<'_>,
    bucket: &Objects,
    id: VideoId,
    first: &Listed,
) -> anyhow::Result<()> {
    if round.app.catalogue.holds(id).await? || !round.is_old(first.written_at) {
        return Ok(());
    }
    let prefix = keys::video_prefix(id);
    if round.args.repair {
        bucket.delete_prefix(&prefix).await?;
    }
    let place = format!("{}/{prefix}", bucket.bucket());
    round.found(FindingKind::ObjectsWithoutRecord, Some(id), place, round.args.repair);
    Ok(())
}

/// Looks for uploads in parts that no record waits for.
pub(super) async fn compare_uploads(round: &mut Round<'_>, bucket: &Objects) -> anyhow::Result<()> {
    let mut place = None;
    loop {
        let (uploads, next) = bucket.open_uploads(place).await?;
        for upload in uploads {
            let id = owner(&upload.key);
            let video = match id {
                Some(id) => round.app.catalogue.find(id).await?,
                None => None,
            };
            // Workers write to the media bucket in parts, too.
            let is_awaited = video.is_some_and(|video| match video.record.state {
                VideoState::Uploading => true,
                state => bucket.bucket() == round.app.media.bucket() && !state.is_final(),
            });
            if is_awaited || !round.is_old(upload.begun_at) {
                continue;
            }
            if round.args.repair {
                bucket.abort_open(&upload).await?;
            }
            let place = format!("{}/{}", bucket.bucket(), upload.key);
            round.found(FindingKind::UnknownUpload, id, place, round.args.repair);
        }
        place = next;
        if place.is_none() {
            return Ok(());
        }
    }
}

/// Whose object a key is: `{shard}/{video}/…`.
fn owner(key: &str) -> Option<VideoId> {
    let mut parts = key.splitn(3, '/');
    let (shard, id) = (parts.next()?, parts.next()?.parse::<VideoId>().ok()?);
    (parts.next().is_some() && id.shard() == shard).then_some(id)
}

/// A place behind all objects of the same video: `0` follows `/`.
fn behind(key: &str) -> String {
    match owner(key) {
        Some(id) => format!("{}0", keys::video_prefix(id).trim_end_matches('/')),
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_whose_it_is() {
        let id: VideoId = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        assert_eq!(owner(&keys::source(id)), Some(id));
        assert_eq!(owner("f7/01890a5d-ac96-774b-bcce-b302099a80f7/r-1/480p/00001.m4s"), Some(id));
        for foreign in [
            "00/01890a5d-ac96-774b-bcce-b302099a80f7/source",
            "f7/01890a5d-ac96-774b-bcce-b302099a80f7",
            "tombstones/01890a5d-ac96-774b-bcce-b302099a80f7",
            "readme.txt",
        ] {
            assert_eq!(owner(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_rest_of_a_video_is_skipped_and_nothing_else() {
        let id: VideoId = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let behind = behind(&keys::source(id));
        assert!(behind > format!("{}zzz", keys::video_prefix(id)));
        assert!(behind.as_str() < "f7/01890a5d-ac96-774b-bcce-b302099a80f8/");
        assert_eq!(super::behind("readme.txt"), "readme.txt");
    }
}
