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

use script::Report;
use site::Template;
use std::collections::HashMap;
use std::sync::Arc;
use tally::Tally;
use tokio::task::JoinSet;

/// Scripts that run at the same time: most of their time they wait.
const AT_ONCE: usize = 16;
/// From this many scripts on, every kind of fault must have struck.
const FULL: u64 = 1_000;

fn number_from(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_script_of_faults_goes_the_books_agree_with_what_came_out() {
    let (scripts, first) = (number_from("CAMPAIGN_SCRIPTS", 60), number_from("CAMPAIGN_SEED", 1));
    let template = Arc::new(Template::make().await);
    let mut tally = Tally::default();
    let mut seeds = first..first + scripts;
    let mut running = JoinSet::new();
    let mut seed_of = HashMap::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(seed) = seeds.next()
        {
            let template = Arc::clone(&template);
            let task = running.spawn(async move { script::run(seed, &template).await });
            seed_of.insert(task.id(), seed);
        }
        let Some(done) = running.join_next_with_id().await else { break };
        let report = done.map_or_else(
            |broken| Report::broken(seed_of[&broken.id()], &broken),
            |(_, report)| report,
        );
        tally.take(report);
    }
    println!("{tally}");
    assert_eq!(tally.failed(), [0_u64; 0], "each is told above; it can be run alone");
    if scripts >= FULL {
        assert_eq!(tally.missing(), [], "every kind of fault strikes");
        let rarest = tally.rarest_evidence() as u64;
        assert!(rarest * 40 >= scripts, "every kind of evidence is tried: {rarest} scripts");
    }
}
