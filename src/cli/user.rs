//! `user`: people who may sign in.
use super::{EX_CONFIG, configuration, say, say_to_person};
use crate::access::Role;
use crate::config;
use crate::store::Store;
use anyhow::{Context, bail};
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with people.
#[derive(Debug, clap::Subcommand)]
pub(super) enum User {
    /// Makes a person known. The password is the first line of standard input; if there is none,
    /// one is made and printed.
    #[command(after_help = "Examples:
  markwright user add anna --role operator
  echo 'a long password' | markwright user add boris --role manager --config my-line.toml")]
    Add {
        /// The name to sign in with.
        name: String,
        /// operator, manager or customer.
        #[arg(long)]
        role: String,
        /// The configuration of the daemon whose store gets to know the person; without it, the
        /// store in the folder `markwright-data`.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

impl User {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Add { name, role, config } = self;
        let Ok(role) = role.parse::<Role>() else {
            bail!("'{role}' is no role; there are operator, manager and customer");
        };
        let data_dir = match config.as_ref().map(|file| configuration(file)) {
            None => config::default_data_dir(),
            Some(Some(config)) => config.data_dir,
            Some(None) => return Ok(ExitCode::from(EX_CONFIG)),
        };
        let given = password()?;
        let password = given.clone().unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        let made = std::fs::create_dir_all(&data_dir);
        made.with_context(|| format!("make the data folder {}", data_dir.display()))?;
        let store = Store::open(&data_dir.join("markwright.db")).await?;
        store.add_person(name, &password, role).await?;
        say(&format!("{name} may sign in as {}", role.word()));
        if given.is_none() {
            say(&format!("password: {password}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What somebody typed or piped in.
fn password() -> anyhow::Result<Option<String>> {
    if std::io::stdin().is_terminal() {
        say_to_person("password (empty: one is made):");
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("read the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    Ok((!password.is_empty()).then(|| password.to_owned()))
}
