//! The labels of a line: the head and paper they are made for, what they say of the goods, and
//! whether that holds.
use super::LineConfig;
use crate::label::{self, Design, DesignProblem, Head, LabelFormat};
use crate::order::specimen;
use crate::print::{Evidence, PrinterSettings};
use crate::store::{Goods, Lot};
use crate::symbol::Separator;

impl LineConfig {
    /// What labels of this line are made for; nothing where it prints none.
    pub fn head(&self) -> Option<Head> {
        let row = (self.settings.roll.labels_per_row, self.pitch_mm, self.gap_mm);
        let head = |printer| label_head(printer, self.dots_per_mm, self.separator, row);
        self.printer.as_ref().map(head)
    }

    /// Refuses a label that cannot be made here, with the longest code of the goods' group.
    pub fn try_label(
        &self,
        design: &Design,
        goods: &Goods,
        lot: &Lot,
    ) -> Result<(), DesignProblem> {
        self.head().map_or(Ok(()), |head| try_label(design, goods, lot, &head))
    }
}

/// The head of this printer, over rows of so many labels, with their pitch and gap.
pub(super) fn label_head(
    printer: &PrinterSettings,
    dots_per_mm: f32,
    separator: Separator,
    (across, pitch_mm, gap_mm): (usize, f32, f32),
) -> Head {
    let mut head = Head::new(printer.language, dots_per_mm);
    head.separator = separator;
    head.echo = printer.evidence == Evidence::Echo;
    head.width_dots = printer.head_width_dots;
    head.memory_bytes = printer.memory_bytes;
    head.across = u32::try_from(across).unwrap_or(1);
    (head.pitch_mm, head.gap_mm) = (pitch_mm, gap_mm);
    head
}

/// Refuses a label that cannot be made for this head, with the longest code of the goods' group.
pub(super) fn try_label(
    design: &Design,
    goods: &Goods,
    lot: &Lot,
    head: &Head,
) -> Result<(), DesignProblem> {
    let sample = specimen(goods.gtin, goods.group);
    LabelFormat::new(design, &on_label(goods, lot), &sample, head).map(drop)
}

/// What the label says of goods that are made in this lot; if it says nothing, in their usual one.
pub fn on_label(goods: &Goods, lot: &Lot) -> label::Goods {
    let goods = goods.clone();
    let lot = if lot.is_empty() { goods.lot } else { lot.clone() };
    label::Goods {
        name: goods.name,
        article: goods.article,
        size: goods.size,
        colour: goods.colour,
        composition: goods.composition,
        batch: lot.batch,
        date: lot.date,
        best_before: lot.best_before,
        country: goods.country,
        maker: goods.maker,
        importer: goods.importer,
        hs_code: goods.hs_code,
    }
}
