//! Thousands of scripts of faults: the daemon as a process of its own against a fake printer whose
//! ledger is the truth. However a script goes, no code is on two good labels, none is lost, and no
//! more is in doubt than an incident can hide.
//!
//! Sixty scripts by default; `CAMPAIGN_SCRIPTS=2000` makes a campaign of it. A failing script names
//! its seed; `CAMPAIGN_SEED=n CAMPAIGN_SCRIPTS=1` runs it alone.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

#[path = "campaign/account.rs"]
mod account;
#[path = "campaign/busy.rs"]
mod busy;
mod daemon_kit;
#[path = "campaign/luck.rs"]
mod luck;
#[path = "campaign/script.rs"]
mod script;
#[path = "campaign/site.rs"]
mod site;
#[path = "campaign/tally.rs"]
mod tally;

use daemon_kit::campaign::{number_from, play_all};
use script::Report;
use site::Template;
use std::sync::Arc;
use tally::Tally;

/// Scripts that run at the same time: most of their time they wait.
const AT_ONCE: u64 = 16;
/// From this many scripts on, every kind of fault must have struck.
const FULL: u64 = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn however_a_script_of_faults_goes_the_books_agree_with_what_came_out() {
    let (scripts, first) = (number_from("CAMPAIGN_SCRIPTS", 60), number_from("CAMPAIGN_SEED", 1));
    let template = Arc::new(Template::make().await);
    let mut tally = Tally::default();
    let play = |seed| {
        let template = Arc::clone(&template);
        async move { script::run(seed, &template).await }
    };
    play_all(first..first + scripts, AT_ONCE, play, |report| {
        tally.take(report.unwrap_or_else(|(seed, broken)| Report::broken(seed, &broken)));
    })
    .await;
    println!("{tally}");
    assert_eq!(tally.failed(), [0_u64; 0], "each is told above; it can be run alone");
    if scripts >= FULL {
        assert_eq!(tally.missing(), [], "every kind of fault strikes");
        let rarest = tally.rarest_evidence() as u64;
        assert!(rarest * 40 >= scripts, "every kind of evidence is tried: {rarest} scripts");
    }
}
