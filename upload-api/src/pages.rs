//! The few pages that the API itself writes: plain HTML, no script, nothing from elsewhere.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Only its own style, and forms to this site.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:20vh auto;\
    padding:0 1rem;color-scheme:light dark}input,button{font:inherit;padding:.5rem;width:100%;\
    box-sizing:border-box;margin-top:.75rem}";

/// Signing in did not work; `again` is where to try once more.
pub(crate) fn sign_in_failed(problem: &Problem, again: &str) -> Response {
    let body = format!(
        "<p role=\"alert\">{}</p><p><a href=\"{}\">Sign in again</a></p>",
        escaped(problem.detail()),
        escaped(again)
    );
    page(problem.status(), "Signing in did not work", &body)
}

/// A page of a heading and HTML below it.
pub(crate) fn page(status: StatusCode, heading: &str, body: &str) -> Response {
    let heading = escaped(heading);
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{heading} · Fantail</title><style>{STYLE}</style><h1>{heading}</h1>{body}</html>"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        // Addresses of these pages may hold secrets. Without any referrer a form would be sent with
        // `Origin: null`, and refused.
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    ];
    (status, headers, html).into_response()
}

/// Text that is no HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(escaped("<b a='\"&'>"), "&lt;b a=&#39;&quot;&amp;&#39;&gt;");
    }
}
