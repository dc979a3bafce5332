//! The place of one script: a folder with a configuration, codes and a store, and a fake printer.
use super::Language;
use super::daemon::{Daemon, LINE, Log, Person};
use markwright::sim::dice::Dice;
use markwright::sim::labels::random_dairy_code;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::process::Command;

/// Labels of the second shortest design: the faster they are, the more scripts an hour.
const DESIGN: &str = "30x20";
/// The purpose of this chance.
const FOR_THE_JOB: u64 = 4;

/// A store with a person who is signed in, and nothing else: copied for every script, so that the
/// price of a password is paid once.
pub(crate) struct Template {
    folder: TempDir,
    pub(crate) person: Person,
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
        let daemon = Daemon::start(&config, &Log::default()).await;
        let person = Person::sign_in(&daemon, &store_file(folder.path())).await;
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

/// The roll of a script.
pub(crate) struct Job {
    pub(crate) language: Language,
    pub(crate) window: usize,
    pub(crate) planned: usize,
    /// Codes beyond those planned.
    pub(crate) spare: usize,
}

impl Job {
    /// Every language and every window meets every kind of luck. Some jobs run out of codes.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed, FOR_THE_JOB);
        Self {
            language: Language::of(seed),
            window: 1 + dice.below(4),
            planned: 16 + dice.below(24),
            spare: dice.below(24),
        }
    }
}

impl Site {
    pub(crate) async fn build(
        template: &Template,
        job: &Job,
        printer: SocketAddr,
        dice: &mut Dice,
    ) -> Self {
        let folder = folder();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::copy(template.folder.path().join(COPY), store_file(folder.path())).unwrap();
        let config = folder.path().join("markwright.toml");
        std::fs::write(&config, head(folder.path()) + &line(job, printer)).unwrap();
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

    async fn import(&self) {
        let array = self.folder.path().join("array.txt");
        let lines: Vec<_> = self.codes.iter().map(String::as_str).collect();
        std::fs::write(&array, lines.join("\n")).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_markwright"))
            .args(["codes", "import", "--line", LINE, "--config"])
            .args([&self.config, &array])
            .output()
            .await
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

/// A new folder, in memory where the machine has such a place: what `kill -9` leaves behind does
/// not depend on a disk.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { TempDir::with_prefix_in("markwright-", memory) } else { TempDir::new() }
        .unwrap()
}

fn store_file(folder: &Path) -> PathBuf {
    folder.join("data/markwright.db")
}

fn head(folder: &Path) -> String {
    let data = folder.join("data");
    format!("data_dir = \"{}\"\n[web]\nlisten = \"127.0.0.1:0\"\n", data.display())
}

/// A printer that takes less than a tenth of a second for a label is late much sooner than others.
fn line(job: &Job, printer: SocketAddr) -> String {
    let Job { language, window, planned, .. } = job;
    let profile = language.profile();
    format!(
        r#"[[line]]
name = "{LINE}"
scenario = "roll"
design = "{DESIGN}"
by_itself = true
planned = {planned}
printer = {{ profile = "{profile}", address = "{printer}" }}
limits = {{ labels_ahead = {window}, print_within = "2s", settle_within = "300ms" }}

[line.goods]
gtin = "04810093011694"
group = "milk"
name = "Кефир «Раница» 2,5 %"
hs_code = "0403"
"#
    )
}
