//! Webhooks: servers of owners are told what becomes of their videos, in the format of Standard
//! Webhooks 1.0.0.
//!
//! The catalogue owes an event in the write that makes it true ([`crate::catalogue`], `outbox`).
//! [`dispatch`] turns it into a delivery for each webhook that listens, sends it, and tries again for
//! three days.

pub(crate) mod api;
pub mod bus;
pub(crate) mod deliveries;
pub mod dispatch;
mod schedule;
mod send;
mod signature;
mod view;
