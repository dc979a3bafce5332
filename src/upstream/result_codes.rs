//! What the station's numbers for codes of a report mean, and what a person can do (manual, p. 415
//! and 416: reports of applied and of spoiled codes, tobacco's spoiled codes excepted).

/// A number of the station, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultWords {
    /// The number.
    pub code: i64,
    /// What it means.
    pub means: &'static str,
    /// What a person can do.
    pub remedy: &'static str,
}

const fn result(code: i64, means: &'static str, remedy: &'static str) -> ResultWords {
    ResultWords { code, means, remedy }
}

/// Every number that the manual explains.
pub const RESULTS: &[ResultWords] = &[
    result(0, "taken notice of", "nothing"),
    result(
        1,
        "the station was told of this code before",
        "find out who told it: another program, or a person in the cabinet; if it was for the same product, put it aside with that reason",
    ),
    result(
        2,
        "the station knows no such code in this product group",
        "look at the group and at the order; a code of another group or participant cannot be told here",
    ),
    result(
        3,
        "the report's data are wrong",
        "correct the dates and the batch of the job, then send again",
    ),
    result(
        4,
        "the code was written off",
        "the product may not be sold with this label: mark it anew",
    ),
    result(6, "there is not enough money on the account", "pay in, then send again"),
    result(
        7,
        "there is no account for this product group",
        "have one opened in the cabinet, then send again",
    ),
    result(8, "the tariff does not fit", "look at the tariff in the cabinet, then send again"),
    result(9, "the code belongs to somebody else", "only its owner can tell of it"),
    result(11, "the weight is missing", "configure the weight of the trade item, then send again"),
    result(
        12,
        "there is no card for the trade item",
        "publish the card in the national catalogue, then send again",
    ),
    result(
        13,
        "a weight is given that is not wanted",
        "take the weight out of the configuration, then send again",
    ),
    result(14, "the volume is missing", "configure the volume of the trade item, then send again"),
    result(
        31,
        "the date of expiry is wrong or missing",
        "correct the job's or the goods' date, then send again",
    ),
    result(
        34,
        "the date of production is wrong or missing",
        "correct the job's or the goods' date, then send again",
    ),
    result(39, "the kind of code (unit, bundle, set) does not fit", "look at the order"),
    result(40, "the way to the market does not fit", "look at release_method of the order"),
    result(41, "the way of payment does not fit", "look at the order's attributes"),
    result(
        101,
        "the code is badly formed",
        "this is a fault of ours or of the array that it came from: write it off",
    ),
    result(
        102,
        "the code is not in the state's database",
        "wait a day and send again; then ask the operator's support",
    ),
    result(
        103,
        "the check part is wrong",
        "the label is not the one that was ordered: take the product back and mark it anew",
    ),
    result(
        132,
        "the condition of storage is wrong or missing",
        "correct the report's attributes, then send again",
    ),
];

/// What a number means; nothing if the manual does not say.
pub fn result_words(code: i64) -> Option<&'static ResultWords> {
    RESULTS.iter().find(|words| words.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_order_and_say_what_can_be_done() {
        assert!(RESULTS.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(RESULTS.iter().all(|words| !words.means.is_empty() && !words.remedy.is_empty()));
        assert_eq!(result_words(103).unwrap().means, "the check part is wrong");
        assert_eq!(result_words(5), None);
    }
}
