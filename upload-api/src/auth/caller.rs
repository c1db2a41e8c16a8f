//! What handlers take out of a request to know who asks: `Caller` where somebody must,
//! `Viewer` where a link is enough.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use domain::{OwnerId, Video, VideoId, video::Visibility};

use super::{Issuer, Rule, Scopes, cookies::Cookie, keys, secret};
use crate::{App, clock, problem::Problem, security};

/// Somebody known. As an extractor it answers 401 to everybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose videos they see and make.
    pub owner_id: OwnerId,
    /// Whether they see queues, dead letters and the videos of others.
    pub is_operator: bool,
    /// What to call them.
    pub name: Option<String>,
    /// How we know.
    pub via: Via,
}

/// How somebody is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Nobody else is there.
    SingleUser,
    /// By a token of the issuer.
    Token,
    /// By the session of a browser.
    Session,
    /// By an API key, which may do only so much.
    Key(Scopes),
}

/// Whoever asks, known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer(pub Option<Caller>);

impl Caller {
    /// The one person of single-user mode.
    pub fn local() -> Self {
        Self { owner_id: OwnerId::local(), is_operator: true, name: None, via: Via::SingleUser }
    }

    /// Whether a thing of this owner is theirs to see and change.
    pub fn may_manage(&self, owner: &OwnerId) -> bool {
        self.is_operator || self.owner_id == *owner
    }

    /// What only operators do.
    ///
    /// # Errors
    /// 403 for everybody else.
    pub fn operates(&self) -> Result<(), Problem> {
        self.is_operator.then_some(()).ok_or_else(Problem::not_an_operator)
    }

    /// A video that they may change. One of somebody else's is not found: that it exists is
    /// nobody's business.
    ///
    /// # Errors
    /// 404; 503 if the table does not answer.
    pub async fn video(&self, app: &App, id: VideoId) -> Result<Video, Problem> {
        let video = app.catalogue.find(id).await?;
        let theirs = video.filter(|video| self.may_manage(&video.record.owner_id));
        theirs.ok_or_else(Problem::video_not_found)
    }

    /// Whether they may use a route: a key may not all that its owner may.
    fn may_use(&self, rule: Option<Rule>) -> Result<(), Problem> {
        let Via::Key(scopes) = &self.via else { return Ok(()) };
        // A route that nobody thought of is no route for keys.
        match rule.map(Rule::scope) {
            Some(Ok(None)) => Ok(()),
            Some(Ok(Some(scope))) if scopes.contains(&scope) => Ok(()),
            Some(Ok(Some(scope))) => Err(Problem::scope_missing(scope)),
            Some(Err(())) | None => Err(Problem::new(
                StatusCode::FORBIDDEN,
                "key_not_allowed",
                "An API key cannot do this; sign in.",
            )),
        }
    }
}

impl Viewer {
    /// A video that they may see: by its link, or because it is theirs.
    ///
    /// # Errors
    /// 404; 503 if the table does not answer.
    pub async fn video(&self, app: &App, id: VideoId) -> Result<Video, Problem> {
        let video = app.catalogue.find(id).await?;
        video.filter(|video| self.may_see(video)).ok_or_else(Problem::video_not_found)
    }

    /// Whether it is readable by link, or theirs.
    pub fn may_see(&self, video: &Video) -> bool {
        match video.record.visibility {
            Visibility::Unlisted | Visibility::Public => true,
            Visibility::Private => {
                self.0.as_ref().is_some_and(|caller| caller.may_manage(&video.record.owner_id))
            }
        }
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Viewer(caller) = Viewer::from_request_parts(parts, app).await?;
        caller.ok_or_else(Problem::not_signed_in)
    }
}

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Some(issuer) = &app.issuer else { return Ok(Self(Some(Caller::local()))) };
        let caller = match bearer(&parts.headers)? {
            Some(token) if token.starts_with(keys::PREFIX) => Some(keys::caller(app, token).await?),
            Some(token) => Some(by_token(issuer, token).await?),
            None => by_session(app, issuer, parts).await?,
        };
        if let Some(caller) = &caller {
            let path = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
            caller.may_use(path.and_then(|path| Rule::of(parts.method.as_str(), path)))?;
        }
        Ok(Self(caller))
    }
}

/// RFC 6750 2.1.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().ok().and_then(|value| value.split_once(' '));
    let token = value.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let token = token.map(|(_, token)| token.trim()).filter(|token| !token.is_empty());
    let detail = "Authorization must be Bearer and a token or an API key.";
    token.map(Some).ok_or_else(|| Problem::invalid_token(detail))
}

async fn by_token(issuer: &Issuer, token: &str) -> Result<Caller, Problem> {
    let claims = issuer.claims(token).await?;
    Ok(Caller {
        owner_id: owner(&claims.sub)?,
        is_operator: claims.is_in(&issuer.operators_group),
        name: claims.display_name(),
        via: Via::Token,
    })
}

/// A session that is over is none: what everybody may see is still there.
async fn by_session(app: &App, issuer: &Issuer, parts: &Parts) -> Result<Option<Caller>, Problem> {
    let Some(cookie) = Cookie::Session.read(&issuer.public_url, &parts.headers) else {
        return Ok(None);
    };
    let session = app.catalogue.session(&secret::kept(cookie), clock::unix_now()).await?;
    let Some(session) = session else { return Ok(None) };
    // Browsers send cookies whoever made them ask.
    security::own_page(&parts.method, &parts.headers, issuer.public_url.origin())?;
    Ok(Some(Caller {
        owner_id: session.owner_id,
        is_operator: session.is_operator,
        name: session.name,
        via: Via::Session,
    }))
}

/// A subject of the issuer as an owner; nobody who signs in is the user of single-user mode.
pub(super) fn owner(subject: &str) -> Result<OwnerId, Problem> {
    let owner = OwnerId::from(subject);
    let is_usable = (1..=255).contains(&subject.len()) && owner != OwnerId::local();
    is_usable.then_some(owner).ok_or_else(|| {
        Problem::invalid_token("The token's subject is empty, too long, or reserved.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Scope;

    #[test]
    fn keys_may_what_they_may() {
        let key = |scopes: &[Scope]| Caller {
            via: Via::Key(scopes.iter().copied().collect()),
            ..Caller::local()
        };
        let code = |caller: &Caller, rule| caller.may_use(rule).err().map(|problem| problem.code());
        let reader = key(&[Scope::Read]);
        assert_eq!(code(&reader, Some(Rule::See)), None);
        assert_eq!(code(&reader, Some(Rule::Open)), None);
        assert_eq!(code(&reader, Some(Rule::Own(Scope::Manage))), Some("scope_missing"));
        assert_eq!(code(&reader, Some(Rule::Operator)), Some("scope_missing"));
        assert_eq!(code(&reader, Some(Rule::Person)), Some("key_not_allowed"));
        assert_eq!(code(&reader, None), Some("key_not_allowed"), "a route without a rule");
        assert_eq!(code(&key(&[Scope::Manage]), Some(Rule::See)), Some("scope_missing"));
        assert_eq!(code(&Caller::local(), None), None);
    }

    #[test]
    fn a_bearer_token_is_one_word_of_its_scheme() {
        let read = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            bearer(&headers).map(|token| token.map(str::to_owned)).map_err(|p| p.code())
        };
        assert_eq!(read("Bearer abc").unwrap().as_deref(), Some("abc"));
        assert_eq!(read("bearer abc").unwrap().as_deref(), Some("abc"));
        for wrong in ["Basic abc", "Bearer", "Bearer ", "abc", ""] {
            assert_eq!(read(wrong), Err("invalid_token"), "{wrong}");
        }
        assert_eq!(bearer(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn nobody_signs_in_as_the_local_user() {
        assert_eq!(owner("ada").unwrap(), OwnerId::from("ada"));
        assert!(owner("local").is_err() && owner("").is_err() && owner(&"x".repeat(256)).is_err());
    }
}
