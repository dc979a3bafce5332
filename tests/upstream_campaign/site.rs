//! The place of one run: a folder with a configuration and a store.
use super::mark;
use super::plan::Plan;
use crate::daemon_kit::campaign::{folder, head, store_file};
use markwright::sim::issuer::IssuerSettings;
use markwright::store::Store;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The trade item of all orders.
pub(crate) const GTIN: &str = "04810093011694";
pub(crate) const LINE: &str = "desk";

/// An empty store, made once and copied for every run.
pub(crate) struct Template(TempDir);

impl Template {
    pub(crate) async fn make() -> Self {
        let folder = folder();
        drop(Store::open(&folder.path().join("made.db")).await.unwrap());
        let store = connect(&folder.path().join("made.db")).await;
        let into = folder.path().join("copy.db").display().to_string();
        sqlx::query("vacuum into $1").bind(into).execute(&store).await.unwrap();
        store.close().await;
        Self(folder)
    }
}

/// The folder of one run.
pub(crate) struct Site {
    folder: TempDir,
    pub(crate) config: PathBuf,
}

impl Site {
    pub(crate) async fn build(template: &Template, plan: &Plan, issuer: SocketAddr) -> Self {
        let folder = folder();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        std::fs::copy(template.0.path().join("copy.db"), store_file(folder.path())).unwrap();
        let config = folder.path().join("markwright.toml");
        let IssuerSettings { client_token, oms_id, oms_connection, .. } = IssuerSettings::default();
        let token = folder.path().join("client-token");
        std::fs::write(&token, client_token).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        let token = token.display();
        if plan.mark {
            mark::job(&store_file(folder.path())).await;
        }
        let manner = if plan.old { "country = \"KZ\"\ncontact_person = \"Anna\"\n" } else { "" };
        let whose = if plan.signs {
            format!(
                "sign = {{ by = \"test\" }}\n\
                 sign_in = {{ url = \"http://{issuer}/api/v3/true-api\", connection = \"{oms_connection}\" }}\n"
            )
        } else {
            format!("token_file = \"{token}\"\n")
        };
        // The waits of a real station would make an hour of a minute.
        let station = format!(
            "[issuer]\nurl = \"http://{issuer}\"\noms_id = \"{oms_id}\"\n{manner}{whose}\
             report_every = \"200ms\"\nlost_order_after = \"1s\"\nagain_after = \"200ms\"\n\
             rest_after_failure = \"500ms\"\nanswer_within = \"5s\"\n"
        );
        let station = if plan.mark { mark::table(folder.path(), issuer) } else { station };
        let stock = if plan.by_rule {
            format!("[line.stock]\nlow = 1\norder = {}\n", plan.orders[0])
        } else {
            String::new()
        };
        let line = line(&format!(
            "[line.goods]\ngtin = \"{GTIN}\"\ngroup = \"{}\"\nname = \"Goods\"\nhs_code = \"0403\"\n{stock}",
            plan.group
        ));
        std::fs::write(&config, head(folder.path()) + &station + &line).unwrap();
        let site = Self { folder, config };
        if !plan.by_rule {
            site.want(plan).await;
        }
        site
    }

    /// Wants every order at once, before the daemon starts.
    async fn want(&self, plan: &Plan) {
        let store = Store::open(&self.store_file()).await.unwrap();
        let group = markwright::code::ProductGroup::from_alias(plan.group).unwrap();
        for quantity in &plan.orders {
            let gtin = GTIN.parse().unwrap();
            store.want_codes(&format!("line:{LINE}"), gtin, group, *quantity).await.unwrap();
        }
    }

    pub(crate) fn store_file(&self) -> PathBuf {
        store_file(self.folder.path())
    }
}

/// A connection of the test's own. Kept short: while one is open, a store that was killed is not
/// repaired by whoever opens it next.
pub(crate) async fn connect(store_file: &Path) -> SqlitePool {
    let options = SqliteConnectOptions::new().filename(store_file);
    let options = options.busy_timeout(std::time::Duration::from_secs(30)).foreign_keys(true);
    SqlitePool::connect_with(options).await.unwrap()
}

/// A desk whose printer is not there: only its stock is of interest.
fn line(rest: &str) -> String {
    format!(
        "[[line]]\nname = \"{LINE}\"\nscenario = \"roll\"\ndesign = \"30x20\"\n\
         printer = {{ profile = \"desk-zpl-203\", address = \"127.0.0.1:9\" }}\n{rest}"
    )
}
