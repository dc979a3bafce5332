//! Thousands of seeded shifts on a line with bad luck: the pure core against a plant in a box.
//!
//! A failing seed is printed; `SEED=n cargo test --test simulate one_seed` runs it alone
//! (with `WAY=Counts` for a camera that counts its triggers, `WAY=Carried` for products that come with
//! their labels).
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
use markwright::line::RejectReason;
use shift::{BAD_LUCK, GOOD_LUCK, shift};
use world::{Luck, Place, Way};

#[test]
fn a_lucky_shift_verifies_every_product() {
    for way in Way::ALL {
        let shift = shift(1, GOOD_LUCK, way, 0);
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
    let shift = shift(1, luck, Way::Counts, 0);
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
        let shift = shift(seed, luck, Way::Counts, 0);
        alarms += shift.books.alarms;
    }
    assert!(alarms > 100, "only {alarms}");
}

#[test]
fn what_is_printed_too_badly_does_not_pass() {
    let shift = shift(1, Luck { low_grade: 20, ..GOOD_LUCK }, Way::Tags, 0);
    let rejected = shift.books.count(CodeState::Rejected) as u64;
    assert!(rejected > 3 && rejected == shift.books.low_grades, "{rejected}");
}

#[test]
fn a_reject_that_is_still_falling_when_the_next_product_passes_is_not_missing() {
    let shift = shift(1, Luck { unreadable: 20, ..GOOD_LUCK }, Way::Tags, 0);
    let rejected = shift.books.count(CodeState::Rejected);
    assert!(rejected > 3, "only {rejected}");
    assert_eq!(shift.books.count(CodeState::Doubtful), 0);
    assert_eq!(shift.books.alarms, 0, "{:?}", shift.line.view());
}

#[test]
fn of_products_that_come_with_labels_only_new_ones_of_the_job_pass() {
    let luck = Luck { came_copied: 15, came_strange: 12, came_bare: 30, ..GOOD_LUCK };
    let (mut copies, mut strange, mut bare) = (0, 0, 0);
    for seed in 0..20 {
        let shift = shift(seed, luck, Way::Carried, 0);
        let count = |reason| shift.books.reasons.iter().filter(|r| **r == reason).count();
        copies += count(RejectReason::Duplicate);
        bare += count(RejectReason::NoRead);
        let kinds = [
            RejectReason::Foreign,
            RejectReason::UnknownCode,
            RejectReason::OtherJob,
            RejectReason::UsedUp,
            RejectReason::NotPrinted,
            RejectReason::InDoubt,
        ];
        strange += kinds.into_iter().filter(|kind| count(*kind) > 0).count();
        // Whatever was not found new was rejected, and nothing else.
        let verified = shift.books.count(CodeState::Verified) - shift.books.read_elsewhere();
        assert_eq!(verified + shift.books.reasons.len(), shift.world.items.len());
        assert!(verified > 80, "{verified}");
    }
    assert!(copies > 100 && strange > 80 && bare > 50, "{copies} {strange} {bare}");
}

/// How many seeds: 1,000 unless `SHIFTS` says otherwise.
fn shifts() -> u64 {
    std::env::var("SHIFTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000)
}

/// Every pair of shifts is of another way.
fn way(n: u64) -> Way {
    Way::ALL[(n / 2 % 3) as usize]
}

/// Only this way, if one is asked for.
fn asked() -> Option<Way> {
    let name = std::env::var("WAY").ok()?;
    Way::ALL.into_iter().find(|way| format!("{way:?}") == name)
}

fn seed_of(n: u64) -> u64 {
    n.wrapping_mul(7919)
}

fn campaign(first: u64, every: u64) -> (u64, u64, u64) {
    let (mut verified, mut products, mut kills) = (0, 0, 0);
    let mut n = first;
    while n < shifts() {
        let way = asked().unwrap_or(way(n));
        let done = std::panic::catch_unwind(|| shift(seed_of(n), BAD_LUCK, way, 2_000));
        let done = done.unwrap_or_else(|e| {
            println!("SEED={} WAY={way:?}", seed_of(n));
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
fn samples_are_taken_and_come_back_and_a_setter_moves_gate_and_camera() {
    let (mut samples, mut back, mut gate) = (0, 0, 0);
    for n in 0..60 {
        let shift = shift(seed_of(n), BAD_LUCK, way(n), 2_000);
        samples += shift.books.samples.len();
        back += shift.world.items.iter().filter(|item| item.place == Place::Returned).count();
        gate += shift.world.gate_moves;
    }
    assert!(samples > 300 && back > 60 && gate > 3, "{samples} {back} {gate}");
}

#[test]
fn one_seed() {
    let seed = std::env::var("SEED").ok().and_then(|n| n.parse().ok()).unwrap_or(7919);
    shift(seed, BAD_LUCK, asked().unwrap_or(Way::Tags), 2_000);
}
