//! Who asks, and what they may see and do.

mod caller;

pub use self::caller::{Caller, Viewer};
