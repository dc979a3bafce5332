//! Thousands of seeded shifts on a line with bad luck: the pure core against a plant in a box.
//!
//! A failing seed is printed; `SEED=n cargo test --test simulate one_seed` runs it alone
//! (with `COUNTS=1` for a camera that counts its triggers).
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
#[path = "simulate/books.rs"]
mod books;
#[path = "simulate/shift.rs"]
mod shift;
#[path = "simulate/world.rs"]
mod world;

use markwright::code::CodeState;
use shift::{BAD_LUCK, GOOD_LUCK, shift};
use world::Luck;

#[test]
fn a_lucky_shift_verifies_every_product() {
    for counts in [false, true] {
        let shift = shift(1, GOOD_LUCK, counts, 0);
        let verified = shift.books.count(CodeState::Verified);
        assert!(verified > 120, "only {verified}");
        assert_eq!(verified, shift.world.items.len(), "{:?}", shift.line.view());
        assert_eq!(shift.books.count(CodeState::Doubtful), 0);
        assert_eq!(shift.books.alarms, 0);
    }
}

#[test]
fn a_lost_frame_of_a_camera_that_counts_costs_one_product() {
    let luck = Luck { frame_lost: 25, frame_late: 25, ..GOOD_LUCK };
    let shift = shift(1, luck, true, 0);
    let verified = shift.books.count(CodeState::Verified);
    let rejected = shift.books.count(CodeState::Rejected);
    assert!(rejected > 5 && verified > 100, "{verified} verified, {rejected} rejected");
    assert_eq!(verified + rejected, shift.world.items.len());
    // The frame after a late one is late, too.
    assert!(rejected * 10 < verified * 2, "{verified} verified, {rejected} rejected");
}

#[test]
fn a_trigger_that_the_camera_missed_or_saw_twice_verifies_no_neighbour() {
    let mut alarms = 0;
    for seed in 0..40 {
        let pulses = Luck { pulse_missed: 60, pulse_twice: 60, ..GOOD_LUCK };
        let luck = Luck { label_twice: 30, label_swallowed: 30, ..pulses };
        let shift = shift(seed, luck, true, 0);
        alarms += shift.books.alarms;
    }
    assert!(alarms > 100, "only {alarms}");
}

#[test]
fn what_is_printed_too_badly_does_not_pass() {
    let shift = shift(1, Luck { low_grade: 20, ..GOOD_LUCK }, false, 0);
    let rejected = shift.books.count(CodeState::Rejected) as u64;
    assert!(rejected > 3 && rejected == shift.books.low_grades, "{rejected}");
}

#[test]
fn a_reject_that_is_still_falling_when_the_next_product_passes_is_not_missing() {
    let shift = shift(1, Luck { unreadable: 20, ..GOOD_LUCK }, false, 0);
    let rejected = shift.books.count(CodeState::Rejected);
    assert!(rejected > 3, "only {rejected}");
    assert_eq!(shift.books.count(CodeState::Doubtful), 0);
    assert_eq!(shift.books.alarms, 0, "{:?}", shift.line.view());
}

/// How many seeds: 1,000 unless `SHIFTS` says otherwise.
fn shifts() -> u64 {
    std::env::var("SHIFTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// Every other pair of shifts has a camera that counts.
fn counts(n: u64) -> bool {
    n % 4 >= 2
}

fn seed_of(n: u64) -> u64 {
    n.wrapping_mul(7919)
}

fn campaign(first: u64, every: u64) -> (u64, u64, u64) {
    let (mut verified, mut products, mut kills) = (0, 0, 0);
    let mut n = first;
    while n < shifts() {
        let done = std::panic::catch_unwind(|| shift(seed_of(n), BAD_LUCK, counts(n), 2_000));
        let done = done.unwrap_or_else(|e| {
            println!("SEED={} {}", seed_of(n), if counts(n) { "COUNTS=1" } else { "" });
            std::panic::resume_unwind(e)
        });
        verified += done.books.count(CodeState::Verified) as u64;
        products += done.world.items.len() as u64;
        kills += done.kills;
        n += every;
    }
    (verified, products, kills)
}

#[test]
fn a_thousand_unlucky_shifts_keep_every_promise() {
    let other = std::thread::spawn(|| campaign(1, 2));
    let (verified, products, kills) = campaign(0, 2);
    let (more, others, also) = other.join().unwrap();
    let (verified, products, kills) = (verified + more, products + others, kills + also);
    println!("{} shifts: {products} products, {verified} verified, {kills} kills", shifts());
    assert!(verified > shifts() * 20, "the line hardly ran: {verified}");
    assert!(kills >= shifts(), "too few kills: {kills}");
}

#[test]
fn one_seed() {
    let seed = std::env::var("SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7919);
    shift(seed, BAD_LUCK, std::env::var("COUNTS").is_ok(), 2_000);
}
