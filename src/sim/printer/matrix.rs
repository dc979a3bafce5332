//! The symbol that `^BX` and `DMATRIX` draw: escapes to codewords, codewords to modules.
use super::canvas::Bitmap;
use datamatrix::errorcode::{decode_error, encode_error};
use datamatrix::placement::MatrixMap;
use datamatrix::{SymbolList, SymbolSize};

/// What `^BX` or `DMATRIX` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MatrixWish {
    /// Dots along one side of a module.
    pub(super) module: usize,
    /// The quality parameter; only 200 is drawn here.
    pub(super) quality: u32,
    /// Columns to force; 0 is free.
    pub(super) columns: usize,
    /// Rows to force; 0 is free.
    pub(super) rows: usize,
    /// The escape character; without one every character is data.
    pub(super) escape: Option<u8>,
    /// A rectangle instead of a square.
    pub(super) rectangle: bool,
}

/// Why no symbol is drawn: the letter of `INVALID-x`, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoSymbol {
    #[error("data does not fit")]
    TooLong,
    #[error("an escape that no data matrix knows")]
    Escape,
    #[error("no such size or quality")]
    Parameter,
}

impl NoSymbol {
    /// The letter that `^CVY` prints after `INVALID-` (ZPL II Programming Guide, `^CV`).
    pub(super) fn letter(&self) -> char {
        match self {
            Self::TooLong => 'L',
            Self::Escape => 'C',
            Self::Parameter => 'P',
        }
    }
}

/// One thing to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Byte(u8),
    Fnc1,
}

/// Data codewords by rows and columns (ISO/IEC 16022, table 7).
const SQUARES: [(usize, usize); 24] = [
    (10, 3),
    (12, 5),
    (14, 8),
    (16, 12),
    (18, 18),
    (20, 22),
    (22, 30),
    (24, 36),
    (26, 44),
    (32, 62),
    (36, 86),
    (40, 114),
    (44, 144),
    (48, 174),
    (52, 204),
    (64, 280),
    (72, 368),
    (80, 456),
    (88, 576),
    (96, 696),
    (104, 816),
    (120, 1050),
    (132, 1304),
    (144, 1558),
];
const RECTANGLES: [(usize, usize, usize); 6] =
    [(8, 18, 5), (8, 32, 10), (12, 26, 16), (12, 36, 22), (16, 36, 32), (16, 48, 49)];

/// Draws the symbol, one dot a module, and says what it carries: `GS` as character 29, without
/// the leading FNC1.
pub(super) fn draw(data: &[u8], wish: &MatrixWish) -> Result<(Bitmap, String), NoSymbol> {
    if wish.quality != 200 {
        return Err(NoSymbol::Parameter);
    }
    let words = unescape(data, wish.escape)?;
    let codewords = ascii(&words);
    let (rows, columns, room) = size_for(codewords.len(), wish)?;
    let size = SymbolList::default()
        .enforce_height_in(rows..=rows)
        .enforce_width_in(columns..=columns)
        .iter()
        .next()
        .ok_or(NoSymbol::Parameter)?;
    Ok((modules(padded(codewords, room), size), carried(&words)))
}

fn size_for(needed: usize, wish: &MatrixWish) -> Result<(usize, usize, usize), NoSymbol> {
    let forced = wish.columns > 0 || wish.rows > 0;
    let rows = if wish.rows > 0 { wish.rows } else { wish.columns };
    let columns = if wish.columns > 0 { wish.columns } else { wish.rows };
    let fits = |size: &(usize, usize, usize)| {
        if forced { (size.0, size.1) == (rows, columns) } else { size.2 >= needed }
    };
    let squares = SQUARES.into_iter().map(|(side, room)| (side, side, room));
    let rectangles = RECTANGLES.into_iter();
    let found = match (forced, wish.rectangle) {
        (true, _) => squares.chain(rectangles).find(fits).ok_or(NoSymbol::Parameter)?,
        (false, true) => rectangles.into_iter().find(fits).ok_or(NoSymbol::TooLong)?,
        (false, false) => squares.into_iter().find(fits).ok_or(NoSymbol::TooLong)?,
    };
    if found.2 < needed { Err(NoSymbol::TooLong) } else { Ok(found) }
}

/// Takes the escapes out (ZPL II Programming Guide, `^BX`; the same in TSPL's
/// `DMATRIX`): `e1` FNC1, `ee` the escape itself,
/// `edNNN` a character by number, `e5NNN` a code page, `e@`…`e_` control characters.
fn unescape(data: &[u8], escape: Option<u8>) -> Result<Vec<Word>, NoSymbol> {
    let Some(escape) = escape else { return Ok(data.iter().copied().map(Word::Byte).collect()) };
    let mut words = Vec::new();
    let mut rest = data;
    while let [first, tail @ ..] = rest {
        if *first != escape {
            words.push(Word::Byte(*first));
            rest = tail;
            continue;
        }
        let (word, length) = escaped(tail, escape)?;
        words.extend(word);
        rest = &tail[length..];
    }
    Ok(words)
}

fn escaped(tail: &[u8], escape: u8) -> Result<(Option<Word>, usize), NoSymbol> {
    match tail {
        [e, ..] if *e == escape => Ok((Some(Word::Byte(escape)), 1)),
        [b'1', ..] => Ok((Some(Word::Fnc1), 1)),
        [b'd', a, b, c, ..] => Ok((Some(Word::Byte(decimal([*a, *b, *c])?)), 4)),
        [b'5', a, b, c, ..] => decimal([*a, *b, *c]).map(|_| (None, 4)),
        [control @ b'@'..=b'_', ..] => Ok((Some(Word::Byte(control - b'@')), 1)),
        _ => Err(NoSymbol::Escape),
    }
}

fn decimal(digits: [u8; 3]) -> Result<u8, NoSymbol> {
    let text = std::str::from_utf8(&digits).map_err(|_| NoSymbol::Escape)?;
    text.parse().map_err(|_| NoSymbol::Escape)
}

/// ASCII encodation with digit pairs (ISO/IEC 16022, 5.2.3): what the marking rules ask for.
fn ascii(words: &[Word]) -> Vec<u8> {
    let mut codewords = Vec::new();
    let mut rest = words;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (Word::Byte(a @ b'0'..=b'9'), [Word::Byte(b @ b'0'..=b'9'), after @ ..]) => {
                codewords.push(130 + (a - b'0') * 10 + (b - b'0'));
                rest = after;
            }
            (Word::Byte(byte @ 0..=127), _) => codewords.push(byte + 1),
            (Word::Byte(byte), _) => codewords.extend([235, byte - 127]),
            (Word::Fnc1, _) => codewords.push(232),
        }
    }
    codewords
}

/// Fills the symbol with pad codewords, all but the first randomised by their place (ISO/IEC
/// 16022, 5.2.3 and annex B.1).
fn padded(mut codewords: Vec<u8>, room: usize) -> Vec<u8> {
    if codewords.len() < room {
        codewords.push(129);
    }
    while codewords.len() < room {
        let place = codewords.len() + 1;
        let pad = 129 + (149 * place) % 253 + 1;
        let pad = if pad > 254 { pad - 254 } else { pad };
        codewords.push(u8::try_from(pad).expect("254 at most"));
    }
    codewords
}

fn modules(mut codewords: Vec<u8>, size: SymbolSize) -> Bitmap {
    let correction = encode_error(&codewords, size);
    codewords.extend_from_slice(&correction);
    let map = MatrixMap::<bool>::new_with_codewords(&codewords, size).bitmap();
    let mut bitmap = Bitmap::new(map.width(), map.height());
    for (x, y) in map.pixels() {
        bitmap.blacken(x, y);
    }
    bitmap
}

/// Whether a camera would read what was drawn out of what came onto the label: the codewords,
/// after correction, are the same. Both have one dot a module.
pub(super) fn reads_the_same(drawn: &Bitmap, seen: &Bitmap) -> bool {
    let words = corrected(drawn);
    words.is_some() && words == corrected(seen)
}

fn corrected(symbol: &Bitmap) -> Option<Vec<u8>> {
    let dots: Vec<bool> = (0..symbol.width * symbol.height)
        .map(|at| symbol.get(at % symbol.width, at / symbol.width))
        .collect();
    let (map, size) = MatrixMap::try_from_bits(&dots, symbol.width).ok()?;
    let mut codewords = map.codewords();
    decode_error(&mut codewords, size).ok()?;
    Some(codewords)
}

fn carried(words: &[Word]) -> String {
    let words = if words.first() == Some(&Word::Fnc1) { &words[1..] } else { words };
    let text = |word: &Word| match word {
        Word::Byte(byte) => char::from(*byte),
        Word::Fnc1 => '\u{1d}',
    };
    words.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(side: usize) -> MatrixWish {
        let (columns, rows) = (side, side);
        MatrixWish { module: 4, quality: 200, columns, rows, escape: Some(b'|'), rectangle: false }
    }

    #[test]
    fn escapes_become_words() {
        use Word::{Byte, Fnc1};
        let words = unescape(b"|1a|d029||b|]|1", Some(b'|')).unwrap();
        assert_eq!(
            words,
            [Fnc1, Byte(b'a'), Byte(29), Byte(b'|'), Byte(b'b'), Byte(29), Fnc1].to_vec()
        );
        assert_eq!(carried(&words), "a\u{1d}|b\u{1d}\u{1d}");
        assert_eq!(unescape(b"|d9", Some(b'|')), Err(NoSymbol::Escape));
        assert_eq!(unescape(b"|d999", Some(b'|')), Err(NoSymbol::Escape));
    }

    #[test]
    fn a_forced_size_that_is_too_small_gives_no_symbol() {
        let data = b"|1010460780959133121aB3dE5fG7hJ9k|193dGVz";
        assert_eq!(draw(data, &wish(20)), Err(NoSymbol::TooLong));
        assert_eq!(draw(data, &wish(22)).unwrap().0.width, 22);
        assert_eq!(draw(data, &wish(0)).unwrap().0.width, 22);
        assert_eq!(draw(data, &wish(23)), Err(NoSymbol::Parameter));
    }

    #[test]
    fn legacy_qualities_are_not_drawn() {
        let legacy = MatrixWish { quality: 0, ..wish(22) };
        assert_eq!(draw(b"1", &legacy), Err(NoSymbol::Parameter));
    }

    #[test]
    fn every_size_of_the_table_is_drawn_and_read_back() {
        for (side, room) in SQUARES {
            let data = vec![b'a'; room];
            let (drawn, _) = draw(&data, &wish(side)).unwrap();
            let dots: Vec<bool> =
                (0..side * side).map(|at| drawn.get(at % side, at / side)).collect();
            assert_eq!(datamatrix::DataMatrix::decode(&dots, side).unwrap(), data);
            assert_eq!(draw(&vec![b'a'; room + 1], &wish(side)), Err(NoSymbol::TooLong));
        }
    }
}
