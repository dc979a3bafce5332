//! The file of an order on the disk: drawn under another name, named when it may be had.
use crate::code::{Code, CodeText};
use crate::label::{Goods, PaperProblem, design, stream_pdf};
use crate::order::OrderId;
use crate::store::LabelOrder;
use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    /// The design of the order is not known any more.
    #[error("there is no label design '{0}'")]
    NoDesign(String),
    /// The labels cannot be drawn.
    #[error("draw the labels")]
    Draw(#[source] PaperProblem),
    /// The disk.
    #[error("{what} {path}")]
    Disk {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The task that drew it ended before it was done.
    #[error("the drawing broke off")]
    BrokeOff,
}

/// Where the file of an order lies.
#[derive(Debug, Clone)]
pub(super) struct Place {
    dir: PathBuf,
    /// As long as it is being made.
    part: PathBuf,
    /// When it is whole.
    whole: PathBuf,
}

impl Place {
    pub(super) fn of(dir: &Path, id: OrderId) -> Self {
        let whole = dir.join(id.file_name());
        Self { dir: dir.to_owned(), part: whole.with_extension("part"), whole }
    }
}

/// Draws the labels into the part file, down to the disk.
pub(super) async fn draw(
    place: &Place,
    order: &LabelOrder,
    codes: &[Code],
) -> Result<(), FileProblem> {
    let goods =
        Goods { name: order.name.clone(), hs_code: order.hs_code.clone(), ..Goods::default() };
    let codes: Vec<CodeText> = codes.iter().map(|code| code.text.clone()).collect();
    let (place, name) = (place.clone(), order.design.clone());
    on_a_thread(move || {
        let design = design(&name).ok_or(FileProblem::NoDesign(name))?;
        let failed = |what| {
            let path = place.part.clone();
            move |source| FileProblem::Disk { what, path, source }
        };
        fs::create_dir_all(&place.dir).map_err(failed("make the directory of"))?;
        let file = File::create(&place.part).map_err(failed("create"))?;
        // Label by label: a file of any length is never in memory as a whole.
        stream_pdf(BufWriter::new(&file), design, &goods, &codes).map_err(
            |problem| match problem {
                PaperProblem::Write(source) => failed("write")(source),
                problem @ (PaperProblem::Draw(_) | PaperProblem::Sheet(_)) => {
                    FileProblem::Draw(problem)
                }
            },
        )?;
        file.sync_all().map_err(failed("write"))
    })
    .await
}

/// Gives the part file its name, down to the disk.
pub(super) async fn name(place: &Place) -> Result<(), FileProblem> {
    let place = place.clone();
    on_a_thread(move || {
        fs::rename(&place.part, &place.whole)
            .and_then(|()| File::open(&place.dir)?.sync_all())
            .map_err(|source| FileProblem::Disk { what: "name", path: place.whole, source })
    })
    .await
}

/// Whether the whole file is there.
pub(super) async fn is_there(place: &Place) -> Result<bool, FileProblem> {
    let place = place.clone();
    on_a_thread(move || {
        fs::exists(&place.whole).map_err(|source| FileProblem::Disk {
            what: "look for",
            path: place.whole,
            source,
        })
    })
    .await
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileProblem> + Send + 'static,
) -> Result<T, FileProblem> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(FileProblem::BrokeOff))
}
