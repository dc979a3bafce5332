//! What the station says of each code of a report, and what may be concluded from it.
use crate::code::{Code, CodeId};
use crate::store::Refused;
use crate::upstream::{CodeResult, result_words};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The station took notice of the code (manual, 5.3.1.26).
const TAKEN: i64 = 0;
/// The station was told of the code before (ibid.).
const KNOWN: i64 = 1;

/// What the results of a report come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdicts {
    /// Codes that the station took notice of, for certain.
    pub(super) told: Vec<CodeId>,
    /// What it says against the others, one by one.
    pub(super) refused: Vec<Refused>,
    /// The same for a person, summed up; empty if it says nothing.
    pub(super) problem: String,
}

/// What is known of a report that went out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum First {
    /// It went out once: whatever the station knew before, it did not hear from us.
    Never,
    /// The station has no search for it: that it went out more than once must do.
    NotAsked,
    /// The station has it, and took notice of these codes, without check parts.
    Found(HashSet<String>),
}

impl First {
    fn knows(&self, cis: &str) -> bool {
        match self {
            Self::Never => false,
            Self::NotAsked => true,
            Self::Found(codes) => codes.contains(cis),
        }
    }
}

impl First {
    /// Whether it is known of every code that was told before that we told it.
    pub(super) fn explains(&self, results: &[CodeResult]) -> bool {
        let mut known = results.iter().filter(|result| result.code == Some(KNOWN));
        known.all(|result| self.knows(&result.cis))
    }

    /// What is known besides of codes that were told before.
    pub(super) fn and(self, told: HashSet<String>) -> Self {
        match self {
            Self::NotAsked => Self::NotAsked,
            Self::Never if told.is_empty() => Self::Never,
            Self::Never => Self::Found(told),
            Self::Found(mut codes) => {
                codes.extend(told);
                Self::Found(codes)
            }
        }
    }
}

/// What the station's receipts say of a report.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What became of codes, one by one.
    pub(super) results: Vec<CodeResult>,
    /// When it was done, by the station's clock.
    pub(super) done_ms: Option<i64>,
    /// There is a receipt at all.
    pub(super) some: bool,
    /// None of them is against it.
    pub(super) all_good: bool,
    /// The station still works on it.
    pub(super) under_way: bool,
}

impl Heard {
    /// Whether it says of so many codes what became of them.
    pub(super) fn of_all(&self, codes: u64) -> bool {
        let named: HashSet<&str> = self.results.iter().map(|result| &*result.cis).collect();
        u64::try_from(named.len()).is_ok_and(|named| named >= codes)
    }
}

/// Whether what the station says of a report as a whole is that it was told before: such words
/// begin with the number of the result.
pub(super) fn says_known(reason: &str) -> bool {
    let number: String = reason.trim_start().chars().take_while(char::is_ascii_digit).collect();
    number.parse() == Ok(KNOWN)
}

/// Whether the station says of some code that it was told before.
pub(super) fn some_known(results: &[CodeResult]) -> bool {
    results.iter().any(|result| result.code == Some(KNOWN))
}

/// The codes that these results say were taken notice of.
pub(super) fn taken(results: Vec<CodeResult>) -> impl Iterator<Item = String> {
    results.into_iter().filter(|result| result.code == Some(TAKEN)).map(|result| result.cis)
}

/// Sorts the codes of a report by their results. If the report went out more than once and the
/// first one was found, "told before" was ourselves, and is good news; otherwise somebody else used
/// our code, and it is not.
/// A code that has several results is told only if all of them are good, and one that has none is
/// not.
pub(super) fn sort(codes: &[Code], results: &[CodeResult], first: &First) -> Verdicts {
    let mut by_cis: HashMap<&str, Vec<&CodeResult>> = HashMap::new();
    for result in results {
        by_cis.entry(&result.cis).or_default().push(result);
    }
    let good = |result: &&CodeResult| is_good(result, first);
    let (mut told, mut refused) = (Vec::new(), Vec::new());
    let mut against: BTreeMap<String, usize> = BTreeMap::new();
    for code in codes {
        match by_cis.get(code.text.identification()).map(Vec::as_slice) {
            Some(all) if all.iter().all(good) => told.push(code.id),
            Some(all) => {
                let bad = all.iter().find(|result| !good(result)).copied();
                let words = bad.map(words).unwrap_or_default();
                *against.entry(words.clone()).or_default() += 1;
                let result = bad.and_then(|bad| bad.code);
                let remedy =
                    result.and_then(result_words).map_or("", |words| words.remedy).to_owned();
                refused.push(Refused { code: code.id, result, words, remedy });
            }
            None => {
                *against.entry("no result".to_owned()).or_default() += 1;
                let words = "the station says nothing of this code".to_owned();
                let remedy =
                    "send it again: if the station took it, it says so, and it counts; or look in its cabinet"
                        .to_owned();
                refused.push(Refused { code: code.id, result: None, words, remedy });
            }
        }
    }
    let problem: Vec<_> = against.iter().map(|(words, n)| format!("{n} × {words}")).collect();
    Verdicts { told, refused, problem: problem.join("; ") }
}

fn is_good(result: &CodeResult, first: &First) -> bool {
    result.code == Some(TAKEN) || (result.code == Some(KNOWN) && first.knows(&result.cis))
}

fn words(result: &CodeResult) -> String {
    let code = result.code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    let known = result.code.and_then(result_words).map(|words| words.means);
    match result.description.as_deref().filter(|words| !words.is_empty()).or(known) {
        Some(words) => format!("result {code}: {words}"),
        None => format!("result {code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::CodeText;

    fn codes() -> Vec<Code> {
        let text = |n| CodeText::new(format!("0104810093011694212k6rsrt{n}\u{1d}93#SzU"));
        (1..=3).map(|n| Code { id: CodeId(n), text: text(n) }).collect()
    }

    fn result(n: i64, code: i64) -> CodeResult {
        let cis = format!("0104810093011694212k6rsrt{n}");
        CodeResult { cis, code: Some(code), description: None }
    }

    #[test]
    fn only_codes_with_good_results_are_told() {
        let verdicts = sort(&codes(), &[result(1, 0), result(2, 103)], &First::Never);
        assert_eq!(verdicts.told, [CodeId(1)]);
        assert_eq!(verdicts.problem, "1 × no result; 1 × result 103: the check part is wrong");
    }

    #[test]
    fn told_before_is_good_news_only_after_a_second_sending() {
        let results = [result(1, 1), result(2, 1), result(3, 1)];
        assert_eq!(sort(&codes(), &results, &First::Never).told, []);
        assert_eq!(sort(&codes(), &results, &First::NotAsked).told.len(), 3);
        let found = First::Found(HashSet::from(["0104810093011694212k6rsrt2".to_owned()]));
        assert_eq!(sort(&codes(), &results, &found).told, [CodeId(2)], "the others: not by us");
    }

    #[test]
    fn only_the_result_of_what_was_told_before_says_so() {
        assert!(says_known("1: already reported"));
        for other in ["11: the weight is missing", "2: no such code", "already", ""] {
            assert!(!says_known(other), "{other}");
        }
    }

    #[test]
    fn a_later_bad_result_outweighs_an_earlier_good_one() {
        let results = [result(1, 0), result(1, 101), result(2, 0), result(3, 0)];
        assert_eq!(sort(&codes(), &results, &First::Never).told, [CodeId(2), CodeId(3)]);
    }
}
