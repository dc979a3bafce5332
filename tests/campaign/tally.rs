//! What a campaign has seen: how often which fault struck, and which scripts failed.
use super::Language;
use super::script::Report;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The sums of all scripts.
#[derive(Default)]
pub(crate) struct Tally {
    languages: BTreeMap<Language, Sums>,
    failed: Vec<u64>,
}

#[derive(Default)]
struct Sums {
    scripts: usize,
    killed: usize,
    kills: usize,
    presses: usize,
    printed: usize,
    doubtful: usize,
    struck: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Adds a script. One that failed is told at once, with everything that helps.
    pub(crate) fn take(&mut self, report: Report) {
        if !report.wrong.is_empty() {
            let Report { seed, wrong, evidence, .. } = &report;
            let wrong = wrong.join("\n  ");
            println!("script {seed} failed:\n  {wrong}\n{evidence}");
            println!("alone: CAMPAIGN_SEED={seed} CAMPAIGN_SCRIPTS=1 cargo nextest run --test campaign --no-capture");
            self.failed.push(*seed);
        }
        let sums = self.languages.entry(report.language).or_default();
        sums.scripts += 1;
        sums.killed += usize::from(report.kills > 0);
        sums.kills += report.kills;
        sums.presses += report.presses;
        sums.printed += report.printed;
        sums.doubtful += report.doubtful;
        for (kind, times) in report.struck {
            *sums.struck.entry(kind).or_default() += times;
        }
    }

    /// The seeds of the scripts that failed.
    pub(crate) fn failed(&self) -> &[u64] {
        &self.failed
    }

    /// Whether every kind of fault that can strike has struck a printer of every language.
    pub(crate) fn every_kind_struck(&self) -> bool {
        let kinds: BTreeSet<_> = self.languages.values().flat_map(|sums| sums.struck.keys()).collect();
        self.languages.values().all(|sums| kinds.iter().all(|kind| sums.struck.contains_key(*kind)))
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (language, sums) in &self.languages {
            let Sums { scripts, killed, kills, presses, printed, doubtful, struck } = sums;
            writeln!(
                f,
                "{language:?}: {scripts} scripts, {killed} with {kills} kills, {presses} presses, \
                 {printed} codes printed, {doubtful} in doubt"
            )?;
            for (kind, times) in struck {
                writeln!(f, "  {kind:<24} {times:>6}")?;
            }
        }
        write!(f, "{} failed", self.failed.len())
    }
}
