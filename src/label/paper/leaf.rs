//! One page of a document: a pen whose ink is printpdf's.
use super::{Area, Pen};
use crate::symbol::Run;
use printpdf::{
    Color, Greyscale, Mm, Op, PaintMode, PdfFontHandle, PdfPage, Point, Pt, Rect, Rgb, TextItem,
    WindingOrder, XObjectId, XObjectTransform,
};

/// A page that is being drawn.
#[derive(Debug)]
pub(super) struct Leaf {
    /// In millimetres.
    size: (f32, f32),
    font: PdfFontHandle,
    ops: Vec<Op>,
}

impl Leaf {
    pub(super) fn new(size: (f32, f32), font: PdfFontHandle) -> Self {
        Self { size, font, ops: Vec::new() }
    }

    /// What is drawn from now on is this grey: 0 is black, 1 is white.
    pub(super) fn ink(&mut self, grey: f32) {
        let col = Color::Greyscale(Greyscale::new(grey, None));
        self.ops.push(Op::SetFillColor { col });
    }

    /// What is drawn from now on has this colour: red, green, blue.
    pub(super) fn colour(&mut self, colour: [u8; 3]) {
        let [r, g, b] = colour.map(|part| f32::from(part) / 255.0);
        self.ops.push(Op::SetFillColor { col: Color::Rgb(Rgb::new(r, g, b, None)) });
    }

    /// A picture of the document, filling this place.
    pub(super) fn picture(&mut self, id: XObjectId, Area { x, y, width, height }: Area) {
        let transform = XObjectTransform {
            translate_x: Some(points(x)),
            translate_y: Some(points(self.size.1 - y - height)),
            scale_x: Some(points(width).0),
            scale_y: Some(points(height).0),
            // A picture is one by one large before it is scaled.
            no_auto_scale: true,
            ..XObjectTransform::default()
        };
        self.ops.push(Op::UseXobject { id, transform });
    }

    pub(super) fn into_page(self) -> PdfPage {
        PdfPage::new(Mm(self.size.0), Mm(self.size.1), self.ops)
    }
}

impl Pen for Leaf {
    fn words(&mut self, text: &str, x: f32, base: f32, em: f32) {
        let pos = Point { x: points(x), y: points(self.size.1 - base) };
        self.ops.extend([
            Op::StartTextSection,
            Op::SetFont { font: self.font.clone(), size: points(em) },
            Op::SetTextCursor { pos },
            Op::ShowText { items: vec![TextItem::Text(text.to_owned())] },
            Op::EndTextSection,
        ]);
    }

    fn bar(&mut self, Area { x, y, width, height }: Area) {
        let rectangle = Rect {
            x: points(x),
            y: points(self.size.1 - y - height),
            width: points(width),
            height: points(height),
            mode: Some(PaintMode::Fill),
            winding_order: Some(WindingOrder::NonZero),
        };
        self.ops.push(Op::DrawRectangle { rectangle });
    }

    #[expect(clippy::cast_precision_loss, reason = "some thousand cells")]
    fn cells(&mut self, x: f32, y: f32, cell: f32, black: &[Run]) {
        for run in black {
            let (x, y) = (x + run.x as f32 * cell, y + run.y as f32 * cell);
            self.bar(Area { x, y, width: run.length as f32 * cell, height: cell });
        }
    }
}

fn points(mm: f32) -> Pt {
    Pt::from(Mm(mm))
}
