//! Pages about jobs: the verbs, clearance, challenge tests, closing, the report; samples, rework, and the
//! story of a code.
mod act;
mod challenge;
mod clearance;
mod codes;
mod hand;
mod list;
mod paper;
mod paper_pdf;
mod pictures;
mod reconcile;
mod report;
mod told;

use super::WebState;
use super::orders::{at, sentence};
use super::page::Refusal;
use crate::code::{Gtin, ProductGroup};
use crate::label::{self, Head};
use crate::store::{Job, StoreError};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::time::Duration;

/// Fewer pixels on a module than this are not read (docs/performance.md, "Reading symbols").
const PIXELS_MIN: f32 = 2.0;
/// More are not.
const PIXELS_MAX: f32 = 60.0;
/// Characters of a reason or of anything else that is typed.
const WORDS_MAX: usize = 300;

/// What is asked of the jobs of a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobRules {
    /// A person clears the line before and after every job.
    pub clearance: bool,
    /// A challenge test is passed so often.
    pub challenge_every: Option<Duration>,
    /// What labels are made for.
    pub head: Option<Head>,
    /// Whether a camera reads them.
    pub camera: bool,
    /// Pixels of the camera a millimetre, where they are known.
    pub px_per_mm: Option<f32>,
    /// The goods that the line makes where no job says otherwise: arrays of codes are of these.
    pub goods: Option<(Gtin, ProductGroup)>,
}

pub(super) fn routes() -> Router<WebState> {
    Router::new()
        .route("/lines/{name}/jobs", get(list::show).post(act::act))
        .route("/lines/{name}/jobs/new", get(list::form).post(act::store))
        .route(
            "/lines/{name}/jobs/{id}/clearance/{phase}",
            get(clearance::show).post(clearance::give),
        )
        .route("/lines/{name}/jobs/{id}/reconcile", get(reconcile::show).post(reconcile::close))
        .route("/lines/{name}/jobs/{id}/bin", post(reconcile::count_bin))
        .route("/lines/{name}/jobs/{id}/report", get(report::page))
        .route("/lines/{name}/jobs/{id}/report.pdf", get(report::pdf))
        .route("/lines/{name}/jobs/{id}/report.json", get(report::json))
        .route("/lines/{name}/jobs/{id}/pictures/{file}", get(pictures::show))
        .route("/lines/{name}/challenge", get(challenge::show).post(challenge::begin))
        .route("/codes", get(codes::show))
        .route("/samples", get(hand::samples).post(hand::sample))
        .route("/rework", get(hand::station).post(hand::rework))
}

impl WebState {
    /// What is asked of the jobs of this line.
    pub(super) fn rules(&self, line: &str) -> JobRules {
        self.settings.jobs.get(line).cloned().unwrap_or_default()
    }

    /// A job of this line.
    async fn job(&self, line: &str, id: i64) -> Result<Job, Refusal> {
        self.desk(line)?;
        let job = self.store.job(id).await?.filter(|job| job.wanted.line == line);
        job.ok_or_else(|| Refusal::not_found("job of this number"))
    }

    /// What the camera will be set to for this job, or why it cannot read its symbols.
    async fn recipe(&self, job: &Job) -> Result<Result<String, String>, Refusal> {
        let wanted = &job.wanted;
        let rules = self.rules(&wanted.line);
        if !rules.camera {
            return Ok(Ok("no camera at this line".to_owned()));
        }
        let sample = self.store.sample_code(&wanted.pool, wanted.gtin).await?;
        let Some(sample) = sample else {
            return Ok(Err("no code of this job is here: order or import codes".to_owned()));
        };
        let goods = self.store.goods(wanted.gtin).await?;
        let name = goods.map(|goods| goods.name).unwrap_or_default();
        let goods = label::Goods { name, ..label::Goods::default() };
        let (Some(design), Some(head)) = (label::design(&wanted.design), rules.head) else {
            return Ok(Err(format!("no label design is called {}", wanted.design)));
        };
        Ok(match label::LabelFormat::new(design, &goods, &sample, &head) {
            Ok(format) => fits_camera(format.symbol(), rules.px_per_mm),
            Err(problem) => Err(format!("the label cannot be made: {problem}")),
        })
    }
}

/// Whether a symbol of so many modules of so many millimetres can be read by a camera.
fn fits_camera((side, module_mm): (u32, f32), px_per_mm: Option<f32>) -> Result<String, String> {
    let symbol = format!("{side} x {side} modules of {module_mm:.3} mm");
    let Some(px_per_mm) = px_per_mm else {
        return Ok(format!("set by the program to {symbol}"));
    };
    let pixels = module_mm * px_per_mm;
    let words = format!("{symbol}, {pixels:.1} pixels each");
    if (PIXELS_MIN..=PIXELS_MAX).contains(&pixels) {
        Ok(format!("set by the program to {words}"))
    } else {
        Err(format!("{words}: the camera reads 2 to 60; move it, or take another design"))
    }
}

/// What was typed, at most so long.
fn typed(text: &str) -> String {
    text.trim().chars().take(WORDS_MAX).collect()
}

/// A step that cannot be taken now is the person's business; anything else is ours.
fn refused(problem: StoreError) -> Refusal {
    if let StoreError::Refused { why, .. } = problem {
        return Refusal::new(StatusCode::CONFLICT, sentence(&why));
    }
    problem.into()
}

fn not_so(words: &str) -> Refusal {
    Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_is_too_far_away_for_the_symbols_of_a_job_is_said() {
        assert!(fits_camera((22, 0.5), None).is_ok());
        assert!(fits_camera((22, 0.5), Some(10.0)).unwrap().contains("5.0 pixels"));
        for wrong in [3.0, 200.0] {
            let words = fits_camera((22, 0.5), Some(wrong)).unwrap_err();
            assert!(words.contains("move it"), "{words}");
        }
    }
}
