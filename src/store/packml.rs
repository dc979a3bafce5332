//! `PackTags` as JSON: every number with its name, because publications number otherwise.
use crate::line::{Mode, StatusTags};
use serde_json::{Value, json};

/// The Status tags of a line by their standard names; beside every number stands its name.
pub fn status_json(tags: &StatusTags) -> Value {
    let modes = Mode::ALL.map(|mode| json!({"ID": mode.number(), "Name": mode.name()}));
    json!({
        "UnitModeRequested": tags.unit_mode_requested.number(),
        "UnitModeRequestedName": tags.unit_mode_requested.name(),
        "UnitModeCurrent": tags.unit_mode_current.number(),
        "UnitModeCurrentName": tags.unit_mode_current.name(),
        "UnitModeChangeInProcess": tags.unit_mode_change_in_process,
        "UnitSupportedModes": modes,
        "StateRequested": tags.state_requested.number(),
        "StateRequestedName": tags.state_requested.name(),
        "StateCurrent": tags.state_current.number(),
        "StateCurrentName": tags.state_current.name(),
        "StateChangeInProcess": tags.state_change_in_process,
        "EquipmentInterlock": {
            "Blocked": tags.equipment_blocked, "Starved": tags.equipment_starved,
        },
    })
}
