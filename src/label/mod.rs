//! What a label looks like (pure): design to placed elements to ZPL, bitmap and PDF.

use crate::code::{Code, CodeText};

/// Temporary.
#[derive(Debug, Default)]
pub struct Goods {
    /// Name.
    pub name: String,
    /// HS.
    pub hs_code: String,
    /// A.
    pub article: String,
}
/// Temporary.
#[derive(Debug)]
pub struct Design {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
}
static SHIPPED: std::sync::LazyLock<Vec<Design>> =
    std::sync::LazyLock::new(|| vec![Design { name: "58x40".into(), title: "58 × 40 mm".into() }]);
/// Temporary.
pub fn designs() -> &'static [Design] {
    &SHIPPED
}
/// Temporary.
pub fn design(name: &str) -> Option<&'static Design> {
    designs().iter().find(|d| d.name == name)
}
/// Temporary.
pub fn pdf_of(_: &Design, goods: &Goods, codes: &[Code]) -> Result<Vec<u8>, String> {
    Ok(format!("%PDF-1.4 {} {}", goods.name, codes.len()).into_bytes())
}
/// Temporary.
pub fn preview_png(_: &Design, _: &Goods, _: &CodeText, _: f32) -> Result<Vec<u8>, String> {
    Ok(b"\x89PNG\r\n\x1a\n".to_vec())
}
