//! JSON, read as it comes: a list of texts, or objects that have a code under a known name, however
//! deep.
use super::{Broken, Form, Found, Hearer, is_code_name};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::io::BufRead;

/// What a text is at this place.
#[derive(Clone, Copy)]
enum Texts {
    /// A code.
    Codes,
    /// Something else.
    Other,
}

struct Walk<'w> {
    each: &'w mut dyn FnMut(usize, Found) -> bool,
    place: &'w mut usize,
    stopped: &'w mut bool,
    texts: Texts,
}

pub(super) fn read(from: &mut dyn BufRead, each: Hearer<'_>) -> Result<(), Broken> {
    let (mut place, mut stopped) = (0, false);
    let mut from = without_mark(from)?;
    let mut json = serde_json::Deserializer::from_reader(&mut from);
    let walk = Walk { each, place: &mut place, stopped: &mut stopped, texts: Texts::Codes };
    let read = walk.deserialize(&mut json).and_then(|()| json.end());
    match read {
        Ok(()) => Ok(()),
        Err(_) if stopped => Ok(()),
        Err(error) if error.is_io() => Err(Broken::Io(error.into())),
        Err(error) => {
            // Its words quote what it stumbles over, which may be a code.
            let why =
                format!("after code {place}, at line {}, column {}", error.line(), error.column());
            Err(Broken::Form { form: Form::Json, why })
        }
    }
}

/// Passes over a byte order mark.
fn without_mark(from: &mut dyn BufRead) -> std::io::Result<&mut dyn BufRead> {
    if from.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
        from.consume('\u{feff}'.len_utf8());
    }
    Ok(from)
}

impl Walk<'_> {
    fn again(&mut self, texts: Texts) -> Walk<'_> {
        Walk { each: self.each, place: self.place, stopped: self.stopped, texts }
    }

    fn hear<E: serde::de::Error>(self, found: Found) -> Result<(), E> {
        if matches!(self.texts, Texts::Other) {
            return Ok(());
        }
        *self.place += 1;
        if (self.each)(*self.place, found) {
            return Ok(());
        }
        *self.stopped = true;
        Err(E::custom("nobody listens"))
    }

    fn hear_bad<E: serde::de::Error>(self, what: &str) -> Result<(), E> {
        self.hear(Found::Bad(format!("{what} where a code should be")))
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("codes")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.hear(Found::Text(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<(), E> {
        self.hear(Found::Text(text))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.hear_bad("true or false")
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.hear_bad("a number")
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.hear_bad("a number")
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.hear_bad("a number")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.hear_bad("nothing")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        let texts = self.texts;
        while list.next_element_seed(self.again(texts))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<(), A::Error> {
        const LISTS: [&str; 8] =
            ["codes", "labels", "sntins", "cises", "cislist", "kms", "marks", "коды"];
        while let Some(key) = object.next_key::<String>()? {
            let is_list = LISTS.contains(&key.to_lowercase().as_str());
            let texts = if is_list || is_code_name(&key) { Texts::Codes } else { Texts::Other };
            object.next_value_seed(self.again(texts))?;
        }
        Ok(())
    }
}
