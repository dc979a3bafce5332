//! Splits what the printer receives into commands, whatever way it was cut into packets.

/// More than this many bytes of one command are dropped: no graphic of a label is as large.
const LONGEST: usize = 4 << 20;

/// A command and what stands between it and the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Command {
    pub(in super::super) name: [u8; 2],
    pub(in super::super) args: Vec<u8>,
}

impl Command {
    /// The parameter at this place, counted from zero.
    pub(in super::super) fn arg(&self, place: usize) -> &[u8] {
        self.args.split(|b| *b == b',').nth(place).unwrap_or_default()
    }

    /// The parameter at this place as a number.
    pub(in super::super) fn number<T: std::str::FromStr>(&self, place: usize) -> Option<T> {
        std::str::from_utf8(self.arg(place)).ok()?.trim().parse().ok()
    }

    /// The parameter at this place as one letter.
    pub(in super::super) fn letter(&self, place: usize) -> Option<u8> {
        self.arg(place).first().map(u8::to_ascii_uppercase)
    }

    /// Everything after the comma that ends parameter `count`.
    pub(in super::super) fn after(&self, count: usize) -> &[u8] {
        self.args.splitn(count + 1, |b| *b == b',').nth(count).unwrap_or_default()
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Piece {
    /// `^XX…`: part of a format.
    Caret(Command),
    /// `~XX…`: done at once.
    Tilde(Command),
    /// `! U1 …`: a question or setting outside ZPL.
    Line(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    #[default]
    Between,
    Name,
    Args,
    Binary(usize),
    Line,
}

/// The splitter. It keeps what it has seen of an unfinished command.
#[derive(Debug, Default)]
pub(in super::super) struct Stream {
    at: At,
    prefix: u8,
    name: Vec<u8>,
    args: Vec<u8>,
    in_format: bool,
}

impl Stream {
    /// Takes one byte; gives the command that it completes.
    pub(in super::super) fn push(&mut self, byte: u8) -> Option<Piece> {
        match self.at {
            At::Binary(left) => {
                self.keep(byte);
                self.at = if left <= 1 { At::Args } else { At::Binary(left - 1) };
                None
            }
            At::Line if matches!(byte, b'\r' | b'\n') => {
                self.at = At::Between;
                let line = std::mem::take(&mut self.args);
                Some(Piece::Line(String::from_utf8_lossy(&line).into_owned()))
            }
            At::Line => {
                self.keep(byte);
                None
            }
            At::Between | At::Name | At::Args if matches!(byte, b'^' | b'~') => {
                let done = (self.at == At::Args).then(|| self.finish());
                self.begin(byte);
                done
            }
            At::Between => {
                if byte == b'!' && !self.in_format {
                    self.at = At::Line;
                    self.args = vec![byte];
                }
                None
            }
            At::Name => self.push_name(byte),
            At::Args => self.push_arg(byte),
        }
    }

    /// Whether a format was begun and not ended.
    pub(in super::super) fn in_format(&self) -> bool {
        self.in_format
    }

    /// Forgets the format that is being received.
    pub(in super::super) fn drop_format(&mut self) {
        self.in_format = false;
        self.at = At::Between;
    }

    fn begin(&mut self, prefix: u8) {
        self.prefix = prefix;
        self.name.clear();
        self.args.clear();
        self.at = At::Name;
    }

    fn push_name(&mut self, byte: u8) -> Option<Piece> {
        if byte.is_ascii_control() {
            return None;
        }
        self.name.push(byte.to_ascii_uppercase());
        if self.name.len() < 2 {
            return None;
        }
        self.at = At::Args;
        (self.wanted_args() == Some(0)).then(|| self.finish())
    }

    fn push_arg(&mut self, byte: u8) -> Option<Piece> {
        let graphic = matches!(self.name.as_slice(), b"DG" | b"DY");
        if byte.is_ascii_control() {
            let ends = self.prefix == b'~' && !graphic && matches!(byte, b'\r' | b'\n');
            return ends.then(|| self.finish());
        }
        self.keep(byte);
        if byte == b',' {
            self.at = self.binary_follows().map_or(At::Args, At::Binary);
        }
        (self.wanted_args() == Some(self.args.len())).then(|| self.finish())
    }

    /// How many bytes of parameters complete the command, where that is fixed.
    fn wanted_args(&self) -> Option<usize> {
        match (self.prefix, self.name.as_slice()) {
            (b'^', b"XA" | b"XZ")
            | (
                b'~',
                b"HS" | b"HI" | b"JA" | b"JX" | b"PP" | b"PS" | b"PR" | b"JP" | b"JR" | b"HU"
                | b"JC",
            ) => Some(0),
            (b'~', b"HQ" | b"SD") => Some(2),
            (b'~', b"TA") => Some(3),
            _ => None,
        }
    }

    /// The number of raw bytes that follow, after the last comma of a binary graphic.
    fn binary_follows(&self) -> Option<usize> {
        let (letter, count, commas) = match self.name.as_slice() {
            b"GF" => (0, 1, 4),
            b"DY" => (1, 3, 5),
            _ => return None,
        };
        let mut parts = self.args.split(|b| *b == b',');
        let binary = parts.clone().nth(letter).is_some_and(|p| p.eq_ignore_ascii_case(b"B"));
        let complete = parts.clone().count() == commas + 1;
        let count = std::str::from_utf8(parts.nth(count)?).ok()?.parse().ok()?;
        (binary && complete && count > 0).then_some(count)
    }

    fn finish(&mut self) -> Piece {
        self.at = At::Between;
        let name = [self.name[0], self.name[1]];
        let command = Command { name, args: std::mem::take(&mut self.args) };
        if self.prefix == b'~' {
            return Piece::Tilde(command);
        }
        match &name {
            b"XA" => self.in_format = true,
            b"XZ" => self.in_format = false,
            _ => {}
        }
        Piece::Caret(command)
    }

    fn keep(&mut self, byte: u8) {
        if self.args.len() < LONGEST {
            self.args.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(bytes: &[u8]) -> Vec<String> {
        let mut stream = Stream::default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let show = |piece| match piece {
            Piece::Caret(c) => format!("^{}{}", text(&c.name), text(&c.args)),
            Piece::Tilde(c) => format!("~{}{}", text(&c.name), text(&c.args)),
            Piece::Line(line) => line,
        };
        bytes.iter().filter_map(|b| stream.push(*b)).map(show).collect()
    }

    #[test]
    fn a_format_a_host_command_and_a_question_are_told_apart() {
        let sent = b"^XA\r\n^FO1,2^FDa\r\nb^FS^XZ~HS! U1 getvar \"x\"\r\n~SD10~HQES^XA";
        let wanted = ["^XA", "^FO1,2", "^FDab", "^FS", "^XZ", "~HS", "! U1 getvar \"x\"", "~SD10"];
        assert_eq!(pieces(sent), [&wanted[..], &["~HQES", "^XA"]].concat());
    }

    #[test]
    fn binary_graphics_may_contain_prefixes() {
        let seen = pieces(b"^XA^GFB,4,4,1,^~!\n^FS^XZ");
        assert_eq!(seen, ["^XA", "^GFB,4,4,1,^~!\n", "^FS", "^XZ"]);
    }

    #[test]
    fn an_exclamation_mark_in_a_field_is_data() {
        assert_eq!(pieces(b"^XA^FD! U1^FS^XZ"), ["^XA", "^FD! U1", "^FS", "^XZ"]);
    }

    #[test]
    fn a_host_command_inside_a_field_is_done_at_once() {
        assert_eq!(pieces(b"^XA^FDa~HS^FS"), ["^XA", "^FDa", "~HS"]);
    }
}
