//! Random codes of every form, made without the parser.
use markwright::code::{Extra, GS, Tail, Template};

/// What serial numbers consist of.
pub(crate) const SET_82: &[u8] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// Digits of application identifiers: texts of them have as many other readings as there can be.
pub(crate) const TRAPS: &[u8] = b"0123456789393919124080050397";

/// Numbers by chance, the same in every run (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() % n as u64).unwrap()
    }

    /// A text of characters of a set.
    pub(crate) fn some(&mut self, from: &[u8], count: usize) -> String {
        (0..count).map(|_| char::from(from[self.below(from.len())])).collect()
    }
}

/// A GTIN with its check digit, reckoned here once more.
pub(crate) fn gtin(dice: &mut Dice) -> String {
    let head = "0".to_owned() + &dice.some(b"0123456789", 12);
    let sum: u32 = head
        .bytes()
        .enumerate()
        .map(|(at, b)| u32::from(b - b'0') * if at % 2 == 0 { 3 } else { 1 })
        .sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// A code of this form, as fields: what stands between separators. `from` are the characters of its
/// serial number and check part.
pub(crate) fn fields(dice: &mut Dice, form: &Template, from: &[u8], extras: bool) -> Vec<String> {
    let gtin = gtin(dice);
    let serial = dice.some(from, form.serial_len);
    let mut fields = vec![format!("01{gtin}21{serial}")];
    if form.with_hs && dice.below(3) == 0 {
        fields.push(format!("240{}", dice.some(b"0123456789", 4)));
    }
    match form.tail {
        Tail::Short => fields.push(format!("93{}", dice.some(from, 4))),
        Tail::Long(signature) => {
            fields.push(format!("91{}", dice.some(from, 4)));
            fields.push(format!("92{}", dice.some(from, signature)));
        }
        Tail::Block => {
            fields.push(format!("8005{}", dice.some(b"0123456789", 6)));
            fields.push(format!("93{}", dice.some(from, 4)));
        }
        Tail::Pack { priced } => {
            let price = if priced { dice.some(b"ABCab019!?", 4) } else { "AAAA".to_owned() };
            return vec![format!("{gtin}{serial}{price}{}", dice.some(from, 4))];
        }
    }
    if extras {
        let mut left = form.extras.to_vec();
        while !left.is_empty() && dice.below(2) == 0 {
            let extra = left.remove(dice.below(left.len()));
            fields.push(extra_field(dice, extra));
        }
    }
    fields
}

fn extra_field(dice: &mut Dice, extra: Extra) -> String {
    let digits = |dice: &mut Dice, n| dice.some(b"0123456789", n);
    match extra {
        Extra::Weight => format!("3103{}", digits(dice, 6)),
        Extra::Volume => format!("335{}{}", dice.below(6), digits(dice, 6)),
        Extra::Kilograms => format!("310{}{}", dice.below(6), digits(dice, 6)),
        Extra::Metres => format!("311{}{}", dice.below(6), digits(dice, 6)),
        Extra::Count => {
            let n = 1 + dice.below(8);
            format!("30{}", digits(dice, n))
        }
        Extra::FactorySerial => {
            let n = 4 * (1 + dice.below(22));
            let padding = ["", "=", "=="][dice.below(3)];
            format!("97{}{padding}", dice.some(TRAPS, n - padding.len()))
        }
    }
}

/// Fields with their separators.
pub(crate) fn whole(fields: &[String]) -> String {
    fields.join(&GS.to_string())
}

/// Fields with some separators, by chance; at least one is lost.
pub(crate) fn maimed(dice: &mut Dice, fields: &[String]) -> String {
    let lost = dice.below(fields.len() - 1);
    let mut text = fields[0].clone();
    for (at, field) in fields[1..].iter().enumerate() {
        if at != lost && dice.below(2) == 0 {
            text.push(GS);
        }
        text += field;
    }
    text
}
