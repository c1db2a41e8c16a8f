//! Cookies (RFC 6265) that browsers keep for us: none of them can be read by a script.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::PublicUrl;

/// A cookie of the site.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cookie {
    /// Names the session.
    Session,
    /// Ties a sign-in to the browser that began it.
    SignIn,
}

impl Cookie {
    /// With `__Host-` browsers take it from this host by TLS only, and nobody else can plant it.
    fn name(self, site: &PublicUrl) -> String {
        let prefix = if site.is_secure() { "__Host-" } else { "" };
        let name = match self {
            Self::Session => "fantail-session",
            Self::SignIn => "fantail-sign-in",
        };
        format!("{prefix}{name}")
    }

    /// What the browser sent.
    pub(super) fn read<'a>(self, site: &PublicUrl, headers: &'a HeaderMap) -> Option<&'a str> {
        let name = self.name(site);
        let lines = headers.get_all(header::COOKIE).into_iter();
        let mut pairs =
            lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
        pairs
            .find_map(|pair| pair.trim().split_once('=').filter(|(known, _)| *known == name))
            .map(|(_, value)| value)
    }

    /// `Set-Cookie` that keeps a value for so long; an empty value at once forgets it.
    ///
    /// # Panics
    /// If the value is no visible ASCII: ours all are.
    pub(super) fn set(self, site: &PublicUrl, value: &str, lifetime: Duration) -> HeaderValue {
        let name = self.name(site);
        let secure = if site.is_secure() { "; Secure" } else { "" };
        let seconds = lifetime.as_secs();
        // Lax: the issuer's redirect back to us must bring it along.
        let cookie =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        cookie.parse().expect("our values are visible ASCII")
    }

    pub(super) fn clear(self, site: &PublicUrl) -> HeaderValue {
        self.set(site, "", Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(url: &str) -> PublicUrl {
        url.parse().unwrap()
    }

    #[test]
    fn behind_tls_a_cookie_is_bound_to_the_host() {
        let cookie = Cookie::Session.set(&site("https://a.example"), "x", Duration::from_secs(5));
        assert_eq!(
            cookie,
            "__Host-fantail-session=x; Path=/; Max-Age=5; HttpOnly; SameSite=Lax; Secure"
        );
        let cookie = Cookie::SignIn.clear(&site("http://localhost:80"));
        assert_eq!(cookie, "fantail-sign-in=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn ours_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; xfantail-session=1".parse().unwrap());
        headers.append(header::COOKIE, "c=d;fantail-session=2==; e".parse().unwrap());
        let http = site("http://localhost");
        assert_eq!(Cookie::Session.read(&http, &headers), Some("2=="));
        assert_eq!(Cookie::SignIn.read(&http, &headers), None);
        assert_eq!(Cookie::Session.read(&site("https://localhost"), &headers), None);
    }
}
