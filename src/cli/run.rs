//! `run`: the daemon.
use super::{EX_CONFIG, asked_to_end, configuration};
use crate::app::App;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;

/// Runs until it is asked to end (Ctrl-C, SIGTERM); then every line stops in order.
///
/// It says `ready` when the pages are served. Exit code 78 if the configuration is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright run --config line-configs/print-apply.toml")]
pub(super) struct Run {
    /// The configuration; line-configs/ has examples.
    #[arg(long)]
    config: PathBuf,
}

impl Run {
    pub(super) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(config) = configuration(&self.config) else {
            return Ok(ExitCode::from(EX_CONFIG));
        };
        // Heard from before the start on: whoever reads `ready` may end us at once.
        let mut asked = pin!(asked_to_end());
        let app = tokio::select! {
            biased;
            () = &mut asked => return Ok(ExitCode::SUCCESS),
            app = App::start(config) => app?,
        };
        tracing::info!(pages = %format_args!("http://{}/", app.web_addr), "ready");
        asked.await;
        tracing::info!("stopping: lines finish what is on the belt");
        app.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}
