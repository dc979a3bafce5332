//! GS1 Digital Link: a code as the address of a web page, and back.
use super::parse::in_set_82;
use super::{GS, Gtin, Parts, Tail};

/// What the address of a product says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The trade item.
    pub gtin: Gtin,
    /// The serial number; nothing where the address is that of the trade item.
    pub serial: Option<String>,
    /// Other application identifiers with their values, in the order of the address.
    pub others: Vec<(String, String)>,
}

/// Why an address is not that of a product.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkProblem {
    /// Another kind of address.
    #[error("the address of a product begins with https:// or http:// and a domain")]
    NoAddress,
    /// `/01/` and a trade item.
    #[error("the address has no /01/ with the GTIN of a product")]
    NoGtin,
    /// A path that goes on otherwise.
    #[error("after the GTIN comes /21/ and the serial number, or nothing; found '{0}'")]
    NoSerial(String),
    /// A character that is written wrong, or that no serial number has.
    #[error("'{0}' is not percent-encoded text of characters that a code may have")]
    Encoding(String),
}

impl Parts<'_> {
    /// The product's address at this domain (GS1 Digital Link 1.2: GTIN and serial number, in that
    /// order). It does not carry the check part: an address is shown, kept and sent on. Nothing for
    /// a pack of tobacco: its serial number is not one of GS1.
    pub fn digital_link(&self, domain: &str) -> Option<String> {
        let is_gs1 = !matches!(self.form.0, Tail::Pack { .. });
        is_gs1.then(|| format!("https://{domain}/01/{}/21/{}", self.gtin, percent(self.serial)))
    }

    /// The same with everything else as a query: an address that carries the whole code.
    pub fn whole_digital_link(&self, domain: &str) -> Option<String> {
        let fields = self.tail.iter().map(|field| format!("{}={}", field.ai, percent(field.value)));
        let fields: Vec<_> = fields.collect();
        Some(format!("{}?{}", self.digital_link(domain)?, fields.join("&")))
    }
}

/// Percent encoding of everything but unreserved characters (RFC 3986, 2.3).
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for half in [byte >> 4, byte & 15] {
                encoded.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
            }
        }
    }
    encoded
}

fn decoded(text: &str) -> Result<String, LinkProblem> {
    let wrong = || LinkProblem::Encoding(text.to_owned());
    let (mut plain, mut rest) = (String::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let byte = if byte == b'%' {
            let mut half = || rest.next().and_then(|b| char::from(b).to_digit(16));
            let (high, low) = (half().ok_or_else(wrong)?, half().ok_or_else(wrong)?);
            u8::try_from(high * 16 + low).map_err(|_| wrong())?
        } else {
            byte
        };
        if !byte.is_ascii_graphic() {
            return Err(wrong());
        }
        plain.push(char::from(byte));
    }
    Ok(plain)
}

impl Link {
    /// Reads an address. Anything may stand between the domain and `/01/`; of the query only what
    /// application identifiers name is kept.
    pub fn read(address: &str) -> Result<Self, LinkProblem> {
        let address = address.trim();
        let scheme = ["https://", "http://"].into_iter();
        let at = scheme.filter_map(|s| address.get(..s.len()).map(|begin| (s, begin)));
        let mut known = at.filter(|(scheme, begin)| begin.eq_ignore_ascii_case(scheme));
        let (scheme, _) = known.next().ok_or(LinkProblem::NoAddress)?;
        let rest = address[scheme.len()..].split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (domain, path) = path.split_once('/').ok_or(LinkProblem::NoGtin)?;
        if domain.is_empty() {
            return Err(LinkProblem::NoAddress);
        }
        let segments: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let at = segments.iter().position(|s| *s == "01").ok_or(LinkProblem::NoGtin)?;
        let gtin = segments.get(at + 1).and_then(|digits| digits.parse().ok());
        let gtin = gtin.ok_or(LinkProblem::NoGtin)?;
        let serial = match &segments[at + 2..] {
            [] => None,
            ["21", serial] => Some(serial_of(serial)?),
            [other, ..] => return Err(LinkProblem::NoSerial((*other).to_owned())),
        };
        Ok(Self { gtin, serial, others: others(query)? })
    }

    /// The code, where the address carries the whole of it; [`super::parse`] says whether it is one.
    pub fn text(&self) -> Option<String> {
        let serial = self.serial.as_deref()?;
        let head = format!("01{}21{serial}", self.gtin);
        Some(self.others.iter().fold(head, |text, (ai, value)| format!("{text}{GS}{ai}{value}")))
    }
}

fn serial_of(segment: &str) -> Result<String, LinkProblem> {
    let serial = decoded(segment)?;
    let right = (1..=20).contains(&serial.len()) && serial.bytes().all(in_set_82);
    right.then_some(serial).ok_or_else(|| LinkProblem::Encoding(segment.to_owned()))
}

fn others(query: &str) -> Result<Vec<(String, String)>, LinkProblem> {
    let pairs = query.split(['&', ';']).filter_map(|pair| pair.split_once('='));
    let known = pairs
        .filter(|(ai, _)| (2..=4).contains(&ai.len()) && ai.bytes().all(|b| b.is_ascii_digit()));
    known.map(|(ai, value)| Ok((ai.to_owned(), decoded(value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn a_code_becomes_an_address_and_comes_back() {
        let text = "010460406000243921\"%&/ ?".replace(' ', "=") + "\u{1d}93;#Sz";
        let code = parse(&text).unwrap();
        let link = code.digital_link("id.example.org").unwrap();
        assert_eq!(link, "https://id.example.org/01/04604060002439/21/%22%25%26%2F%3D%3F");
        let read = Link::read(&link).unwrap();
        assert_eq!((read.gtin, read.serial.as_deref()), (code.gtin, Some(code.serial)));
        assert!(!link.contains("93"));
        let whole = code.whole_digital_link("id.example.org").unwrap();
        assert!(whole.ends_with("?93=%3B%23Sz"), "{whole}");
        assert_eq!(Link::read(&whole).unwrap().text(), Some(text.clone()));
    }

    #[test]
    fn addresses_are_read_in_the_shapes_that_they_have() {
        let read = |address| Link::read(address).unwrap();
        let item = read("http://example.org/some/path/01/4604060002439/");
        assert_eq!((item.gtin.as_str(), &item.serial), ("04604060002439", &None));
        let other = read("HTTPS://example.org/01/04604060002439/21/aB1?17=261122&lang=be#top");
        assert_eq!(other.serial.as_deref(), Some("aB1"));
        assert_eq!(other.others, [("17".to_owned(), "261122".to_owned())]);
    }

    #[test]
    fn what_is_no_address_of_a_product_is_told() {
        let refused = |address| Link::read(address).unwrap_err();
        assert_eq!(refused("0104604060002439"), LinkProblem::NoAddress);
        assert_eq!(refused("https://"), LinkProblem::NoGtin);
        assert_eq!(refused("https:///01/04604060002439"), LinkProblem::NoAddress);
        assert_eq!(refused("https://example.org/21/5"), LinkProblem::NoGtin);
        assert_eq!(refused("https://example.org/01/04604060002430"), LinkProblem::NoGtin);
        let lot = refused("https://example.org/01/04604060002439/10/A");
        assert_eq!(lot, LinkProblem::NoSerial("10".to_owned()));
        for wrong in ["%", "%2", "%zz", "a%20b", "%D0%B6", "", "123456789012345678901"] {
            let address = format!("https://example.org/01/04604060002439/21/{wrong}/x");
            assert!(Link::read(&address).is_err(), "{wrong}");
            let address = format!("https://example.org/01/04604060002439/21/{wrong}?");
            assert!(wrong.is_empty() || Link::read(&address).is_err(), "{wrong}");
        }
    }
}
