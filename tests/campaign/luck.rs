//! The fake printer of a script, and what goes wrong with it.
use super::site::Job;
use markwright::sim::PrintedLabel;
use markwright::sim::dice::Dice;
use markwright::sim::printer::{
    Controls, Fault, Identity, PlannedFault, Printer, PrinterSettings, SheetOut,
};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

const FOR_THE_PRINTER: u64 = 5;

/// A fake printer with a script.
pub(crate) struct Luck {
    printer: Printer,
    script: String,
    struck: BTreeMap<&'static str, usize>,
    hands: JoinSet<()>,
}

/// What it leaves.
pub(crate) struct Ended {
    pub(crate) script: String,
    pub(crate) ledger: Vec<SheetOut>,
    pub(crate) struck: BTreeMap<&'static str, usize>,
}

impl Luck {
    pub(crate) async fn begin(seed: u64, job: &Job) -> Self {
        let mut dice = Dice::of(seed, FOR_THE_PRINTER);
        let settings = PrinterSettings {
            identity: Identity { dots_per_mm: 12.0, ..PrinterSettings::default().identity },
            inches_per_second: 14.0,
            width: 1248,
            seed,
            ..PrinterSettings::default()
        };
        let (out, mut heap) = mpsc::channel::<PrintedLabel>(1);
        let printer = Printer::start(settings, out).await.unwrap();
        let mut hands = JoinSet::new();
        hands.spawn(async move { while heap.recv().await.is_some() {} });
        let mut struck = BTreeMap::new();
        let mut script = String::new();
        for _ in 0..2 {
            let fault =
                [Fault::MediaOut, Fault::RibbonOut, Fault::HeadOpen][dice.below(3)];
            let planned =
                PlannedFault { sheet: 1 + dice.below(job.planned) as u64, after: dice.unit(), fault };
            printer.controls.plan(planned);
            script += &format!("{planned:?}\n");
            *struck.entry("fault").or_insert(0) += 1;
        }
        let controls = printer.controls.clone();
        hands.spawn(async move {
            loop {
                controls.until(|now| !now.faults.is_empty()).await;
                sleep(Duration::from_millis(400)).await;
                for fault in controls.look().faults {
                    controls.mend(fault);
                }
                controls.press_pause();
            }
        });
        Self { printer, script, struck, hands }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.printer.addr
    }

    pub(crate) fn controls(&self) -> Controls {
        self.printer.controls.clone()
    }

    pub(crate) async fn end(mut self) -> Ended {
        let ledger = self.printer.controls.ledger();
        self.hands.shutdown().await;
        self.printer.stop().await;
        Ended { script: self.script, ledger, struck: self.struck }
    }
}
