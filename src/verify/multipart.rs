//! Frames out of a `multipart/x-mixed-replace` stream, whatever way it was cut (pure).
use super::ends::{self, Ends};

/// No part has a longer head.
const LONGEST_HEAD: usize = 8 * 1024;

/// One frame as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// `Content-Type` in lower case, without parameters.
    pub(super) kind: String,
    /// `X-Tag`: the product.
    pub(super) tag: Option<u32>,
    /// `X-Trigger`: which trigger of the camera's life.
    pub(super) trigger: Option<u32>,
    pub(super) body: Vec<u8>,
}

/// What stands next in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    Part(Part),
    /// More bytes must come.
    More,
    /// The sender closed the stream in good order.
    Over,
}

/// Why a stream cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("no boundary where a part should begin")]
    NoBoundary,
    #[error("the head of a part is longer than {LONGEST_HEAD} bytes")]
    LongHead,
    #[error("a part of {found} bytes, at most {most} are taken")]
    TooBig { found: usize, most: usize },
}

/// Reads a stream piece by piece.
#[derive(Debug)]
pub(super) struct Parts {
    /// Without leading dashes: some cameras write them into the header, some do not.
    boundary: String,
    most: usize,
    buffer: Vec<u8>,
    head: Option<Head>,
    /// Where the body of a part without a length ends, as far as it was looked for.
    ends: Ends,
    searched: usize,
    /// After a part without a length: what comes before the next boundary means nothing.
    loose: bool,
}

#[derive(Debug)]
struct Head {
    kind: String,
    tag: Option<u32>,
    trigger: Option<u32>,
    len: Option<usize>,
}

/// What a part begins with.
enum Start {
    Head(Head),
    More,
    Over,
}

impl Parts {
    /// For a response with this `Content-Type`; nothing if it is no such stream. Parts of more
    /// than `most` bytes are refused.
    pub(super) fn of(content_type: &str, most: usize) -> Option<Self> {
        let (kind, rest) = content_type.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("multipart/x-mixed-replace") {
            return None;
        }
        let (_, boundary) = rest
            .split(';')
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
        let boundary = boundary.trim().trim_matches('"').trim_start_matches('-').to_owned();
        (!boundary.is_empty()).then(|| Self {
            boundary,
            most,
            buffer: Vec::new(),
            head: None,
            ends: Ends::default(),
            searched: 0,
            loose: false,
        })
    }

    /// Takes the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a part has begun and is not complete.
    pub(super) fn is_in_part(&self) -> bool {
        let begun = || {
            if self.loose {
                self.boundary_from(0).is_some()
            } else {
                self.buffer.iter().any(|b| !b.is_ascii_whitespace())
            }
        };
        self.head.is_some() || begun()
    }

    /// What stands next.
    pub(super) fn next(&mut self) -> Result<Next, Malformed> {
        let head = match self.head.take() {
            Some(head) => head,
            None => match self.read_head()? {
                Start::Head(head) => head,
                Start::Over => return Ok(Next::Over),
                Start::More => return Ok(Next::More),
            },
        };
        let Some(len) = head.len.or_else(|| self.find_end()) else {
            let found = self.buffer.len();
            self.head = Some(head);
            // A boundary may stand behind the longest part that is taken.
            let too_big = found > self.most + LONGEST_HEAD;
            return if too_big {
                Err(Malformed::TooBig { found, most: self.most })
            } else {
                Ok(Next::More)
            };
        };
        if self.buffer.len() < len {
            self.head = Some(head);
            return Ok(Next::More);
        }
        self.loose = head.len.is_none();
        let rest = self.buffer.split_off(len);
        let body = std::mem::replace(&mut self.buffer, rest);
        Ok(Next::Part(Part { kind: head.kind, tag: head.tag, trigger: head.trigger, body }))
    }

    /// Where a part without a length ends: where its picture does, so that it need not wait for
    /// the next one, or before the next boundary.
    fn find_end(&mut self) -> Option<usize> {
        let boundary = self.boundary_from(self.searched);
        self.searched = self.buffer.len().saturating_sub(self.boundary.len() + 4);
        let boundary = boundary.map(|at| {
            let body = &self.buffer[..at];
            body.len()
                - if body.ends_with(b"\r\n") { 2 } else { usize::from(body.ends_with(b"\n")) }
        });
        let picture = match self.ends.of(&self.buffer) {
            ends::End::At(at) => Some(at),
            ends::End::Later | ends::End::Unknown => None,
        };
        let end = [boundary, picture].into_iter().flatten().min()?;
        (self.ends, self.searched) = (Ends::default(), 0);
        Some(end)
    }

    /// Where a line begins that is a boundary and nothing else.
    fn boundary_from(&self, start: usize) -> Option<usize> {
        let len = self.boundary.len() + 2;
        let is = |at: &usize| {
            let line_begins = *at == 0 || self.buffer[at - 1] == b'\n';
            let (line, after) = self.buffer[*at..].split_at(len);
            line_begins
                && line.starts_with(b"--")
                && line.ends_with(self.boundary.as_bytes())
                && (after.starts_with(b"\n")
                    || after.starts_with(b"\r\n")
                    || after.starts_with(b"--"))
        };
        (start..=self.buffer.len().checked_sub(len)?).find(is)
    }

    /// Drops what stands before the next boundary; says whether that is there.
    fn skip_to_boundary(&mut self) -> bool {
        let found = self.boundary_from(0);
        let of_no_use = self.buffer.len().saturating_sub(self.boundary.len() + 4);
        self.buffer.drain(..found.unwrap_or(of_no_use));
        found.is_some()
    }

    /// Reads boundary and headers.
    fn read_head(&mut self) -> Result<Start, Malformed> {
        if self.loose && !self.skip_to_boundary() {
            return Ok(Start::More);
        }
        let blank = self.buffer.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.buffer.drain(..blank);
        let Some(line_len) = self.buffer.iter().position(|b| *b == b'\n') else {
            return self.wait_for_head();
        };
        let line = String::from_utf8_lossy(&self.buffer[..line_len]);
        let line = line.trim_end();
        let Some(after) = line
            .strip_prefix("--")
            .and_then(|line| line.trim_start_matches('-').strip_prefix(self.boundary.as_str()))
        else {
            return Err(Malformed::NoBoundary);
        };
        match after {
            "--" => return Ok(Start::Over),
            "" => {}
            _ => return Err(Malformed::NoBoundary),
        }
        let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") else {
            return self.wait_for_head();
        };
        // A part without headers: the end of its boundary is the end of its head.
        let head = self.buffer.get(line_len..end).unwrap_or_default();
        let head = String::from_utf8_lossy(head).into_owned();
        self.buffer.drain(..end + 4);
        self.loose = false;
        self.understand(&head).map(Start::Head)
    }

    fn wait_for_head(&self) -> Result<Start, Malformed> {
        if self.buffer.len() > LONGEST_HEAD { Err(Malformed::LongHead) } else { Ok(Start::More) }
    }

    fn understand(&self, head: &str) -> Result<Head, Malformed> {
        let header = |wanted: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(':'));
            headers
                .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
                .map(|(_, v)| v.trim())
        };
        let number = |name| header(name).and_then(|value| value.parse().ok());
        let len = header("content-length").and_then(|len| len.parse().ok());
        if let Some(found) = len.filter(|len| *len > self.most) {
            return Err(Malformed::TooBig { found, most: self.most });
        }
        let kind = header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(Head { kind, tag: number("x-tag"), trigger: number("x-trigger"), len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/x-mixed-replace; boundary=frame";

    fn part(tag: Option<u32>, body: &[u8]) -> Part {
        Part { kind: "image/jpeg".into(), tag, trigger: None, body: body.to_vec() }
    }

    fn stream(parts: &[Part]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in parts {
            let tag = part.tag.map_or(String::new(), |tag| format!("X-Tag: {tag}\r\n"));
            let head = format!("--frame\r\nContent-Type: Image/JPEG; q=1\r\n{tag}");
            let len = part.body.len();
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(format!("Content-Length: {len}\r\n\r\n").as_bytes());
            bytes.extend_from_slice(&part.body);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }

    fn read(pieces: &[&[u8]]) -> Result<Vec<Part>, Malformed> {
        let mut parts = Parts::of(TYPE, 1000).unwrap();
        let mut found = Vec::new();
        for piece in pieces {
            parts.push(piece);
            while let Next::Part(part) = parts.next()? {
                found.push(part);
            }
        }
        Ok(found)
    }

    #[test]
    fn only_such_streams_with_a_boundary_are_taken() {
        assert!(Parts::of("text/html; charset=utf-8", 9).is_none());
        assert!(Parts::of("multipart/x-mixed-replace", 9).is_none());
        assert!(Parts::of("multipart/x-mixed-replace; boundary=\"\"", 9).is_none());
        let dashed = Parts::of("Multipart/X-Mixed-Replace;boundary=\"--frame\"", 9).unwrap();
        assert_eq!(dashed.boundary, "frame");
    }

    #[test]
    fn the_trigger_count_is_no_tag() {
        let bytes = b"--frame\r\ncontent-length: 2\r\nx-trigger: 7\r\n\r\nok";
        let part = &read(&[bytes]).unwrap()[0];
        assert_eq!((part.tag, part.trigger), (None, Some(7)));
    }

    #[test]
    fn a_closed_stream_is_over() {
        let mut parts = Parts::of(TYPE, 1000).unwrap();
        parts.push(b"\r\n--frame--\r\n");
        assert_eq!(parts.next(), Ok(Next::Over));
    }

    #[test]
    fn what_is_no_stream_of_parts_is_named() {
        let endless = [b"--frame\r\n\r\n".as_slice(), &[b'x'; 1001 + LONGEST_HEAD]].concat();
        let too_big = Malformed::TooBig { found: endless.len() - 11, most: 1000 };
        assert_eq!(read(&[&endless]), Err(too_big));
        let big = b"--frame\r\nContent-Length: 1001\r\n\r\n";
        assert_eq!(read(&[big]), Err(Malformed::TooBig { found: 1001, most: 1000 }));
        assert_eq!(read(&[b"<html>\n"]), Err(Malformed::NoBoundary));
        assert_eq!(read(&[b"--frames\r\n"]), Err(Malformed::NoBoundary));
        assert_eq!(read(&[&[b'x'; LONGEST_HEAD + 1]]), Err(Malformed::LongHead));
        let endless = [&b"--frame\r\n"[..], &[b'x'; LONGEST_HEAD]].concat();
        assert_eq!(read(&[&endless]), Err(Malformed::LongHead));
    }

    #[test]
    fn a_part_that_has_begun_is_noticed() {
        let mut parts = Parts::of(TYPE, 1000).unwrap();
        assert!(!parts.is_in_part());
        parts.push(b"\r\n--fr");
        assert!(parts.is_in_part());
        parts.push(b"ame\r\nContent-Length: 1\r\n\r\nx\r\n");
        assert!(matches!(parts.next(), Ok(Next::Part(_))));
        assert!(!parts.is_in_part());
    }

    const JPEG: &[u8] = b"\xff\xd8\xff\xda\x00\x03\x01pixels\xff\x00--frames\xff\xd9";

    /// Parts without a length: the way of most free cameras.
    fn bare_stream() -> Vec<u8> {
        let head = b"--frame\r\nContent-Type: image/jpeg\r\n\r\n".as_slice();
        let padded = [JPEG, b"\0\0\0 padding\r\n"].concat();
        let broken = b"\xff\xd8\xff\xda\x00\x03\x01cut\r\n".as_slice();
        [head, JPEG, b"\r\n", head, &padded, head, broken, head, JPEG].concat()
    }

    #[test]
    fn a_part_without_a_length_ends_with_its_picture_or_at_the_boundary() {
        let bytes = bare_stream();
        let broken = &b"\xff\xd8\xff\xda\x00\x03\x01cut"[..];
        let wanted: Vec<_> = [JPEG, JPEG, broken, JPEG].map(|body| part(None, body)).into();
        assert_eq!(read(&[&bytes]).as_ref(), Ok(&wanted));
        for cut in 0..bytes.len() {
            let (one, two) = bytes.split_at(cut);
            assert_eq!(read(&[one, two]).as_ref(), Ok(&wanted), "cut at {cut}");
        }
        let single: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(read(&single), Ok(wanted));
    }

    #[test]
    fn what_pads_a_part_without_a_length_is_no_part_that_has_begun() {
        let mut parts = Parts::of(TYPE, 1000).unwrap();
        parts.push(&[b"--frame\r\n\r\n", JPEG, b"\0\0\0"].concat());
        assert!(matches!(parts.next(), Ok(Next::Part(_))));
        assert_eq!((parts.next(), parts.is_in_part()), (Ok(Next::More), false));
        parts.push(b"\r\n--frame\r\n");
        assert_eq!((parts.next(), parts.is_in_part()), (Ok(Next::More), true));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_frames(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..5),
            cuts in proptest::collection::vec(1..40_usize, 1..80),
        ) {
            let wanted: Vec<_> =
                bodies.iter().zip(0..).map(|(body, tag)| part(Some(tag), body)).collect();
            let bytes = stream(&wanted);
            let mut rest = bytes.as_slice();
            let mut pieces = Vec::new();
            for cut in cuts.iter().cycle() {
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(read(&pieces), Ok(wanted));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&[&bytes]);
            let _ = read(&[b"--frame\r\n", &bytes]);
        }
    }
}
