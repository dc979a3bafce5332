//! `codes serials`: serial numbers for an order that a person places by hand.
use super::explain::group;
use crate::cli::number::whole;
use crate::cli::say;
use crate::code::{Day, ProductGroup, own_serials};
use crate::telemetry::clock;
use std::collections::HashSet;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct SerialNumbers {
    /// The product group, by its alias: it says how long they are.
    #[arg(long, value_parser = group)]
    group: ProductGroup,
    /// How many.
    #[arg(long, value_parser = whole::<usize>(1..=2_000_000, "serial numbers"))]
    count: usize,
    /// The day of the order; today if none is named.
    #[arg(long)]
    day: Option<Day>,
}

impl SerialNumbers {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let day = self.day.unwrap_or_else(clock::today);
        // The operating system's chance. The two highest bits are always the same, and are not used.
        let mut chance = || uuid::Uuid::new_v4().as_u64_pair().1;
        let made = own_serials(self.group, day, self.count, &mut HashSet::new(), &mut chance)?;
        for serial in made {
            say(&serial);
        }
        Ok(ExitCode::SUCCESS)
    }
}
