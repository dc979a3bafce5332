//! The test of the tests: errors are planted in the line, one after another, and each must be
//! noticed by the checker that is there for it. Part of the unit tests, because only their build can
//! plant them (`src/line/planted.rs`).
#![allow(
    clippy::pedantic,
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a test"
)]
mod books;
mod shift;
mod world;

use super::planted::Planted;
use shift::{BAD_LUCK, shift};
use std::panic::{AssertUnwindSafe, catch_unwind};
use world::Way;

/// Seeds that may pass before one must fail.
const SEEDS: u64 = 400;

/// Each error, and the checkers that may be the first to notice it, by the first words of what they
/// say.
const ERRORS: [(Planted, &[&str]); 18] = [
    (Planted::SentGoesBack, &["once: handed over twice"]),
    (Planted::AnyCodePasses, &["read back:", "once:"]),
    (Planted::UnreadPasses, &["read back:"]),
    (Planted::BinIsGood, &["bin:"]),
    (Planted::VanishedKeepsCode, &["sums:", "read back:"]),
    (Planted::BeltForgotten, &["sums:"]),
    (Planted::PassAgain, &["decide once:"]),
    (Planted::DrainForgets, &["sums:"]),
    (Planted::OneOfAPair, &["touching:"]),
    (Planted::FalseEjectIgnored, &["read back:", "bin:"]),
    (Planted::RestartPasses, &["read back:"]),
    (Planted::DuplicatePasses, &["once:", "read back:"]),
    (Planted::RejectUncounted, &["sums:", "bin:"]),
    (Planted::StrangePasses, &["read back:", "job:"]),
    (Planted::SilencePasses, &["read back:"]),
    (Planted::AnswerOfAnother, &["read back:", "job:", "once:", "sums:"]),
    (Planted::SeenIsNew, &["life:", "once:"]),
    (Planted::RejectsBlindly, &["gate:"]),
];

/// What the first failing shift said, and its seed.
fn noticed(error: Planted) -> Option<(u64, String)> {
    Planted::plant(Some(error));
    let failed = (0..SEEDS).find_map(|seed| {
        let way = Way::ALL[(seed % 3) as usize];
        let done = catch_unwind(AssertUnwindSafe(|| shift(seed * 7919, BAD_LUCK, way, 2_000)));
        let what = done.err()?;
        let words = what.downcast_ref::<String>().cloned();
        let words = words.or_else(|| what.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Some((seed, words.unwrap()))
    });
    Planted::plant(None);
    failed
}

#[test]
fn every_planted_error_is_noticed_by_its_checker() {
    let wrong = ERRORS.into_iter().filter(|(error, checkers)| {
        let (seed, words) = noticed(*error).unwrap_or((SEEDS, "not noticed".to_owned()));
        println!("{error:?}: shift {seed}: {words}");
        !checkers.iter().any(|by| words.contains(by))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn without_a_planted_error_the_same_shifts_keep_every_promise() {
    for seed in 0..90 {
        shift(seed * 7919, BAD_LUCK, Way::ALL[(seed % 3) as usize], 2_000);
    }
}
