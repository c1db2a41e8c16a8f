//! Chaos: many small videos through real processes that are killed, paused, told twice and lied to,
//! and a ledger at the end that says whether a viewer would have noticed. `cargo dev chaos` starts it.
//!
//! A seed decides which clips there are, whom the gremlin strikes and what the proxy does to which
//! request. When all of that happens depends on the machine, so a run repeats its plan, not its clock.

mod clips;
mod costs;
mod crowd;
mod dice;
mod faults;
mod gremlin;
mod ledger;
mod plan;
mod proxy;
mod run;
mod stage;
mod survey;

pub use self::run::{ChaosArgs, run};
