//! What a campaign has seen: how often which fault struck, and which scripts failed.
use super::luck::KINDS;
use super::script::Report;
use markwright::sim::printer::Language;
use std::collections::BTreeMap;
use std::fmt;

/// What may confirm a label, by the language of the printer.
const EVIDENCE: [(Language, &str); 4] = [
    (Language::Zpl, "counter"),
    (Language::Zpl, "echo"),
    (Language::Zpl, "batch_drain"),
    (Language::Tspl, "batch_drain"),
];

/// The sums of all scripts.
#[derive(Default)]
pub(crate) struct Tally {
    languages: BTreeMap<Language, Sums>,
    /// Scripts by what confirmed their labels.
    evidence: BTreeMap<(Language, &'static str), usize>,
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
            println!(
                "alone: CAMPAIGN_SEED={seed} CAMPAIGN_SCRIPTS=1 cargo nextest run --test campaign --no-capture"
            );
            self.failed.push(*seed);
        }
        *self.evidence.entry((report.language, report.confirms)).or_default() += 1;
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

    /// The least number of scripts that one kind of evidence had.
    pub(crate) fn rarest_evidence(&self) -> usize {
        let of = |evidence| self.evidence.get(&evidence).copied().unwrap_or_default();
        EVIDENCE.into_iter().map(of).min().unwrap_or_default()
    }

    /// The seeds of the scripts that failed.
    pub(crate) fn failed(&self) -> &[u64] {
        &self.failed
    }

    /// Kinds of faults that never struck a printer of this language or that.
    pub(crate) fn missing(&self) -> Vec<(Language, &'static str)> {
        let of = |(language, sums): (&Language, &Sums)| {
            let never = KINDS.into_iter().filter(|kind| !sums.struck.contains_key(kind));
            never.map(|kind| (*language, kind)).collect::<Vec<_>>()
        };
        self.languages.iter().flat_map(of).collect()
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
        for ((language, evidence), scripts) in &self.evidence {
            writeln!(f, "{language:?} by {evidence}: {scripts} scripts")?;
        }
        write!(f, "{} failed", self.failed.len())
    }
}
