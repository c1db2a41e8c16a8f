//! Who may make a browser ask us. In single-user mode nobody signs in, so only this machine may ask;
//! and whoever is known by a cookie may change something from our own pages only.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Fetch Metadata (W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses an address that others could reach, unless told that they cannot.
///
/// # Errors
/// What to do instead.
pub fn check_address(listen: SocketAddr, any_address: bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        any_address || listen.ip().is_loopback(),
        "refusing to listen on {listen}: nobody signs in, so everybody who reaches that \
         address could see and delete all videos. Set AUTH_ISSUER, or listen on 127.0.0.1, or, in \
         a container whose port is published on loopback only, set SINGLE_USER_BIND=true."
    );
    Ok(())
}

/// Answers only requests that were meant for this machine and, if they change something, come
/// from a page of it.
///
/// A foreign page can point a name of its own at 127.0.0.1 (DNS rebinding), which shows in `Host`,
/// and can send requests whose answers it may not read, which shows in `Origin`.
pub(crate) async fn same_machine(request: Request, next: Next) -> Response {
    match check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let host = match uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => text(headers, header::HOST).and_then(|host| host.parse().ok()),
    };
    if !host.is_some_and(|host| is_loopback(&host)) {
        let detail = "This server answers to localhost, 127.0.0.1 and [::1] only.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "host_not_allowed", detail));
    }
    if !only_reads(method) && headers.contains_key(header::ORIGIN) {
        let origin = text(headers, header::ORIGIN).and_then(|origin| origin.parse::<Uri>().ok());
        let authority = origin.as_ref().and_then(Uri::authority);
        if !authority.is_some_and(is_loopback) {
            return Err(foreign_page());
        }
    }
    Ok(())
}

/// Whether a request that comes with a cookie was made by a page of ours, if it changes something.
/// Every browser says where such a request comes from; what does not say is no browser.
///
/// # Errors
/// 403 for pages of others.
pub(crate) fn own_page(method: &Method, headers: &HeaderMap, origin: &str) -> Result<(), Problem> {
    let is_ours = match (text(headers, header::ORIGIN), text(headers, SEC_FETCH_SITE)) {
        (Some(from), _) => from.eq_ignore_ascii_case(origin),
        (None, Some(site)) => site == "same-origin",
        (None, None) => false,
    };
    if only_reads(method) || is_ours { Ok(()) } else { Err(foreign_page()) }
}

fn only_reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn foreign_page() -> Problem {
    let detail = "Pages of other origins may not change anything here.";
    Problem::new(StatusCode::FORBIDDEN, "origin_not_allowed", detail)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

pub(crate) fn is_loopback(authority: &Authority) -> bool {
    let host = authority.host();
    if authority.as_str().contains('@') {
        return false;
    }
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match address {
        Ok(address) => address.is_loopback(),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(method: Method, host: Option<&str>, origin: Option<&str>) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in [(header::HOST, host), (header::ORIGIN, origin)] {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        check(&method, &Uri::from_static("/api/videos"), &headers).err().map(|p| p.code())
    }

    #[test]
    fn only_names_of_this_machine_are_hosts() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]:80", "LOCALHOST:80"] {
            assert_eq!(code(Method::GET, Some(host), None), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "10.0.0.1:8080", "a@localhost", ""] {
            assert_eq!(code(Method::GET, Some(host), None), Some("host_not_allowed"), "{host}");
        }
        assert_eq!(code(Method::GET, None, None), Some("host_not_allowed"));
    }

    #[test]
    fn only_our_pages_change_anything() {
        let post = |origin| code(Method::POST, Some("localhost:8080"), Some(origin));
        assert_eq!(post("http://localhost:8080"), None);
        assert_eq!(post("http://127.0.0.1:5173"), None);
        for origin in ["https://evil.example", "null", "http://localhost.evil.example"] {
            assert_eq!(post(origin), Some("origin_not_allowed"), "{origin}");
        }
        let read = code(Method::GET, Some("localhost"), Some("https://evil.example"));
        assert_eq!(read, None, "its page may not read the answer");
    }

    #[test]
    fn a_cookie_alone_changes_nothing() {
        let may = |method: Method, sent: &[(HeaderName, &str)]| {
            let headers =
                sent.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
            own_page(&method, &headers, "https://video.example").is_ok()
        };
        assert!(may(Method::GET, &[(header::ORIGIN, "https://evil.example")]));
        assert!(may(Method::POST, &[(header::ORIGIN, "https://video.example")]));
        assert!(may(Method::DELETE, &[(SEC_FETCH_SITE, "same-origin")]));
        assert!(!may(Method::POST, &[]));
        for origin in ["https://evil.example", "null", "http://video.example", ""] {
            assert!(!may(Method::POST, &[(header::ORIGIN, origin)]), "{origin}");
            let both = [(header::ORIGIN, origin), (SEC_FETCH_SITE, "same-origin")];
            assert!(!may(Method::POST, &both), "{origin}");
        }
        for site in ["same-site", "cross-site", "none"] {
            assert!(!may(Method::PATCH, &[(SEC_FETCH_SITE, site)]), "{site}");
        }
    }

    #[test]
    fn only_loopback_is_bound() {
        let check = |address: &str, any| check_address(address.parse().unwrap(), any).is_ok();
        assert!(check("127.0.0.1:80", false) && check("[::1]:80", false));
        assert!(!check("0.0.0.0:80", false) && !check("192.168.1.2:80", false));
        assert!(check("0.0.0.0:80", true));
    }
}
