//! How a driver reaches its device: one TCP connection with a time limit, and a pause that grows
//! while nobody answers.
use std::io;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a connection may be quiet before the system asks whether the peer still lives, and how
/// often it then asks. A power cut at the device is so seen after about ten seconds even if nobody
/// writes.
const PROBE_AFTER: Duration = Duration::from_secs(5);
const PROBE_EVERY: Duration = Duration::from_secs(2);
const PROBES: u32 = 3;

/// Connects to `addr` (`host:port`), sends small writes at once, and watches the connection.
pub async fn connect(addr: &str, within: Duration) -> io::Result<TcpStream> {
    let stream = timeout(within, TcpStream::connect(addr)).await??;
    watch(&stream)?;
    Ok(stream)
}

/// Sends small writes at once, and watches the connection; also of one that we accepted.
pub fn watch(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let probe = socket2::TcpKeepalive::new()
        .with_time(PROBE_AFTER)
        .with_interval(PROBE_EVERY)
        .with_retries(PROBES);
    socket2::SockRef::from(stream).set_tcp_keepalive(&probe)
}

/// The pause before the next attempt to connect: it doubles from the first to the longest.
#[derive(Debug, Clone)]
pub struct BackOff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl BackOff {
    /// Starts with the first pause.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// An attempt succeeded: the next pause is the first one again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }

    /// The pause for now. `chance` (0 to 255) shortens it by up to a quarter, so that many lines
    /// that lost one switch do not come back in the same moment.
    pub fn pause(&mut self, chance: u8) -> Duration {
        let pause = self.next * (1024 - u32::from(chance)) / 1024;
        self.next = (self.next * 2).min(self.longest);
        pause
    }
}

/// A number nobody can foresee, for [`BackOff::pause`].
pub fn chance() -> u8 {
    uuid::Uuid::new_v4().as_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_grows_to_the_longest_and_falls_back_after_success() {
        let mut back_off = BackOff::new(Duration::from_millis(200), Duration::from_secs(5));
        let pauses: Vec<_> = (0..7).map(|_| back_off.pause(0).as_millis()).collect();
        assert_eq!(pauses, [200, 400, 800, 1600, 3200, 5000, 5000]);
        back_off.reset();
        assert_eq!(back_off.pause(0).as_millis(), 200);
    }

    #[test]
    fn chance_shortens_a_pause_by_at_most_a_quarter() {
        let mut back_off = BackOff::new(Duration::from_secs(1), Duration::from_secs(1));
        assert!(back_off.pause(255) >= Duration::from_millis(750));
    }
}
