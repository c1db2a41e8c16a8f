//! Storyboard and preview from the cage.

use std::io::SeekFrom;

use domain::Storyboard;

use super::{
    Cage, Limits,
    end::misbehaved,
    keeper::{Input, keep},
    words::{Answer, Request, Word},
};
use crate::{MediaError, PreviewRequest, Source, Stop, StoryboardRequest};

/// Most bytes of a preview: a few seconds at half a megabit take a hundredth of it.
const MAX_PREVIEW: usize = 16 << 20;

impl Cage {
    /// See [`crate::storyboard()`].
    ///
    /// # Errors
    /// As there.
    pub fn storyboard(
        self,
        source: Box<dyn Source>,
        request: &StoryboardRequest,
    ) -> Result<Option<Vec<Vec<u8>>>, MediaError> {
        let Self::Locked(limits) = self else { return crate::storyboard(source, request) };
        let storyboard = Storyboard::of(&request.plan);
        let tile_bytes = u64::from(storyboard.width) * u64::from(storyboard.height) * 3;
        let wanted = storyboard.tiles() as usize;
        let (made, tiles) =
            gather(limits, Request::Storyboard(request.clone()), source, &|tiles| {
                let last = tiles.last().map_or(0, |tile| tile.len() as u64);
                tiles.len() <= wanted && last == tile_bytes
            })?;
        match made {
            true if tiles.len() != wanted => Err(misbehaved("a storyboard with gaps")),
            made => Ok(made.then_some(tiles)),
        }
    }

    /// See [`crate::preview()`].
    ///
    /// # Errors
    /// As there.
    pub fn preview(
        self,
        source: Box<dyn Source>,
        request: &PreviewRequest,
    ) -> Result<Option<Vec<u8>>, MediaError> {
        let Self::Locked(limits) = self else { return crate::preview(source, request) };
        let (made, files) = gather(limits, Request::Preview(request.clone()), source, &|files| {
            files.len() == 1 && files[0].len() <= MAX_PREVIEW
        })?;
        Ok(files.into_iter().next().filter(|_| made))
    }
}

/// What the inmate handed out, and whether it says that this is something.
fn gather(
    limits: Limits,
    request: Request,
    mut source: Box<dyn Source>,
    is_due: &dyn Fn(&[Vec<u8>]) -> bool,
) -> Result<(bool, Vec<Vec<u8>>), MediaError> {
    let size_bytes = source.seek(SeekFrom::End(0)).map_err(MediaError::Source)?;
    let mut pieces = Vec::new();
    let mut take = |word, bytes| {
        pieces.push(bytes);
        match word {
            Word::Piece if is_due(&pieces) => Ok(()),
            _ => Err(misbehaved("a picture that was not asked for")),
        }
    };
    let inputs = vec![Input::File(&mut *source, size_bytes)];
    match keep(limits, request, inputs, &mut take, &Stop::default())? {
        Answer::Made(made) => Ok((made, pieces)),
        _ => Err(misbehaved("it was asked for pictures")),
    }
}
