//! What handlers take out of a request to know who asks: `Caller` where somebody must,
//! `Viewer` where a link is enough.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use domain::{OwnerId, Video, VideoId, video::Visibility};

use crate::{App, problem::Problem};

/// Somebody known. As an extractor it answers 401 to everybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose videos they see and make.
    pub owner_id: OwnerId,
    /// Whether they see queues, dead letters and the videos of others.
    pub is_operator: bool,
}

/// Whoever asks, known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer(pub Option<Caller>);

impl Caller {
    /// The one person of single-user mode.
    pub fn local() -> Self {
        Self { owner_id: OwnerId::local(), is_operator: true }
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

    async fn from_request_parts(_: &mut Parts, _: &Arc<App>) -> Result<Self, Problem> {
        Ok(Self(Some(Caller::local())))
    }
}
