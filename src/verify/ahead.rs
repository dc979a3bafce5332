//! The codes that the line says may be before the camera now.
use crate::code::CodeText;
use crate::symbol::{Expected, Size};
use std::sync::{Arc, Mutex, PoisonError};

/// The codes of which the next picture should show one. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub(super) struct Ahead(Arc<Mutex<Option<Arc<Expected>>>>);

impl Ahead {
    /// From now on it is one of these, in a symbol of so many modules a side.
    pub(super) fn put(&self, codes: &[CodeText], side: Option<u32>) {
        let drawn_in = side.map_or(Size::Smallest, Size::Side);
        let texts = codes.iter().map(CodeText::as_str);
        let expected = (!codes.is_empty()).then(|| Arc::new(Expected::one_of(texts, drawn_in)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = expected;
    }

    pub(super) fn get(&self) -> Option<Arc<Expected>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
