//! `sim issuer`: a fake state system alone.
use crate::cli::number::{seed, some, whole};
use crate::cli::say;
use crate::sim::issuer::{Country, Issuer, IssuerSettings, Script, read_script};
use anyhow::Context;
use serde_json::json;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whose stations it plays.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Where {
    /// Russia.
    Ru,
    /// Kazakhstan.
    Kz,
    /// Kyrgyzstan.
    Kg,
    /// Uzbekistan.
    Uz,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FakeIssuer {
    /// Where it listens.
    #[arg(long)]
    listen: SocketAddr,
    /// What will go wrong.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// As the manual has it: signatures must be there, product groups refuse reports that they do
    /// not have, and more than a hundred requests a second are kept outside.
    #[arg(long)]
    strict: bool,
    /// The certificate (PEM) of whoever signs with GOST; openssl with its GOST engine verifies.
    /// Without it the test signature is taken.
    #[arg(long, value_name = "PEM")]
    trust: Option<PathBuf>,
    /// Whose stations it plays.
    #[arg(long, value_enum, default_value = "ru")]
    country: Where,
    /// What its clock shows at the start, such as 2026-01-01T00:00:00Z: the same times in every run.
    /// Left out, it is as the script says, or right.
    #[arg(long, value_name = "TIME")]
    start: Option<jiff::Timestamp>,
    /// Seconds of its clock in one of ours: 60 makes an order of half an hour take half a minute.
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = some(0.001..=100_000.0, "a factor"))]
    speed: f32,
    /// How long an order takes by its clock. Two numbers: something between both.
    #[arg(long, value_name = "SECONDS", num_args = 1..=2, default_values_t = [2_u64], value_parser = whole::<u64>(0..=86_400, "seconds"))]
    order_takes: Vec<u64>,
    /// How long a report or a document takes by its clock.
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = whole::<u64>(0..=86_400, "seconds"))]
    report_takes: u64,
    /// What it remembers is kept there: killed and started again, it goes on.
    #[arg(long, value_name = "FILE")]
    memory: Option<PathBuf>,
    /// Where everything that happens to a code is written down, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Its codes and its chances come from it.
    #[arg(long, default_value_t = 1, value_parser = seed)]
    seed: u64,
}

impl FakeIssuer {
    /// Runs it until it is dropped; says where it listens and with which secrets one comes in.
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let settings = self.settings()?;
        let mark = settings.electronic_mark.clone();
        let started = json!({
            "client_token": settings.client_token,
            "oms_id": settings.oms_id,
            "oms_connection": settings.oms_connection,
            "registration_key": settings.registration_key,
            "electronic_mark": { "user": mark.user, "password": mark.password },
        });
        let issuer = Issuer::start(settings).await?;
        let base = format!("http://{}", issuer.addr);
        let mut said = json!({
            "listens": issuer.addr.to_string(),
            "station": format!("{base}/api/v3"),
            "station_v2": format!("{base}/api/v2"),
            "true_api": format!("{base}/api/v3/true-api"),
            "datamark": base,
            "openapi": format!("{base}/openapi.json"),
        });
        for (name, value) in started.as_object().into_iter().flatten() {
            said[name] = value.clone();
        }
        say(&said.to_string());
        issuer.run().await;
        Ok(())
    }

    fn settings(&self) -> anyhow::Result<IssuerSettings> {
        let seconds = |at: usize| self.order_takes.get(at).copied().map(Duration::from_secs);
        if let Some(trust) = &self.trust {
            let read = std::fs::read(trust);
            read.with_context(|| format!("read the certificate {}", trust.display()))?;
        }
        let script = self.script.as_deref().map(script).transpose()?.unwrap_or_default();
        let start = self.start.map(jiff::Timestamp::as_millisecond);
        Ok(IssuerSettings {
            listen: self.listen,
            country: match self.country {
                Where::Ru => Country::Ru,
                Where::Kz => Country::Kz,
                Where::Kg => Country::Kg,
                Where::Uz => Country::Uz,
            },
            wants_signature: self.strict,
            strict_groups: self.strict,
            most_a_second: self.strict.then_some(100),
            trusted_certificate: self.trust.clone(),
            order_takes: seconds(0).unwrap_or_default(),
            order_takes_at_most: seconds(1),
            report_takes: Duration::from_secs(self.report_takes),
            speed: f64::from(self.speed),
            starts_at_ms: start.or(script.starts_at_ms),
            script: script.rules,
            memory_file: self.memory.clone(),
            ledger_file: self.ledger.clone(),
            seed: self.seed,
            ..IssuerSettings::default()
        })
    }
}

fn script(file: &Path) -> anyhow::Result<Script> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("read {name}"))?;
    read_script(&text).with_context(|| format!("the script {name}"))
}
