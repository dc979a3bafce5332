//! Codes of every form, over every character that they may have.
use markwright::code::TEMPLATES;

/// What a serial number may consist of (GS1 General Specifications, character set 82).
pub(crate) const SET_82: &str =
    "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

/// Forms of codes: length of the serial number, length of the signature.
pub(crate) fn forms() -> Vec<(usize, usize)> {
    use markwright::code::Tail;
    let form = |tail| match tail {
        Tail::Short => Some(4),
        Tail::Long(signature) => Some(signature),
        Tail::Block | Tail::Pack { .. } => None,
    };
    let all = TEMPLATES.iter().filter_map(|t| Some((t.serial_len, form(t.tail)?)));
    all.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Characters by chance, the same ones in every run.
pub(crate) struct Chance(u32);

impl Chance {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(2_654_435_761) | 1)
    }

    pub(crate) fn some(&mut self, from: &str, count: usize) -> String {
        let mut next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 17;
            self.0 ^= self.0 << 5;
            char::from(from.as_bytes()[self.0 as usize % from.len()])
        };
        (0..count).map(|_| next()).collect()
    }

    /// A code of this form.
    pub(crate) fn code(&mut self, (serial, signature): (usize, usize)) -> String {
        let serial = self.some(SET_82, serial);
        let tail = self.some(SET_82, signature);
        if signature == 4 {
            return format!("010481009301169421{serial}\u{1d}93{tail}");
        }
        let key = self.some(SET_82, 4);
        format!("010481009301169421{serial}\u{1d}91{key}\u{1d}92{tail}")
    }
}
