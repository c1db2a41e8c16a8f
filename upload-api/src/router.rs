//! All routes, and the OpenAPI description made from them.

use std::sync::{Arc, LazyLock};

use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use futures::FutureExt;
use platform::health;
use tower_http::{
    catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer, trace::TraceLayer,
};
use tracing::info_span;
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use crate::{
    App, Web,
    auth::{keys, me, sign_in},
    events, letters, playback,
    problem::{Problem, ProblemView},
    retries, security, shares, uploads, videos,
};

/// Longest JSON body; uploads are not read through it.
const MAX_JSON: usize = 64 << 10;
/// Longer than ids and names of files.
const SHORTEST_TOKEN: usize = 43;
/// Longest one where it holds a checksum of every part.
const MAX_CHECKSUMS: usize = 1 << 20;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Fantail",
        description = "Upload a video once; play it in every size seconds later.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemView)),
    tags(
        (name = "videos", description = "Uploading and keeping videos"),
        (name = "uploads", description = "Large files in parts, straight to the bucket, resumable"),
        (name = "events", description = "What changes, while it changes"),
        (name = "playback", description = "HLS, DASH and downloads"),
        (name = "identity", description = "Who you are, and keys for machines"),
        (name = "sharing", description = "Links to private videos"),
        (name = "pipeline", description = "What operators need"),
    )
)]
struct Description;

/// The API as OpenAPI 3.1.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(videos::list, uploads::streamed::upload))
        .routes(routes!(videos::read, videos::edit, videos::delete))
        .routes(routes!(uploads::direct::list, uploads::direct::begin))
        .routes(routes!(uploads::direct::read, uploads::finish::abort))
        .routes(routes!(uploads::parts::sign))
        .routes(routes!(uploads::finish::complete).layer(DefaultBodyLimit::max(MAX_CHECKSUMS)))
        .routes(routes!(retries::retry))
        .routes(routes!(events::of_video))
        .routes(routes!(events::of_owner))
        .routes(routes!(playback::file))
        .routes(routes!(playback::piece))
        .routes(routes!(playback::original::read))
        .routes(routes!(playback::shared::file))
        .routes(routes!(playback::shared::piece))
        .routes(routes!(shares::api::list, shares::api::create))
        .routes(routes!(shares::api::revoke))
        .routes(routes!(shares::api::create_pass))
        .routes(routes!(shares::api::read))
        .routes(routes!(me::read))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(letters::api::list))
        .routes(routes!(letters::api::redrive_queue))
}

/// What the description leaves out: itself, and what browsers are sent to.
pub(crate) fn pages() -> [(&'static str, &'static str, MethodRouter<Arc<App>>); 8] {
    [
        ("GET", "/api/openapi.json", get(describe)),
        ("GET", "/auth/sign-in", get(sign_in::begin)),
        ("GET", "/auth/callback", get(sign_in::end)),
        ("POST", "/auth/sign-out", post(sign_in::sign_out)),
        ("GET", "/s/{token}", get(shares::pages::watch)),
        ("POST", "/s/{token}", post(shares::pages::enter)),
        ("GET", "/embed/{id}", get(shares::pages::embed)),
        ("GET", "/embed/{id}/t/{token}", get(shares::pages::embed_shared)),
    ]
}

async fn describe() -> impl IntoResponse {
    static DESCRIPTION: LazyLock<String> =
        LazyLock::new(|| openapi().to_json().expect("a description is plain data"));
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION.as_str())
}

/// Everything the service answers.
pub fn router(app: Arc<App>, web: &Web) -> Router {
    let (described, _) = described().split_for_parts();
    let routes = pages()
        .into_iter()
        .fold(described, |routes, (_, path, answers)| routes.route(path, answers));
    let mut for_people = routes
        .layer(Extension(web.clone()))
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app.clone())
        .fallback_service(web.routes().layer(middleware::from_fn(no_page_of_the_api)));
    if app.issuer.is_none() {
        for_people = for_people.layer(middleware::from_fn(security::same_machine));
    }
    let ready = move || {
        let app = app.clone();
        async move { app.ready().await }.boxed()
    };
    let header =
        |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .merge(health::routes(ready))
        .fallback_service(for_people)
        .layer(DefaultBodyLimit::max(MAX_JSON))
        // Answers of the API are true for a moment, and private.
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(CatchPanicLayer::custom(|_panic| panicked()))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(|request: &Request| {
                    info_span!("request", method = %request.method(), path = logged(request.uri().path()))
                })
                .on_request(())
                // What fails is logged where it is known why.
                .on_failure(()),
        )
}

/// What the API does not know is no address of the web page either.
async fn no_page_of_the_api(request: Request, next: Next) -> Response {
    let first = request.uri().path().split('/').nth(1);
    if matches!(first, Some("api" | "auth" | "embed" | "s" | "v")) {
        return Problem::not_found().into_response();
    }
    next.run(request).await
}

/// A path as the log may know it: what is as long as a token may be one.
fn logged(path: &str) -> String {
    let part = |part| if str::len(part) < SHORTEST_TOKEN { part } else { "…" };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

async fn method_not_allowed(request: Request) -> Problem {
    let detail = format!("{} is not possible here; see Allow.", request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// The panic itself is in the log already.
fn panicked() -> Response {
    Problem::internal(anyhow::anyhow!("a handler panicked")).into_response()
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    #[test]
    fn tokens_stay_out_of_the_log() {
        let token = "x".repeat(43);
        let path = format!("/v/01890a5d-ac96-774b-bcce-b302099a80f7/t/{token}/480p/00001.m4s");
        let logged = super::logged(&path);
        assert_eq!(logged, "/v/01890a5d-ac96-774b-bcce-b302099a80f7/t/…/480p/00001.m4s");
    }

    #[test]
    fn the_description_in_the_repository_is_this_one() {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let mut now = super::openapi().to_pretty_json().unwrap();
        now.push('\n');
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &now).unwrap();
        }
        let stored = fs::read_to_string(&golden).unwrap_or_default();
        assert!(
            stored == now,
            "upload-api/openapi.json is stale; run this test with UPDATE_GOLDEN=1 and `npm run \
             types` in web/"
        );
    }
}
