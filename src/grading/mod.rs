//! A picture of a symbol to a graded report: as words, JSON, a page, a document.
mod picture;

pub use picture::{ENDINGS, MOST_PIXELS, NoPicture, Picture};
