//! Who asks, and what they may see and do.
//!
//! [`caller`] finds out by a bearer token ([`jwt`], checked with the keys of the [`issuer`]), an API
//! key ([`keys`]) or the session of a browser ([`sign_in`]); [`rules`] says what each route needs.

mod caller;
mod cookies;
mod issuer;
mod jwk;
mod jwt;
pub(crate) mod keys;
pub(crate) mod me;
mod rules;
mod scope;
pub(crate) mod secret;
mod settings;
pub(crate) mod sign_in;

pub use self::{
    caller::{Caller, Via, Viewer},
    issuer::Issuer,
    rules::{RULES, Rule},
    scope::{Scope, Scopes},
    secret::Secret,
    settings::{AuthArgs, IssuerUrl, PublicUrl},
};
