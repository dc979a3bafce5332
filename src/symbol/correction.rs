//! Reed-Solomon correction words over GF(256) with the field polynomial 301 (ISO/IEC 16022, annex E).
use super::sizes::Shape;

/// x^8 + x^5 + x^3 + x^2 + 1.
const FIELD: u16 = 301;

/// Powers of two in the field, twice over so that a sum of two logarithms needs no modulo.
const EXP: [u8; 512] = {
    let mut table = [0; 512];
    let (mut value, mut at) = (1_u16, 0);
    while at < 512 {
        table[at] = (value & 0xff) as u8;
        value <<= 1;
        if value > 255 {
            value ^= FIELD;
        }
        at += 1;
    }
    table
};

/// Logarithms to base two; that of zero is never asked for.
const LOG: [u8; 256] = {
    let mut table = [0; 256];
    let mut at = 0_u8;
    while at < 255 {
        table[EXP[at as usize] as usize] = at;
        at += 1;
    }
    table
};

/// Correction words of a block at most (ISO/IEC 16022, table 7).
const MOST: usize = 68;

/// All values times 2^1, 2^2, …
static BY_ROOT: [[u8; 256]; MOST] = {
    let mut table = [[0; 256]; MOST];
    let mut at = 0;
    while at < MOST * 256 {
        let (root, value) = (at / 256, at % 256);
        if value > 0 {
            table[root][value] = EXP[LOG[value] as usize + root + 1];
        }
        at += 1;
    }
    table
};

fn times(a: u8, b: u8) -> u8 {
    if a == 0 || b == 0 {
        return 0;
    }
    EXP[usize::from(LOG[usize::from(a)]) + usize::from(LOG[usize::from(b)])]
}

/// The generator polynomial with the roots 2^1 … 2^degree, highest power left out (it is one).
fn generator(degree: usize) -> Vec<u8> {
    let mut poly = vec![0; degree];
    poly[degree - 1] = 1;
    for root in &EXP[1..=degree] {
        for at in 0..degree {
            let shifted = poly.get(at + 1).copied().unwrap_or(0);
            poly[at] = times(poly[at], *root) ^ shifted;
        }
    }
    poly
}

/// The remainder of one block, highest power first.
fn remainder(block: impl Iterator<Item = u8>, generator: &[u8]) -> Vec<u8> {
    let mut rest = vec![0; generator.len()];
    for word in block {
        let factor = word ^ rest[0];
        rest.rotate_left(1);
        *rest.last_mut().expect("a generator has at least five terms") = 0;
        for (cell, term) in rest.iter_mut().zip(generator) {
            *cell ^= times(factor, *term);
        }
    }
    rest
}

/// Appends the correction words to the data words of one symbol, dealt to the blocks in turn.
pub(super) fn append(words: &mut Vec<u8>, shape: &Shape) {
    let (data, blocks) = (words.len(), shape.blocks);
    let generator = generator(shape.correction / blocks);
    words.resize(data + shape.correction, 0);
    for block in 0..blocks {
        let rest = remainder(words[..data].iter().copied().skip(block).step_by(blocks), &generator);
        let first = data + first_place(block, shape);
        for (turn, word) in rest.into_iter().enumerate() {
            words[first + turn * blocks] = word;
        }
    }
}

/// Which of the turns of correction words a block has. In 144 x 144 the two short blocks come
/// last in the data, and the dealing simply goes on: the ninth block has the first turn.
fn first_place(block: usize, shape: &Shape) -> usize {
    (block + shape.blocks - shape.data % shape.blocks) % shape.blocks
}

/// What the correction of one symbol came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Corrected {
    /// Places of the codewords that were wrong, in the order of the symbol.
    pub(super) wrong: Vec<usize>,
    /// 1 − (erased + 2 · wrong) / correction words, of the worst block (ISO/IEC 15415).
    pub(super) unused: f32,
}

/// Puts wrong codewords right, in place. `erased` are places whose codewords are not to be
/// believed. `None` if one of the blocks holds more errors than it can bear; the words are then
/// as they came.
pub(super) fn correct(words: &mut [u8], erased: &[usize], shape: &Shape) -> Option<Corrected> {
    let per_block = shape.correction / shape.blocks;
    let mut wrong = Vec::new();
    let mut unused = 1.0_f32;
    for block in 0..shape.blocks {
        let places = places(block, shape);
        let received: Vec<u8> = places.iter().map(|at| words[*at]).collect();
        let gone: Vec<usize> =
            (0..places.len()).filter(|at| erased.contains(&places[*at])).collect();
        let mends = mend(&received, &gone, per_block)?;
        let found = mends.iter().filter(|(at, _)| !gone.contains(at)).count();
        #[expect(clippy::cast_precision_loss, reason = "at most 68 words")]
        let used = (gone.len() + 2 * found) as f32 / per_block as f32;
        unused = unused.min(1.0 - used);
        wrong.extend(mends.into_iter().map(|(at, value)| (places[at], value)));
    }
    for (at, value) in &wrong {
        words[*at] ^= value;
    }
    let mut wrong: Vec<usize> = wrong.into_iter().map(|(at, _)| at).collect();
    wrong.sort_unstable();
    Some(Corrected { wrong, unused })
}

/// Which words differ from those that are expected. `None` if in one of the blocks more differ than
/// it can bear: it may be another code then.
pub(super) fn compare(words: &[u8], expected: &[u8], shape: &Shape) -> Option<Corrected> {
    let per_block = shape.correction / shape.blocks;
    let mut unused = 1.0_f32;
    for block in 0..shape.blocks {
        let differ = places(block, shape).iter().filter(|at| words[**at] != expected[**at]).count();
        if 2 * differ > per_block {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 68 words")]
        let used = 2.0 * differ as f32 / per_block as f32;
        unused = unused.min(1.0 - used);
    }
    let wrong = (0..words.len()).filter(|at| words[*at] != expected[*at]).collect();
    Some(Corrected { wrong, unused })
}

/// Places in the symbol of the words of one block, highest power first.
pub(super) fn places(block: usize, shape: &Shape) -> Vec<usize> {
    let data = (block..shape.data).step_by(shape.blocks);
    let first = shape.data + first_place(block, shape);
    data.chain((first..shape.words()).step_by(shape.blocks)).collect()
}

/// The mends of one block: place and what to add there. Syndromes, Berlekamp-Massey begun with
/// the erasures, roots by trying all places, values by Forney.
fn mend(received: &[u8], erased: &[usize], correction: usize) -> Option<Vec<(usize, u8)>> {
    let syndromes = syndromes(received, correction);
    if syndromes.iter().all(|s| *s == 0) {
        return Some(Vec::new());
    }
    if erased.len() > correction {
        return None;
    }
    let power = |at: usize| received.len() - 1 - at;
    let locator = locator(&syndromes, &erased.iter().map(|at| power(*at)).collect::<Vec<_>>())?;
    let degree = locator.len() - 1;
    let roots: Vec<usize> = (0..received.len())
        .filter(|at| value(&locator, EXP[(255 - power(*at) % 255) % 255]) == 0)
        .collect();
    if roots.len() != degree {
        return None;
    }
    let evaluator = product(&syndromes, &locator, correction);
    let mut mends = Vec::with_capacity(degree);
    for at in roots {
        let inverse = EXP[(255 - power(at) % 255) % 255];
        let slope = locator.iter().skip(1).step_by(2).rev();
        let square = times(inverse, inverse);
        let slope = slope.fold(0, |sum, term| times(sum, square) ^ term);
        // The roots begin with 2^1: the factor X of Forney's formula is X^0.
        mends.push((at, over(value(&evaluator, inverse), slope)?));
    }
    mends.retain(|(_, add)| *add != 0);
    Some(mends)
}

/// The received word at 2^1 … 2^count: all of them word by word, since none waits for another.
fn syndromes(received: &[u8], count: usize) -> Vec<u8> {
    let mut sums = vec![0; count];
    for word in received {
        for (sum, by_root) in sums.iter_mut().zip(&BY_ROOT) {
            *sum = by_root[usize::from(*sum)] ^ word;
        }
    }
    sums
}

/// The polynomial, lowest power first, whose roots are the inverses of the wrong places.
fn locator(syndromes: &[u8], erased: &[usize]) -> Option<Vec<u8>> {
    let mut now = vec![1_u8];
    for power in erased {
        let factor = EXP[*power];
        now.push(0);
        for at in (1..now.len()).rev() {
            now[at] ^= times(now[at - 1], factor);
        }
    }
    let mut before = now.clone();
    let mut length = erased.len();
    for step in erased.len()..syndromes.len() {
        let reach = now.len().min(step + 1);
        let gap = (0..reach).fold(0, |sum, at| sum ^ times(now[at], syndromes[step - at]));
        before.insert(0, 0);
        if gap == 0 {
            continue;
        }
        let next = added(&now, &before, gap);
        if 2 * length <= step + erased.len() {
            length = step + 1 + erased.len() - length;
            before = now.iter().map(|term| over(*term, gap)).collect::<Option<_>>()?;
        }
        now = next;
    }
    while now.len() > 1 && now.last() == Some(&0) {
        now.pop();
    }
    let errors = length.checked_sub(erased.len())?;
    let fits = now.len() == length + 1 && 2 * errors + erased.len() <= syndromes.len();
    fits.then_some(now)
}

/// `a + factor · b`.
fn added(a: &[u8], b: &[u8], factor: u8) -> Vec<u8> {
    let term = |poly: &[u8], at: usize| poly.get(at).copied().unwrap_or(0);
    (0..a.len().max(b.len())).map(|at| term(a, at) ^ times(term(b, at), factor)).collect()
}

/// The product of two polynomials, lowest power first, up to the power `below`.
fn product(a: &[u8], b: &[u8], below: usize) -> Vec<u8> {
    let mut out = vec![0; below];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate().take_while(|(j, _)| i + j < below) {
            out[i + j] ^= times(*x, *y);
        }
    }
    out
}

/// A polynomial, lowest power first, at one place.
fn value(poly: &[u8], at: u8) -> u8 {
    poly.iter().rev().fold(0, |sum, term| times(sum, at) ^ term)
}

fn over(a: u8, b: u8) -> Option<u8> {
    match (a, b) {
        (_, 0) => None,
        (0, _) => Some(0),
        (a, b) => {
            let (a, b) = (usize::from(LOG[usize::from(a)]), usize::from(LOG[usize::from(b)]));
            Some(EXP[a + 255 - b])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::sizes::{SHAPES, SQUARES};

    #[test]
    fn the_worked_example_of_the_standard_comes_out() {
        // ISO/IEC 16022, annex O: "123456" in 10 x 10.
        let mut words = vec![142, 164, 186];
        append(&mut words, &SQUARES[0]);
        assert_eq!(words, [142, 164, 186, 114, 25, 5, 88, 102]);
    }

    /// A small generator, so that every failure can be run again.
    struct Chance(u32);

    impl Chance {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            (self.0 >> 8) as usize % bound
        }

        fn byte(&mut self) -> u8 {
            u8::try_from(self.below(256)).unwrap()
        }
    }

    fn right(shape: &Shape, chance: &mut Chance) -> Vec<u8> {
        let mut words: Vec<u8> = (0..shape.data).map(|_| chance.byte()).collect();
        append(&mut words, shape);
        words
    }

    /// Spoils so many words of every block: the places.
    fn spoil(words: &mut [u8], shape: &Shape, count: usize, chance: &mut Chance) -> Vec<usize> {
        let mut spoilt = Vec::new();
        for block in 0..shape.blocks {
            let mut places = places(block, shape);
            for _ in 0..count {
                let at = places.swap_remove(chance.below(places.len()));
                words[at] ^= u8::try_from(1 + chance.below(255)).unwrap();
                spoilt.push(at);
            }
        }
        spoilt.sort_unstable();
        spoilt
    }

    #[test]
    fn as_many_errors_as_a_block_can_bear_are_corrected_and_counted() {
        let mut chance = Chance(5);
        for shape in SHAPES {
            let per_block = shape.correction / shape.blocks;
            for count in 0..=per_block / 2 {
                let words = right(&shape, &mut chance);
                let mut bad = words.clone();
                let spoilt = spoil(&mut bad, &shape, count, &mut chance);
                let done = correct(&mut bad, &[], &shape).unwrap();
                assert_eq!((bad, done.wrong), (words, spoilt), "{shape:?} {count}");
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let unused = 1.0 - 2.0 * count as f32 / per_block as f32;
                assert!((done.unused - unused).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn erased_words_cost_one_correction_word_each() {
        let mut chance = Chance(6);
        for shape in SHAPES {
            let per_block = shape.correction / shape.blocks;
            for erased in [1, per_block / 2, per_block] {
                let words = right(&shape, &mut chance);
                let mut bad = words.clone();
                let gone = spoil(&mut bad, &shape, erased, &mut chance);
                let mut known = bad.clone();
                correct(&mut known, &gone, &shape).unwrap();
                assert_eq!(known, words, "{shape:?} {erased}");
                // As many more errors as the rest bears, at other places.
                let room = (per_block - erased) / 2;
                let mut more = words.clone();
                for at in &gone {
                    more[*at] ^= 0x5a;
                }
                for block in 0..shape.blocks {
                    let others = places(block, &shape).into_iter().filter(|at| !gone.contains(at));
                    for at in others.take(room) {
                        more[at] ^= 0xc3;
                    }
                }
                correct(&mut more, &gone, &shape).unwrap();
                assert_eq!(more, words, "{shape:?} {erased} and {room}");
            }
        }
    }

    #[test]
    fn one_error_too_many_is_refused_and_nothing_is_changed() {
        let mut chance = Chance(7);
        let mut taken = 0;
        for turn in 0..4_000 {
            // From 20 x 20 on: fewer correction words than that can be led astray by chance.
            let shape = SQUARES[5 + turn % 12];
            let words = right(&shape, &mut chance);
            let mut bad = words.clone();
            spoil(&mut bad, &shape, shape.correction / shape.blocks / 2 + 1, &mut chance);
            let before = bad.clone();
            match correct(&mut bad, &[], &shape) {
                None => assert_eq!(bad, before),
                Some(_) => taken += 1,
            }
        }
        assert_eq!(taken, 0);
    }
}
