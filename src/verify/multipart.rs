//! Frames out of a `multipart/x-mixed-replace` stream, whatever way it was cut (pure).

/// No part has a longer head.
const LONGEST_HEAD: usize = 8 * 1024;

/// One frame as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// `Content-Type` in lower case, without parameters.
    pub(super) kind: String,
    /// `X-Tag`, or `X-Trigger` where the camera only counts its triggers.
    pub(super) tag: Option<u32>,
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
    #[error("a part without a Content-Length")]
    NoLength,
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
}

#[derive(Debug)]
struct Head {
    kind: String,
    tag: Option<u32>,
    len: usize,
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
        (!boundary.is_empty()).then(|| Self { boundary, most, buffer: Vec::new(), head: None })
    }

    /// Takes the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a part has begun and is not complete.
    pub(super) fn is_in_part(&self) -> bool {
        self.head.is_some() || self.buffer.iter().any(|b| !b.is_ascii_whitespace())
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
        if self.buffer.len() < head.len {
            self.head = Some(head);
            return Ok(Next::More);
        }
        let rest = self.buffer.split_off(head.len);
        let body = std::mem::replace(&mut self.buffer, rest);
        Ok(Next::Part(Part { kind: head.kind, tag: head.tag, body }))
    }

    /// Reads boundary and headers.
    fn read_head(&mut self) -> Result<Start, Malformed> {
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
        let head = String::from_utf8_lossy(&self.buffer[line_len..end]).into_owned();
        self.buffer.drain(..end + 4);
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
        let len = len.ok_or(Malformed::NoLength)?;
        if len > self.most {
            return Err(Malformed::TooBig { found: len, most: self.most });
        }
        let kind = header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(Head { kind, tag: number("x-tag").or_else(|| number("x-trigger")), len })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/x-mixed-replace; boundary=frame";

    fn part(tag: Option<u32>, body: &[u8]) -> Part {
        Part { kind: "image/jpeg".into(), tag, body: body.to_vec() }
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
    fn the_trigger_count_stands_in_for_a_tag() {
        let bytes = b"--frame\r\ncontent-length: 2\r\nx-trigger: 7\r\n\r\nok";
        assert_eq!(read(&[bytes]).unwrap()[0].tag, Some(7));
    }

    #[test]
    fn a_closed_stream_is_over() {
        let mut parts = Parts::of(TYPE, 1000).unwrap();
        parts.push(b"\r\n--frame--\r\n");
        assert_eq!(parts.next(), Ok(Next::Over));
    }

    #[test]
    fn what_is_no_stream_of_parts_is_named() {
        let no_length = b"--frame\r\nContent-Type: image/png\r\n\r\n";
        assert_eq!(read(&[no_length]), Err(Malformed::NoLength));
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
