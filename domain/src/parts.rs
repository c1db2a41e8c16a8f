//! How a file is cut into the parts that it is uploaded in.

const MIB: u64 = 1024 * 1024;
/// Smallest size of a part, in bytes; only the last may be smaller.
pub const LEAST_PART_BYTES: u64 = 8 * MIB;
/// Most parts of a file: S3 takes 10,000, and some room is wise.
pub const MAX_PARTS: u64 = 9_900;
/// Largest file, in bytes: what S3 takes.
pub const MAX_FILE_BYTES: u64 = 5 << 40;

/// The parts of a file of known size, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartLayout {
    /// Of the whole file, in bytes.
    pub size_bytes: u64,
    /// Of every part but the last, in bytes.
    pub part_size_bytes: u64,
}

impl PartLayout {
    /// Parts of 8 MiB, or as many MiB as it takes to stay below S3's 10,000 parts.
    pub fn new(size_bytes: u64) -> Self {
        let part_size_bytes = size_bytes.div_ceil(MAX_PARTS).next_multiple_of(MIB);
        Self { size_bytes, part_size_bytes: part_size_bytes.max(LEAST_PART_BYTES) }
    }

    /// How many there are.
    pub fn part_count(&self) -> u32 {
        u32::try_from(self.size_bytes.div_ceil(self.part_size_bytes)).unwrap_or(u32::MAX)
    }

    /// How many bytes a part has; `None` if there is none of this number.
    pub fn part_bytes(&self, number: u32) -> Option<u64> {
        let before = u64::from(number.checked_sub(1)?).checked_mul(self.part_size_bytes)?;
        let rest = self.size_bytes.checked_sub(before).filter(|rest| *rest > 0)?;
        Some(rest.min(self.part_size_bytes))
    }

    /// What is wrong with the parts that have arrived, told as numbers and sizes in bytes.
    ///
    /// # Errors
    /// The first few parts that are missing, or one that is of another size than it should be.
    pub fn check(&self, arrived: &[(u32, u64)]) -> Result<(), PartsFault> {
        const TOLD: usize = 10;
        let mut arrived: Vec<_> = arrived.to_vec();
        arrived.sort_unstable();
        let is_missing =
            |number: &u32| arrived.binary_search_by_key(number, |(number, _)| *number).is_err();
        let missing: Vec<_> = (1..=self.part_count()).filter(is_missing).take(TOLD).collect();
        if !missing.is_empty() {
            return Err(PartsFault::Missing(missing));
        }
        let fits = |(number, size): &(u32, u64)| self.part_bytes(*number) == Some(*size);
        match arrived.iter().find(|part| !fits(part)) {
            Some((number, _)) => Err(PartsFault::WrongSize(*number)),
            None => Ok(()),
        }
    }
}

/// Why parts are no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartsFault {
    /// The first few of those that are not there.
    Missing(Vec<u32>),
    /// A part has more or fewer bytes than it should, or should not be there at all.
    WrongSize(u32),
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1024 * MIB;
    const TIB: u64 = 1024 * GIB;

    #[test]
    fn ten_thousand_parts_are_enough_for_any_file() {
        for (size, part_mib, count) in [
            (1, 8, 1),
            (8 * MIB, 8, 1),
            (8 * MIB + 1, 8, 2),
            (MAX_PARTS * 8 * MIB, 8, 9_900),
            (MAX_PARTS * 8 * MIB + 1, 9, 8_801),
            (100 * GIB, 11, 9_310),
            (TIB, 106, 9_893),
            (5 * TIB, 530, 9_893),
        ] {
            let layout = PartLayout::new(size);
            assert_eq!(layout.part_size_bytes, part_mib * MIB, "{size}");
            assert_eq!(layout.part_count(), count, "{size}");
            assert!(layout.part_size_bytes <= 5 * GIB, "S3's own limit of a part");
        }
    }

    #[test]
    fn parts_add_up_to_the_file() {
        for size in [1, 8 * MIB, 8 * MIB + 1, 100 * MIB, 77 * GIB + 3, 5 * TIB] {
            let layout = PartLayout::new(size);
            let count = layout.part_count();
            let sizes = (1..=count).map(|number| layout.part_bytes(number).unwrap());
            assert_eq!(sizes.sum::<u64>(), size);
            for beyond in [0, count + 1, u32::MAX] {
                assert_eq!(layout.part_bytes(beyond), None, "{beyond} of {size}");
            }
        }
    }

    #[test]
    fn only_all_parts_in_their_sizes_are_the_file() {
        let layout = PartLayout::new(20 * MIB);
        let (whole, rest) = (8 * MIB, 4 * MIB);
        assert_eq!(layout.check(&[(3, rest), (1, whole), (2, whole)]), Ok(()));
        assert_eq!(layout.check(&[(2, whole)]), Err(PartsFault::Missing(vec![1, 3])));
        let short = layout.check(&[(1, whole), (2, whole), (3, rest - 1)]);
        assert_eq!(short, Err(PartsFault::WrongSize(3)));
        let more = layout.check(&[(1, whole), (2, whole), (3, rest), (4, 1)]);
        assert_eq!(more, Err(PartsFault::WrongSize(4)));
        let none = PartLayout::new(5 * TIB).check(&[]);
        assert_eq!(none, Err(PartsFault::Missing((1..=10).collect())));
    }
}
