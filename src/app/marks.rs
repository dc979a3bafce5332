//! The words on labels that belong to the roll.
use crate::line::RollMark;

/// What stands on such a label, line by line.
pub(super) fn lines(mark: &RollMark) -> Vec<String> {
    match mark {
        RollMark::Leader { job, first, count } => {
            let mut lines = vec!["ROLL BEGINS".to_owned(), format!("job {job}")];
            lines.push(format!("first: {first}"));
            // Of a job that runs until somebody stops it, nobody knows how many follow.
            lines.extend((*count > 0).then(|| format!("{count} labels follow")));
            lines
        }
        RollMark::Trailer { job, count: 0, .. } => {
            vec!["ROLL ENDS".to_owned(), format!("job {job}"), "no good label".to_owned()]
        }
        RollMark::Trailer { job, first, last, count } => vec![
            "ROLL ENDS".to_owned(),
            format!("job {job}, {count} labels"),
            format!("first: {first}"),
            format!("last: {last}"),
        ],
        RollMark::Void { serial, back: 1 } => {
            vec!["DO NOT USE".to_owned(), "the label before this".to_owned(), serial.clone()]
        }
        RollMark::Void { serial, back } => {
            vec!["DO NOT USE".to_owned(), format!("{back} labels back"), serial.clone()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_void_label_says_which_label_and_how_far_back_it_is() {
        let mark = RollMark::Void { serial: "2k7".to_owned(), back: 3 };
        assert_eq!(lines(&mark), ["DO NOT USE", "3 labels back", "2k7"]);
        let mark = RollMark::Void { serial: "2k7".to_owned(), back: 1 };
        assert_eq!(lines(&mark)[1], "the label before this");
    }

    #[test]
    fn a_leader_names_no_number_where_nobody_knows_it() {
        let mark = RollMark::Leader { job: 4, first: "2k1".to_owned(), count: 0 };
        assert_eq!(lines(&mark), ["ROLL BEGINS", "job 4", "first: 2k1"]);
        let mark = RollMark::Leader { job: 4, first: "2k1".to_owned(), count: 25 };
        assert_eq!(lines(&mark)[3], "25 labels follow");
    }
}
