//! The constant frame rate F that time is sampled to, equal for all rungs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Frames per second as a fraction, and the timescale in which a frame is a whole number of ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameRate {
    /// Numerator, > 0.
    pub num: u32,
    /// Denominator, > 0.
    pub den: u32,
}

/// What phones, cameras, films and screens use; the /1001 ones are NTSC's.
const USUAL: [FrameRate; 14] = [
    FrameRate::new(5, 1),
    FrameRate::new(10, 1),
    FrameRate::new(12, 1),
    FrameRate::new(15, 1),
    FrameRate::new(20, 1),
    FrameRate::new(24_000, 1001),
    FrameRate::new(24, 1),
    FrameRate::new(25, 1),
    FrameRate::new(30_000, 1001),
    FrameRate::new(30, 1),
    FrameRate::new(48, 1),
    FrameRate::new(50, 1),
    FrameRate::new(60_000, 1001),
    FrameRate::new(60, 1),
];
/// What variable time may become, in order.
const SENSIBLE: [FrameRate; 5] = [
    FrameRate::new(24, 1),
    FrameRate::new(25, 1),
    FrameRate::new(30, 1),
    FrameRate::new(50, 1),
    FrameRate::new(60, 1),
];
const MAX_FPS: f64 = 60.0;
/// How far a measured rate may be from the usual one that it means.
const SNAP: f64 = 0.003;

impl FrameRate {
    /// `num / den` frames per second.
    pub const fn new(num: u32, den: u32) -> Self {
        Self { num, den }
    }

    /// Frames per second.
    pub fn fps(self) -> f64 {
        f64::from(self.num) / f64::from(self.den)
    }

    /// Ticks per second of the media timeline: 90000 where a frame is then a whole number of
    /// ticks, else a multiple of the numerator (24000 for 23.976, 60000 for 59.94).
    pub fn timescale(self) -> u32 {
        if (90_000 * u64::from(self.den)).is_multiple_of(u64::from(self.num)) {
            90_000
        } else if self.num >= 1000 {
            self.num
        } else {
            self.num * 1000
        }
    }

    /// Ticks per frame.
    pub fn frame_ticks(self) -> u64 {
        u64::from(self.timescale()) * u64::from(self.den) / u64::from(self.num)
    }

    /// The first frame at or after `seconds`: the least n with n/F ≥ t.
    pub fn first_frame_at(self, seconds: u64) -> u64 {
        (seconds * u64::from(self.num)).div_ceil(u64::from(self.den))
    }

    /// Chooses F from what the probe saw: `average` over the whole track and `base`, the rate of
    /// the finest time step. Equal ones mean a constant rate.
    pub fn choose(average: Option<FrameRate>, base: Option<FrameRate>) -> Self {
        let valid = |rate: &FrameRate| rate.num > 0 && rate.den > 0;
        let usable = |rate: &FrameRate| valid(rate) && rate.fps() < 1000.0;
        // A base of a thousand is a container's clock: no regular step was found.
        let (average, base) = (average.filter(usable), base.filter(valid));
        let Some(rate) = average.or(base.filter(usable)) else { return Self::new(30, 1) };
        let constant = base.is_none_or(|base| (base.fps() / rate.fps() - 1.0).abs() < SNAP);
        if rate.fps() < 1.0 {
            return Self::new(1, 1); // slower ones would leave segments empty
        }
        let rate = rate.divided_below_max();
        match rate.nearest(&USUAL) {
            usual if (usual.fps() / rate.fps() - 1.0).abs() < SNAP => usual,
            _ if constant => rate.reduced(),
            _ => rate.smooth(base),
        }
    }

    /// A rate for variable time: that of the finest step where most steps are that fine (phones);
    /// where fewer are (screens), a whole fraction of it up to 30, so that motion stays even. Else
    /// one that loses next to no picture. Low averages hide bursts of motion, so never below film.
    fn smooth(self, base: Option<Self>) -> Self {
        let base = base.map(|base| (base, base.nearest(&USUAL)));
        if let Some((base, usual)) = base
            && (usual.fps() / base.fps() - 1.0).abs() < SNAP
        {
            let half = Self::new(usual.num, usual.den * 2);
            let slower = if usual.fps() > 30.01 { half.nearest(&USUAL) } else { usual };
            if self.fps() > 0.6 * base.fps() {
                return usual;
            }
            if slower.fps() > 0.95 * self.fps() {
                return slower;
            }
        }
        let enough = |rate: &&Self| rate.fps() >= 0.95 * self.fps();
        *SENSIBLE.iter().find(enough).unwrap_or(&Self::new(60, 1))
    }

    /// The rate at which the fields of interlaced pictures become pictures of their own; rates
    /// that count fields already stay.
    pub(crate) fn of_fields(self) -> Self {
        if self.fps() * 2.0 > MAX_FPS * (1.0 + SNAP) {
            return self;
        }
        Self::new(self.num.saturating_mul(2), self.den)
    }

    fn divided_below_max(self) -> Self {
        let mut divisor = 1;
        while self.fps() / f64::from(divisor) > MAX_FPS * (1.0 + SNAP) {
            divisor += 1;
        }
        Self::new(self.num, self.den.saturating_mul(divisor))
    }

    fn nearest(self, rates: &[Self]) -> Self {
        let distance = |rate: &Self| (rate.fps() - self.fps()).abs();
        rates.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(self)
    }

    /// A whole rate where it is close to one, else thousandths: keeps ticks exact and small.
    fn reduced(self) -> Self {
        let rounded = |per: u64| {
            let den = u64::from(self.den);
            u32::try_from((u64::from(self.num) * per + den / 2) / den).unwrap_or(u32::MAX).max(1)
        };
        let whole = Self::new(rounded(1), 1);
        if (whole.fps() / self.fps() - 1.0).abs() < SNAP {
            return whole;
        }
        Self::new(rounded(1000), 1000)
    }
}

impl fmt::Display for FrameRate {
    /// Three decimals, as `FRAME-RATE` wants it (RFC 8216 4.3.4.2).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.fps())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(num: u32, den: u32) -> FrameRate {
        FrameRate::choose(Some(FrameRate::new(num, den)), Some(FrameRate::new(num, den)))
    }

    #[test]
    fn usual_rates_stay() {
        for (num, den) in
            [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (50, 1), (60_000, 1001)]
        {
            assert_eq!(constant(num, den), FrameRate::new(num, den));
        }
        assert_eq!(constant(1, 1), FrameRate::new(1, 1), "time lapse");
        assert_eq!(constant(18, 1), FrameRate::new(18, 1));
        assert_eq!(constant(2997, 100), FrameRate::new(30_000, 1001));
        assert_eq!(constant(1, 2), FrameRate::new(1, 1), "never below one");
        assert_eq!(constant(75, 2), FrameRate::new(37_500, 1000));
    }

    #[test]
    fn fast_rates_are_divided() {
        assert_eq!(constant(120, 1), FrameRate::new(60, 1));
        assert_eq!(constant(240, 1), FrameRate::new(60, 1));
        assert_eq!(constant(120_000, 1001), FrameRate::new(60_000, 1001));
        assert_eq!(constant(144, 1), FrameRate::new(48, 1));
    }

    #[test]
    fn variable_rates_become_sensible_ones() {
        let phone = FrameRate::choose(Some(FrameRate::new(2955, 100)), Some(FrameRate::new(90, 1)));
        assert_eq!(phone, FrameRate::new(30, 1));
        let dim = FrameRate::choose(
            Some(FrameRate::new(369_000, 13_657)),
            Some(FrameRate::new(90_000, 2999)),
        );
        assert_eq!(dim, FrameRate::new(30, 1), "27 on average, in steps of a thirtieth");
        let coarse = FrameRate::choose(Some(FrameRate::new(27, 1)), Some(FrameRate::new(1000, 1)));
        assert_eq!(coarse, FrameRate::new(30, 1), "no picture is lost");
        let screen = FrameRate::choose(Some(FrameRate::new(7, 1)), Some(FrameRate::new(60, 1)));
        assert_eq!(screen, FrameRate::new(30, 1), "every second step of a screen");
        let still = FrameRate::choose(Some(FrameRate::new(3, 2)), Some(FrameRate::new(25, 1)));
        assert_eq!(still, FrameRate::new(25, 1), "bursts keep their motion");
        assert_eq!(FrameRate::choose(None, None), FrameRate::new(30, 1));
        assert_eq!(FrameRate::choose(Some(FrameRate::new(0, 0)), None), FrameRate::new(30, 1));
    }

    #[test]
    fn a_frame_is_a_whole_number_of_ticks() {
        for (rate, timescale, ticks) in [
            (FrameRate::new(30, 1), 90_000, 3000),
            (FrameRate::new(30_000, 1001), 90_000, 3003),
            (FrameRate::new(24_000, 1001), 24_000, 1001),
            (FrameRate::new(60_000, 1001), 60_000, 1001),
            (FrameRate::new(7, 1), 7000, 1000),
        ] {
            assert_eq!((rate.timescale(), rate.frame_ticks()), (timescale, ticks), "{rate}");
        }
    }

    #[test]
    fn a_boundary_is_the_first_frame_not_before_it() {
        assert_eq!(FrameRate::new(30, 1).first_frame_at(2), 60);
        assert_eq!(FrameRate::new(24_000, 1001).first_frame_at(2), 48);
        assert_eq!(FrameRate::new(30_000, 1001).first_frame_at(4), 120);
    }
}
