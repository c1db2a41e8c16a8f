//! What each route needs. A route that is not in the table fails a test, and no API key opens it.

use super::Scope::{self, Manage, Operate, Read, Upload};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody.
    Open,
    /// Whoever has the token that is in the path.
    Token,
    /// Whoever may see the video: by its link, or because it is theirs. To others it is not there.
    See,
    /// Its owner, and operators. To others it is not there.
    Own(Scope),
    /// Somebody known, for themselves.
    Known(Scope),
    /// Somebody known, but no key: a key must not make keys.
    Person,
    /// Whoever is known, with whatever key.
    Anyone,
    /// Operators.
    Operator,
}

use Rule::{Anyone, Known, Open, Operator, Own, Person, See, Token};

/// Method, path and rule of everything that is answered, but for the files of the web page.
pub const RULES: &[(&str, &str, Rule)] = &[
    ("GET", "/api/openapi.json", Open),
    ("GET", "/api/me", Anyone),
    ("GET", "/api/keys", Person),
    ("POST", "/api/keys", Person),
    ("DELETE", "/api/keys/{id}", Person),
    ("GET", "/auth/sign-in", Open),
    ("GET", "/auth/callback", Open),
    ("POST", "/auth/sign-out", Open),
    ("GET", "/api/videos", Known(Read)),
    ("POST", "/api/videos", Known(Upload)),
    ("GET", "/api/videos/{id}", See),
    ("PATCH", "/api/videos/{id}", Own(Manage)),
    ("DELETE", "/api/videos/{id}", Own(Manage)),
    ("GET", "/api/videos/{id}/events", See),
    ("POST", "/api/videos/{id}/renditions/{name}/retry", Own(Manage)),
    ("GET", "/api/events", Known(Read)),
    ("GET", "/api/uploads", Known(Upload)),
    ("POST", "/api/uploads", Known(Upload)),
    ("GET", "/api/uploads/{id}", Known(Upload)),
    ("DELETE", "/api/uploads/{id}", Known(Upload)),
    ("POST", "/api/uploads/{id}/parts", Known(Upload)),
    ("POST", "/api/uploads/{id}/complete", Known(Upload)),
    ("GET", "/api/pipeline/dead-letters", Operator),
    ("POST", "/api/pipeline/queues/{name}/redrive", Operator),
    ("GET", "/api/videos/{id}/shares", Own(Manage)),
    ("POST", "/api/videos/{id}/shares", Own(Manage)),
    ("DELETE", "/api/videos/{id}/shares/{share}", Own(Manage)),
    ("POST", "/api/videos/{id}/playback-tokens", Own(Read)),
    ("GET", "/api/shares/{token}", Token),
    ("GET", "/s/{token}", Token),
    ("POST", "/s/{token}", Token),
    ("GET", "/embed/{id}", Open),
    ("GET", "/embed/{id}/t/{token}", Open),
    ("GET", "/v/{id}/original", Own(Read)),
    ("GET", "/v/{id}/{file}", See),
    ("GET", "/v/{id}/{rendition}/{piece}", See),
    ("GET", "/v/{id}/t/{token}/{file}", Token),
    ("GET", "/v/{id}/t/{token}/{rendition}/{piece}", Token),
];

impl Rule {
    /// The rule of a route.
    pub fn of(method: &str, path: &str) -> Option<Self> {
        // What can be read can be asked for without its body.
        let method = if method == "HEAD" { "GET" } else { method };
        let found = RULES.iter().find(|(known, at, _)| (*known, *at) == (method, path));
        found.map(|(_, _, rule)| *rule)
    }

    /// What a key must be allowed to; `Err` if no key will do.
    pub(super) fn scope(self) -> Result<Option<Scope>, ()> {
        match self {
            Self::Open | Self::Token | Self::Anyone => Ok(None),
            Self::See => Ok(Some(Read)),
            Self::Own(scope) | Self::Known(scope) => Ok(Some(scope)),
            Self::Operator => Ok(Some(Operate)),
            Self::Person => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_has_a_rule() {
        let description: serde_json::Value =
            serde_json::from_str(&crate::openapi().to_json().unwrap()).unwrap();
        let mut routes = BTreeSet::new();
        for (path, operations) in description["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                routes.insert((method.to_uppercase(), path.clone()));
            }
        }
        for (method, path, _) in crate::router::pages() {
            routes.insert((method.to_owned(), path.to_owned()));
        }
        let stated: BTreeSet<_> =
            RULES.iter().map(|(method, path, _)| (method.to_string(), path.to_string())).collect();
        assert_eq!(stated.len(), RULES.len(), "a rule is stated twice");
        let unruled: Vec<_> = routes.difference(&stated).collect();
        assert!(unruled.is_empty(), "state who may use these, in auth/rules.rs: {unruled:?}");
        let gone: Vec<_> = stated.difference(&routes).collect();
        assert!(gone.is_empty(), "rules of routes that are not there: {gone:?}");
        let source = include_str!("../router.rs");
        assert_eq!(
            source.matches(".route(").count(),
            1,
            "routes come from pages() or are described"
        );
    }

    #[test]
    fn reading_the_head_is_reading() {
        assert_eq!(Rule::of("HEAD", "/api/videos"), Some(Known(Read)));
        assert_eq!(Rule::of("PUT", "/api/videos"), None);
    }
}
