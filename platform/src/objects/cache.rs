//! The blocks of an object that were read last, or are being read.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use futures::future::{BoxFuture, Shared};

use super::ObjectError;

/// A block's bytes once they are here; many may wait for them, one asks.
pub(super) type Block = Shared<BoxFuture<'static, Result<Bytes, Arc<ObjectError>>>>;

/// A bounded number of blocks, of which the least recently used one leaves first. There are few: a
/// walk along the line costs nothing beside a request.
#[derive(Debug)]
pub(super) struct BlockCache {
    capacity: usize,
    /// Least recently used first.
    blocks: VecDeque<(u64, Block)>,
}

impl BlockCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), blocks: VecDeque::new() }
    }

    /// The block of this index, which becomes the most recently used; `fetch` begins to read it
    /// where it is not known.
    pub(super) fn block(&mut self, index: u64, fetch: impl FnOnce() -> Block) -> Block {
        let block = self.remove(index).unwrap_or_else(fetch);
        if self.blocks.len() == self.capacity {
            self.blocks.pop_front();
        }
        self.blocks.push_back((index, block.clone()));
        block
    }

    /// Forgets a block, so that it will be read anew.
    pub(super) fn remove(&mut self, index: u64) -> Option<Block> {
        let place = self.blocks.iter().position(|(known, _)| *known == index)?;
        self.blocks.remove(place).map(|(_, block)| block)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::FutureExt;

    use super::*;

    #[test]
    fn the_least_recently_used_block_leaves() {
        let fetched = RefCell::new(Vec::new());
        let mut cache = BlockCache::new(2);
        for index in [1, 2, 1, 3, 1, 2] {
            let _block = cache.block(index, || {
                fetched.borrow_mut().push(index);
                async { Ok(Bytes::new()) }.boxed().shared()
            });
        }
        assert_eq!(*fetched.borrow(), [1, 2, 3, 2], "1 stayed, for it was used in between");
    }
}
