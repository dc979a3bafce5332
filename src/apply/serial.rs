//! A serial line: its speed and its frame.
use std::io;
use std::time::Duration;
use tokio_serial::{SerialPortBuilderExt, SerialStream};

/// How characters travel on a serial line. There are always eight data bits, as RTU wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SerialLine {
    /// Bits a second.
    pub baud: u32,
    /// The check bit.
    pub parity: Parity,
    /// Whether two stop bits end a character, and not one.
    pub two_stop_bits: bool,
}

/// The check bit of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parity {
    /// An even number of ones: what Modbus asks for first.
    Even,
    /// An odd number of ones.
    Odd,
    /// No check bit.
    None,
}

impl Default for SerialLine {
    /// Modbus over Serial Line V1.02, 2.5.1 asks for even parity and one stop bit. Our block of 125
    /// registers is 255 characters of 11 bits: 24 ms at 115200 baud, 147 ms at 19200.
    fn default() -> Self {
        Self { baud: 115_200, parity: Parity::Even, two_stop_bits: false }
    }
}

impl SerialLine {
    /// How long a character takes: start, eight data bits, check or second stop, stop.
    pub(super) fn character(self) -> Duration {
        Duration::from_secs(11) / self.baud
    }

    /// Silence before every frame: 3.5 characters, and 1.75 ms on lines above 19200 baud (Modbus over
    /// Serial Line V1.02, 2.5.1.1).
    pub(super) fn silence(self) -> Duration {
        (self.character() * 7 / 2).max(Duration::from_micros(1750))
    }

    /// Opens the device at `path` for us alone.
    pub(super) fn open(self, path: &str) -> io::Result<SerialStream> {
        let parity = match self.parity {
            Parity::Even => tokio_serial::Parity::Even,
            Parity::Odd => tokio_serial::Parity::Odd,
            Parity::None => tokio_serial::Parity::None,
        };
        let two = self.two_stop_bits;
        let stop_bits = if two { tokio_serial::StopBits::Two } else { tokio_serial::StopBits::One };
        let port = tokio_serial::new(path, self.baud)
            .parity(parity)
            .stop_bits(stop_bits)
            .data_bits(tokio_serial::DataBits::Eight)
            .flow_control(tokio_serial::FlowControl::None);
        Ok(port.open_native_async()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(baud: u32) -> SerialLine {
        SerialLine { baud, ..SerialLine::default() }
    }

    #[test]
    fn the_silence_before_a_frame_is_three_and_a_half_characters_or_the_fixed_one() {
        // 11 bits a character: 3.5 of them at 9600 baud are 4.01 ms.
        assert_eq!(line(9_600).silence().as_micros(), 4_010);
        assert_eq!(line(19_200).silence().as_micros(), 2_005);
        for fast in [38_400, 115_200, 1_000_000] {
            assert_eq!(line(fast).silence(), Duration::from_micros(1_750));
        }
    }

    #[tokio::test]
    async fn what_is_no_serial_device_is_not_opened_with_any_parity() {
        for parity in [Parity::Even, Parity::Odd, Parity::None] {
            let line = SerialLine { parity, ..SerialLine::default() };
            assert!(line.open("/dev/null").is_err());
        }
    }
}
