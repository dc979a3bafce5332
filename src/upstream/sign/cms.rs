//! A small look at a CMS (RFC 5652) before it is sent: is it one at all, and are the signed bytes
//! where they should be. Whether the signature is right, only the receiver can say.
use super::Form;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// pkcs7-signedData, 1.2.840.113549.1.7.2.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PARTS: u8 = 0x24;
const OID: u8 = 0x06;
const TAGGED_0: u8 = 0xa0;

/// Deeper than any CMS goes; deeper nesting is somebody's joke.
const DEPTH_MAX: u8 = 32;

/// The bytes of a signature that came as DER, as base64 or as PEM.
pub(super) fn der(raw: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    if raw.first() == Some(&SEQUENCE) {
        return Ok(Cow::Borrowed(raw));
    }
    let text = std::str::from_utf8(raw).map_err(|_| "neither DER nor base64".to_owned())?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    let joined: String = lines.filter(|line| !line.starts_with("-----")).collect();
    if joined.is_empty() {
        return Err("it is empty".to_owned());
    }
    STANDARD.decode(joined).map(Cow::Owned).map_err(|_| "neither DER nor base64".to_owned())
}

/// Whether this is a CMS of signed data in the wanted form; if not, why.
pub(super) fn check(der: &[u8], bytes: &[u8], form: Form) -> Result<(), String> {
    let content = signed_data(der).ok_or("it is not a CMS of signed data (RFC 5652)")?;
    match (form, content) {
        (Form::Detached, None) => Ok(()),
        (Form::Detached, Some(_)) => {
            Err("it is an attached one, which the station refuses (413): \
             give the tool its word for detached signatures"
                .to_owned())
        }
        (Form::Attached, None) => {
            Err("it is a detached one, with which nobody is signed in (403): \
             give the tool its word for attached signatures"
                .to_owned())
        }
        (Form::Attached, Some(inside)) if inside == bytes => Ok(()),
        (Form::Attached, Some(_)) => Err("there are other bytes in it than those that were to be \
             signed: does the tool change the ends of lines?"
            .to_owned()),
    }
}

/// The content of signed data, where it is inside. Nothing at all if this is not signed data with
/// at least one signer.
#[expect(clippy::option_option, reason = "not a CMS; a CMS without content; a CMS with it")]
fn signed_data(der: &[u8]) -> Option<Option<Vec<u8>>> {
    let (whole, after) = element(der, DEPTH_MAX)?;
    let mut outer = whole.parts(SEQUENCE)?;
    if !after.is_empty() || outer.next(OID)? != SIGNED_DATA {
        return None;
    }
    let mut wrapped = Parts(outer.next(TAGGED_0)?);
    let mut signed = Parts(wrapped.next(SEQUENCE)?);
    signed.next(INTEGER)?;
    signed.next(SET)?;
    let mut inside = Parts(signed.next(SEQUENCE)?);
    inside.next(OID)?;
    let content =
        if inside.0.is_empty() { None } else { Some(octets(inside.next(TAGGED_0)?, DEPTH_MAX)?) };
    // Certificates and revocation lists may stand before the signers.
    let mut signers = None;
    while let Some((part, rest)) = element(signed.0, DEPTH_MAX) {
        signers = (part.tag == SET).then_some(part.content);
        signed = Parts(rest);
    }
    (signed.0.is_empty() && signers.is_some_and(|signers| !signers.is_empty())).then_some(content)
}

/// The bytes of an octet string, which may come in parts.
fn octets(from: &[u8], depth: u8) -> Option<Vec<u8>> {
    let (mut whole, mut rest) = (Vec::new(), from);
    while !rest.is_empty() {
        let (part, after) = element(rest, depth)?;
        match part.tag {
            OCTETS => whole.extend_from_slice(part.content),
            OCTETS_IN_PARTS => whole.extend(octets(part.content, depth.checked_sub(1)?)?),
            _ => return None,
        }
        rest = after;
    }
    Some(whole)
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

impl<'a> Element<'a> {
    fn parts(&self, tag: u8) -> Option<Parts<'a>> {
        (self.tag == tag).then_some(Parts(self.content))
    }
}

struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    /// The content of the next part, which must be of this kind.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (part, rest) = element(self.0, DEPTH_MAX)?;
        self.0 = rest;
        (part.tag == tag).then_some(part.content)
    }
}

/// The first element, and what is behind it. Lengths may be indefinite (BER).
fn element(from: &[u8], depth: u8) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after_tag) = from.split_first()?;
    let (&first, body) = after_tag.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    if first == 0x80 {
        return indefinite(tag, body, depth);
    }
    let (length, body) = definite(first, body)?;
    let (content, rest) = body.split_at_checked(length)?;
    Some((Element { tag, content }, rest))
}

fn definite(first: u8, body: &[u8]) -> Option<(usize, &[u8])> {
    if first < 0x80 {
        return Some((usize::from(first), body));
    }
    let digits = usize::from(first & 0x7f);
    if digits > 4 {
        return None;
    }
    let (length, body) = body.split_at_checked(digits)?;
    Some((length.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), body))
}

fn indefinite(tag: u8, body: &[u8], depth: u8) -> Option<(Element<'_>, &[u8])> {
    let depth = depth.checked_sub(1)?;
    let mut rest = body;
    if tag & 0x20 == 0 {
        return None;
    }
    while !rest.starts_with(&[0, 0]) {
        (_, rest) = element(rest, depth)?;
    }
    let content = &body[..body.len() - rest.len()];
    Some((Element { tag, content }, &rest[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An element with a definite length.
    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut whole = vec![tag];
        match u8::try_from(content.len()) {
            Ok(length) if length < 0x80 => whole.push(length),
            _ => {
                whole.push(0x84);
                whole.extend(u32::try_from(content.len()).unwrap().to_be_bytes());
            }
        }
        whole.extend_from_slice(content);
        whole
    }

    /// The same element with an indefinite length.
    fn endless(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, 0x80], content, &[0, 0]].concat()
    }

    fn cms(content: Option<Vec<u8>>, signers: &[u8], wrap: fn(u8, &[u8]) -> Vec<u8>) -> Vec<u8> {
        let data = tlv(OID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01]);
        let content = content.map(|content| wrap(TAGGED_0, &content)).unwrap_or_default();
        let inside = wrap(SEQUENCE, &[data, content].concat());
        let parts =
            [tlv(INTEGER, &[1]), tlv(SET, &[]), inside, tlv(TAGGED_0, &[]), tlv(SET, signers)];
        let signed = wrap(TAGGED_0, &wrap(SEQUENCE, &parts.concat()));
        wrap(SEQUENCE, &[tlv(OID, &SIGNED_DATA), signed].concat())
    }

    #[test]
    fn attached_and_detached_are_told_apart() {
        for wrap in [tlv, endless] {
            let detached = cms(None, &[5, 0], wrap);
            let attached = cms(Some(tlv(OCTETS, b"body")), &[5, 0], wrap);
            assert_eq!(check(&detached, b"body", Form::Detached), Ok(()));
            assert_eq!(check(&attached, b"body", Form::Attached), Ok(()));
            let why = check(&attached, b"body", Form::Detached).unwrap_err();
            assert!(why.contains("413"), "{why}");
            let why = check(&detached, b"body", Form::Attached).unwrap_err();
            assert!(why.contains("403"), "{why}");
        }
    }

    #[test]
    fn other_bytes_inside_are_seen_also_where_they_come_in_parts() {
        let parts = endless(OCTETS_IN_PARTS, &[tlv(OCTETS, b"a\n"), tlv(OCTETS, b"b")].concat());
        let attached = cms(Some(parts), &[5, 0], endless);
        assert_eq!(check(&attached, b"a\nb", Form::Attached), Ok(()));
        let why = check(&attached, b"a\r\nb", Form::Attached).unwrap_err();
        assert!(why.contains("ends of lines"), "{why}");
    }

    #[test]
    fn what_nobody_signed_is_no_signature() {
        assert!(check(&cms(None, &[], tlv), b"", Form::Detached).is_err());
        assert!(check(b"0\x03abc", b"", Form::Detached).is_err());
        let whole = cms(None, &[5, 0], tlv);
        assert!(check(&whole[..whole.len() - 1], b"", Form::Detached).is_err());
        assert!(check(&[&whole[..], b"x"].concat(), b"", Form::Detached).is_err());
    }

    #[test]
    fn der_base64_and_pem_are_read() {
        let whole = cms(None, &[5, 0], tlv);
        let line = STANDARD.encode(&whole);
        let (a, b) = line.split_at(40);
        let pem = format!("-----BEGIN CMS-----\r\n{a}\r\n{b}\r\n-----END CMS-----\r\n");
        for raw in [&whole[..], line.as_bytes(), pem.as_bytes(), format!("{a}\n{b}\n").as_bytes()] {
            assert_eq!(der(raw).unwrap(), whole);
        }
        assert_eq!(der(b"\n").unwrap_err(), "it is empty");
        assert!(der(b"error: no key").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes, b"x", Form::Attached);
        }

        #[test]
        fn a_cms_with_one_byte_changed_gets_an_answer(at in 0_usize..60, to: u8) {
            let mut whole = cms(Some(tlv(OCTETS, b"body")), &[5, 0], endless);
            let at = at % whole.len();
            whole[at] = to;
            let _ = check(&whole, b"body", Form::Attached);
        }
    }
}
