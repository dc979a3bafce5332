//! What came of a line's products and what it used (PackML: consumed, processed, defective).
use std::collections::BTreeMap;

/// Reasons of rejects that are no production: challenge tests are meant to be rejected.
pub const NOT_PRODUCTION: [&str; 1] = ["challenge"];

/// What came of the products that a line saw, and what it used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Codes handed to the printer.
    pub codes: u64,
    /// Labels that came out of it.
    pub labels: u64,
    /// Products that entered (labels that came out, on a roll), test products among them.
    pub seen: u64,
    /// Verified, and on the good side.
    pub good: u64,
    /// Taken for quality control.
    pub sampled: u64,
    /// Nobody knows what became of them.
    pub unaccounted: u64,
    /// In the bin, by reason.
    pub rejected: BTreeMap<String, u64>,
}

impl Counts {
    /// Adds what was counted under a word of the table `made`.
    pub fn add(&mut self, what: &str, n: u64) {
        match what {
            "codes" => self.codes += n,
            "labels" => self.labels += n,
            "seen" => self.seen += n,
            "verified" => self.good += n,
            "sampled" => self.sampled += n,
            "unaccounted" => self.unaccounted += n,
            other => {
                let reason = other.strip_prefix("rejected.").unwrap_or(other);
                if n > 0 {
                    *self.rejected.entry(reason.to_owned()).or_default() += n;
                }
            }
        }
    }

    /// Products that were made: all that entered but those of tests.
    pub fn processed(&self) -> u64 {
        self.seen.saturating_sub(self.tests())
    }

    /// What must not be shipped: rejected, sampled, unconfirmed.
    pub fn defective(&self) -> u64 {
        let rejected: u64 = self.rejected.values().sum();
        rejected.saturating_sub(self.tests()) + self.sampled + self.unaccounted
    }

    /// Products of tests.
    pub fn tests(&self) -> u64 {
        NOT_PRODUCTION.iter().filter_map(|reason| self.rejected.get(*reason)).sum()
    }

    /// Products whose fate is known.
    pub fn settled(&self) -> u64 {
        self.good + self.defective()
    }

    /// Products on the belt: `processed = good + defective + open`.
    pub fn open(&self) -> u64 {
        self.processed().saturating_sub(self.settled())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_seen_and_is_neither_made_nor_defective() {
        let mut counts = Counts::default();
        for (what, n) in [
            ("seen", 10),
            ("verified", 5),
            ("rejected.no_read", 2),
            ("rejected.challenge", 1),
            ("sampled", 1),
        ] {
            counts.add(what, n);
        }
        assert_eq!((counts.processed(), counts.defective(), counts.open()), (9, 3, 1));
    }
}
