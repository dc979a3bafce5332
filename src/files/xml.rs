//! XML, read as it comes: elements that have a code in them. XML may not carry character 29, so that
//! the separator comes in base64, as `&lt;GS&gt;`, or, forbidden and seen all the same, as `&#29;`.
use super::{Broken, Form, Found, Hearer, is_code_name};
use crate::code::parse;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use std::io::BufRead;

/// More text than this in one element is no code.
const TEXT_MAX: usize = 4_096;

/// The element that is being read, if it is one of codes.
#[derive(Default)]
struct Open {
    is_code: bool,
    base64: bool,
    text: String,
    bad: Option<String>,
}

pub(super) fn read(from: &mut dyn BufRead, each: Hearer<'_>) -> Result<(), Broken> {
    let mut xml = Reader::from_reader(from);
    xml.config_mut().expand_empty_elements = true;
    let (mut buffer, mut place, mut open) = (Vec::new(), 0, Open::default());
    let mut depth = 0_usize;
    loop {
        buffer.clear();
        let event = xml.read_event_into(&mut buffer);
        match event {
            Ok(Event::Eof) if depth > 0 => {
                let why = format!("after code {place}: it ends in the middle");
                return Err(Broken::Form { form: Form::Xml, why });
            }
            Ok(Event::Eof) => return Ok(()),
            Ok(Event::Start(start)) => {
                depth += 1;
                open = begin(&start);
            }
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                let ended = std::mem::take(&mut open);
                if ended.is_code {
                    place += 1;
                    if !each(place, found(ended)) {
                        return Ok(());
                    }
                }
            }
            Ok(Event::Text(text)) => add(&mut open, &text.xml10_content()),
            Ok(Event::CData(text)) => add(&mut open, &text.xml10_content()),
            Ok(Event::GeneralRef(name)) => add_reference(&mut open, &name),
            Ok(
                Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_)
                | Event::Comment(_)
                | Event::Empty(_),
            ) => {}
            Err(quick_xml::Error::Io(error)) => {
                return Err(Broken::Io(std::io::Error::new(error.kind(), error.to_string())));
            }
            Err(_) => {
                let why = format!("after code {place}, at byte {}", xml.error_position());
                return Err(Broken::Form { form: Form::Xml, why });
            }
        }
    }
}

/// An element begins; whatever stood before it in the one around it is no code.
fn begin(start: &BytesStart<'_>) -> Open {
    let name = start.local_name();
    let is_code = is_code_name(name.as_ref());
    let encoding = start.try_get_attribute("encoding").ok().flatten();
    let base64 = encoding.is_some_and(|said| said.value.as_ref() == "base64");
    Open { is_code, base64, ..Open::default() }
}

fn add(open: &mut Open, text: &str) {
    if open.is_code && open.text.len() <= TEXT_MAX {
        open.text.push_str(text);
    }
}

fn add_reference(open: &mut Open, name: &BytesRef<'_>) {
    match name.resolve_char_ref() {
        Ok(Some(character)) => add(open, character.encode_utf8(&mut [0; 4])),
        Ok(None) => match resolve_xml_entity(name) {
            Some(text) => add(open, text),
            None => open.bad = Some("an entity that XML does not know".to_owned()),
        },
        Err(_) => open.bad = Some("a character that does not exist".to_owned()),
    }
}

fn found(open: Open) -> Found {
    let text = open.text.trim();
    match (open.bad, open.base64) {
        (Some(bad), _) => Found::Bad(bad),
        (None, true) => match decoded(text) {
            Some(code) => Found::Text(code),
            None => Found::Bad("not base64".to_owned()),
        },
        (None, false) => Found::Text(unsaid(text).unwrap_or_else(|| text.to_owned())),
    }
}

/// Base64 that nobody said is base64: what is no code as it stands, and is one afterwards.
fn unsaid(text: &str) -> Option<String> {
    if !text.len().is_multiple_of(4) || parse(text).is_ok() {
        return None;
    }
    decoded(text).filter(|code| parse(code).is_ok())
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()
}
