//! `codes forms`: the table of product groups and the forms of their codes.
use crate::cli::say;
use crate::code::{Day, Extra, TEMPLATES, Tail, Template};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Forms {
    /// Only the forms that could be ordered on this day, such as 2025-10-01.
    #[arg(long)]
    day: Option<Day>,
    /// One JSON object a line, for programs.
    #[arg(long)]
    json: bool,
}

impl Forms {
    pub(super) fn run(&self) -> ExitCode {
        let held = |form: &&Template| self.day.is_none_or(|day| form.holds_on(day));
        for form in TEMPLATES.iter().filter(held) {
            say(&if self.json { of(form).to_string() } else { line(form) });
        }
        ExitCode::SUCCESS
    }
}

fn of(form: &Template) -> Value {
    let tail = match form.tail {
        Tail::Short => json!({"93": 4}),
        Tail::Long(signature) => json!({"91": 4, "92": signature}),
        Tail::Block => json!({"8005": 6, "93": 4}),
        Tail::Pack { priced } => json!({"price": 4, "check": 4, "priced": priced}),
    };
    let facts = form.group.facts();
    json!({
        "group": form.group.alias(),
        "name": facts.name,
        "group_id": facts.id,
        "v2": facts.v2,
        "template_id": form.template_id,
        "serial": form.serial_len,
        "own_serial": form.own_serial_len(),
        "tail": tail,
        "with_hs": form.with_hs,
        "extras": form.extras.iter().map(|extra| word(*extra)).collect::<Vec<_>>(),
        "from": form.from.map(|day| day.to_string()),
        "until": form.until.map(|day| day.to_string()),
        "trust": form.trust.word(),
        "modules": form.modules,
    })
}

fn word(extra: Extra) -> &'static str {
    match extra {
        Extra::Weight => "3103",
        Extra::Volume => "335Y",
        Extra::FactorySerial => "97",
        Extra::Count => "30",
        Extra::Kilograms => "310Y",
        Extra::Metres => "311Y",
    }
}

fn line(form: &Template) -> String {
    let hs = if form.with_hs { " [240 + 4]" } else { "" };
    let tail = match form.tail {
        Tail::Short => "93 + 4".to_owned(),
        Tail::Long(signature) => format!("91 + 4, 92 + {signature}"),
        Tail::Block => "8005 + 6, 93 + 4".to_owned(),
        Tail::Pack { priced: true } => "price, check; no identifiers".to_owned(),
        Tail::Pack { priced: false } => "AAAA, check; no identifiers".to_owned(),
    };
    let extras = form.extras.iter().fold(String::new(), |said, extra| said + " / " + word(*extra));
    let days = match (form.from, form.until) {
        (None, None) => String::new(),
        (Some(from), _) => format!("  from {from}"),
        (None, Some(until)) => format!("  until {until}"),
    };
    let Template { group, template_id, serial_len, modules, trust, .. } = form;
    format!(
        "{:<13} {template_id:>3}  serial {serial_len:>2}{hs}, {tail}{extras}  {modules} x \
         {modules}  ({}){days}",
        group.alias(),
        trust.word()
    )
}
