//! Tokens (RFC 7519): taken apart, checked against a key, and their claims against what we expect.

use serde::Deserialize;
use serde_json::Value;

use super::{
    jwk::{Algorithm, PublicKey},
    secret::decoded,
};

/// Longest token that is looked at; groups can make them long.
const MAX_LENGTH: usize = 16 << 10;
/// Seconds by which clocks may differ.
const LEEWAY: f64 = 30.0;

/// A token of which nothing is believed yet.
#[derive(Debug)]
pub(super) struct Unverified<'a> {
    key_id: Option<String>,
    algorithm: Algorithm,
    message: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// What its issuer says, once the signature is checked.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    iss: String,
    pub(super) sub: String,
    exp: f64,
    nbf: Option<f64>,
    #[serde(default)]
    aud: OneOrMany,
    /// Cognito's access tokens have it instead of an audience.
    client_id: Option<String>,
    token_use: Option<String>,
    azp: Option<String>,
    pub(super) nonce: Option<String>,
    name: Option<String>,
    email: Option<String>,
    #[serde(rename = "cognito:groups")]
    cognito_groups: Option<Value>,
    groups: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is no signed JWT")]
    Malformed,
    #[error("its algorithm is not one of those that are taken")]
    Algorithm,
    #[error("its issuer has no such key")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is made for somebody else")]
    Audience,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYet,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

impl<'a> Unverified<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, Refused> {
        if token.len() > MAX_LENGTH {
            return Err(Refused::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(Refused::Malformed)?;
        let [header, payload, signature] =
            [header, payload, signature].map(|part| decoded(part).ok_or(Refused::Malformed));
        let header: Header = serde_json::from_slice(&header?).map_err(|_| Refused::Malformed)?;
        // Extensions that must be understood (RFC 7515 4.1.11), and tokens of other kinds.
        let typ = header.typ.map(|typ| typ.to_ascii_lowercase());
        let is_ours =
            matches!(typ.as_deref(), None | Some("jwt" | "at+jwt" | "application/at+jwt"));
        if header.crit.is_some() || !is_ours {
            return Err(Refused::Malformed);
        }
        Ok(Self {
            key_id: header.kid,
            algorithm: Algorithm::named(&header.alg).ok_or(Refused::Algorithm)?,
            message,
            payload: payload?,
            signature: signature?,
        })
    }

    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The claims, if this key has signed them.
    pub(super) fn verified_by(&self, key: &PublicKey) -> Result<Claims, Refused> {
        if !key.has_signed(self.algorithm, self.message.as_bytes(), &self.signature) {
            return Err(Refused::Signature);
        }
        serde_json::from_slice(&self.payload).map_err(|_| Refused::Malformed)
    }
}

impl Claims {
    /// Whether it is of this issuer, for one of these audiences, and valid at `now` (Unix seconds).
    pub(super) fn check(&self, issuer: &str, audiences: &[&str], now: u64) -> Result<(), Refused> {
        let now = now as f64;
        if self.iss != issuer {
            return Err(Refused::Issuer);
        }
        let is_ours = |audience: &str| audiences.contains(&audience);
        let is_for_us = match &self.aud {
            OneOrMany::One(audience) => is_ours(audience),
            OneOrMany::Many(all) => all.iter().any(|audience| is_ours(audience)),
            OneOrMany::None => {
                self.token_use.as_deref() == Some("access")
                    && self.client_id.as_deref().is_some_and(is_ours)
            }
        };
        if !is_for_us {
            return Err(Refused::Audience);
        }
        if self.exp + LEEWAY <= now {
            return Err(Refused::Expired);
        }
        match self.nbf {
            Some(from) if from - LEEWAY > now => Err(Refused::NotYet),
            _ => Ok(()),
        }
    }

    /// Whether it may sign in the client: OpenID Connect Core 3.1.3.7.
    pub(super) fn is_for_client(&self, client_id: &str) -> bool {
        let is_alone = match &self.aud {
            OneOrMany::One(audience) => audience == client_id,
            OneOrMany::Many(all) => {
                all.iter().any(|one| one == client_id) && (all.len() == 1 || self.azp.is_some())
            }
            OneOrMany::None => false,
        };
        is_alone && self.azp.as_deref().is_none_or(|azp| azp == client_id)
    }

    /// What to call whom it is about.
    pub(super) fn display_name(&self) -> Option<String> {
        let name = self.name.as_ref().or(self.email.as_ref());
        name.map(|name| name.chars().filter(|c| !c.is_control()).take(200).collect())
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        [&self.cognito_groups, &self.groups].into_iter().flatten().any(|groups| match groups {
            Value::String(one) => one == group,
            Value::Array(all) => all.iter().any(|one| one.as_str() == Some(group)),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests;
