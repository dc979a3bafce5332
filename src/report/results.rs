//! What the station says of each code of a report, and what may be concluded from it.
use crate::code::{Code, CodeId};
use crate::upstream::CodeResult;
use std::collections::{BTreeMap, HashMap};

/// The station took notice of the code (manual, 5.3.1.26).
const TAKEN: i64 = 0;
/// The station was told of the code before (ibid.).
const KNOWN: i64 = 1;

/// What the results of a report come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Verdicts {
    /// Codes that the station took notice of, for certain.
    pub(super) told: Vec<CodeId>,
    /// What it says against the others, for a person; empty if it says nothing.
    pub(super) problem: String,
}

/// Sorts the codes of a report by their results. If the report went out more than once, "told
/// before" was ourselves, and is good news; otherwise somebody else used our code, and it is not.
/// A code that has several results is told only if all of them are good, and one that has none is
/// not.
pub(super) fn sort(codes: &[Code], results: &[CodeResult], sent_again: bool) -> Verdicts {
    let mut by_cis: HashMap<&str, Vec<&CodeResult>> = HashMap::new();
    for result in results {
        by_cis.entry(&result.cis).or_default().push(result);
    }
    let good = |result: &&CodeResult| is_good(result, sent_again);
    let mut told = Vec::new();
    let mut against: BTreeMap<String, usize> = BTreeMap::new();
    for code in codes {
        match by_cis.get(code.text.identification()).map(Vec::as_slice) {
            Some(all) if all.iter().all(good) => told.push(code.id),
            Some(all) => {
                let first = all.iter().find(|result| !good(result)).map(|result| words(result));
                *against.entry(first.unwrap_or_default()).or_default() += 1;
            }
            None => *against.entry("no result".to_owned()).or_default() += 1,
        }
    }
    let problem: Vec<_> = against.iter().map(|(words, n)| format!("{n} × {words}")).collect();
    Verdicts { told, problem: problem.join("; ") }
}

fn is_good(result: &CodeResult, sent_again: bool) -> bool {
    result.code == Some(TAKEN) || (sent_again && result.code == Some(KNOWN))
}

fn words(result: &CodeResult) -> String {
    let code = result.code.map_or_else(|| "unknown".to_owned(), |code| code.to_string());
    match &result.description {
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
        let verdicts = sort(&codes(), &[result(1, 0), result(2, 103)], false);
        assert_eq!(verdicts.told, [CodeId(1)]);
        assert_eq!(verdicts.problem, "1 × no result; 1 × result 103");
    }

    #[test]
    fn told_before_is_good_news_only_after_a_second_sending() {
        let results = [result(1, 1), result(2, 1), result(3, 1)];
        assert_eq!(sort(&codes(), &results, false).told, []);
        assert_eq!(sort(&codes(), &results, true).told.len(), 3);
    }

    #[test]
    fn a_later_bad_result_outweighs_an_earlier_good_one() {
        let results = [result(1, 0), result(1, 101), result(2, 0), result(3, 0)];
        assert_eq!(sort(&codes(), &results, false).told, [CodeId(2), CodeId(3)]);
    }
}
