//! What the proxy does to requests: weather that changes every few seconds, and in each weather a
//! fault for some of the requests.

use std::time::Duration;

use super::dice::Dice;

/// Whom a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    S3,
    Sns,
    Sqs,
    DynamoDb,
}

impl Service {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 4] = [Self::S3, Self::Sns, Self::Sqs, Self::DynamoDb];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Sns => "sns",
            Self::Sqs => "sqs",
            Self::DynamoDb => "dynamodb",
        }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answered with a status of 5xx; nobody is asked.
    Refused(u16),
    /// Passed on after a while.
    Slow(Duration),
    /// Nobody is asked and nothing answered, until the line goes dead.
    Mute(Duration),
    /// Done, but the answer gets lost on its way: the line goes dead.
    Unanswered,
    /// Done, but answered with 500.
    Denied,
    /// The answer's body ends in the middle.
    Torn,
    /// Half of the request arrives.
    Half,
    /// A message is sent now and once more after a while. Others pass.
    Twice(Duration),
    /// A message is taken at once and sent after a while. Others pass.
    Late(Duration),
}

impl Fault {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Refused(503) => "refused (503)",
            Self::Refused(_) => "refused (500)",
            Self::Slow(_) => "slow",
            Self::Mute(_) => "mute",
            Self::Unanswered => "done, unanswered",
            Self::Denied => "done, answered with 500",
            Self::Torn => "answer torn",
            Self::Half => "request torn",
            Self::Twice(_) => "message doubled",
            Self::Late(_) => "message delayed",
        }
    }
}

/// How things stand for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weather {
    pub(crate) lasts: Duration,
    /// Requests in a thousand that are met by a fault, by service.
    chances: [u32; 4],
    /// Whether all faults are refusals: a service that is away.
    is_outage: bool,
    /// Messages in a thousand that are doubled or delayed.
    echoes: u32,
}

impl Weather {
    /// Nothing happens.
    pub(crate) fn calm() -> Self {
        Self { lasts: Duration::ZERO, chances: [0; 4], is_outage: false, echoes: 0 }
    }

    /// The `number`th weather of a seed.
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut dice = Dice::of(seed, "weather", number);
        let lasts = Duration::from_millis(dice.between(3_000, 12_000));
        let whom = usize::try_from(dice.between(0, 3)).unwrap_or_default();
        let only = |chance| std::array::from_fn(|at| if at == whom { chance } else { 0 });
        let (chances, is_outage, echoes) = dice.pick(&[
            (3, ([0; 4], false, 0)),
            (3, ([15; 4], false, 50)),
            (2, (only(250), false, 50)),
            (1, (only(1000), true, 0)),
            (2, ([0; 4], false, 400)),
        ]);
        Self { lasts, chances, is_outage, echoes }
    }

    /// What becomes of the `number`th request of a service in a seed.
    pub(crate) fn fault(&self, seed: u64, service: Service, number: u64) -> Option<Fault> {
        let mut dice = Dice::of(seed, service.name(), number);
        let later = Duration::from_millis(dice.between(200, 12_000));
        if !dice.permille(self.chances[service as usize]) {
            let echo = dice.pick(&[(1, Fault::Twice(later)), (1, Fault::Late(later))]);
            return dice.permille(self.echoes).then_some(echo);
        }
        let refused = dice.pick(&[(1, Fault::Refused(500)), (2, Fault::Refused(503))]);
        if self.is_outage {
            return Some(refused);
        }
        let slow = Fault::Slow(Duration::from_millis(dice.between(100, 4_000)));
        let mute = Fault::Mute(Duration::from_millis(dice.between(1_000, 12_000)));
        Some(dice.pick(&[
            (6, refused),
            (4, slow),
            (1, mute),
            (3, Fault::Unanswered),
            (3, Fault::Denied),
            (3, Fault::Torn),
            (2, Fault::Half),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_is_the_same_weather() {
        let faults = |seed| -> Vec<_> {
            let fault = |n: u64| Weather::of(seed, n / 50).fault(seed, Service::S3, n);
            (0..5_000).map(fault).collect()
        };
        assert_eq!(faults(3), faults(3));
        assert_ne!(faults(3), faults(4));
    }

    #[test]
    fn every_fault_comes_to_every_service_and_most_requests_pass() {
        for service in Service::ALL {
            let faults: Vec<_> = (0..40_000_u64)
                .filter_map(|n| Weather::of(1, n / 100).fault(1, service, n))
                .collect();
            let names: BTreeSet<_> = faults.iter().map(|fault| fault.name()).collect();
            assert_eq!(names.len(), 10, "{names:?}");
            assert!((1_000..12_000).contains(&faults.len()), "{service:?}: {}", faults.len());
        }
    }

    #[test]
    fn an_outage_refuses_everything_and_calm_weather_nothing() {
        let outage = (0..1_000).map(|n| Weather::of(1, n)).find(|weather| weather.is_outage);
        let outage = outage.unwrap();
        let whom = Service::ALL.into_iter().find(|at| outage.chances[*at as usize] == 1000);
        let refused = |fault| matches!(fault, Some(Fault::Refused(_)));
        assert!((0..100).all(|n| refused(outage.fault(1, whom.unwrap(), n))));
        assert!((0..100).all(|n| Weather::calm().fault(1, Service::Sqs, n).is_none()));
    }
}
