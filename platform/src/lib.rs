//! The one framework under all services: queue consumer, object store, topics, telemetry, shutdown,
//! health.
//!
//! It knows AWS and, but for how a fleet gets at its source and plan, nothing of videos: what a
//! message says is the services' business. No other crate but the catalogue names `aws_*`.

pub mod aws;
pub mod consumer;
pub mod fleet;
pub mod health;
pub mod http;
pub mod objects;
pub mod outage;
pub mod queue;
pub mod scale_in;
pub mod shutdown;
pub mod source;
pub mod telemetry;
pub mod topic;
