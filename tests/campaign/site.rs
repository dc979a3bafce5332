//! The place of one script: a folder with a configuration, codes and a store, and a fake printer.
use crate::daemon_kit::campaign::{folder, head, store_file};
use crate::daemon_kit::{Daemon, Person, program};
use markwright::sim::dice::Dice;
use markwright::sim::labels::random_dairy_code;
use markwright::sim::printer::{Language, Printer};
use markwright::store::{Passport, Store};
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// The only line.
const LINE: &str = "roll-1";
/// Labels of the second shortest design: the faster they are, the more scripts an hour.
const DESIGN: &str = "30x20";
/// How long a label takes at most: 20 mm at the speed of a slow printer take half of it.
const LABEL_MS: u32 = 400;
/// The purpose of this chance.
const FOR_THE_JOB: u64 = 4;

/// A store with a person who is signed in, and nothing else: copied for every script, so that the
/// price of a password is paid once.
pub(crate) struct Template {
    folder: TempDir,
    pub(crate) person: Person,
}

/// What the store says in the end, beside the states of the codes.
pub(crate) struct Books {
    /// Kind of each entry of the journal, and which state a code came to, in order.
    pub(crate) journal: Vec<(String, Option<String>)>,
    /// The passports of the jobs that were begun. A daemon that was killed after its job was done
    /// begins the job of its configuration anew.
    pub(crate) passports: Vec<Passport>,
}

/// The copy within the template's folder: of a store that others have open.
const COPY: &str = "copy.db";

impl Template {
    pub(crate) async fn make() -> Self {
        let folder = folder();
        let config = folder.path().join("markwright.toml");
        let nobody = "[[line]]\nname = \"desk\"\nscenario = \"roll\"\n\
            printer = { profile = \"desk-zpl-203\", address = \"127.0.0.1:9\" }\n";
        std::fs::write(&config, head(folder.path()) + nobody).unwrap();
        let daemon = Daemon::start(&config, drop).await;
        Person::add(&store_file(folder.path())).await;
        let person = Person::sign_in(&daemon, LINE).await;
        daemon.end().await;
        let options = SqliteConnectOptions::new().filename(store_file(folder.path()));
        let store = SqlitePool::connect_with(options).await.unwrap();
        let copy = folder.path().join(COPY).display().to_string();
        sqlx::query("vacuum into $1").bind(copy).execute(&store).await.unwrap();
        store.close().await;
        Self { folder, person }
    }
}

/// The folder of one script.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) config: PathBuf,
    /// The codes that were imported.
    pub(crate) codes: BTreeSet<String>,
}

/// The roll of a script, and the printer as the daemon is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) language: Language,
    /// What confirms a label. A TSPL printer has no counter.
    pub(crate) evidence: &'static str,
    /// A printer whose status is asked at a port of its own.
    pub(crate) asks_json: bool,
    reprint_on_error: &'static str,
    /// Labels that may be out and not confirmed.
    pub(crate) window: usize,
    pub(crate) planned: usize,
    /// Codes beyond those planned.
    spare: usize,
    design: &'static str,
    /// Labels side by side.
    pub(crate) across: usize,
    /// Whether labels without a code stand before and after.
    marks: bool,
}

impl Job {
    /// Languages take turns; every kind of printer meets every kind of luck. Some jobs run out of
    /// codes.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed, FOR_THE_JOB);
        let zpl = seed.is_multiple_of(2);
        let counts = zpl && dice.chance(0.75);
        let obeys = zpl || dice.chance(0.5);
        let mut job = Self {
            language: if zpl { Language::Zpl } else { Language::Tspl },
            evidence: if counts { "counter" } else { "batch_drain" },
            asks_json: zpl && dice.chance(0.2),
            reprint_on_error: if obeys { "off" } else { "cannot_be_set" },
            window: if counts { 1 + dice.below(4) } else { 1 },
            // Without a counter a label takes as long as the printer must rest after it.
            planned: if counts { 16 + dice.below(24) } else { 8 + dice.below(8) },
            spare: dice.below(16),
            design: DESIGN,
            across: if dice.chance(0.25) { 2 } else { 1 },
            marks: dice.chance(0.3),
        };
        if zpl && !counts && dice.chance(0.75) {
            (job.evidence, job.window) = ("echo", 1 + dice.below(4));
        }
        job
    }

    /// A long roll for the best printer of a language.
    pub(crate) fn long(language: Language, planned: usize, design: &'static str) -> Self {
        let zpl = language == Language::Zpl;
        Self {
            language,
            evidence: if zpl { "counter" } else { "batch_drain" },
            asks_json: false,
            reprint_on_error: "off",
            window: if zpl { 4 } else { 1 },
            planned,
            spare: 0,
            design,
            across: 1,
            marks: false,
        }
    }

    /// Without a counter and without an echo, nothing tells that a label was printed again. TSPL's
    /// print key is switched off.
    pub(crate) fn tells_of_copies(&self) -> bool {
        self.language == Language::Tspl || self.evidence != "batch_drain"
    }

    /// Rows of labels that are planned.
    pub(crate) fn rows(&self) -> usize {
        self.planned.div_ceil(self.across)
    }

    fn profile(&self) -> String {
        let language = if self.language == Language::Zpl { "zpl" } else { "tspl" };
        let Self { evidence, reprint_on_error, window, .. } = self;
        format!(
            r#"name = "Fake printer"
language = "{language}"
dots_per_mm = 12
head_width_dots = 1248
memory_kilobytes = 2048
confirms = ["{evidence}"]
status = {{ channel = "same" }}
window = {window}
reprint_on_error = "{reprint_on_error}"
speed_mm_per_s = 300
label_ms = {LABEL_MS}
"#
        )
    }
}

impl Site {
    pub(crate) async fn build(
        template: &Template,
        job: &Job,
        printer: &Printer,
        dice: &mut Dice,
    ) -> Self {
        let folder = folder();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::copy(template.folder.path().join(COPY), store_file(folder.path())).unwrap();
        let config = folder.path().join("markwright.toml");
        let profile = folder.path().join("printer.toml");
        std::fs::write(&profile, job.profile()).unwrap();
        std::fs::write(&config, head(folder.path()) + &line(job, &profile, printer)).unwrap();
        let mut codes = BTreeSet::new();
        while codes.len() < job.planned + job.spare {
            codes.insert(random_dairy_code(dice));
        }
        let site = Self { folder, config, codes };
        site.import().await;
        site
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        store_file(self.folder.path())
    }

    /// Reads the books of a daemon that has ended.
    pub(crate) async fn books(&self) -> Books {
        let options = SqliteConnectOptions::new().filename(self.store_file()).read_only(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        let sql = "select kind, body ->> 'is' from journal order by id";
        let journal = sqlx::query_as(sql).fetch_all(&pool).await.unwrap();
        pool.close().await;
        let store = Store::open(&self.store_file()).await.unwrap();
        let jobs = store.jobs_of_pool(&format!("line:{LINE}")).await.unwrap();
        let mut passports = Vec::new();
        for job in jobs {
            passports.extend(store.passport(job).await.unwrap());
        }
        Books { journal, passports }
    }

    async fn import(&self) {
        let array = self.folder.path().join("array.txt");
        let lines: Vec<_> = self.codes.iter().map(String::as_str).collect();
        std::fs::write(&array, lines.join("\n")).unwrap();
        let done = Command::new(program())
            .args(["codes", "import", "--line", LINE, "--config"])
            .args([&self.config, &array])
            .output()
            .await
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

fn line(job: &Job, profile: &Path, printer: &Printer) -> String {
    let Job { planned, design, across, marks, .. } = job;
    let pitch = if *across > 1 { "pitch_mm = 33\n" } else { "" };
    let status = printer.json_addr.map(|at| format!(", status_port = {}", at.port()));
    format!(
        r#"[[line]]
name = "{LINE}"
scenario = "roll"
design = "{design}"
by_itself = true
planned = {planned}
printer = {{ profile = "{profile}", address = "{address}"{status} }}
limits = {{ labels_ahead = 4, settle_within = "300ms" }}

[line.goods]
gtin = "04810093011694"
group = "milk"
name = "Кефир «Раница» 2,5 %"
hs_code = "0403"

[line.roll]
labels_per_row = {across}
{pitch}leader = {marks}
trailer = {marks}
"#,
        profile = profile.display(),
        address = printer.addr,
        status = status.unwrap_or_default(),
    )
}
