//! Numbers that look random and are the same for the same seed, whoever asks in which order.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of the `number`th thing of a kind: no other thing's throws change its own.
    pub(crate) fn of(seed: u64, kind: &str, number: u64) -> Self {
        let mut dice = Self(seed);
        for byte in kind.bytes() {
            dice.0 = dice.next() ^ u64::from(byte);
        }
        dice.0 = dice.next() ^ number;
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True so many times in a thousand.
    pub(crate) fn permille(&mut self, chance: u32) -> bool {
        self.next() % 1000 < u64::from(chance)
    }

    /// One of them, by weight.
    ///
    /// # Panics
    /// If all weights are 0.
    pub(crate) fn pick<T: Clone>(&mut self, weighted: &[(u32, T)]) -> T {
        let all: u64 = weighted.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut left = self.next() % all;
        for (weight, one) in weighted {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return one.clone(),
            }
        }
        unreachable!("what is left is less than all weights")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_has_throws_of_its_own() {
        let throws = |seed, kind, number| {
            let mut dice = Dice::of(seed, kind, number);
            [dice.between(0, u64::MAX - 1), dice.between(0, u64::MAX - 1)]
        };
        assert_eq!(throws(1, "strike", 7), throws(1, "strike", 7));
        for other in [throws(2, "strike", 7), throws(1, "video", 7), throws(1, "strike", 8)] {
            assert_ne!(throws(1, "strike", 7), other);
        }
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::of(1, "test", 0);
        let heads = (0..10_000).filter(|_| dice.pick(&[(1, false), (3, true), (0, false)])).count();
        assert!((7_300..7_700).contains(&heads), "{heads}");
        let rare = (0..10_000).filter(|_| dice.permille(10)).count();
        assert!((60..140).contains(&rare), "{rare}");
        assert!((0..1000).all(|_| (3..=5).contains(&dice.between(3, 5))));
    }
}
