//! The codewords under the threshold of the standard: which are wrong, what error correction has
//! left, and the overlay of modulation over it.
#![expect(clippy::cast_precision_loss, reason = "a symbol has some two thousand codewords at most")]
use super::conditions::Edition;
use super::scale::{self, BEST};
use crate::symbol::layout::{Layout, NO_WORD};

/// The blocks of error correction.
pub(super) struct Blocks {
    of_word: Vec<u8>,
    /// Words of correction of each.
    each: usize,
    count: usize,
}

impl Blocks {
    pub(super) fn of(layout: &Layout) -> Self {
        let shape = layout.shape;
        Self {
            of_word: layout.blocks(),
            each: shape.correction / shape.blocks,
            count: shape.blocks,
        }
    }

    /// 1 − 2 · wrong / correction words, of the worst block (ISO/IEC 15415, 7.8.8). Less than
    /// nothing where a block bears more than it can.
    pub(super) fn unused(&self, wrong: impl Fn(usize) -> bool) -> f32 {
        let mut counts = vec![0_usize; self.count];
        for (word, block) in self.of_word.iter().enumerate() {
            counts[usize::from(*block)] += usize::from(wrong(word));
        }
        let worst = counts.into_iter().max().unwrap_or(0);
        1.0 - 2.0 * worst as f32 / self.each as f32
    }

    /// The grade of modulation: at each level the words below it count as wrong.
    pub(super) fn overlay(&self, edition: Edition, levels: &[u8]) -> u8 {
        let mut below = vec![[0_usize; BEST as usize + 2]; self.count];
        for (level, block) in levels.iter().zip(&self.of_word) {
            below[usize::from(*block)][usize::from(*level).min(usize::from(BEST)) + 1] += 1;
        }
        for counts in &mut below {
            for at in 1..counts.len() {
                counts[at] += counts[at - 1];
            }
        }
        scale::overlay(edition, |level| {
            let worst = below.iter().map(|counts| counts[usize::from(level)]).max().unwrap_or(0);
            let unused = 1.0 - 2.0 * worst as f32 / self.each as f32;
            scale::tenths(edition, scale::UNUSED, unused)
        })
    }
}

/// The lowest level among the modules of each codeword.
pub(super) fn word_levels(layout: &Layout, level: impl Fn(usize) -> u8) -> Vec<u8> {
    let mut words = vec![BEST; layout.shape.words()];
    for (cell, word) in layout.words.iter().enumerate() {
        if *word != NO_WORD {
            let lowest = &mut words[usize::from(*word)];
            *lowest = (*lowest).min(level(cell));
        }
    }
    words
}
