//! Links that let whoever has them see one video, whoever they are: until they are revoked or expire.
//!
//! A link's token names its video and holds a secret; what is kept is a hash. Whoever knows the
//! password of a share, and an owner's devices, get a pass: a token of the same form that lasts for
//! hours. Either stands in the path of everything that is played, so no cookie is needed.

pub(crate) mod api;
pub(crate) mod pages;
mod password;
mod token;
pub(crate) mod views;

use axum::http::StatusCode;
use domain::{Video, VideoId};

pub(crate) use self::token::Token;
pub use self::views::Views;
use crate::{
    App,
    catalogue::{Pass, Share},
    clock,
    problem::Problem,
};

/// How long a pass plays: longer than any film.
const PASS_SECONDS: u64 = 12 * 3600;

/// A video that a token opens.
pub(crate) struct Opened {
    pub(crate) video: Video,
    /// The share by which; none for an owner's pass.
    pub(crate) share: Option<Share>,
    /// Until when, in Unix seconds.
    pub(crate) until: Option<u64>,
}

/// Opens the video that a token is for. What is asked of the table is what it holds now, so a share
/// ends the moment it is revoked.
///
/// # Errors
/// 404 if it opens nothing, or not any more; 403 if its password has to be known first.
pub(crate) async fn open(app: &App, token: &str) -> Result<Opened, Problem> {
    let token = Token::parse(token).ok_or_else(not_found)?;
    let (share, until) = match &token {
        Token::Share { video, hash } => {
            let share = valid(app, *video, hash).await?;
            if share.password.is_some() {
                let detail = "This link needs its password. Open it in a browser.";
                return Err(Problem::new(StatusCode::FORBIDDEN, "password_required", detail));
            }
            let until = share.valid_until;
            (Some(share), until)
        }
        Token::Pass { video, hash } => {
            let pass = app.catalogue.pass(*video, hash).await?;
            let pass = pass.filter(|pass| clock::unix_now() < pass.expires_at);
            let pass = pass.ok_or_else(not_found)?;
            let share = match &pass.share_id {
                Some(id) => Some(valid(app, *video, id).await?),
                None => None,
            };
            let share_ends = share.as_ref().and_then(|share| share.valid_until);
            (share, Some(pass.expires_at.min(share_ends.unwrap_or(u64::MAX))))
        }
    };
    let video = app.catalogue.find(token.video()).await?.ok_or_else(not_found)?;
    Ok(Opened { video, share, until })
}

/// Opens a video for a player: the token must be one of this video's.
///
/// # Errors
/// As [`open`].
pub(crate) async fn video(app: &App, id: &str, token: &str) -> Result<Video, Problem> {
    let is_its = Token::parse(token).is_some_and(|token| token.video().to_string() == id);
    if !is_its {
        return Err(not_found());
    }
    Ok(open(app, token).await?.video)
}

/// A share that has not expired.
async fn valid(app: &App, video: VideoId, id: &str) -> Result<Share, Problem> {
    let share = app.catalogue.share(video, id).await?;
    share.filter(|share| share.is_valid(clock::unix_now())).ok_or_else(not_found)
}

/// Gives out a pass, which ends with its share, if it has one.
async fn pass(app: &App, video: VideoId, share_id: Option<&str>) -> Result<(String, u64), Problem> {
    let token = Token::new_pass(video);
    let expires_at = clock::unix_now() + PASS_SECONDS;
    let pass = Pass { share_id: share_id.map(str::to_owned), expires_at };
    app.catalogue.keep_pass(video, &Token::hash(&token), &pass).await?;
    Ok((token, expires_at))
}

fn not_found() -> Problem {
    let detail = "This link opens nothing, or not any more.";
    Problem::new(StatusCode::NOT_FOUND, "share_not_found", detail)
}
