//! Pages, JSON, live updates, sign-in. All that a page can do to a line is a request.
mod alarms;
mod api;
mod assets;
mod by_hand;
mod commands;
mod desk;
mod devices;
mod files;
mod grades;
mod hand_scan;
mod jobs;
mod line_page;
mod look;
mod new_printer;
mod oee;
mod offers;
mod orders;
mod page;
mod papers;
mod pulse;
mod refused;
mod rolls;
mod scanner;
mod server;
mod sessions;
mod sign_in;
mod signed_in;
mod stock;
mod trend;
mod words;

pub use desk::LineDesk;
pub use jobs::JobRules;
pub use orders::OrderSettings;
pub use server::{WebSettings, serve};
pub use words::{Advice, advice};

use server::WebState;
