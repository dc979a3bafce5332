//! What a campaign has seen: how often what happened, and which runs failed.
use super::run::Report;
use std::collections::BTreeMap;
use std::fmt;

/// What must happen in a full campaign.
const WANTED: [&str; 12] = [
    "kills",
    "outages",
    "codes fetched again",
    "orders refused",
    "reports sent again",
    "last codes lost with their answer",
    "runs of Electronic Mark",
    "runs of version 2",
    "runs with signatures and sign-in",
    "productions sent again",
    "shipments",
    "shipments sent again",
];

/// The sums of all runs.
#[derive(Default)]
pub(crate) struct Tally {
    runs: usize,
    counts: BTreeMap<&'static str, usize>,
    failed: Vec<u64>,
}

impl Tally {
    /// Adds a run. One that failed is told at once, with everything that helps.
    pub(crate) fn take(&mut self, report: Report) {
        self.runs += 1;
        let Report { seed, counts, wrong, evidence } = report;
        if !wrong.is_empty() {
            println!("run {seed} failed:\n  {}\n{evidence}", wrong.join("\n  "));
            println!(
                "alone: UPSTREAM_SEED={seed} UPSTREAM_RUNS=1 cargo nextest run --test upstream_campaign --no-capture"
            );
            self.failed.push(seed);
        }
        for (what, times) in counts {
            *self.counts.entry(what).or_default() += times;
        }
    }

    /// The seeds of the runs that failed.
    pub(crate) fn failed(&self) -> &[u64] {
        &self.failed
    }

    /// What never happened.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let never = |what: &&str| self.counts.get(what).is_none_or(|times| *times == 0);
        WANTED.into_iter().filter(never).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} runs", self.runs)?;
        for (what, times) in &self.counts {
            writeln!(f, "  {what:<36} {times:>8}")?;
        }
        write!(f, "{} failed", self.failed.len())
    }
}
