//! What a label is before it is burnt: fields at their places, whatever language they came in.
use super::canvas::{Bitmap, Turn};
use super::matrix::MatrixWish;
use super::memory::Memory;
use std::sync::Arc;

/// Larger graphics than this many bytes are refused (a label of 200 mm × 300 mm at 600 dpi).
pub(super) const LARGEST_GRAPHIC: usize = 4 << 20;

/// A label that is ready to be printed.
#[derive(Debug, Clone, Default)]
pub(super) struct Label {
    pub(super) fields: Vec<Field>,
    /// Dots across.
    pub(super) width: u32,
    /// Dots along.
    pub(super) length: u32,
    /// How often it is printed (`^PQ`).
    pub(super) copies: u32,
    /// `^CVY`.
    pub(super) validate: bool,
    /// Texts are UTF-8 (`^CI28`, `CODEPAGE UTF-8`).
    pub(super) utf8: bool,
    pub(super) echoes: Vec<Echo>,
}

/// Something on a label.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) at: (i64, i64),
    /// `^FT`: the place is the lower left corner.
    pub(super) typeset: bool,
    pub(super) shape: Shape,
    pub(super) data: Option<Vec<u8>>,
    /// `^FN`.
    pub(super) number: Option<u32>,
}

/// How it is drawn.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Not said: text in the default font.
    Default { height: usize, width: usize, turn: Turn },
    /// `^A`.
    Text { height: usize, width: usize, turn: Turn },
    /// `^BX`, `DMATRIX`.
    Matrix { wish: MatrixWish, bar_height: usize, turn: Turn },
    /// Bars of a linear symbol. Nobody reads them here: they only take their place.
    Bars { height: usize, narrow: usize, turn: Turn },
    /// `^GF`, `^XG`, `BITMAP`, `PUTBMP`.
    Picture { bitmap: Arc<Bitmap>, magnify: (usize, usize) },
    /// `^GB`, `BOX`, `BAR`.
    Frame { width: i64, height: i64, thick: i64, grey: u8 },
}

/// `^HV`: what is sent back to the host.
#[derive(Debug, Clone)]
pub(super) struct Echo {
    pub(super) number: u32,
    pub(super) most: usize,
    pub(super) header: Vec<u8>,
    pub(super) terminator: Vec<u8>,
    /// One for each label instead of one for each format.
    pub(super) each_label: bool,
}

impl Label {
    /// A label with nothing on it.
    pub(super) fn blank(memory: &Memory) -> Self {
        let setup = &memory.setup;
        Self { width: setup.width, length: setup.length, copies: 1, ..Self::default() }
    }

    /// A label that somebody else sent.
    pub(super) fn foreign(memory: &Memory) -> Self {
        let wish = MatrixWish {
            module: 4,
            quality: 200,
            columns: 0,
            rows: 0,
            escape: None,
            rectangle: false,
        };
        let symbol = Shape::Matrix { wish, bar_height: 0, turn: Turn::None };
        let text = Shape::Text { height: 20, width: 12, turn: Turn::None };
        let field = |at, shape, data: &[u8]| Field {
            at,
            typeset: false,
            shape,
            data: Some(data.to_vec()),
            number: None,
        };
        let fields = vec![
            field((10, 10), text, b"SOMEBODY ELSE"),
            field((10, 40), symbol, b"SOMEBODY ELSE"),
        ];
        Self { fields, ..Self::blank(memory) }
    }

    /// The bytes that an echo sends back.
    pub(super) fn echo(&self, echo: &Echo) -> Vec<u8> {
        let field = self.fields.iter().find(|f| f.number == Some(echo.number) && f.data.is_some());
        let data = field.and_then(|f| f.data.as_deref()).unwrap_or_default();
        let data = &data[..data.len().min(echo.most)];
        [&echo.header, data, &echo.terminator].concat()
    }
}
