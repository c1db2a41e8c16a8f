//! Which sizes are made and how they are encoded: configuration, and so part of the recipe.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{FrameRate, RecipeId, RenditionName};

/// Everything that changes the output. Its hash is part of every key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Counts up when code changes what comes out of the same settings.
    pub revision: u32,
    /// The sizes.
    pub ladder: Ladder,
    /// AAC-LC, 48 kHz stereo, shared by all rungs.
    pub audio_bitrate_bps: u32,
    /// x264's constant rate factor.
    pub crf: u32,
    /// What x264 is told besides.
    pub x264: X264,
}

/// Settings of x264 that are the same for all rungs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct X264 {
    /// What the encoder is told to stay below, in percent of a rung's maximum rate.
    pub aim_percent: u32,
    /// Size of the VBV buffer, in milliseconds of a rung's maximum rate.
    pub buffer_ms: u32,
    /// How full it is where a segment begins, in percent.
    pub init_percent: u32,
    /// Parameters in x264's own words, `name=value` with colons in between.
    pub params: String,
}

/// Rungs from small to large, never empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// The rungs.
    pub rungs: Vec<Rung>,
}

/// A box that the picture is contained in, turned for portrait, and what it may cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Such as `480p`.
    pub name: RenditionName,
    /// Long side in pixels.
    pub long_side: u32,
    /// Short side in pixels.
    pub short_side: u32,
    /// Cap of the bitrate (and size of the VBV buffer) up to 30 frames a second.
    pub maxrate_bps: u64,
    /// The same above 30 frames a second.
    pub maxrate_fast_bps: u64,
    /// H.264 level times ten (ISO 14496-10 annex A) up to 30 frames a second.
    pub level: u32,
    /// The same above 30 frames a second.
    pub level_fast: u32,
    /// x264's preset.
    pub preset: String,
}

impl Rung {
    /// Bitrate cap and level for frame rate F.
    pub fn limits(&self, rate: FrameRate) -> (u64, u32) {
        if rate.fps() <= 30.01 {
            (self.maxrate_bps, self.level)
        } else {
            (self.maxrate_fast_bps, self.level_fast)
        }
    }

    /// Whether a picture of this size is larger than the box in any direction.
    pub fn is_exceeded_by(&self, width: u32, height: u32) -> bool {
        let (long, short) = (width.max(height), width.min(height));
        long > self.long_side || short > self.short_side
    }

    /// The size at which the picture is contained in the box: aspect kept, sides even, never
    /// larger than the picture itself (but for a lone odd column), at least 2.
    pub fn contain(&self, width: u32, height: u32) -> (u32, u32) {
        let (long, short) =
            (u64::from(width.max(height)).max(1), u64::from(width.min(height)).max(1));
        // The smaller of both scales, and never above 1, as a fraction.
        let (num, den) = [(u64::from(self.long_side), long), (u64::from(self.short_side), short)]
            .into_iter()
            .fold((1, 1), |a, b| if b.0 * a.1 < a.0 * b.1 { b } else { a });
        let scaled = |side: u32| {
            let side = u64::from(side) * num;
            u32::try_from((side + den) / (2 * den) * 2).unwrap_or(u32::MAX).max(2)
        };
        (scaled(width), scaled(height))
    }
}

impl Recipe {
    /// The settings Fantail ships with (DESIGN section 3).
    pub fn standard() -> Self {
        let x264 = X264 {
            // On pure noise x264 misses its own aim by 1 % and underflows a little: keep clear.
            aim_percent: 97,
            // A second of buffer that begins half full is not underflowed by any join of two
            // segments, each of which was made without knowing the other.
            buffer_ms: 950,
            init_percent: 50,
            // Key frames only where they are forced; the same bytes on every processor; headers
            // that do not follow the content. x264 wants the buffer half full again at the end of
            // what it looks ahead to: with 20 pictures (`faster`) a fresh encoder starved its
            // first ones, 4 VMAF at joins; with 40 the middle pays for them.
            params: "scenecut=0:open-gop=0:cpu-independent=1:stitchable=1:rc-lookahead=40".into(),
        };
        let ladder = Ladder::standard();
        Self { revision: 2, ladder, audio_bitrate_bps: 128_000, crf: 22, x264 }
    }

    /// Hash of all settings: eight hex digits.
    pub fn id(&self) -> RecipeId {
        let json = serde_json::to_vec(self).expect("plain data has a JSON form");
        let digest = Sha256::digest(json);
        RecipeId(digest[..4].iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl Ladder {
    /// 480p, 720p and 1080p.
    pub fn standard() -> Self {
        let rung =
            |name: &str, long_side, short_side, rates: (u64, u64), levels: (u32, u32)| Rung {
                name: name.into(),
                long_side,
                short_side,
                maxrate_bps: rates.0,
                maxrate_fast_bps: rates.1,
                level: levels.0,
                level_fast: levels.1,
                preset: "faster".into(),
            };
        Self {
            rungs: vec![
                rung("480p", 854, 480, (1_400_000, 2_100_000), (31, 31)),
                rung("720p", 1280, 720, (3_000_000, 4_500_000), (31, 32)),
                rung("1080p", 1920, 1080, (5_500_000, 8_000_000), (40, 42)),
            ],
        }
    }

    /// The rungs a picture of this size deserves: those whose next smaller box it exceeds, and
    /// always the smallest.
    pub fn rungs_for(&self, width: u32, height: u32) -> Vec<&Rung> {
        let exceeds_smaller = |i: usize| i == 0 || self.rungs[i - 1].is_exceeded_by(width, height);
        (0..self.rungs.len()).filter(|&i| exceeds_smaller(i)).map(|i| &self.rungs[i]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rungs(width: u32, height: u32) -> Vec<String> {
        Ladder::standard().rungs_for(width, height).iter().map(|r| r.name.to_string()).collect()
    }

    #[test]
    fn never_upscales() {
        assert_eq!(rungs(1920, 1080), ["480p", "720p", "1080p"]);
        assert_eq!(rungs(1280, 720), ["480p", "720p"]);
        assert_eq!(rungs(720, 1280), ["480p", "720p"], "portrait counts its short side");
        assert_eq!(rungs(320, 240), ["480p"], "the smallest rung is always made");
        assert_eq!(rungs(1920, 800), ["480p", "720p", "1080p"], "wide films count their long side");
        assert_eq!(rungs(960, 540), ["480p", "720p"], "720p keeps what 480p would lose");
    }

    #[test]
    fn contains_with_even_sides() {
        let ladder = Ladder::standard();
        let size = |i: usize, w, h| ladder.rungs[i].contain(w, h);
        assert_eq!(size(0, 1920, 1080), (854, 480));
        assert_eq!(size(1, 1080, 1920), (720, 1280));
        assert_eq!(size(2, 1920, 800), (1920, 800));
        assert_eq!(size(0, 1920, 800), (854, 356));
        assert_eq!(size(1, 960, 540), (960, 540));
        assert_eq!(size(0, 321, 241), (322, 242), "odd sides are evened up by one");
        assert_eq!(size(0, 1, 1), (2, 2));
        assert_eq!(size(0, 8000, 2), (854, 2));
        assert_eq!(size(2, 1920, 1078), (1920, 1078));
    }

    #[test]
    fn the_recipe_id_follows_the_settings() {
        let standard = Recipe::standard();
        let other = Recipe { crf: 23, ..Recipe::standard() };
        assert_eq!(standard.id().0.len(), 8);
        assert_ne!(standard.id(), other.id());
        let mut other = Recipe::standard();
        other.x264.params.push_str(":bframes=0");
        assert_ne!(standard.id(), other.id());
    }

    /// ITU-T H.264 table A-1: level times ten, macroblocks a second, of a picture, and the rate of
    /// the High profile (A.3.1: 1.25 times that of Main) in kb/s.
    const LEVELS: [(u32, u32, u32, u64); 6] = [
        (31, 108_000, 3600, 17_500),
        (32, 216_000, 5120, 25_000),
        (40, 245_760, 8192, 25_000),
        (42, 522_240, 8704, 62_500),
        (50, 589_824, 22_080, 168_750),
        (51, 983_040, 36_864, 300_000),
    ];

    #[test]
    fn levels_are_true() {
        for rung in Ladder::standard().rungs {
            for rate in [FrameRate::new(30, 1), FrameRate::new(60, 1)] {
                let (maxrate_bps, level) = rung.limits(rate);
                let (_, per_second, size, kilobits) =
                    LEVELS.into_iter().find(|of| of.0 == level).unwrap();
                let (width, height) = (rung.long_side.div_ceil(16), rung.short_side.div_ceil(16));
                let blocks = width * height;
                assert!(blocks <= size && blocks * rate.num <= per_second, "{rung:?} at {rate}");
                assert!(width * width <= 8 * size, "{rung:?}: too wide");
                assert!(maxrate_bps <= kilobits * 1000, "{rung:?}");
            }
        }
    }
}
