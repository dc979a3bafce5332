//! `calibrate`: what a camera sees of a card of known reflectance.
use super::pictures::size;
use super::say;
use crate::calibration::{Calibration, Measured, Patch, measure};
use crate::config::default_data_dir;
use crate::grading::Picture;
use crate::symbol::{self, Hints, Region};
use crate::telemetry::clock::Micros;
use anyhow::{Context as _, bail};
use std::path::PathBuf;
use std::process::ExitCode;

/// Calibrates a camera: measures a light and a dark patch of known reflectance in a picture of a
/// card, taken with the exposure and the light of the line, and keeps that under the camera's
/// name (`calibration/NAME.toml` in the folder of data). Grades that use it are grades of light,
/// not of grey values. Do it again whenever lens, light, exposure or distance changed.
///
/// Pixels a millimetre come from a symbol of known size in the same picture, or from --px-per-mm.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  markwright calibrate card.png --camera line-1 --light 40,60,80,80=0.85 --dark 200,60,80,80=0.04
  markwright calibrate card.png --camera c --light 9,9,80,80=0.85 --dark 99,9,80,80=0.04 --card 4711
  markwright calibrate card.png --camera c --light 9,9,80,80=0.85 --dark 99,9,80,80=0.04 --symbol-mm 9
  markwright calibrate --camera line-1 --light 214=0.85 --dark 14.5=0.04 --px-per-mm 17.3")]
pub(super) struct Calibrate {
    /// A picture of the card; not needed where the greys of both patches are given as numbers.
    picture: Option<PathBuf>,
    /// The camera, or the line that has it: letters, digits, '-', '_' and '.'.
    #[arg(long, value_name = "NAME")]
    camera: String,
    /// The light patch: X,Y,W,H in pixels, or its grey; then its reflectance from 0 to 1, as the
    /// card's certificate says.
    #[arg(long, value_name = "X,Y,W,H=R|GREY=R", value_parser = place)]
    light: Place,
    /// The dark patch, the same way.
    #[arg(long, value_name = "X,Y,W,H=R|GREY=R", value_parser = place)]
    dark: Place,
    /// Pixels a millimetre on the label.
    #[arg(long, value_name = "X", conflicts_with = "symbol_mm")]
    px_per_mm: Option<f32>,
    /// There is a square `DataMatrix` of this side, quiet zone not counted, in the picture: pixels
    /// a millimetre are measured at it.
    #[arg(long, value_name = "SIDE")]
    symbol_mm: Option<f32>,
    /// Rows and columns of that symbol, if they are known, such as 20x20.
    #[arg(long, value_parser = size)]
    size: Option<(u32, u32)>,
    /// Which card: its number or name; it stands in reports.
    #[arg(long)]
    card: Option<String>,
    /// The folder of data.
    #[arg(long, value_name = "DIR", default_value_os_t = default_data_dir())]
    data: PathBuf,
}

/// Where a patch is, or how grey it is; and its reflectance.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Place {
    at: Seen,
    reflectance: f32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    Region(Region),
    Grey(f32),
}

fn place(text: &str) -> Result<Place, String> {
    let wrong = || format!("'{text}' is no patch; wanted such as 40,60,80,80=0.85 or 214=0.85");
    let (at, reflectance) = text.split_once('=').ok_or_else(wrong)?;
    let reflectance = reflectance.trim().parse().map_err(|_| wrong())?;
    let numbers: Vec<&str> = at.split(',').map(str::trim).collect();
    let at = match numbers[..] {
        [grey] => Seen::Grey(grey.parse().map_err(|_| wrong())?),
        [x, y, width, height] => {
            let number = |text: &str| text.parse().map_err(|_| wrong());
            let (x, y, width, height) = (number(x)?, number(y)?, number(width)?, number(height)?);
            Seen::Region(Region { x, y, width, height })
        }
        _ => return Err(wrong()),
    };
    Ok(Place { at, reflectance })
}

impl Calibrate {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let picture = self.picture.as_deref().map(Picture::open).transpose();
        let picture = picture.context("the picture of the card")?;
        let (light, scatter_light) = patch("--light", self.light, picture.as_ref())?;
        let (dark, scatter_dark) = patch("--dark", self.dark, picture.as_ref())?;
        let px_per_mm = match self.symbol_mm {
            Some(side) => Some(self.scale(side, picture.as_ref())?),
            None => self.px_per_mm,
        };
        let (camera, card) = (self.camera.clone(), self.card.clone());
        let taken = Micros::now();
        let calibration = Calibration { camera, taken, dark, light, px_per_mm, card }.checked()?;
        let file = calibration.save(&Calibration::folder(&self.data))?;
        let (factor, offset) = (
            calibration.reflectance(1.0) - calibration.reflectance(0.0),
            calibration.reflectance(0.0),
        );
        say(&format!("{}: kept", file.display()));
        say(&format!(
            "  light patch  grey {:.1}{scatter_light} is {:.1} %",
            light.grey,
            light.reflectance * 100.0
        ));
        say(&format!(
            "  dark patch   grey {:.1}{scatter_dark} is {:.1} %",
            dark.grey,
            dark.reflectance * 100.0
        ));
        say(&format!("  reflectance = {:.3} % x grey {:+.1} %", factor * 100.0, offset * 100.0));
        match px_per_mm {
            Some(scale) => say(&format!("  {scale:.3} pixels a millimetre")),
            None => say("  pixels a millimetre: not known (--symbol-mm or --px-per-mm)"),
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Pixels a millimetre, at a symbol whose side is known.
    fn scale(&self, side: f32, picture: Option<&Picture>) -> anyhow::Result<f32> {
        let Some(picture) = picture else { bail!("--symbol-mm needs a picture of the symbol") };
        if !(side.is_finite() && side > 0.0) {
            bail!("--symbol-mm: {side} is no length");
        }
        let hints = Hints { size: self.size, ..Hints::default() };
        let Some(found) = symbol::find(&picture.grey(), &hints) else {
            bail!("--symbol-mm: no symbol can be read in the picture");
        };
        if found.rows != found.cols {
            bail!(
                "--symbol-mm: the symbol is {} x {}; wanted a square one",
                found.rows,
                found.cols
            );
        }
        let corners = found.corners;
        let length = |at: usize| {
            let (a, b) = (corners[at], corners[(at + 1) % 4]);
            (b.0 - a.0).hypot(b.1 - a.1)
        };
        let lengths = [length(0), length(1), length(2), length(3)];
        let mean = lengths.iter().sum::<f32>() / 4.0;
        let most = lengths.iter().map(|length| (length / mean - 1.0).abs()).fold(0.0, f32::max);
        if most > 0.05 {
            let percent = most * 100.0;
            bail!(
                "--symbol-mm: the sides of the symbol differ by {percent:.0} %: put the card upright"
            );
        }
        Ok(mean / side)
    }
}

/// A patch as it is seen, and how much its pixels scatter.
fn patch(name: &str, place: Place, picture: Option<&Picture>) -> anyhow::Result<(Patch, String)> {
    let reflectance = place.reflectance;
    match (place.at, picture) {
        (Seen::Grey(grey), _) => Ok((Patch { grey, reflectance }, String::new())),
        (Seen::Region(_), None) => bail!("{name}: a patch in pixels needs a picture of the card"),
        (Seen::Region(at), Some(picture)) => {
            let size = (picture.width, picture.height);
            let Measured { grey, scatter } =
                measure(&picture.luma, size, at).context(name.to_owned())?;
            Ok((Patch { grey, reflectance }, format!(" (scatter {scatter:.1})")))
        }
    }
}
