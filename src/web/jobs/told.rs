//! What the state systems were told of one code, as steps of its way.
use super::codes::{Step, step};
use crate::store::{CodeRefusal, MarkedStep, Paper, Report, Story};

/// Reports with their refusals, documents, production, shipment.
pub(super) fn steps(story: &Story, steps: &mut Vec<Step>) {
    let now = story.report.as_ref();
    let beside = &story.beside;
    for refusal in &beside.refusals {
        if now.is_none_or(|report| report.id != refusal.report.id) {
            reported(&refusal.report, steps);
        }
        refused(refusal, steps);
    }
    if let Some(report) = now {
        reported(report, steps);
        if let Some(at) = story.told_at {
            let detail = format!("as {}", name(report.upstream_id.as_ref()));
            steps.push(step(at, "The state system took notice", detail));
        }
    }
    for paper in &beside.papers {
        on_paper(paper, steps);
    }
    if let Some(production) = &beside.production {
        marked("Report of production", production, steps);
    }
    if let Some(shipment) = &beside.shipment {
        marked("Shipment", shipment, steps);
    }
}

fn name(upstream_id: Option<&String>) -> &str {
    upstream_id.map_or("no name yet", String::as_str)
}

fn reported(report: &Report, steps: &mut Vec<Step>) {
    let name = name(report.upstream_id.as_ref());
    let detail = format!("report {} ({}): {name}", report.id, report.kind.word());
    steps.push(step(report.made_at, "Put into a report", detail));
    if let Some(at) = report.sent_at {
        let detail = format!("report {}, sent {} times", report.id, report.sends);
        steps.push(step(at, "Sent to the state system", detail));
    }
}

fn refused(refusal: &CodeRefusal, steps: &mut Vec<Step>) {
    let CodeRefusal { report, at, words, decided } = refusal;
    let detail = format!("report {}: {}: {words}", report.id, name(report.upstream_id.as_ref()));
    let mut refused = step(*at, "Refused by the state system", detail);
    refused.bad = true;
    steps.push(refused);
    if let Some(decided) = decided {
        let what = match decided.what.as_str() {
            "again" => "tell it again",
            "written_off" => "write it off",
            _ => "leave it as it is",
        };
        let detail = format!("{what}, {}: {}", decided.person, decided.reason);
        steps.push(step(decided.at, "Decided about the refusal", detail));
    }
}

fn on_paper(paper: &Paper, steps: &mut Vec<Step>) {
    let (id, kind) = (paper.id, paper.kind.words());
    let by = if paper.person.is_empty() { String::new() } else { format!(", {}", paper.person) };
    steps.push(step(paper.made_at, "Put into a document", format!("document {id}, {kind}{by}")));
    if let Some(at) = paper.sent_at {
        let detail = format!("document {id}: {}", name(paper.upstream_id.as_ref()));
        steps.push(step(at, "Document sent to the state system", detail));
    }
    if let Some(at) = paper.ended_at {
        let problem = paper.problem.iter().chain(&paper.errors);
        let problem = problem.fold(String::new(), |text, one| format!("{text}; {one}"));
        let what = format!("Document: {}", paper.state.words());
        let detail =
            format!("document {id}, {kind}: {}{problem}", name(paper.upstream_id.as_ref()));
        let mut ended = step(at, what, detail);
        ended.bad = paper.state.is_bad();
        steps.push(ended);
    }
}

fn marked(what: &str, telling: &MarkedStep, steps: &mut Vec<Step>) {
    let MarkedStep { id, detail, .. } = telling;
    let about =
        if detail.is_empty() { format!("of report {id}") } else { format!("{id}: {detail}") };
    steps.push(step(telling.made_at, format!("{what} made"), about));
    let name = name(telling.upstream_id.as_ref());
    if let Some(at) = telling.sent_at {
        steps.push(step(at, format!("{what} sent"), name));
    }
    if let Some(at) = telling.ended_at {
        let taken =
            if telling.not_taken { "this code was not taken" } else { "this code was taken" };
        let detail = format!("{name}: {}, {taken}", telling.state);
        let mut ended = step(at, format!("{what} answered"), detail);
        ended.bad = telling.not_taken;
        steps.push(ended);
    }
}
