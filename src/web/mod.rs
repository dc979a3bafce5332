//! Pages, JSON, live updates, sign-in. All that a page can do to a line is a request.
mod alarms;
mod api;
mod assets;
mod desk;
mod grades;
mod line_page;
mod look;
mod new_printer;
mod oee;
mod orders;
mod page;
mod pulse;
mod rolls;
mod scanner;
mod server;
mod sessions;
mod sign_in;
mod signed_in;
mod trend;
mod words;

pub use desk::LineDesk;
pub use orders::OrderSettings;
pub use server::{WebSettings, serve};
pub use words::{Advice, advice};

use server::WebState;
