//! What a seed decides: which videos there are and what becomes of them, and whom the gremlin
//! strikes how.

use std::time::Duration;

use super::{clips::Kind, dice::Dice};

/// Pauses between two strikes, in milliseconds.
const PAUSE_MS: (u64, u64) = (1_000, 4_500);

/// Everything that is decided beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// How long a message stays a worker's: pauses outlast it.
    pub(crate) lease: Duration,
}

/// One video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PlannedVideo {
    pub(crate) kind: Kind,
    /// How long after its upload its owner deletes it, if so.
    pub(crate) deleted_after: Option<Duration>,
}

/// One mischief.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    /// Since the one before.
    pub(crate) after: Duration,
    pub(crate) what: Mischief,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mischief {
    /// kill -9.
    Kill(&'static str),
    /// kill -9 of the process that a worker decodes in, in this fleet or else in any other.
    KillChild(&'static str),
    /// SIGSTOP, and SIGCONT when others have its messages by now.
    Pause(&'static str, Duration),
    /// SIGTERM, as a deployment or a scale-in.
    Stop(&'static str),
}

impl Mischief {
    /// Whether it is one of the kills that are counted.
    pub(crate) fn is_kill(&self) -> bool {
        matches!(self, Self::Kill(_) | Self::KillChild(_))
    }
}

/// Who works, with how often each is struck. The smallest rung and the sound are made of every
/// video; they have two workers each.
const WORKERS: [(u32, &str); 7] = [
    (6, "transcoder-480p"),
    (6, "transcoder-480p-2"),
    (4, "transcoder-audio"),
    (4, "transcoder-audio-2"),
    (2, "transcoder-720p"),
    (1, "transcoder-1080p"),
    (4, "thumbnailer"),
];

impl Plan {
    pub(crate) fn video(&self, number: u32) -> PlannedVideo {
        let mut dice = Dice::of(self.seed, "video", number.into());
        // The first ones are one of each kind: a short run, too, has them all.
        let kind = Kind::ALL.get(number as usize).copied();
        let kind = kind.unwrap_or_else(|| dice.pick(&Kind::weighted()));
        let delay = Duration::from_millis(dice.between(0, 6_000));
        let spared = (number as usize) < Kind::ALL.len();
        let deleted_after = (dice.permille(150) && !spared).then_some(delay);
        PlannedVideo { kind, deleted_after }
    }

    pub(crate) fn strike(&self, number: u32) -> Strike {
        let mut dice = Dice::of(self.seed, "strike", number.into());
        let after = Duration::from_millis(dice.between(PAUSE_MS.0, PAUSE_MS.1));
        let worker = dice.pick(&WORKERS);
        let past_the_lease = self.lease + Duration::from_millis(dice.between(500, 4_000));
        // SeaweedFS has what it said it has; the other one would lose its queues, which SQS does not.
        let what = dice.pick(&[
            (42, Mischief::Kill(worker)),
            (30, Mischief::KillChild(worker)),
            (7, Mischief::Kill("upload-api")),
            (4, Mischief::Kill("seaweedfs")),
            (2, Mischief::Stop("ministack")),
            (6, Mischief::Pause(worker, past_the_lease)),
            (2, Mischief::Pause("upload-api", past_the_lease)),
            (6, Mischief::Stop(worker)),
            (1, Mischief::Stop("upload-api")),
        ]);
        Strike { after, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        Plan { seed, lease: Duration::from_secs(9) }
    }

    #[test]
    fn the_same_seed_is_the_same_plan() {
        let told = |seed| {
            let plan = plan(seed);
            let videos: Vec<_> = (0..100).map(|number| plan.video(number)).collect();
            let strikes: Vec<_> = (0..100).map(|number| plan.strike(number)).collect();
            (videos, strikes)
        };
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
    }

    #[test]
    fn every_kind_and_every_mischief_is_in_it() {
        let plan = plan(1);
        let videos: Vec<_> = (0..300).map(|number| plan.video(number)).collect();
        for kind in Kind::ALL {
            assert!(videos.iter().filter(|video| video.kind == kind).count() > 3, "{kind:?}");
        }
        assert!(videos.iter().filter(|video| video.deleted_after.is_some()).count() > 20);
        let strikes: Vec<_> = (0..400).map(|number| plan.strike(number).what).collect();
        for (_, name) in WORKERS {
            assert!(strikes.contains(&Mischief::Kill(name)), "{name}");
        }
        for what in
            [Mischief::Kill("upload-api"), Mischief::Kill("seaweedfs"), Mischief::Stop("ministack")]
        {
            assert!(strikes.contains(&what), "{what:?}");
        }
        assert!(!strikes.contains(&Mischief::Kill("ministack")), "it would lose what SQS keeps");
        let paused =
            |what: &Mischief| matches!(what, Mischief::Pause(_, time) if *time > plan.lease);
        assert!(strikes.iter().any(paused));
    }
}
