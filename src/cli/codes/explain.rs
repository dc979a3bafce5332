//! `codes explain`: everything about one code.
use crate::cli::{say, say_to_person};
use crate::code::{
    Country, Day, Duty, Exemption, GS, Link, Parts, ProductGroup, Question, ShelfLife, Sscc, duty,
    parse, parse_as, restore, restore_as,
};
use crate::telemetry::clock;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Explain {
    /// The code, or its address; the separator as character 29, as `<GS>`, as `\u001d`, or lost. A
    /// leading `]d2` is passed over.
    code: String,
    /// The product group, if it is known.
    #[arg(long, value_parser = group)]
    group: Option<ProductGroup>,
    /// The HS code of the goods: says whether they must be marked.
    #[arg(long)]
    hs: Option<String>,
    /// Where they are sold: AM, BY, KZ, KG or RU.
    #[arg(long, default_value = "RU", value_parser = country)]
    country: Country,
    /// How long they keep: a number of days, or `unlimited`.
    #[arg(long, value_parser = shelf_life)]
    shelf_life: Option<ShelfLife>,
    /// Why they would be exempt.
    #[arg(long, value_parser = exemption)]
    exemption: Option<Exemption>,
    /// The day that is asked for; today if none is.
    #[arg(long)]
    day: Option<Day>,
    /// The domain of the address.
    #[arg(long, default_value = "id.gs1.org")]
    domain: String,
    /// One JSON object, for programs.
    #[arg(long)]
    json: bool,
}

/// A product group, by its alias.
pub(in crate::cli) fn group(alias: &str) -> Result<ProductGroup, String> {
    let all = || ProductGroup::ALL.map(ProductGroup::alias).join(", ");
    ProductGroup::from_alias(alias).ok_or_else(|| format!("one of {}", all()))
}

fn country(letters: &str) -> Result<Country, String> {
    let all = || Country::ALL.map(Country::letters).join(", ");
    Country::from_letters(letters).ok_or_else(|| format!("one of {}", all()))
}

fn shelf_life(word: &str) -> Result<ShelfLife, &'static str> {
    ShelfLife::from_word(word).ok_or("a number of days, or 'unlimited'")
}

fn exemption(word: &str) -> Result<Exemption, String> {
    let all = || Exemption::ALL.map(Exemption::word).join(", ");
    Exemption::from_word(word).ok_or_else(|| format!("one of {}", all()))
}

/// One line of the answer: the name in JSON, the name for a person, what is there.
type Fact = (&'static str, &'static str, Value);

impl Explain {
    pub(super) fn run(&self) -> ExitCode {
        let text = plain(&self.code);
        if let Ok(unit) = text.parse::<Sscc>() {
            self.tell(&[
                ("kind", "Kind", json!("box or pallet (SSCC)")),
                ("sscc", "SSCC", json!(unit.as_str())),
                ("text", "Text", json!(unit.element_string())),
            ]);
            return ExitCode::SUCCESS;
        }
        let whole = match self.group {
            Some(group) => restore_as(&text, group),
            None => restore(&text),
        };
        let parts = whole.as_ref().map_err(Clone::clone).and_then(|whole| match self.group {
            Some(group) => parse_as(whole, group),
            None => parse(whole),
        });
        match parts {
            Ok(parts) => {
                let restored = whole.as_ref().is_ok_and(|whole| **whole != *text);
                self.tell(&self.facts(&parts, restored));
                ExitCode::SUCCESS
            }
            Err(problem) => {
                if self.json {
                    say(&json!({"ok": false, "reason": problem.to_string()}).to_string());
                } else {
                    say_to_person(&format!("not a code: {problem}"));
                }
                ExitCode::FAILURE
            }
        }
    }

    fn facts(&self, parts: &Parts<'_>, restored: bool) -> Vec<Fact> {
        let template = parts.template;
        let groups: Vec<_> = parts.groups().into_iter().map(ProductGroup::alias).collect();
        let extras: serde_json::Map<_, _> =
            parts.extras().iter().map(|e| (e.ai.to_owned(), json!(e.value))).collect();
        let duty = self.duty();
        vec![
            ("kind", "Kind", json!("product")),
            ("group", "Group", json!(parts.group().alias())),
            ("groups", "Groups with this form", json!(groups)),
            ("template_id", "Template", json!(template.template_id)),
            ("holds", "Can be ordered today", json!(template.holds_on(self.day()))),
            ("trust", "Source of the form", json!(template.trust.word())),
            ("gtin", "GTIN", json!(parts.gtin.as_str())),
            ("serial", "Serial number", json!(parts.serial)),
            ("country", "Country of the serial number", json!(parts.country().map(Country::name))),
            ("hs", "HS code in the code", json!(parts.hs())),
            ("kopecks", "Price in kopecks", json!(parts.kopecks())),
            ("key", "Key", json!(parts.key())),
            ("check", "Check part", json!(parts.check())),
            ("extras", "After the check part", json!(extras)),
            ("beyond_set_82", "Characters of Belarus only", json!(parts.is_beyond_set_82())),
            ("identification", "Identification", json!(parts.identification())),
            ("human_readable", "In letters", json!(parts.human_readable())),
            ("canonical", "As it is stored", json!(parts.canonical())),
            ("digital_link", "Address", json!(parts.digital_link(&self.domain))),
            ("modules", "Symbol, modules a side", json!(template.modules)),
            ("restored", "Separators were put back", json!(restored)),
            ("duty", "Marking", json!(duty.map(|duty| duty.words()))),
            ("duty_source", "By", json!(duty.and_then(|duty| duty.source()))),
        ]
    }

    fn day(&self) -> Day {
        self.day.unwrap_or_else(clock::today)
    }

    fn duty(&self) -> Option<Duty> {
        let hs = self.hs.as_deref()?;
        let Self { country, shelf_life, exemption, .. } = *self;
        Some(duty(&Question { hs, country, shelf_life, exemption }, self.day()))
    }

    fn tell(&self, facts: &[Fact]) {
        if self.json {
            let mut object: serde_json::Map<_, _> =
                facts.iter().map(|(key, _, value)| ((*key).to_owned(), value.clone())).collect();
            object.insert("ok".to_owned(), json!(true));
            say(&Value::Object(object).to_string());
            return;
        }
        for (_, name, value) in facts {
            if let Some(words) = words(value) {
                say(&format!("{name:<29} {words}"));
            }
        }
    }
}

/// The text of the code, without what stands before it.
pub(in crate::cli) fn plain(code: &str) -> String {
    let text = code.trim().trim_start_matches("]d2").trim_matches(GS);
    if let Some(text) = Link::read(text).ok().and_then(|link| link.text()) {
        return text;
    }
    if text.contains(GS) || parse(text).is_ok() {
        return text.to_owned();
    }
    ["\\u001d", "\\u001D", "<GS>"]
        .into_iter()
        .fold(text.to_owned(), |text, spelled| text.replace(spelled, "\u{1d}"))
}

/// A value for a person; nothing where there is nothing to say. The separator is shown.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.replace(GS, "<GS>")),
        Value::Array(all) => Some(all.iter().filter_map(words).collect::<Vec<_>>().join(", ")),
        Value::Object(all) if all.is_empty() => None,
        Value::Object(all) => {
            let one = |(ai, value): (&String, &Value)| {
                format!("{ai} {}", words(value).unwrap_or_default())
            };
            Some(all.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}
