//! Captions from the cage.

use std::io::Read;

use domain::{CaptionsName, captions::MAX_TRACKS};

use super::{
    Cage, Limits,
    end::misbehaved,
    keeper::{Input, keep},
    words::{Request, Word},
};
use crate::{Captions, CaptionsRequest, ClosedCaptionsRequest, MediaError, Source, Stop};

/// Longest JSON of a track in bytes: its text is bounded, its times take about as much.
const MAX_JSON: usize = 16 << 20;
/// Fields of CEA-608 that hold captions.
const SERVICES: usize = 2;

impl Cage {
    /// See [`crate::captions`].
    ///
    /// # Errors
    /// As there.
    pub fn captions(
        self,
        mut source: Box<dyn Source>,
        request: &CaptionsRequest,
        stop: &Stop,
    ) -> Result<Vec<Captions>, MediaError> {
        let Self::Locked(limits) = self else { return crate::captions(source, request, stop) };
        let input = Input::File(&mut *source, request.plan.source.size_bytes);
        let wanted =
            (0..MAX_TRACKS.min(request.plan.source.captions.len())).map(CaptionsName::text);
        gather(limits, Request::Captions(request.clone()), input, &wanted.collect::<Vec<_>>(), stop)
    }

    /// See [`crate::closed_captions`].
    ///
    /// # Errors
    /// As there.
    pub fn closed_captions(
        self,
        data: Box<dyn Read + Send>,
        request: &ClosedCaptionsRequest,
    ) -> Result<Vec<Captions>, MediaError> {
        let Self::Locked(limits) = self else { return crate::closed_captions(data, request) };
        let wanted: Vec<_> = (0..SERVICES).map(CaptionsName::closed).collect();
        let request = Request::ClosedCaptions(request.clone());
        gather(limits, request, Input::Stream(data), &wanted, &Stop::default())
    }
}

/// Each wanted track at most once.
fn gather(
    limits: Limits,
    request: Request,
    input: Input<'_>,
    wanted: &[CaptionsName],
    stop: &Stop,
) -> Result<Vec<Captions>, MediaError> {
    let mut tracks: Vec<Captions> = Vec::new();
    let mut take = |word, json: Vec<u8>| {
        let track = match word {
            Word::Captions if json.len() <= MAX_JSON => serde_json::from_slice::<Captions>(&json),
            _ => return Err(misbehaved("no captions")),
        };
        let track = track.map_err(|_| misbehaved("captions that cannot be read"))?;
        let is_known = tracks.iter().any(|known| known.name == track.name);
        if is_known || !wanted.contains(&track.name) {
            return Err(misbehaved("captions that were not asked for"));
        }
        tracks.push(track);
        Ok(())
    };
    keep(limits, request, vec![input], &mut take, stop)?;
    Ok(tracks)
}
