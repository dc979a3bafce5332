//! A thousand ways to lose codes between the state system and us: the daemon as a process of its
//! own, against a fake issuer that loses answers, hangs up, refuses, stumbles and repeats, while the
//! daemon is killed in between. However a run goes, every code that the issuer gave out is in the
//! store exactly once, and every code with a fate is known to the issuer exactly once.
//!
//! Twenty runs by default; `UPSTREAM_RUNS=1000` makes a campaign of it. A run that failed names its
//! seed; `UPSTREAM_SEED=n UPSTREAM_RUNS=1` runs it alone.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::type_complexity,
    reason = "a test"
)]

#[path = "upstream_campaign/account.rs"]
mod account;
mod daemon_kit;
#[path = "upstream_campaign/hand.rs"]
mod hand;
#[path = "upstream_campaign/mark.rs"]
mod mark;
#[path = "upstream_campaign/plan.rs"]
mod plan;
#[cfg(feature = "planted")]
#[path = "upstream_campaign/planted.rs"]
mod planted;
#[path = "upstream_campaign/relay.rs"]
mod relay;
#[path = "upstream_campaign/run.rs"]
mod run;
#[path = "upstream_campaign/site.rs"]
mod site;
#[path = "upstream_campaign/tally.rs"]
mod tally;

use daemon_kit::campaign::{number_from, play_all};
use run::Report;
use site::Template;
use std::sync::Arc;
use tally::Tally;

/// Runs at the same time: most of their time they wait.
const AT_ONCE: u64 = 12;
/// From this many runs on, everything that can go wrong must have gone wrong.
const FULL: u64 = 500;

#[tokio::test(flavor = "multi_thread")]
async fn however_the_issuer_behaves_codes_come_once_and_fates_are_told_once() {
    let (runs, first) = (number_from("UPSTREAM_RUNS", 20), number_from("UPSTREAM_SEED", 1));
    let at_once = number_from("UPSTREAM_AT_ONCE", AT_ONCE);
    let template = Arc::new(Template::make().await);
    let mut tally = Tally::default();
    let play = |seed| {
        let template = Arc::clone(&template);
        async move { run::run(seed, &template, "").await }
    };
    play_all(first..first + runs, at_once, play, |report| {
        tally.take(report.unwrap_or_else(|(seed, broken)| Report::broken(seed, &broken)));
    })
    .await;
    println!("{tally}");
    assert_eq!(tally.failed(), [0_u64; 0], "each is told above; it can be run alone");
    if runs >= FULL {
        assert_eq!(tally.missing(), [""; 0], "everything that can go wrong goes wrong");
    }
}
