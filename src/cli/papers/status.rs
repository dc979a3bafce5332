//! `papers status`: how True API has codes now.
use crate::app;
use crate::cli::codes::{group, plain};
use crate::cli::say;
use crate::code::{CodeText, ProductGroup, parse};
use crate::config::Config;
use crate::store::Store;
use crate::upstream::{CODES_IN_A_QUESTION_MAX, CodeInfo};
use anyhow::Context;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Status {
    /// The codes, whole or without their check parts; separators may be spelled `<GS>`.
    #[arg(required = true)]
    codes: Vec<String>,
    /// The configuration with the tables for the issuer, for signing and for True API.
    #[arg(long)]
    pub(super) config: PathBuf,
    /// Their product group, by its alias; without it, as the store or the form of a code says.
    #[arg(long, value_parser = group)]
    group: Option<ProductGroup>,
    /// One JSON object a line, for programs.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(&self, config: &Config, store: &Store) -> anyhow::Result<ExitCode> {
        let true_api = config.true_api.clone();
        let true_api =
            true_api.context("the configuration needs a table [true_api]: nobody else knows")?;
        let issuer = config.issuer.as_ref().context("the configuration has no table [issuer]")?;
        let signer = app::signer(issuer, Some(&true_api))?;
        let signer =
            signer.context("True API is signed in to: the configuration needs [issuer.sign]")?;
        let client = app::true_api(true_api, signer)?;
        let mut all_known = true;
        for (group, codes) in self.by_group(store).await? {
            for codes in codes.chunks(CODES_IN_A_QUESTION_MAX) {
                let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
                for info in client.codes(group, &codes).await? {
                    all_known &= !info.status.is_empty();
                    self.tell(group, &info);
                }
            }
        }
        Ok(if all_known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn by_group(&self, store: &Store) -> anyhow::Result<BTreeMap<ProductGroup, Vec<String>>> {
        let mut groups: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for code in &self.codes {
            let (group, bare) = self.named(store, code).await?;
            groups.entry(group).or_default().push(bare);
        }
        Ok(groups)
    }

    /// The product group of a code, and what names it.
    async fn named(&self, store: &Store, code: &str) -> anyhow::Result<(ProductGroup, String)> {
        let text = plain(code);
        let bare = CodeText::new(text.clone()).identification().to_owned();
        if let Some(group) = self.group {
            return Ok((group, bare));
        }
        if let Some(story) = store.story(&text).await? {
            return Ok((story.group, story.code.text.identification().to_owned()));
        }
        let parts = parse(&text);
        let parts = parts.with_context(|| {
            format!("'{bare}' is not in the store, and no whole code: name its --group")
        })?;
        Ok((parts.group(), parts.identification().to_owned()))
    }

    fn tell(&self, group: ProductGroup, info: &CodeInfo) {
        let CodeInfo { code, status, special, owner, problem } = info;
        if self.json {
            let object = json!({
                "code": code, "product_group": group.alias(), "status": status,
                "means": info.means(), "special": special, "owner": owner, "problem": problem,
            });
            say(&object.to_string());
            return;
        }
        let words = [
            if status.is_empty() { "not known".to_owned() } else { status.clone() },
            info.means().map_or_else(String::new, |means| format!(" ({means})")),
            if special.is_empty() { String::new() } else { format!(", {special}") },
            if owner.is_empty() { String::new() } else { format!("; owner {owner}") },
            problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}")),
        ];
        say(&format!("{code}  {}", words.concat()));
    }
}
