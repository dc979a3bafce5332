//! From a file to a [`Config`], or to everything that is wrong with it.
use super::electronic_mark::electronic_mark;
use super::issuer::{self, Manner};
use super::line::line_config;
use super::product;
use super::reader::{Problem, Reader};
use super::shifts::shifts;
use super::signing;
use super::{CentreConfig, Config, IssuerConfig, LineConfig, WebConfig};
use crate::oee::Shifts;
use crate::order::{Kopecks, PriceList};
use crate::publish::{Login, PublishSettings};
use crate::upstream::{ClientToken, OmsSettings};
use crate::web::WebSettings;
use crate::{pull, report};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.problems.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for CheckError {}

impl CheckError {
    /// Whether the text is right, and only files that it names are missing on this machine.
    pub fn is_of_this_machine(&self) -> bool {
        self.problems.iter().all(|problem| problem.of_this_machine)
    }
}

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// Where a daemon keeps its data if its configuration does not say.
pub fn default_data_dir() -> PathBuf {
    PathBuf::from("markwright-data")
}

/// Reads a file and says what it means, or everything that is wrong with it.
pub fn load(file: &Path) -> Result<Config, CheckError> {
    let whole = |found: String, wanted: &str| {
        let (file, key, wanted) = (file.to_owned(), String::new(), wanted.to_owned());
        CheckError { problems: vec![Problem { file, key, found, wanted, of_this_machine: false }] }
    };
    let text = std::fs::read_to_string(file)
        .map_err(|e| whole(e.to_string().to_lowercase(), "a readable file"))?;
    let table = text
        .parse()
        .map_err(|e: toml::de::Error| whole(e.message().to_owned() + &place(&text, &e), "TOML"))?;
    let mut problems = Vec::new();
    let config = read(Reader::new(file, String::new(), table, &mut problems));
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        Some(_) | None => Err(CheckError { problems }),
    }
}

fn place(text: &str, error: &toml::de::Error) -> String {
    error.span().map_or_else(String::new, |span| {
        let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
        format!(" on line {line}")
    })
}

fn read(mut top: Reader<'_>) -> Option<Config> {
    let data_dir = default_data_dir().display().to_string();
    let data_dir = PathBuf::from(top.text_or("data_dir", &data_dir));
    let web = web(top.table("web"));
    let issuer = top.has("issuer").then(|| station(top.table("issuer"), &data_dir));
    let true_api = top.has("true_api").then(|| signing::true_api(top.table("true_api"), &data_dir));
    let mark = top.has("electronic_mark").then(|| electronic_mark(top.table("electronic_mark")));
    if issuer.is_some() && mark.is_some() {
        let found = "beside [issuer]";
        top.wrong("electronic_mark", found, "one of the two: both would order the same codes");
    }
    let mqtt = top.has("mqtt").then(|| mqtt(top.table("mqtt")));
    let centre = top.has("centre").then(|| centre(top.table("centre")));
    let shifts = shifts(&mut top, &Shifts::default());
    let mut rules = Vec::new();
    let lines = lines(&mut top, &data_dir, &shifts, &mut rules);
    let codes_can_come = rules.is_empty() || issuer.is_some() || mark.is_some();
    check_lines(&mut top, &lines, centre.as_ref(), codes_can_come);
    let issuer = match issuer {
        Some(issuer) => {
            let mut issuer = issuer?;
            product::check(&mut top, &issuer, &rules);
            issuer.pull.rules.clone_from(&rules);
            Some(issuer)
        }
        None => None,
    };
    let electronic_mark = match mark {
        Some(mark) => {
            let mut mark = mark?;
            mark.pull.rules = rules;
            Some(mark)
        }
        None => None,
    };
    let true_api = match true_api {
        Some(true_api) => Some(true_api?),
        None => None,
    };
    signing::check(&mut top, issuer.as_deref(), true_api.as_ref());
    top.end("data_dir, web, issuer, true_api, electronic_mark, mqtt, centre, shifts, line");
    Some(Config { data_dir, web: web?, issuer, true_api, electronic_mark, mqtt, lines, centre })
}

fn web(mut at: Reader<'_>) -> Option<WebConfig> {
    let wanted = "an address such as \"127.0.0.1:8080\"";
    let listen = if at.has("listen") {
        at.read("listen", wanted, |text| text.parse().ok())
    } else {
        Some(([127, 0, 0, 1], 8080).into())
    };
    let settings = WebSettings {
        secure_cookies: at.flag_or("secure_cookies", false),
        open_to_look: at.flag_or("open_to_look", true),
        ..WebSettings::default()
    };
    at.end("listen, secure_cookies, open_to_look");
    Some(WebConfig { listen: listen?, settings })
}

fn station(mut at: Reader<'_>, data_dir: &Path) -> Option<Box<IssuerConfig>> {
    let wanted = "an address such as \"https://suzgrid.crpt.ru\"";
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let url = at.read("url", wanted, |text| is_url(text).then(|| text.to_owned()));
    let oms_id = at.read("oms_id", "the participant's id at the station", |text| {
        (!text.is_empty()).then(|| text.to_owned())
    });
    let sign = at.has("sign").then(|| signing::sign(at.table("sign")));
    let sign_in = at.has("sign_in").then(|| signing::sign_in(at.table("sign_in"), data_dir));
    let token = match &sign_in {
        None => at.secret("token_file"),
        // The token is got, not entered.
        Some(_) => Some(String::new()),
    };
    let minute = 60 * SECOND;
    let mut report = report::Settings {
        every: at.time_or("report_every", 10 * SECOND, SECOND / 10, 60 * minute),
        at_most: u32::try_from(at.number_or("report_at_most", 30_000, 1, 30_000)).expect("bounded"),
        receipt_within: at.time_or("receipt_within", 30 * minute, SECOND, 24 * 60 * minute),
        ..report::Settings::default()
    };
    let release_method = at.text_or("release_method", "PRODUCTION");
    let usual = pull::Settings::default();
    let search_after = at.time_or("lost_order_after", usual.search_after, SECOND, 60 * minute);
    let manner = Manner::read(&mut at);
    let usual_waits = OmsSettings::new("", ClientToken::new(""), "");
    let waits = Waits {
        answer_within: usual_waits.answer_within,
        again_after: usual_waits.again_after,
        rest_after_failure: usual_waits.rest_after_failure,
    };
    let waits = waits.or_as_said(&mut at, url.as_deref());
    at.end(&format!(
        "url, oms_id, token_file, sign, sign_in, report_every, report_at_most, receipt_within, release_method, lost_order_after, answer_within, again_after, rest_after_failure, {}",
        issuer::KEYS
    ));
    let mut oms = OmsSettings::new(&url?, ClientToken::new(token?), &oms_id?);
    oms.release_method = release_method;
    oms.answer_within = waits.answer_within;
    oms.again_after = waits.again_after;
    oms.rest_after_failure = waits.rest_after_failure;
    let serials = manner.serials();
    manner.set(&mut oms, &mut report);
    // A table that is there must be right.
    let sign = match sign {
        None => None,
        Some(sign) => Some(sign?),
    };
    let sign_in = match sign_in {
        None => None,
        Some(sign_in) => Some(sign_in?),
    };
    let pull = pull::Settings { search_after, serials, ..usual };
    Some(Box::new(IssuerConfig { oms, sign, sign_in, pull, report }))
}

/// How long an answer is waited for, and a state system is left alone.
pub(super) struct Waits {
    pub(super) answer_within: Duration,
    pub(super) again_after: Duration,
    pub(super) rest_after_failure: Duration,
}

impl Waits {
    /// These, or what the table says. The system's own rules hold; a fake one in this machine may
    /// be in more of a hurry.
    pub(super) fn or_as_said(self, at: &mut Reader<'_>, url: Option<&str>) -> Self {
        let (minute, least) = (60 * SECOND, SECOND / 10);
        let here = url.is_some_and(is_this_machine);
        let (again_least, rest_least) =
            if here { (least, least) } else { (SECOND, self.rest_after_failure) };
        let rest = self.rest_after_failure;
        Self {
            answer_within: at.time_or("answer_within", self.answer_within, SECOND, 5 * minute),
            again_after: at.time_or("again_after", self.again_after, again_least, 10 * minute),
            rest_after_failure: at.time_or("rest_after_failure", rest, rest_least, 60 * minute),
        }
    }
}

/// Whether an address can only be somebody on this machine.
fn is_this_machine(url: &str) -> bool {
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    host.parse::<std::net::SocketAddr>().is_ok_and(|at| at.ip().is_loopback())
}

fn mqtt(mut at: Reader<'_>) -> PublishSettings {
    let name = at.text_or("user", "");
    let password = if at.has("password_file") { at.secret("password_file") } else { None };
    let settings = PublishSettings {
        host: at.text("host", "the broker's name or address"),
        port: u16::try_from(at.number_or("port", 1883, 1, 65_535)).expect("in range"),
        prefix: at.text_or("prefix", "markwright"),
        client_id: at.text_or("client_id", "markwright"),
        login: (!name.is_empty()).then(|| Login { name, password: password.unwrap_or_default() }),
        answer_within: at.time_or("answer_within", 5 * SECOND, SECOND / 10, 60 * SECOND),
    };
    if settings.prefix.contains(['+', '#']) {
        at.wrong("prefix", &settings.prefix, "a topic without + and #");
    }
    at.end("host, port, prefix, client_id, user, password_file, answer_within");
    settings
}

fn centre(mut at: Reader<'_>) -> CentreConfig {
    let centre = CentreConfig {
        desk_line: at.text("desk_line", "the name of a line with scenario \"roll\""),
        prices: PriceList {
            per_code: kopecks(at.number_or("kopecks_per_code", 50, 0, 1_000_000)),
            minimum: kopecks(at.number_or("kopecks_minimum", 0, 0, 1_000_000_000)),
        },
        quantity_max: u32::try_from(at.number_or("quantity_max", 50_000, 1, 150_000))
            .expect("bounded"),
    };
    at.end("desk_line, kopecks_per_code, kopecks_minimum, quantity_max");
    centre
}

fn kopecks(n: u64) -> Kopecks {
    Kopecks(i64::try_from(n).expect("bounded"))
}

fn lines(
    top: &mut Reader<'_>,
    data_dir: &Path,
    shifts: &Shifts,
    rules: &mut Vec<pull::StockRule>,
) -> Vec<LineConfig> {
    let tables = top.tables("line");
    let (file, problems) = top.file_and_problems();
    let read =
        |(at, table)| line_config(Reader::new(file, at, table, problems), data_dir, shifts, rules);
    tables.into_iter().filter_map(read).collect()
}

fn check_lines(
    top: &mut Reader<'_>,
    lines: &[LineConfig],
    centre: Option<&CentreConfig>,
    codes_can_come: bool,
) {
    for (at, line) in lines.iter().enumerate() {
        if lines[..at].iter().any(|other| other.name == line.name) {
            let found = format!("the name \"{}\" twice", line.name);
            top.wrong("line", found, "a name of its own for every line");
        }
    }
    if !codes_can_come {
        top.wrong(
            "line.stock",
            "an order rule",
            "a table [issuer] or [electronic_mark] to order codes from",
        );
    }
    if let Some(centre) = centre {
        let is_desk =
            |line: &LineConfig| line.name == centre.desk_line && line.settings.scenario.is_roll();
        if !lines.iter().any(is_desk) {
            let found = format!("\"{}\"", centre.desk_line);
            top.wrong("centre.desk_line", found, "the name of a line with scenario \"roll\"");
        }
    }
}
