//! `user`: people who may sign in.
use super::{EX_CONFIG, say, say_to_person};
use crate::access::Role;
use crate::config;
use crate::store::Store;
use anyhow::{Context, bail};
use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to do with people.
#[derive(Debug, clap::Subcommand)]
pub(super) enum User {
    /// Makes a person known. The password is read from standard input, one line of 8 characters
    /// or more.
    #[command(after_help = "Examples:
  markwright user add anna --role manager --config line-configs/print-apply.toml
  markwright user add \"ООО Импорт\" --role customer --config line-configs/labelling-centre.toml")]
    Add {
        /// The name to sign in with.
        name: String,
        /// operator, manager or customer.
        #[arg(long)]
        role: String,
        /// The configuration of the daemon whose store gets to know the person.
        #[arg(long)]
        config: PathBuf,
    },
}

impl User {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Self::Add { name, role, config } = self;
        let Ok(role) = role.parse::<Role>() else {
            bail!("'{role}' is no role; there are operator, manager and customer");
        };
        let config = match config::load(config) {
            Ok(config) => config,
            Err(error) => {
                say_to_person(&error.to_string());
                return Ok(ExitCode::from(EX_CONFIG));
            }
        };
        say_to_person("password:");
        let mut password = String::new();
        std::io::stdin().lock().read_line(&mut password).context("read the password")?;
        std::fs::create_dir_all(&config.data_dir).context("make the data folder")?;
        let store = Store::open(&config.data_dir.join("markwright.db")).await?;
        store.add_person(name, password.trim_end_matches(['\r', '\n']), role).await?;
        say(&format!("{name} may sign in"));
        Ok(ExitCode::SUCCESS)
    }
}
