//! Messages out of the bytes that a reader sends, whatever way they were cut (pure).

/// No message of a reader is longer: a code has 200 characters at most.
pub(super) const LONGEST: usize = 4096;

/// What stands around a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framing {
    /// What a message begins with, such as `STX`; may be empty.
    pub start: Vec<u8>,
    /// What a message ends with, such as carriage return and line feed; never empty.
    pub end: Vec<u8>,
}

/// A message that does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {LONGEST} bytes without the end of a message")]
pub(super) struct TooLong;

/// Cuts a stream into messages.
#[derive(Debug)]
pub(super) struct Cutter {
    framing: Framing,
    buffer: Vec<u8>,
    /// The start of the message was seen.
    inside: bool,
    /// Up to here there is no end.
    searched: usize,
}

impl Cutter {
    pub(super) fn new(framing: Framing) -> Self {
        Self { framing, buffer: Vec::new(), inside: false, searched: 0 }
    }

    /// Takes the next bytes of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a message has begun and has not ended.
    pub(super) fn is_in_message(&self) -> bool {
        self.inside || (self.framing.start.is_empty() && !self.buffer.is_empty())
    }

    /// The next message that is complete, without what stands around it. Empty ones are none.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, TooLong> {
        loop {
            if !self.begin() {
                return Ok(None);
            }
            let end = &self.framing.end;
            let rest = &self.buffer[self.searched..];
            let Some(at) = rest.windows(end.len()).position(|w| w == end) else {
                self.searched = self.buffer.len().saturating_sub(end.len() - 1);
                return if self.buffer.len() > LONGEST { Err(TooLong) } else { Ok(None) };
            };
            let at = self.searched + at;
            if at > LONGEST {
                return Err(TooLong);
            }
            let rest = self.buffer.split_off(at + end.len());
            let mut message = std::mem::replace(&mut self.buffer, rest);
            message.truncate(at);
            (self.inside, self.searched) = (false, 0);
            let message = self.last_start(message);
            if !message.is_empty() {
                return Ok(Some(message));
            }
        }
    }

    /// Goes to where a message begins; says whether that is there.
    fn begin(&mut self) -> bool {
        let start = &self.framing.start;
        if start.is_empty() {
            // Some readers end a line with more than was agreed on.
            let blank = self.buffer.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            if self.searched == 0 && !self.framing.end.starts_with(b"\r") {
                self.buffer.drain(..blank);
            } else if self.searched == 0 {
                let feeds = self.buffer.iter().take_while(|byte| **byte == b'\n').count();
                self.buffer.drain(..feeds);
            }
            return !self.buffer.is_empty();
        }
        if self.inside {
            return true;
        }
        if let Some(at) = self.buffer.windows(start.len()).position(|w| w == start) {
            self.buffer.drain(..at + start.len());
            self.inside = true;
        } else {
            let of_no_use = self.buffer.len().saturating_sub(start.len() - 1);
            self.buffer.drain(..of_no_use);
        }
        self.inside
    }

    /// Where the end of a message was lost, the next one stands behind it.
    fn last_start(&self, message: Vec<u8>) -> Vec<u8> {
        let start = &self.framing.start;
        if start.is_empty() {
            return message;
        }
        match message.windows(start.len()).rposition(|w| w == start) {
            Some(at) => message[at + start.len()..].to_vec(),
            None => message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn framing(start: &[u8], end: &[u8]) -> Framing {
        Framing { start: start.to_vec(), end: end.to_vec() }
    }

    fn framings() -> [Framing; 5] {
        [
            (&b""[..], &b"\r\n"[..]),
            (b"", b"\r"),
            (b"", b"\n"),
            (b"\x02", b"\x03"),
            (b"\x02", b"\r\n"),
        ]
        .map(|(start, end)| framing(start, end))
    }

    fn cut(framing: &Framing, pieces: &[&[u8]]) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut cutter = Cutter::new(framing.clone());
        let mut messages = Vec::new();
        for piece in pieces {
            cutter.push(piece);
            while let Some(message) = cutter.next()? {
                messages.push(message);
            }
        }
        Ok(messages)
    }

    #[test]
    fn messages_are_the_same_wherever_the_stream_is_cut() {
        let codes = [&b"0104810093011694212k6rsrti\x1d93#SzU"[..], b";", b"NoRead"];
        for framing in framings() {
            let one = |code: &&[u8]| [&framing.start[..], code, &framing.end].concat();
            let bytes: Vec<u8> = codes.iter().flat_map(one).collect();
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(cut(&framing, &pieces).unwrap(), codes, "{framing:?}");
                }
            }
        }
    }

    #[test]
    fn line_feeds_that_nobody_agreed_on_and_empty_lines_are_no_messages() {
        let bytes = b"\r\n\r\nA\r\n\r\nB\r\n";
        for end in [&b"\r\n"[..], b"\r"] {
            assert_eq!(cut(&framing(b"", end), &[bytes]).unwrap(), [b"A", b"B"]);
        }
    }

    #[test]
    fn what_stands_between_messages_and_a_message_without_an_end_are_dropped() {
        let framing = framing(b"\x02", b"\x03");
        assert_eq!(cut(&framing, &[b"noise\x02A\x03\r\n\x02lost\x02B\x03"]).unwrap(), [b"A", b"B"]);
    }

    #[test]
    fn a_message_that_does_not_end_is_refused() {
        for framing in framings() {
            let endless = [&framing.start[..], &[b'x'; LONGEST + 1]].concat();
            assert_eq!(cut(&framing, &[&endless]), Err(TooLong));
            let ends_late = [&endless[..], &framing.end].concat();
            assert_eq!(cut(&framing, &[&ends_late]), Err(TooLong));
        }
        let noise = vec![b'x'; 100_000];
        assert_eq!(cut(&framing(b"\x02", b"\x03"), &[&noise]), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn any_cut_of_any_bytes_gives_the_same(
            bytes in proptest::collection::vec(prop_oneof![
                Just(b'\r'), Just(b'\n'), Just(2), Just(3), Just(b'A')
            ], 0..40),
            at in 0..40_usize,
        ) {
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            for framing in framings() {
                prop_assert_eq!(cut(&framing, &[&bytes]), cut(&framing, &[one, two]));
            }
        }
    }
}
