//! Arguments to exit code, one file a command.
mod calibrate;
mod check;
mod codes;
mod demo;
mod grade;
mod job;
mod label;
mod mark;
mod number;
mod papers;
mod pictures;
mod read;
mod replay;
mod report;
mod run;
mod scan_test;
mod sim;
mod station;
mod user;

use crate::app::chain;
use crate::config::{self, Config};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// A file is not as it should be (sysexits.h, `EX_CONFIG`).
const EX_CONFIG: u8 = 78;

/// Prints marking codes once, reads them back, and reports them.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  markwright demo                               a fake plant and a line, until Ctrl-C
  markwright demo --seconds 20 --json           the same for 20 seconds, then the sums
  markwright check line-configs                 is every configuration right?
  markwright run --config line-configs/print-apply.toml
  markwright codes parse array.txt              one JSON object a line
  markwright read frame.png                     what the symbol in a picture says
  markwright grade frame.png                    how well it is printed (ISO/IEC 15415)
  markwright label sheet --design 58x40 --codes array.txt --as pdf -o sheets.pdf
  markwright sim site --dir site                a fake plant alone, for `run` in another window

RUST_LOG=markwright=debug says more of what happens. `markwright help COMMAND` has more examples.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows everything at work on a fake plant.
    Demo(demo::Demo),
    /// Runs the lines of a configuration.
    Run(run::Run),
    /// Checks configurations: all problems at once.
    Check(check::Check),
    /// Looks at arrays of codes.
    #[command(subcommand)]
    Codes(codes::Codes),
    /// Reads the symbols in pictures.
    Read(read::Read),
    /// Grades the print of the symbols in pictures.
    Grade(grade::Grade),
    /// Calibrates a camera with a card of known reflectance.
    Calibrate(calibrate::Calibrate),
    /// Draws labels: for a printer, as a picture, for paper.
    #[command(subcommand)]
    Label(label::Label),
    /// Files jobs for lines.
    #[command(subcommand)]
    Job(job::Job),
    /// Asks Electronic Mark, and ships goods there.
    Mark(mark::Mark),
    /// Writes what became of codes into files.
    #[command(subcommand)]
    Report(report::Report),
    /// Makes documents for the state system, lists them, and decides about those that are lost.
    #[command(subcommand)]
    Papers(papers::Papers),
    /// Tests a hand scanner at a serial port or in the network.
    ScanTest(scan_test::ScanTest),
    /// Runs one fake device alone, or a whole fake plant.
    #[command(subcommand)]
    Sim(sim::Sim),
    /// Replays a recording of a line with today's core.
    Replay(replay::Replay),
    /// Asks the state system something: is it there, how does an order stand, what became of a report.
    #[command(subcommand)]
    Station(station::Station),
    /// Makes people known.
    #[command(subcommand)]
    User(user::User),
}

/// Reads the arguments of the process and does what they say.
pub fn main() -> ExitCode {
    let matches = taking_negative_numbers(Arguments::command()).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new(match &arguments.command {
            Command::Run(_) | Command::Sim(_) => "info",
            Command::Demo(_)
            | Command::Check(_)
            | Command::Codes(_)
            | Command::Read(_)
            | Command::Grade(_)
            | Command::Calibrate(_)
            | Command::Label(_)
            | Command::Job(_)
            | Command::Mark(_)
            | Command::Report(_)
            | Command::Papers(_)
            | Command::ScanTest(_)
            | Command::Replay(_)
            | Command::Station(_)
            | Command::User(_) => "warn",
        })
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let done = runtime.block_on(async {
        match arguments.command {
            Command::Demo(demo) => demo.run().await,
            Command::Run(run) => run.run().await,
            Command::Check(check) => check.run(),
            Command::Codes(codes) => codes.run().await,
            Command::Read(read) => Ok(read.run()),
            Command::Grade(grade) => grade.run(),
            Command::Calibrate(calibrate) => calibrate.run(),
            Command::Label(label) => label.run(),
            Command::Job(job) => job.run().await,
            Command::Mark(mark) => mark.run().await,
            Command::Report(report) => report.run().await,
            Command::Papers(papers) => papers.run().await,
            Command::ScanTest(test) => test.run().await,
            Command::Replay(replay) => Ok(replay.run()),
            Command::Sim(sim) => sim.run().await,
            Command::Station(station) => station.run().await,
            Command::User(user) => user.run().await,
        }
    });
    done.unwrap_or_else(|error| fail(error.as_ref()))
}

/// A number below zero is a value that is out of range, and no option that nobody knows.
fn taking_negative_numbers(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| {
            let takes = arg.get_action().takes_values();
            if takes { arg.allow_negative_numbers(true) } else { arg }
        })
        .mut_subcommands(taking_negative_numbers)
}

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    say_to_person(&format!("markwright: {}", chain(error)));
    ExitCode::FAILURE
}

/// Reads a configuration. Nothing if it is not right; the reasons were told.
fn configuration(file: &Path) -> Option<Config> {
    config::load(file).inspect_err(|error| say_to_person(&error.to_string())).ok()
}

/// Prints a line for whoever reads the output: a person or a program.
fn say(line: &str) {
    // Nobody listens any more: there is nobody to tell.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a line beside the output.
fn say_to_person(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Waits until somebody asks the process to end: Ctrl-C, or a service manager.
async fn asked_to_end() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_well_formed_and_takes_negative_numbers() {
        let mut all = vec![taking_negative_numbers(Arguments::command())];
        all[0].clone().debug_assert();
        while let Some(command) = all.pop() {
            for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
                assert!(
                    arg.is_allow_negative_numbers_set(),
                    "{} {}",
                    command.get_name(),
                    arg.get_id()
                );
            }
            all.extend(command.get_subcommands().cloned());
        }
    }
}
