//! Modbus as the fake PLC speaks it: frames and functions 3, 4, 6 and 16, written from the specification
//! (MODBUS Application Protocol V1.1b3, Messaging on TCP/IP V1.0b). Pure.

/// Bytes of the head before the function: transaction, protocol, length, unit.
pub const HEAD: usize = 7;

/// Why a request is refused, as the number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// Function not known.
    Function = 1,
    /// No such registers.
    Address = 2,
    /// A number in the request makes no sense.
    Value = 3,
    /// Not now.
    Busy = 6,
    /// Nobody here has this unit id.
    Unit = 11,
}

/// A request that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Function 3.
    ReadHolding {
        /// First register.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 4.
    ReadInput {
        /// First register.
        address: u16,
        /// How many.
        count: u16,
    },
    /// Function 6 (one value) or 16.
    Write {
        /// First register.
        address: u16,
        /// What to write.
        values: Vec<u16>,
    },
}

/// The head of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Chosen by the client, repeated in the answer.
    pub transaction: u16,
    /// For whom the request is.
    pub unit: u8,
    /// Bytes that follow the head.
    pub following: usize,
}

/// Reads a head; nothing if this is not Modbus or the length is impossible.
pub fn read_head(bytes: [u8; HEAD]) -> Option<Head> {
    let [t1, t2, p1, p2, l1, l2, unit] = bytes;
    let length = usize::from(u16::from_be_bytes([l1, l2]));
    // The length counts the unit id; the longest function part is 253 bytes.
    let possible = [p1, p2] == [0, 0] && (2..=254).contains(&length);
    let transaction = u16::from_be_bytes([t1, t2]);
    possible.then_some(Head { transaction, unit, following: length - 1 })
}

/// Reads what follows the head.
pub fn read_request(body: &[u8]) -> Result<Request, Refusal> {
    let Some((function, rest)) = body.split_first() else { return Err(Refusal::Function) };
    let word = |at: usize| rest.get(at..at + 2).map(|b| u16::from_be_bytes([b[0], b[1]]));
    let two = || word(0).zip(word(2)).ok_or(Refusal::Value);
    match function {
        3 | 4 => {
            let (address, count) = two()?;
            if rest.len() != 4 || !(1..=125).contains(&count) {
                return Err(Refusal::Value);
            }
            Ok(match function {
                3 => Request::ReadHolding { address, count },
                _ => Request::ReadInput { address, count },
            })
        }
        6 => {
            let (address, value) = two()?;
            if rest.len() != 4 {
                return Err(Refusal::Value);
            }
            Ok(Request::Write { address, values: vec![value] })
        }
        16 => {
            let (address, count) = two()?;
            let values = rest.get(5..).unwrap_or_default();
            let told = rest.get(4).copied().map(usize::from);
            let fits = told == Some(values.len()) && values.len() == 2 * usize::from(count);
            if !fits || !(1..=123).contains(&count) {
                return Err(Refusal::Value);
            }
            let values = values.chunks_exact(2).map(|b| u16::from_be_bytes([b[0], b[1]]));
            Ok(Request::Write { address, values: values.collect() })
        }
        _ => Err(Refusal::Function),
    }
}

/// The registers from `address` on.
pub fn slice(registers: &[u16], address: u16, count: u16) -> Result<&[u16], Refusal> {
    let from = usize::from(address);
    registers.get(from..from + usize::from(count)).ok_or(Refusal::Address)
}

/// A whole answer that carries registers.
pub fn answer_read(head: Head, function: u8, registers: &[u16]) -> Vec<u8> {
    let mut body = vec![function, u8::try_from(registers.len() * 2).unwrap_or(u8::MAX)];
    body.extend(registers.iter().flat_map(|register| register.to_be_bytes()));
    framed(head, &body)
}

/// A whole answer to a write: its function and the four bytes after it, repeated.
pub fn answer_write(head: Head, request_body: &[u8]) -> Vec<u8> {
    framed(head, &request_body[..5.min(request_body.len())])
}

/// A whole refusal.
pub fn refuse(head: Head, function: u8, why: Refusal) -> Vec<u8> {
    framed(head, &[function | 0x80, why as u8])
}

fn framed(head: Head, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 1).unwrap_or(u16::MAX);
    let mut frame = head.transaction.to_be_bytes().to_vec();
    frame.extend([0, 0]);
    frame.extend(length.to_be_bytes());
    frame.push(head.unit);
    frame.extend(body);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_specification_are_read() {
        let read = read_request(&[3, 0, 0x6b, 0, 3]);
        assert_eq!(read, Ok(Request::ReadHolding { address: 0x6b, count: 3 }));
        let write = read_request(&[0x10, 0, 1, 0, 2, 4, 0, 0x0a, 1, 2]);
        assert_eq!(write, Ok(Request::Write { address: 1, values: vec![0x0a, 0x102] }));
    }

    #[test]
    fn requests_that_make_no_sense_are_refused() {
        assert_eq!(read_request(&[3, 0, 0, 0, 126]), Err(Refusal::Value));
        assert_eq!(read_request(&[4, 0, 0, 0, 0]), Err(Refusal::Value));
        assert_eq!(read_request(&[16, 0, 0, 0, 1, 4, 0, 1]), Err(Refusal::Value));
        assert_eq!(read_request(&[6, 0]), Err(Refusal::Value));
        assert_eq!(read_request(&[43, 14, 1, 0]), Err(Refusal::Function));
    }

    #[test]
    fn what_is_not_modbus_has_no_head() {
        assert_eq!(read_head([0, 1, 0, 1, 0, 6, 1]), None);
        assert_eq!(read_head([0, 1, 0, 0, 1, 44, 1]), None);
        assert_eq!(read_head(*b"GET / H"), None);
        let head = Head { transaction: 1, unit: 1, following: 5 };
        assert_eq!(read_head([0, 1, 0, 0, 0, 6, 1]), Some(head));
    }
}
