//! `grade`: how well the symbols in pictures are printed.
mod table;

use super::pictures::{self, code};
use super::{say, say_to_person};
use crate::app::chain;
use crate::calibration::{Calibration, PX_PER_MM};
use crate::config::default_data_dir;
use crate::grading::{self, Ask, Picture, Report};
use crate::symbol::grade::{Angle, Aperture, Conditions, Edition, Standard};
use crate::symbol::{self, Coloured};
use anyhow::{Context as _, bail, ensure};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Most reports in one document: it is built in memory, pictures included.
const MOST_IN_A_DOCUMENT: usize = 200;

/// Grades the print of the `DataMatrix` in each picture by ISO/IEC 15415. Exit code 1 if there is
/// a picture in which nothing can be read, another code than expected, or a worse grade than
/// wanted; it is named.
///
/// Without a calibration (`markwright calibrate`) grey 0 to 255 counts as reflectance 0 to 100 %,
/// and the result says *uncalibrated*. Without pixels a millimetre the aperture is 0.8 of a module.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright grade frame.png
  markwright grade --json --px-per-mm 17.3 rejects
  markwright grade --calibration line-1 --want B --overlay marked.png frame.png
  markwright grade --report report.pdf --expect '0104810093011694212k6rsrti<GS>93#SzU' frame.png
  markwright grade --edition 2024 --aperture 0.2 --px-per-mm 20 --overlay marked rejects")]
pub(super) struct Grade {
    /// Pictures (PNG, JPEG, PGM, BMP, TIFF), or folders with them.
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// The code that must be there, `<GS>` for the separator.
    #[arg(long, value_name = "CODE")]
    expect: Option<String>,
    /// The least grade that passes: A, B, C, D, or a number from 0 to 4.
    #[arg(long, value_name = "GRADE", value_parser = wanted)]
    want: Option<f32>,
    /// Pixels a millimetre on the label, from 1 to 1000. 300 dpi scans have 11.8.
    #[arg(long, value_name = "X", value_parser = scale)]
    px_per_mm: Option<f32>,
    /// Whole grades (2011), or grades to a tenth (2024).
    #[arg(long, default_value = "2011", value_parser = edition)]
    edition: Edition,
    /// Labels (15415), or marks in metal or plastic itself (29158).
    #[arg(long, default_value = "15415", value_parser = standard)]
    standard: Standard,
    /// Diameter of the aperture in millimetres, which needs --px-per-mm or a calibration that
    /// knows it; or as share of a module, such as 0.8X. Without it: by the size of the modules.
    #[arg(long, value_name = "MM", value_parser = aperture)]
    aperture: Option<Aperture>,
    /// Wavelength of the camera's light in nanometres; it is written into the grade.
    #[arg(long, value_name = "NM", default_value_t = 660, value_parser = clap::value_parser!(u32).range(200..=2000))]
    wavelength: u32,
    /// Angle of the light: 45, 45Q, 30Q, 30T, 30S or 90; it is written into the grade.
    #[arg(long, default_value = "45", value_parser = angle)]
    angle: Angle,
    /// The camera's calibration: its name, or a file.
    #[arg(long, value_name = "NAME|FILE")]
    calibration: Option<String>,
    /// The folder of data, with the calibrations in `calibration`.
    #[arg(long, value_name = "DIR", default_value_os_t = default_data_dir())]
    data: PathBuf,
    /// The picture with grid, corners, modulation in colours and wrong modules, as PNG. A name
    /// without ending is a folder, which is made: each picture in it is named as its own,
    /// `frame-overlay.png`.
    #[arg(long, value_name = "OUT.png|FOLDER")]
    overlay: Option<PathBuf>,
    /// The full report: a document (.pdf), or everything in it for programs (.json). Several
    /// pictures are in one file.
    #[arg(long, value_name = "OUT.pdf|OUT.json")]
    report: Option<PathBuf>,
    #[command(flatten)]
    search: pictures::Search,
}

fn edition(word: &str) -> Result<Edition, String> {
    Edition::named(word).ok_or_else(|| format!("'{word}' is no edition; wanted 2011 or 2024"))
}

fn standard(word: &str) -> Result<Standard, String> {
    Standard::named(word).ok_or_else(|| format!("'{word}' is no standard; wanted 15415 or 29158"))
}

fn angle(word: &str) -> Result<Angle, String> {
    let wanted = "wanted 45, 45Q, 30Q, 30T, 30S or 90";
    Angle::named(word).ok_or_else(|| format!("'{word}' is no angle; {wanted}"))
}

fn positive(word: &str) -> Result<f32, String> {
    let number = word.parse().ok().filter(|n: &f32| n.is_finite() && *n > 0.0);
    number.ok_or_else(|| format!("'{word}' is no number above zero"))
}

fn scale(word: &str) -> Result<f32, String> {
    let number = word.parse().ok().filter(|n: &f32| PX_PER_MM.contains(n));
    number.ok_or_else(|| {
        format!(
            "'{word}' is no scale; wanted {} to {} pixels a millimetre",
            PX_PER_MM.start(),
            PX_PER_MM.end()
        )
    })
}

fn aperture(word: &str) -> Result<Aperture, String> {
    match word.strip_suffix(['X', 'x']) {
        Some(share) => positive(share).map(Aperture::OfX),
        None => positive(word).map(Aperture::Millimetres),
    }
}

/// A letter, at its lower end, or a number.
fn wanted(word: &str) -> Result<f32, String> {
    let letter = match word.to_ascii_uppercase().as_str() {
        "A" => Some(3.5),
        "B" => Some(2.5),
        "C" => Some(1.5),
        "D" => Some(0.5),
        other => other.parse().ok().filter(|n| (0.0..=4.0).contains(n)),
    };
    letter.ok_or_else(|| format!("'{word}' is no grade; wanted A, B, C, D, or a number to 4.0"))
}

impl Grade {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let ask = self.ask()?;
        let (mut files, mut refused) = (Vec::new(), Vec::new());
        for path in &self.pictures {
            match pictures::files(path) {
                Ok(found) => files.extend(found),
                Err(error) => {
                    let (name, reason) = (path.display().to_string(), format!("{error:#}"));
                    refused.push(self.refuse(&name, &reason, &ask));
                }
            }
        }
        let mut outputs = Outputs::new(self, files.len())?;
        let mut all_right = refused.is_empty();
        for object in refused {
            outputs.broken(object);
        }
        for file in &files {
            all_right &= self.one(file, &ask, &mut outputs)?;
        }
        outputs.finish()?;
        Ok(if all_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn ask(&self) -> anyhow::Result<Ask> {
        let calibration = self.calibration.as_deref().map(|name| self.calibration(name));
        let calibration = calibration.transpose()?;
        let known = calibration.as_ref().and_then(|card| card.px_per_mm);
        let px_per_mm = self.px_per_mm.or(known);
        if matches!(self.aperture, Some(Aperture::Millimetres(_))) && px_per_mm.is_none() {
            bail!("--aperture in millimetres needs --px-per-mm (or say it as 0.8X)");
        }
        let conditions = Conditions {
            edition: self.edition,
            standard: self.standard,
            aperture: self.aperture.unwrap_or_default(),
            px_per_mm,
            wavelength_nm: self.wavelength,
            angle: self.angle,
            ..Conditions::default()
        };
        let hints = self.search.hints();
        let expected = self.expect.as_deref().map(code);
        let deep_within = Some(self.search.within());
        Ok(Ask { hints, expected, conditions, calibration, wanted: self.want, deep_within })
    }

    fn calibration(&self, name: &str) -> anyhow::Result<Calibration> {
        let is_file = Path::new(name).extension().is_some_and(|ending| ending == "toml");
        let found = if is_file {
            Calibration::open(Path::new(name))
        } else {
            Calibration::load(&Calibration::folder(&self.data), name)
        };
        found.context("--calibration")
    }

    /// Says why something is not graded. Gives the object that says so.
    fn refuse(&self, name: &str, reason: &str, ask: &Ask) -> serde_json::Value {
        let object = grading::unopened(name, reason, ask);
        if self.json {
            say(&object.to_string());
        } else {
            say_to_person(&format!("{name}: {reason}"));
        }
        object
    }

    /// Grades one picture and says what came of it. Whether that is all right. An error is one of
    /// what is written, never of the picture.
    fn one(&self, file: &Path, ask: &Ask, outputs: &mut Outputs) -> anyhow::Result<bool> {
        let name = file.display().to_string();
        let picture = match Picture::open(file) {
            Ok(picture) => picture,
            Err(error) => {
                outputs.broken(self.refuse(&name, &chain(&error), ask));
                return Ok(false);
            }
        };
        let report = grading::look(&name, &picture, ask);
        if self.json {
            say(&grading::short(&report).to_string());
        } else {
            table::tell(&report);
        }
        let passes = report.passes();
        outputs.add(file, &picture, report)?;
        Ok(passes)
    }
}

/// What is written beside the output.
struct Outputs {
    /// A file for one picture, or a folder.
    overlay: Option<(PathBuf, bool)>,
    names: BTreeSet<String>,
    report: Option<(PathBuf, Kind)>,
    objects: Vec<serde_json::Value>,
    reports: Vec<(Report, Option<Coloured>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pdf,
    Json,
}

impl Outputs {
    fn new(of: &Grade, pictures: usize) -> anyhow::Result<Self> {
        let report = of.report.as_deref().map(|path| {
            let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
            match ending.as_deref() {
                Some("pdf") => Ok((path.to_owned(), Kind::Pdf)),
                Some("json") => Ok((path.to_owned(), Kind::Json)),
                _ => bail!("--report: wanted a name that ends in .pdf or .json"),
            }
        });
        let report = report.transpose()?;
        let document = report.as_ref().is_some_and(|(_, kind)| *kind == Kind::Pdf);
        ensure!(
            !document || pictures <= MOST_IN_A_DOCUMENT,
            "--report: {pictures} pictures; at most {MOST_IN_A_DOCUMENT} go into one document: \
             give fewer, or take .json"
        );
        let overlay =
            of.overlay.as_deref().map(|path| overlay_place(path, pictures)).transpose()?;
        let (names, objects, reports) = (BTreeSet::new(), Vec::new(), Vec::new());
        Ok(Self { overlay, names, report, objects, reports })
    }

    fn add(&mut self, file: &Path, picture: &Picture, report: Report) -> anyhow::Result<()> {
        let grey = picture.grey();
        let grade = report.found.as_ref().map(|found| &found.grade);
        if let Some((path, is_folder)) = &self.overlay {
            let path =
                if *is_folder { path.join(name_of(file, &mut self.names)) } else { path.clone() };
            let png = grading::png(&symbol::overlay(&grey, grade));
            std::fs::write(&path, png).with_context(|| format!("write {}", path.display()))?;
        }
        match &self.report {
            Some((_, Kind::Pdf)) => {
                let close = grade.map(|grade| symbol::close_up(&grey, grade));
                self.reports.push((report, close));
            }
            Some((_, Kind::Json)) => self.objects.push(grading::full(&report)),
            None => {}
        }
        Ok(())
    }

    fn broken(&mut self, object: serde_json::Value) {
        if self.report.is_some() {
            self.objects.push(object);
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        let Some((path, kind)) = self.report else { return Ok(()) };
        let bytes = match kind {
            Kind::Pdf if self.reports.is_empty() => bail!("--report: no picture could be opened"),
            Kind::Pdf => grading::pdf(&self.reports).context("draw the report")?,
            Kind::Json => serde_json::to_vec_pretty(&self.objects)?,
        };
        std::fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))
    }
}

/// Where marked pictures go, and whether that is a folder.
fn overlay_place(path: &Path, pictures: usize) -> anyhow::Result<(PathBuf, bool)> {
    let ending = path.extension().filter(|_| !path.is_dir());
    let shown = path.display();
    let Some(ending) = ending else {
        std::fs::create_dir_all(path)
            .with_context(|| format!("--overlay: make the folder {shown}"))?;
        return Ok((path.to_owned(), true));
    };
    ensure!(ending.eq_ignore_ascii_case("png"), "--overlay: PNG is written; name {shown} .png");
    ensure!(
        pictures <= 1,
        "--overlay: there are {pictures} pictures, and {shown} is one file; name a folder"
    );
    Ok((path.to_owned(), false))
}

/// `frame-overlay.png`; where two pictures have the same name, `frame-2-overlay.png`.
fn name_of(file: &Path, taken: &mut BTreeSet<String>) -> String {
    let stem = file.file_stem().and_then(OsStr::to_str).unwrap_or("picture");
    let names = (1..).map(|n| match n {
        1 => format!("{stem}-overlay.png"),
        n => format!("{stem}-{n}-overlay.png"),
    });
    let mut free = names.filter(|name| !taken.contains(name));
    let name = free.next().expect("there are as many names as numbers");
    taken.insert(name.clone());
    name
}
