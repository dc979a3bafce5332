//! The table `[electronic_mark]`: the state system of Belarus.
use super::check::{SECOND, Waits};
use super::reader::Reader;
use crate::report::mark::{MarkTelling, MarkWords};
use crate::store::MarkParams;
use crate::upstream::electronic_mark::{
    Dialect, DownloadBy, LabelsAs, MarkSettings, MarkUser, Most, Numbers, Paths, SignInForm, Terms,
};
use crate::{pull, report};
use std::time::Duration;

/// Electronic Mark.
#[derive(Debug, Clone)]
pub struct MarkConfig {
    /// The system.
    pub mark: MarkSettings,
    /// How codes are pulled.
    pub pull: pull::Settings,
    /// How codes are told.
    pub telling: MarkTelling,
}

const MINUTE: Duration = Duration::from_mins(1);
/// What may be said in `[electronic_mark.params]` and `[electronic_mark.production_params]`, as a
/// working client has it; a date of its own for production as a public description has it.
const PARAMS: [&str; 20] = [
    "manufacture_date",
    "expiration_date",
    "item_name",
    "mark_method",
    "declaration_reg_number",
    "declaration_release_date",
    "country",
    "mark_target",
    "dogovor_date",
    "dogovor_nomer",
    "mark_reason",
    "document_date",
    "document_number",
    "org_number",
    "org_name",
    "remark_reason",
    "export_country_eaeu",
    "declaration_ordinal_number",
    "batch",
    "tn_ved",
];

pub(super) fn electronic_mark(mut at: Reader<'_>) -> Option<MarkConfig> {
    let wanted = "an address such as \"https://api.datamark.by\"";
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let url = at.read("url", wanted, |text| is_url(text).then(|| text.to_owned()));
    let user = user(&mut at);
    let usual = pull::Settings::default();
    let every = at.time_or("report_every", 10 * SECOND, SECOND / 10, 60 * MINUTE);
    let search_after = at.time_or("lost_after", usual.search_after, SECOND / 10, 60 * MINUTE);
    // No times were found: those of the Russian station are taken.
    let usual_waits = MarkSettings::new("", MarkUser::new("", ""));
    let waits = Waits {
        answer_within: usual_waits.answer_within,
        again_after: usual_waits.again_after,
        rest_after_failure: usual_waits.rest_after_failure,
    };
    let waits = waits.or_as_said(&mut at, url.as_deref());
    let terms = at.tables("group");
    let (file, problems) = at.file_and_problems();
    let named: Vec<_> = terms
        .into_iter()
        .filter_map(|(key, table)| group(Reader::new(file, key, table, problems)))
        .collect();
    let labelling = params(at.table("params"));
    let production = params(at.table("production_params"));
    let dialect = dialect(at.table("dialect"));
    at.end("url, user_file, report_every, lost_after, answer_within, again_after, rest_after_failure, group, params, production_params, dialect");
    let mut mark = MarkSettings::new(&url?, user?);
    mark.terms.extend(named);
    mark.dialect = dialect;
    mark.answer_within = waits.answer_within;
    mark.again_after = waits.again_after;
    mark.rest_after_failure = waits.rest_after_failure;
    let most = mark.dialect.most.mark;
    let report = report::Settings { every, at_most: most, ..report::Settings::default() };
    let words = MarkWords { labelling, production };
    let telling = MarkTelling { report, words, search_after };
    Some(MarkConfig { mark, pull: pull::Settings { search_after, ..usual }, telling })
}

fn user(at: &mut Reader<'_>) -> Option<MarkUser> {
    let line = at.secret("user_file")?;
    let user = MarkUser::from_line(&line);
    if user.is_none() {
        at.wrong("user_file", "a file with something else", "one line: name:password");
    }
    user
}

/// What the system calls one product group of ours.
fn group(mut at: Reader<'_>) -> Option<(String, Terms)> {
    let wanted = "a product group such as \"milk\"";
    let known = |alias: &str| crate::code::ProductGroup::from_alias(alias);
    let ours = at.read("name", wanted, known);
    let label_type = at.number_or("label_type", 20, 1, 1_000);
    let label_type = u32::try_from(label_type).expect("bounded");
    let theirs = at.text_or("called", ours.map_or("", crate::code::ProductGroup::alias));
    at.end("name, label_type, called");
    Some((ours?.alias().to_owned(), Terms { label_type, group: theirs }))
}

fn params(mut at: Reader<'_>) -> MarkParams {
    let mut said = MarkParams::new();
    for key in PARAMS {
        if at.has(key) {
            said.insert(key.to_owned(), at.text_or(key, ""));
        }
    }
    at.end(&PARAMS.join(", "));
    said
}

fn dialect(mut at: Reader<'_>) -> Dialect {
    let usual = Dialect::default();
    let sign_in = match at.text_or("sign_in", "form").as_str() {
        "form" => SignInForm::Form,
        "json" => SignInForm::Json,
        other => {
            at.wrong("sign_in", format_args!("\"{other}\""), "\"form\" or \"json\"");
            usual.sign_in
        }
    };
    let download = match at.text_or("download_by", "filename").as_str() {
        "filename" => DownloadBy::Filename,
        "order_id" => DownloadBy::OrderId,
        other => {
            at.wrong("download_by", format_args!("\"{other}\""), "\"filename\" or \"order_id\"");
            usual.download
        }
    };
    let labels = match at.text_or("labels_as", "objects").as_str() {
        "objects" => LabelsAs::Objects,
        "texts" => LabelsAs::Texts,
        other => {
            at.wrong("labels_as", format_args!("\"{other}\""), "\"objects\" or \"texts\"");
            usual.labels
        }
    };
    let token_life = at.time_or("token_life", usual.token_life, MINUTE, 60 * MINUTE);
    let paths = paths(at.table("paths"));
    let numbers = numbers(at.table("numbers"));
    let most = most(at.table("most"));
    at.end("sign_in, download_by, labels_as, token_life, paths, numbers, most");
    Dialect { sign_in, token_life, download, labels, paths, numbers, most }
}

fn paths(mut at: Reader<'_>) -> Paths {
    let mut paths = Paths::default();
    let keys: [(&str, &mut String); 17] = [
        ("sign_in", &mut paths.sign_in),
        ("sign_out", &mut paths.sign_out),
        ("item_by_gtin", &mut paths.item_by_gtin),
        ("check_gtins", &mut paths.check_gtins),
        ("label_types", &mut paths.label_types),
        ("order", &mut paths.order),
        ("group_orders", &mut paths.group_orders),
        ("order_by_id", &mut paths.order_by_id),
        ("orders", &mut paths.orders),
        ("download", &mut paths.download),
        ("labels", &mut paths.labels),
        ("mark", &mut paths.mark),
        ("manufacture", &mut paths.manufacture),
        ("reports", &mut paths.reports),
        ("ship", &mut paths.ship),
        ("agents", &mut paths.agents),
        ("write_off", &mut paths.write_off),
    ];
    let known = keys.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", ");
    for (key, path) in keys {
        *path = at.text_or(key, path);
    }
    at.end(&known);
    paths
}

fn numbers(mut at: Reader<'_>) -> Numbers {
    let mut numbers = Numbers::default();
    let keys = [
        ("order_ready", &mut numbers.order_ready),
        ("order_refused", &mut numbers.order_refused),
        ("report_refused", &mut numbers.report_refused),
        ("marked", &mut numbers.marked),
        ("manufactured", &mut numbers.manufactured),
        ("written_off", &mut numbers.written_off),
    ];
    for (key, list) in keys {
        *list = at.whole_numbers_or(key, list);
    }
    at.end("order_ready, order_refused, report_refused, marked, manufactured, written_off");
    numbers
}

fn most(mut at: Reader<'_>) -> Most {
    let usual = Most::default();
    let mut at_most = |key: &str, default: u32, most: u32| {
        let number = at.number_or(key, u64::from(default), 1, u64::from(most));
        u32::try_from(number).expect("bounded")
    };
    let most = Most {
        order: at_most("order", usual.order, 1_000),
        group: at_most("group", usual.group, 100),
        mark: at_most("mark", usual.mark, 30_000),
        manufacture: at_most("manufacture", usual.manufacture, 10_000),
        ship: at_most("ship", usual.ship, 100_000),
        labels: at_most("labels", usual.labels, 10_000),
        gtins: at_most("gtins", usual.gtins, 100),
    };
    at.end("order, group, mark, manufacture, ship, labels, gtins");
    most
}
