//! A person says that the printer which answers is the line's new one.
use super::WebState;
use super::page::{Refusal, must};
use super::signed_in::SignedIn;
use crate::access::Permission;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::post;
use axum::{Form, Router};
use serde::Deserialize;

pub(super) fn routes() -> Router<WebState> {
    Router::new().route("/lines/{name}/printer", post(confirm))
}

#[derive(Deserialize)]
struct Confirmed {
    /// The number that the person saw; empty for a printer that has none.
    unique_id: String,
}

/// Makes the answering printer the known one: in the store, with the person's name, and then for
/// the driver. Refused if another one answers than the person saw.
async fn confirm(
    State(state): State<WebState>,
    SignedIn(person): SignedIn,
    Path(name): Path<String>,
    Form(Confirmed { unique_id }): Form<Confirmed>,
) -> Result<Redirect, Refusal> {
    must(&person, Permission::ControlLine)?;
    let line = &state.desk(&name)?.line;
    if line.printer_id.stranger().as_ref() != Some(&unique_id) {
        let words = if line.printer_id.is_configured() {
            "The configuration names the printer of this line. Change unique_id there."
        } else {
            "This printer does not wait to be confirmed. Look at the line again."
        };
        let refusal = Refusal::new(StatusCode::CONFLICT, words);
        return Err(refusal.with_way_out("/", "Back to the line"));
    }
    let unique_id = Some(unique_id).filter(|unique_id| !unique_id.is_empty());
    state.store.change_printer(&name, unique_id.as_deref(), &person.name).await?;
    tracing::info!(line = name, person = person.name, unique_id, "a new printer is confirmed");
    line.printer_id.settle(unique_id);
    Ok(Redirect::to(&format!("/lines/{name}")))
}
