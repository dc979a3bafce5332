//! What a printer says back of each label (`^HV`, `L`), wherever it stands among its answers (pure).
//!
//! An echo is `MW:`, the data of the label's symbol as it was sent, CR LF. No answer of a ZPL printer
//! to a question that is asked here holds `MW:`.
const HEADER: &[u8] = b"MW:";
const END: &[u8] = b"\r\n";

/// Takes whole echoes out of `bytes`. Gives how many of the bytes that are left can be read as
/// answers: behind them an echo has begun.
pub(in crate::print) fn take_out(bytes: &mut Vec<u8>, echoes: &mut Vec<Vec<u8>>) -> usize {
    while let Some(start) = place_of(HEADER, bytes) {
        let data = start + HEADER.len();
        let Some(len) = place_of(END, &bytes[data..]) else { return start };
        echoes.push(bytes[data..data + len].to_vec());
        bytes.drain(start..data + len + END.len());
    }
    let begun = (1..HEADER.len()).rev().find(|len| bytes.ends_with(&HEADER[..*len]));
    bytes.len() - begun.unwrap_or(0)
}

fn place_of(what: &[u8], bytes: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn echoes_between_and_inside_answers_are_taken_out_however_they_are_cut() {
        let stream = b"MW:|101\r\n\x02030,0\x03\r\nMW:|102\r\n\"1MW:|1M3\r\n7\"\r\n";
        for cut in 0..stream.len() {
            let (mut echoes, mut answers) = (Vec::new(), Vec::new());
            let mut bytes = stream[..cut].to_vec();
            let readable = take_out(&mut bytes, &mut echoes);
            let begun = bytes.split_off(readable);
            answers.extend(bytes);
            let mut bytes = [begun.as_slice(), &stream[cut..]].concat();
            assert_eq!(take_out(&mut bytes, &mut echoes), bytes.len(), "{cut}");
            answers.extend(bytes);
            assert_eq!(answers, b"\x02030,0\x03\r\n\"17\"\r\n", "{cut}");
            assert_eq!(echoes, [b"|101", b"|102", b"|1M3"].map(|e| e.to_vec()), "{cut}");
        }
    }
}
