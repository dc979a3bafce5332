//! What a fake issuer is like.
use super::electronic_mark::MarkSettings;
use super::trouble::{Chances, Rule};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Whose stations it plays: the words of its errors, the country digit before serial numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Country {
    /// Russia.
    #[default]
    Ru,
    /// Kazakhstan.
    Kz,
    /// Kyrgyzstan.
    Kg,
    /// Uzbekistan, the station before 2023.
    Uz,
}

/// What a fake issuer is like.
#[expect(clippy::struct_excessive_bools, reason = "each is a habit of its own")]
#[derive(Debug, Clone)]
pub struct IssuerSettings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A token that is always good, at stations and at True API.
    pub client_token: String,
    /// The first sign-in ends the token that is always good, as it ends the real station's old one.
    pub fixed_token_ends: bool,
    /// Signing in always answers `uuidToken` and `expireDate`, as newer servers do.
    pub new_sign_in: bool,
    /// The installation that every request to a station must name.
    pub oms_id: String,
    /// An installation that is registered from the beginning: one can sign in with it.
    pub oms_connection: String,
    /// Who may register installations.
    pub registration_key: String,
    /// The participant, where answers name one.
    pub inn: String,
    /// Whose stations it plays.
    pub country: Country,
    /// Whether orders, reports and closing need an `X-Signature`. One that is there is always looked
    /// at.
    pub wants_signature: bool,
    /// The certificate (PEM) of whoever signs with GOST, verified by an outside `openssl`; none:
    /// test signatures are taken instead.
    pub trusted_certificate: Option<PathBuf>,
    /// As the manual has it: groups whose utilisation the station reports itself (shoes, lp)
    /// refuse utilisation reports, groups without dropout or boxes refuse those, and attributes that
    /// must be there are missed. Otherwise every group takes everything.
    pub strict_groups: bool,
    /// More requests in a second are kept outside for a while; none: as many as there are.
    pub most_a_second: Option<usize>,
    /// How long an order is PENDING, by the issuer's clock.
    pub order_takes: Duration,
    /// Where this is more, an order takes something between both.
    pub order_takes_at_most: Option<Duration>,
    /// How long a report or a document is on its way, by the issuer's clock.
    pub report_takes: Duration,
    /// What its clock shows at the start, in milliseconds since 1970; none: what time it is.
    pub starts_at_ms: Option<i64>,
    /// Seconds of its clock in one of ours.
    pub speed: f64,
    /// A file that gets a line of JSON for everything that happens to a code.
    pub ledger_file: Option<PathBuf>,
    /// A file that keeps what it remembers: a killed issuer goes on from it.
    pub memory_file: Option<PathBuf>,
    /// How probable it is that something goes wrong by itself.
    pub chances: Chances,
    /// What goes wrong besides.
    pub script: Vec<Rule>,
    /// The seed of that, and of the codes.
    pub seed: u64,
    /// Electronic Mark, at its own paths of the same address.
    pub electronic_mark: MarkSettings,
}

impl Default for IssuerSettings {
    /// Quick, lenient with groups, nothing goes wrong by itself.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            client_token: "5a1d3c1e-0000-4000-8000-00000000fa4e".to_owned(),
            fixed_token_ends: false,
            new_sign_in: false,
            oms_id: "cdf12109-10d3-11e6-8b6f-0050569977a1".to_owned(),
            oms_connection: "c0447ec7-0000-4000-8000-00000000fa4e".to_owned(),
            registration_key: "4e9157e4-0000-4000-8000-00000000fa4e".to_owned(),
            inn: "7700000001".to_owned(),
            country: Country::Ru,
            wants_signature: false,
            trusted_certificate: None,
            strict_groups: false,
            most_a_second: None,
            order_takes: Duration::from_millis(200),
            order_takes_at_most: None,
            report_takes: Duration::from_millis(300),
            starts_at_ms: None,
            speed: 1.0,
            ledger_file: None,
            memory_file: None,
            chances: Chances::default(),
            script: Vec::new(),
            seed: 1,
            electronic_mark: MarkSettings::default(),
        }
    }
}
