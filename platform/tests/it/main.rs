//! What the framework promises, against the real stand-ins: one suite for each of them.
//!
//! Endpoints and credentials come from the environment, as for the services.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod consumer;
mod event_bus;
mod faults;
mod files;
mod health;
mod http;
mod objects;
mod outbound;
mod queue;
mod reader;
mod scale_in;
mod shutdown;
mod stage;
mod topic;
mod upload;
