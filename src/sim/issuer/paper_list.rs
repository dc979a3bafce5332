//! `GET /doc/list`: the documents of the participant, page by page. Filters and the way to the next
//! page are as public clients of True API use them.
use super::desk::{Answered, Call, Desk, Query, number};
use super::papers::Paper;
use super::refusal::Refusal;
use serde_json::json;

/// Documents on a page, and where nobody says how many.
const MOST_ON_A_PAGE: usize = 1_000;
const USUAL_ON_A_PAGE: usize = 10;

/// Which documents are wanted.
struct Filter<'a> {
    query: &'a Query,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
}

impl Desk {
    /// The newest first, unless `order=ASC`. The next page is asked for by number (`did`) and date
    /// (`orderedColumnValue`) of the last document before it.
    pub(super) fn paper_list(&mut self, call: &Call<'_>) -> Answered {
        let filter = Filter::read(call.query, self.strict_groups)?;
        let limit = number(call.query, "limit", USUAL_ON_A_PAGE, MOST_ON_A_PAGE)?;
        if limit == 0 {
            return Err(Refusal::field("limit", format!("1 to {MOST_ON_A_PAGE}")));
        }
        let mut all = self.papers.by_date();
        if one_of(call.query, "order", &["DESC", "ASC"])? == "DESC" {
            all.reverse();
        }
        one_of(call.query, "pageDir", &["NEXT"])?;
        let behind = place_behind(call.query, &all)?;
        let mut wanted =
            all.iter().skip(behind).filter(|one| filter.lets_through(one.0, one.1, call.now_ms));
        let page = wanted.by_ref().take(limit);
        let page: Vec<_> = page.map(|(id, paper)| paper.json(id, &self.inn, call.now_ms)).collect();
        let more = wanted.next().is_some();
        Ok(json!({ "results": page, "nextPage": more }).into())
    }
}

impl<'a> Filter<'a> {
    /// Dates come in pairs; `strict`: and must be there where nothing else narrows the list.
    fn read(query: &'a Query, strict: bool) -> Result<Self, Refusal> {
        if let Some((name, _)) = query.iter().find(|(_, value)| value.is_empty()) {
            return Err(Refusal::field(name, "must not be empty"));
        }
        if let Some((name, _)) = query.iter().find(|(_, value)| value.is_empty()) {
            return Err(Refusal::field(name, "must not be empty"));
        }
        let (from_ms, to_ms) = (time(query, "dateFrom")?, time(query, "dateTo")?);
        let narrowed = ["documentType", "documentStatus", "number"]
            .iter()
            .any(|name| query.contains_key(*name));
        if from_ms.is_some() != to_ms.is_some() || strict && from_ms.is_none() && !narrowed {
            return Err(Refusal::field("dateFrom", "dateFrom and dateTo must be given, both"));
        }
        one_of(query, "input", &["false", "true"])?;
        Ok(Self { query, from_ms, to_ms })
    }

    fn lets_through(&self, id: &str, paper: &Paper, now_ms: i64) -> bool {
        let is = |name: &str, value: &str| self.query.get(name).is_none_or(|want| want == value);
        // Nobody sends documents to the participant here.
        is("input", "false")
            && is("pg", &paper.group)
            && is("documentType", &paper.kind)
            && is("documentStatus", paper.word(now_ms))
            && is("number", id)
            && self.from_ms.is_none_or(|from| paper.taken_at_ms >= from)
            && self.to_ms.is_none_or(|to| paper.taken_at_ms <= to)
    }
}

/// How many documents stand before the page.
fn place_behind(query: &Query, all: &[(&String, &Paper)]) -> Result<usize, Refusal> {
    let (last, date) = (query.get("did"), query.get("orderedColumnValue"));
    if last.is_some() != date.is_some() {
        return Err(Refusal::field("did", "did and orderedColumnValue must be given, both"));
    }
    let Some(last) = last else { return Ok(0) };
    let at = all.iter().position(|(id, _)| *id == last);
    at.map(|at| at + 1).ok_or_else(|| Refusal::field("did", "there is no such document"))
}

fn time(query: &Query, name: &str) -> Result<Option<i64>, Refusal> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let time: Result<jiff::Timestamp, _> = text.parse();
    time.map(|time| Some(time.as_millisecond()))
        .map_err(|_| Refusal::field(name, "a time such as 2026-11-22T08:00:00.000Z"))
}

/// A word of the query; the first one if it is left out.
fn one_of<'a>(query: &'a Query, name: &str, words: &[&'a str]) -> Result<&'a str, Refusal> {
    let word = query.get(name).map_or(words[0], String::as_str);
    if words.contains(&word) {
        return Ok(word);
    }
    Err(Refusal::field(name, words.join(" or ")))
}
