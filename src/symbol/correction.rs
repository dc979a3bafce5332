//! Reed-Solomon correction words over GF(256) with the field polynomial 301 (ISO/IEC 16022, annex E).
use super::sizes::Square;

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
pub(super) fn append(words: &mut Vec<u8>, square: &Square) {
    let (data, blocks) = (words.len(), square.blocks);
    let generator = generator(square.correction / blocks);
    words.resize(data + square.correction, 0);
    for block in 0..blocks {
        let rest = remainder(words[..data].iter().copied().skip(block).step_by(blocks), &generator);
        let first = data + first_place(block, square);
        for (turn, word) in rest.into_iter().enumerate() {
            words[first + turn * blocks] = word;
        }
    }
}

/// Which of the turns of correction words a block has. In 144 x 144 the two short blocks come
/// last in the data, and the dealing simply goes on: the ninth block has the first turn.
fn first_place(block: usize, square: &Square) -> usize {
    (block + square.blocks - square.data % square.blocks) % square.blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::sizes::SQUARES;

    #[test]
    fn the_worked_example_of_the_standard_comes_out() {
        // ISO/IEC 16022, annex O: "123456" in 10 x 10.
        let mut words = vec![142, 164, 186];
        append(&mut words, &SQUARES[0]);
        assert_eq!(words, [142, 164, 186, 114, 25, 5, 88, 102]);
    }
}
