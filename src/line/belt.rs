//! What is between the printer and the gate: labels in the order in which they were printed,
//! products in the order of their tags.
use super::{PictureId, Tag, Verdict};
use crate::code::{Code, CodeId, CodeState, CodeText};
use std::collections::VecDeque;
use std::time::Instant;

/// A label between printer and applicator.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Label {
    pub(super) code: Code,
    pub(super) printed: bool,
}

/// A code on a product, and its state as recorded.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct OnProduct {
    pub(super) id: CodeId,
    /// Known for a label of this run; after a restart the text is not needed any more.
    pub(super) text: Option<CodeText>,
    pub(super) state: CodeState,
}

/// A product between infeed and gate.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(super) struct Product {
    pub(super) tag: Tag,
    pub(super) code: Option<OnProduct>,
    pub(super) verdict: Option<Verdict>,
    pub(super) picture: Option<PictureId>,
    /// How many products passed the gate that came after it.
    pub(super) overtaken: u32,
    /// When the reading must be there; set by the camera's trigger.
    #[serde(with = "super::at::due")]
    pub(super) picture_due: Option<Instant>,
    /// What was read on it, while the store is asked what that is.
    pub(super) asked: Option<super::carried::Asked>,
}

impl Product {
    pub(super) fn new(tag: Tag) -> Self {
        Self {
            tag,
            code: None,
            verdict: None,
            picture: None,
            overtaken: 0,
            picture_due: None,
            asked: None,
        }
    }

    /// Whether it carries a label and was not found bad.
    pub(super) fn may_turn_out_good(&self) -> bool {
        self.code.is_some() && !matches!(self.verdict, Some(Verdict::Bad(_)))
    }

    /// The text of its label, if it carries one of this run that nobody has read yet.
    fn unread(&self) -> Option<&CodeText> {
        self.code.as_ref().filter(|_| self.verdict.is_none())?.text.as_ref()
    }
}

/// Everything between printer and gate.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Belt {
    /// Labels between printer and applicator, oldest first.
    pub(super) pad: VecDeque<Label>,
    /// Products between infeed and gate, oldest first.
    pub(super) products: VecDeque<Product>,
}

/// Where in the row of unread labels a text was found, counted from the product that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the product itself.
    Here,
    /// So many labels later.
    Later(usize),
    /// Nowhere in the row.
    Nowhere,
}

impl Belt {
    pub(super) fn product(&mut self, tag: Tag) -> Option<&mut Product> {
        self.products.iter_mut().find(|product| product.tag == tag)
    }

    /// Whether this product is on the belt and was found good.
    pub(super) fn is_good(&self, tag: Tag) -> bool {
        self.products.iter().any(|p| p.tag == tag && p.verdict == Some(Verdict::Good))
    }

    /// A code that is seen elsewhere is not on the product that the books had it on.
    pub(super) fn take_off(&mut self, id: CodeId) -> Option<Tag> {
        let carries = |product: &&mut Product| product.code.as_ref().is_some_and(|c| c.id == id);
        let product = self.products.iter_mut().find(carries)?;
        product.code = None;
        Some(product.tag)
    }

    /// The code of a label that did not come out is no label any more.
    pub(super) fn take_unprinted(&mut self, id: CodeId) -> Option<Code> {
        let at = self.pad.iter().position(|label| label.code.id == id && !label.printed)?;
        Some(self.pad.remove(at)?.code)
    }

    /// Labels handed to the printer that did not come out yet.
    pub(super) fn unprinted(&self) -> usize {
        self.pad.iter().filter(|label| !label.printed).count()
    }

    /// Looks for `text` on the product of this tag, then in the row of unread labels from there on.
    pub(super) fn place_of(&self, tag: Tag, text: &str) -> Place {
        let product = self.products.iter().find(|product| product.tag == tag);
        if product
            .is_some_and(|product| product.unread().is_some_and(|label| label.as_str() == text))
        {
            return Place::Here;
        }
        match self.row_from(tag).position(|label| label.as_str() == text) {
            Some(at) => Place::Later(at),
            None => Place::Nowhere,
        }
    }

    /// The texts of the labels not yet read, from this product on.
    fn row_from(&self, tag: Tag) -> impl Iterator<Item = &CodeText> {
        let on_products = self.products.iter().filter(move |product| product.tag >= tag);
        let on_pad = self.pad.iter().map(|label| &label.code.text);
        on_products.filter_map(Product::unread).chain(on_pad)
    }

    /// The texts of all labels not yet read, the first one before the camera first.
    pub(super) fn to_be_read(&self) -> impl Iterator<Item = &CodeText> {
        self.row_from(Tag(0))
    }

    /// The product that has the label with this text by the books, whatever was found of it.
    pub(super) fn carrier_of(&self, text: &str) -> Option<Tag> {
        let label = |product: &Product| product.code.as_ref()?.text.clone();
        let carries = |product: &&Product| label(product).is_some_and(|l| l.as_str() == text);
        self.products.iter().find(carries).map(|product| product.tag)
    }

    /// Takes the whole row of unread labels from this product on: what each was, oldest first, and
    /// which products carry one of them.
    pub(super) fn take_row(&mut self, tag: Tag) -> (Vec<(Code, CodeState)>, Vec<Tag>) {
        let mut labels = Vec::new();
        let mut tags = Vec::new();
        for product in &mut self.products {
            if product.tag < tag || product.unread().is_none() {
                continue;
            }
            if let Some(OnProduct { id, text: Some(text), state }) = product.code.take() {
                labels.push((Code { id, text }, state));
                tags.push(product.tag);
            }
        }
        for Label { code, printed } in self.pad.drain(..) {
            let state = if printed { CodeState::Printed } else { CodeState::Sent };
            labels.push((code, state));
        }
        (labels, tags)
    }

    /// The earliest time at which a reading is late.
    pub(super) fn picture_due(&self) -> Option<Instant> {
        let waiting = self.products.iter().filter(|product| product.verdict.is_none());
        waiting.filter_map(|product| product.picture_due).min()
    }

    /// A product whose reading is late.
    pub(super) fn picture_late(&self, now: Instant) -> Option<Tag> {
        let mut waiting = self.products.iter().filter(|product| product.verdict.is_none());
        let late = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        waiting.find(|product| late(product.picture_due)).map(|product| product.tag)
    }

    /// Whether a triggered picture is still to be read.
    pub(super) fn waits_for_picture(&self) -> bool {
        self.picture_due().is_some()
    }

    /// Products that still have to come by the applicator, or just did.
    pub(super) fn unlabelled(&self) -> usize {
        let waits = |product: &&Product| product.code.is_none() && product.verdict.is_none();
        self.products.iter().filter(waits).count()
    }

    /// Products that are good or may become it.
    pub(super) fn hopeful(&self) -> usize {
        let bad = |product: &&Product| matches!(product.verdict, Some(Verdict::Bad(_)));
        self.products.iter().filter(|product| !bad(product)).count()
    }
}
