//! The issuer's own idea of codes: forms by product group, new codes, check digits, and arrays of
//! codes as people keep them.
use crate::sim::dice::Dice;

/// The group separator.
const GS: char = '\u{1d}';

/// GS1 AI encodable character set 82 (GS1 General Specifications, figure 7.11-1).
const SET_82: &[u8] =
    b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
/// Base64 without padding, for signatures.
const BASE_64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// What keys are made of.
const DIGITS_AND_CAPITALS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// How the codes of a product group look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) group: &'static str,
    /// Number in the interface of the order management station (CRPT "API СУЗ 3.0", 5.3.1.10).
    pub(super) template: u32,
    /// Characters of the serial, the country digit among them.
    pub(super) serial: usize,
    /// Characters of the signature behind `92`; none: `93` and four characters.
    pub(super) signature: Option<usize>,
    /// Utilisation is reported by the station itself when codes are given out (same, page 220).
    pub(super) utilised_when_given: bool,
    /// The station takes dropout reports for this group (same, page 172).
    pub(super) takes_dropout: bool,
}

const FORMS: [Form; 5] = [
    form("milk", 20, 6, None, false, true),
    form("shoes", 1, 13, Some(88), true, false),
    form("lp", 10, 13, Some(44), true, false),
    form("water", 16, 13, None, false, true),
    form("beer", 18, 7, None, false, true),
];

const fn form(
    group: &'static str,
    template: u32,
    serial: usize,
    signature: Option<usize>,
    utilised_when_given: bool,
    takes_dropout: bool,
) -> Form {
    Form { group, template, serial, signature, utilised_when_given, takes_dropout }
}

/// The form of a group.
pub(super) fn form_of(group: &str) -> Option<Form> {
    FORMS.into_iter().find(|f| f.group == group)
}

/// A new code. `own_serial` comes from the participant; the country digit 5 (Russia) goes before it.
pub(super) fn new_code(
    form: Form,
    gtin: &str,
    own_serial: Option<&str>,
    dice: &mut Dice,
) -> String {
    let serial = match own_serial {
        Some(serial) => serial.to_owned(),
        None => draw(SET_82, form.serial - 1, dice),
    };
    let head = format!("01{gtin}215{serial}{GS}");
    match form.signature {
        None => format!("{head}93{}", draw(SET_82, 4, dice)),
        Some(length) => {
            let key = draw(DIGITS_AND_CAPITALS, 4, dice);
            let signature = draw(BASE_64, length - 1, dice);
            format!("{head}91{key}{GS}92{signature}=")
        }
    }
}

fn draw(from: &[u8], count: usize, dice: &mut Dice) -> String {
    (0..count).map(|_| char::from(from[dice.below(from.len())])).collect()
}

/// Whether a serial that a participant chose can be one.
pub(super) fn is_serial(serial: &str, form: Form) -> bool {
    serial.len() == form.serial - 1 && serial.bytes().all(|b| SET_82.contains(&b))
}

/// Whether these are fourteen digits with a right check digit.
pub(super) fn is_gtin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let weighted = |(place, digit): (usize, &u32)| if place % 2 == 0 { digit * 3 } else { *digit };
    text.len() == 14
        && digits.len() == 14
        && digits.iter().enumerate().map(weighted).sum::<u32>().is_multiple_of(10)
}

/// The code without its check part: what the state system names it by.
pub(super) fn identification(code: &str) -> &str {
    code.split(GS).next().unwrap_or_default()
}

/// The trade item in a code.
pub(super) fn gtin_of(code: &str) -> &str {
    code.get(2..16).unwrap_or_default()
}

/// Reads an array of codes, whatever program wrote it: byte order mark or not, any line ends,
/// quoted or not, GS as itself, as `\u001d` or as `<GS>`. Lines that hold no code are left out.
pub(super) fn read_array(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let code = |line: &str| {
        let line = line.trim_matches(['\u{feff}', ' ', '\t']);
        let inner = line.strip_prefix('"').and_then(|l| l.strip_suffix('"'));
        let plain = inner.map_or_else(|| line.to_owned(), |l| l.replace("\"\"", "\""));
        let gs = GS.to_string();
        plain.replace("\\u001d", &gs).replace("\\u001D", &gs).replace("<GS>", &gs)
    };
    let looks_right = |code: &String| code.starts_with("01") && is_gtin(gtin_of(code));
    text.split(['\r', '\n']).map(code).filter(looks_right).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_codes_have_the_form_of_their_group() {
        let mut dice = Dice::new(7);
        for (group, length) in [("milk", 31), ("shoes", 129), ("lp", 85), ("water", 38)] {
            let form = form_of(group).unwrap();
            let code = new_code(form, "04600000000008", None, &mut dice);
            assert_eq!(code.len(), length, "{group}");
            assert!(code.starts_with("0104600000000008215"));
            assert_eq!(identification(&code).len(), 18 + form.serial);
        }
    }

    #[test]
    fn check_digits_are_checked() {
        assert!(is_gtin("04810093011694"));
        assert!(!is_gtin("04810093011695"));
        assert!(!is_gtin("4810093011694"));
        assert!(!is_gtin("0481009301169O"));
    }

    #[test]
    fn arrays_are_read_in_every_dialect() {
        let wanted = ["0104810093011694212k\"srti\u{1d}93#SzU"];
        for file in [
            "\u{feff}0104810093011694212k\"srti\u{1d}93#SzU\r\n",
            "\"0104810093011694212k\"\"srti\\u001d93#SzU\"\n\n",
            "code\n0104810093011694212k\"srti<GS>93#SzU",
        ] {
            assert_eq!(read_array(file.as_bytes()), wanted, "{file:?}");
        }
    }
}
