//! What every HTTP call of ours has: an address that is one, a client that goes nowhere else, an
//! answer of bounded size.
use reqwest::{Client, Response, Url};
use std::net::IpAddr;
use std::time::Duration;

/// Reads an address, with a slash at its end, so that paths can be joined to it.
pub(super) fn base(text: &str) -> Result<Url, String> {
    let url = address(&format!("{}/", text.trim_end_matches('/')))?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("'{text}' has a query; wanted an address only"));
    }
    Ok(url)
}

/// Reads the whole address of one call.
pub(super) fn address(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|why| format!("'{text}': {why}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("'{text}' is not an address; wanted http:// or https://"));
    }
    Ok(url)
}

/// Whether an address leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}

/// A client that follows no redirection, uses no proxy and repeats nothing: a call may carry a
/// secret, and it may change something at the other end.
pub(super) fn client(url: &Url) -> Result<Client, String> {
    // Somebody may have chosen the cryptography already: that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .retry(reqwest::retry::never())
        .connect_timeout(Duration::from_secs(10));
    if url.scheme() == "http" {
        // A machine without certificates of its own can still talk to a station in the house.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|why| format!("cannot use TLS: {why}"))
}

/// Why an answer was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("it breaks off")]
    Broken(#[source] reqwest::Error),
    #[error("it does not end after {0} bytes")]
    Endless(usize),
}

/// The whole answer, if it is not larger than `at_most`.
pub(super) async fn whole(mut answer: Response, at_most: usize) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|e| Unread::Broken(e.without_url()))? {
        if body.len() + part.len() > at_most {
            return Err(Unread::Endless(at_most));
        }
        body.extend_from_slice(&part);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        let is = |text: &str| is_loopback(&address(text).unwrap());
        for here in
            ["http://127.0.0.1:8090", "http://[::1]:1/x", "https://localhost", "http://127.9.9.9"]
        {
            assert!(is(here), "{here}");
        }
        for there in [
            "http://127.0.0.1.example",
            "https://suzgrid.crpt.ru",
            "http://10.0.0.1",
            "http://[::2]",
        ] {
            assert!(!is(there), "{there}");
        }
    }

    #[test]
    fn a_base_ends_with_one_slash_and_is_of_http() {
        assert_eq!(base("https://a.example/api//").unwrap().as_str(), "https://a.example/api/");
        assert!(base("ftp://a.example").unwrap_err().contains("ftp://a.example"));
        assert!(base("https://a.example/?x=1").unwrap_err().contains("query"));
        assert!(base("a.example").unwrap_err().contains("a.example"));
    }
}
