//! What a customer orders: the way of an order, its price, what may be written in it, and what a
//! scanned label means. Pure: no clock, no socket, no database.
mod price;
mod scan;
mod state;
mod wish;

pub use price::{Kopecks, PriceList};
pub use scan::{Advice, Key, Known, Scan, judge_scan, keys_to_look_up};
pub use state::{IllegalOrderStep, OrderState, OrderStep, UnknownOrderState};
pub use wish::{Delivery, Field, Limits, Problem, Source, Wish, Written};
