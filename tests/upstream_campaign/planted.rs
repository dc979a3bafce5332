//! Every error that is planted must be found: by seeds of the usual campaign, of the kind that can
//! meet it.
use super::plan::Plan;
use super::run::{Report, run};
use super::site::Template;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Runs at the same time.
const AT_ONCE: usize = 8;
/// An error that this many runs do not meet is not found.
const RUNS: usize = 80;

/// The names of `src/upstream/planted.rs`, each with the runs that can meet it. `FirstBlockOnly` is
/// not among them: 5,000 codes are one block and the last code (`tests/upstream/pull.rs` finds it).
/// Nor is `LabelledWhenNamed`: the fake's reports are over before they are first asked after.
const ERRORS: [(&str, fn(&Plan) -> bool); 14] = [
    ("OrderUnwritten", station),
    ("DoubtIsProof", station),
    ("BlocksUncompared", station),
    ("BlockTwice", station),
    ("LastWithOthers", station),
    ("LossUntold", station),
    ("ToldWhenSent", station),
    ("SentUncounted", station),
    ("SentIsUnsent", station),
    ("DuplicateIsForeign", station),
    ("TokenEachTime", signs),
    ("NoPace", large),
    ("GroupUnwritten", mark),
    ("LostIsDone", mark),
];

fn station(plan: &Plan) -> bool {
    !plan.mark
}

fn signs(plan: &Plan) -> bool {
    plan.signs || plan.mark
}

fn mark(plan: &Plan) -> bool {
    plan.mark
}

fn large(plan: &Plan) -> bool {
    !plan.mark && plan.orders.iter().any(|quantity| *quantity > 1_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_error_is_found() {
    let only = std::env::var("UPSTREAM_PLANTED").ok();
    let template = Arc::new(Template::make().await);
    let mut missed = Vec::new();
    for (error, meets) in ERRORS {
        if only.as_deref().is_some_and(|only| only != error) {
            continue;
        }
        match hunt(error, meets, &template).await {
            Some((runs, report)) => {
                let words = report.wrong.first().map_or("", String::as_str);
                let words: String = words.chars().take(160).collect();
                println!("{error}: found in run {runs}, seed {}: {words}", report.seed);
            }
            None => missed.push(error),
        }
    }
    assert_eq!(missed, [""; 0], "an error that nobody sees");
}

/// Runs until one finds the error. Says how many runs that took.
async fn hunt(
    error: &'static str,
    meets: fn(&Plan) -> bool,
    template: &Arc<Template>,
) -> Option<(usize, Report)> {
    let mut seeds = (1..).filter(|seed| meets(&Plan::of(*seed))).take(RUNS);
    let (mut running, mut done) = (JoinSet::new(), 0);
    loop {
        while running.len() < AT_ONCE
            && let Some(seed) = seeds.next()
        {
            let template = Arc::clone(template);
            running.spawn(async move { run(seed, &template, error).await });
        }
        let report = running.join_next().await?.unwrap();
        done += 1;
        if !report.wrong.is_empty() {
            return Some((done, report));
        }
    }
}
