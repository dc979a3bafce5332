//! Splits what a TSPL printer receives: lines, lines with binary data behind them, and what is done
//! at once.

/// More than this many bytes of binary data are dropped: no picture of a label is as large.
const LONGEST_DATA: usize = 4 << 20;
/// A longer line is cut (TSPL2 Programming Manual: an expression is at most 2 × 1024 bytes).
const LONGEST_LINE: usize = 8 * 1024;

const ESC: u8 = 0x1b;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// `<ESC>!x`: done at once, at any time.
    AtOnce(u8),
    /// `~!x`: answered when the printer is ready.
    Question(u8),
    /// A command, and the binary data behind it.
    Line(Vec<u8>, Vec<u8>),
}

#[derive(Debug, Default)]
enum At {
    #[default]
    Line,
    Escape,
    EscapeBang,
    Data(usize),
}

/// The splitter. It keeps what it has seen of an unfinished line.
#[derive(Debug, Default)]
pub(super) struct Stream {
    at: At,
    line: Vec<u8>,
    data: Vec<u8>,
}

impl Stream {
    /// Takes one byte; gives the piece that it completes.
    pub(super) fn push(&mut self, byte: u8) -> Option<Piece> {
        match self.at {
            At::Data(left) => {
                if self.data.len() < LONGEST_DATA {
                    self.data.push(byte);
                }
                self.at = if left <= 1 { At::Line } else { At::Data(left - 1) };
                (left <= 1).then(|| self.finish()).flatten()
            }
            At::Escape => {
                self.at = if byte == b'!' { At::EscapeBang } else { At::Line };
                None
            }
            At::EscapeBang => {
                self.at = At::Line;
                Some(Piece::AtOnce(byte))
            }
            At::Line => self.push_to_line(byte),
        }
    }

    fn push_to_line(&mut self, byte: u8) -> Option<Piece> {
        match byte {
            ESC => {
                self.at = At::Escape;
                None
            }
            b'\r' | b'\n' => self.finish(),
            _ if self.line == b"~!" => {
                self.line.clear();
                Some(Piece::Question(byte))
            }
            _ => {
                if self.line.len() < LONGEST_LINE {
                    self.line.push(byte);
                }
                if byte == b','
                    && let Some(count) = data_behind(&self.line)
                {
                    self.at = At::Data(count);
                }
                None
            }
        }
    }

    fn finish(&mut self) -> Option<Piece> {
        let (line, data) = (std::mem::take(&mut self.line), std::mem::take(&mut self.data));
        let line = line.trim_ascii().to_vec();
        (!line.is_empty()).then_some(Piece::Line(line, data))
    }
}

/// How many bytes of binary data follow, after the last comma of a command that has them.
fn data_behind(line: &[u8]) -> Option<usize> {
    let line = line.trim_ascii_start();
    let end = line.iter().position(u8::is_ascii_whitespace)?;
    let mut args: Vec<Vec<u8>> = split(&line[end..]);
    // Behind the last comma nothing has come yet.
    args.pop();
    let number = |place: usize| -> Option<usize> {
        std::str::from_utf8(args.get(place)?.trim_ascii()).ok()?.parse().ok()
    };
    let count = match line[..end].to_ascii_uppercase().as_slice() {
        b"BITMAP" if args.len() == 5 => number(2)?.checked_mul(number(3)?)?,
        b"DOWNLOAD" => {
            let named_first = args.first()?.trim_ascii().starts_with(b"\"");
            let size_at = if named_first { 1 } else { 2 };
            if args.len() != size_at + 1 {
                return None;
            }
            number(size_at)?
        }
        _ => return None,
    };
    (count > 0).then_some(count)
}

/// Splits parameters at the commas outside quotes.
pub(super) fn split(line: &[u8]) -> Vec<Vec<u8>> {
    let mut args = vec![Vec::new()];
    let mut quoted = false;
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let arg = args.last_mut().expect("there is always one");
        match first {
            b'\\' if tail.starts_with(b"[\"]") => {
                arg.extend_from_slice(b"\\[\"]");
                rest = &tail[3..];
            }
            b'"' => {
                quoted = !quoted;
                arg.push(b'"');
            }
            b',' if !quoted => args.push(Vec::new()),
            byte => arg.push(*byte),
        }
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(bytes: &[u8]) -> Vec<Piece> {
        let mut stream = Stream::default();
        bytes.iter().filter_map(|byte| stream.push(*byte)).collect()
    }

    fn line(text: &str, data: &[u8]) -> Piece {
        Piece::Line(text.as_bytes().to_vec(), data.to_vec())
    }

    #[test]
    fn lines_questions_and_immediate_commands_are_told_apart() {
        let seen = pieces(b"CLS\r\n\x1b!?TEXT 1,2\x1b!S,3\n~!T~!A\r\nPRINT 1\r\n");
        let wanted = [
            line("CLS", b""),
            Piece::AtOnce(b'?'),
            Piece::AtOnce(b'S'),
            line("TEXT 1,2,3", b""),
            Piece::Question(b'T'),
            Piece::Question(b'A'),
            line("PRINT 1", b""),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn binary_data_may_contain_anything() {
        let seen = pieces(b"BITMAP 0,0,1,3,0,\r\x1b\"\r\nDOWNLOAD F,\"A,B\",2,\n\nCLS\n");
        let wanted = [
            line("BITMAP 0,0,1,3,0,", b"\r\x1b\""),
            line("DOWNLOAD F,\"A,B\",2,", b"\n\n"),
            line("CLS", b""),
        ];
        assert_eq!(seen, wanted);
        assert_eq!(pieces(b"DOWNLOAD \"A\",1,x").len(), 1);
    }

    #[test]
    fn commas_and_quotes_inside_quotes_are_data() {
        let args = split(br#" 1,"a,b","c\["]d",2"#);
        assert_eq!(args, [&b" 1"[..], b"\"a,b\"", br#""c\["]d""#, b"2"]);
    }
}
