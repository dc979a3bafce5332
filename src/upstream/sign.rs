//! Signs bytes with the key of the participant: by an outside command, by a signing address in the
//! house, or, for a fake station on this machine only, by a test signature.
//!
//! No Rust package signs by GOST R 34.10-2012, and the key usually sits in a token whose maker
//! gives a tool with it. So the signing itself is always somebody else's work; here it is asked
//! for, limited in time, and looked at before it is believed.
mod cms;
mod command;
mod remote;
mod test;

pub use command::SignCommand;
pub use remote::SignAddress;

use super::call;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Where the signed bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Beside the signature: orders, reports, documents, registrations.
    Detached,
    /// Inside of the signature: the challenge of a sign-in.
    Attached,
}

impl Form {
    /// The trade's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Detached => "detached",
            Self::Attached => "attached",
        }
    }
}

/// Who signs.
#[derive(Debug, Clone)]
pub enum SignSettings {
    /// A command on this machine.
    Command(SignCommand),
    /// A signing service.
    Address(SignAddress),
    /// Nobody: the test signature, which only a fake station takes.
    Test,
}

/// Why there is no signature. Never holds what was to be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// What was configured cannot be used.
    #[error("signing: {0}")]
    Settings(String),
    /// The private files for the command could not be made or read.
    #[error("signing: the files for '{by}'")]
    Files {
        /// The command.
        by: String,
        /// Why.
        source: io::Error,
    },
    /// The command could not be started.
    #[error("signing: cannot start '{by}'")]
    Start {
        /// The command.
        by: String,
        /// Why.
        source: io::Error,
    },
    /// The command or the signing service said no.
    #[error("signing: '{by}' ended with {how}: {words}")]
    Failed {
        /// Command or address.
        by: String,
        /// Its exit status or HTTP status.
        how: String,
        /// The first line of what it says.
        words: String,
    },
    /// It took too long, and was ended.
    #[error("signing: '{by}' did not end within {within:?}")]
    TooLate {
        /// Command or address.
        by: String,
        /// The limit.
        within: Duration,
    },
    /// The signing service does not answer.
    #[error("signing: '{by}' does not answer")]
    Unreachable {
        /// The address.
        by: String,
        /// Why.
        source: reqwest::Error,
    },
    /// What came is not the signature that was asked for.
    #[error("signing: what '{by}' made is not {wanted} signature: {why}")]
    NotASignature {
        /// Command or address.
        by: String,
        /// `a detached` or `an attached`.
        wanted: &'static str,
        /// What is wrong, and what to do.
        why: String,
    },
}

/// Signs bytes. Cheap to clone; all clones wait for the same key.
#[derive(Clone)]
pub struct Signer {
    hand: Arc<Hand>,
    /// A token signs one thing at a time.
    turn: Arc<Semaphore>,
}

enum Hand {
    Command(SignCommand),
    Address(remote::Remote),
    Test,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.by())
    }
}

impl Signer {
    /// Gets ready to sign what goes to these addresses. An error is one of the settings: the test
    /// signature is for addresses of this machine only.
    pub fn new(settings: SignSettings, signed_for: &[&str]) -> Result<Self, SignError> {
        let (hand, at_once) = match settings {
            SignSettings::Command(command) => {
                command.check()?;
                let at_once = command.at_once;
                (Hand::Command(command), at_once)
            }
            SignSettings::Address(address) => {
                let at_once = address.at_once;
                (Hand::Address(remote::Remote::new(address)?), at_once)
            }
            SignSettings::Test => {
                for address in signed_for {
                    only_here(address)?;
                }
                (Hand::Test, 1)
            }
        };
        let turn = Arc::new(Semaphore::new(at_once.max(1)));
        Ok(Self { hand: Arc::new(hand), turn })
    }

    /// Signs exactly these bytes. The answer is base64 in one line, of a CMS in the wanted form.
    pub async fn sign(&self, bytes: &[u8], form: Form) -> Result<String, SignError> {
        let _turn = self.turn.acquire().await.expect("nobody closes it");
        let raw = match &*self.hand {
            Hand::Test => return Ok(test::signature(bytes, form)),
            Hand::Command(command) => command::run(command, bytes, form).await?,
            Hand::Address(remote) => remote.sign(bytes, form).await?,
        };
        let checked = cms::der(&raw).and_then(|der| {
            cms::check(&der, bytes, form)?;
            Ok(STANDARD.encode(der))
        });
        checked.map_err(|why| SignError::NotASignature {
            by: self.by(),
            wanted: match form {
                Form::Detached => "a detached",
                Form::Attached => "an attached",
            },
            why,
        })
    }

    /// Who signs, for a page or a log.
    pub fn by(&self) -> String {
        match &*self.hand {
            Hand::Command(command) => command.name().to_owned(),
            Hand::Address(remote) => remote.name(),
            Hand::Test => "test signature".to_owned(),
        }
    }
}

fn only_here(address: &str) -> Result<(), SignError> {
    let url = call::address(address).map_err(SignError::Settings)?;
    if call::is_loopback(&url) {
        return Ok(());
    }
    Err(SignError::Settings(format!(
        "the test signature is for a fake station on this machine only, not for '{address}'; \
         choose openssl, cryptcp, csptest, a command of your own, or a signing address"
    )))
}

/// The first line that says something, for an error: short, and without what may be a code's check
/// part.
fn first_words(said: &[u8]) -> String {
    const CHARS_MAX: usize = 200;
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no words");
    let line = line.split(crate::code::GS).next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_signature_is_refused_for_any_address_that_is_not_this_machine() {
        assert!(Signer::new(SignSettings::Test, &["http://127.0.0.1:8090"]).is_ok());
        let addresses = ["http://127.0.0.1:8090", "https://suzgrid.crpt.ru"];
        let error = Signer::new(SignSettings::Test, &addresses).unwrap_err().to_string();
        assert!(error.contains("https://suzgrid.crpt.ru"), "{error}");
    }

    #[tokio::test]
    async fn the_test_signature_has_the_documented_form() {
        let signer = Signer::new(SignSettings::Test, &[]).unwrap();
        let read =
            |signature: String| String::from_utf8(STANDARD.decode(signature).unwrap()).unwrap();
        let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let detached = read(signer.sign(b"abc", Form::Detached).await.unwrap());
        assert_eq!(detached, format!("MARKWRIGHT-TEST-SIGNATURE\ndetached\n{sha}\n"));
        let attached = read(signer.sign(b"abc", Form::Attached).await.unwrap());
        assert_eq!(attached, format!("MARKWRIGHT-TEST-SIGNATURE\nattached\n{sha}\nabc"));
    }

    #[test]
    fn words_of_a_tool_are_one_short_line_without_check_parts() {
        assert_eq!(first_words(b"\n  no such key \nmore"), "no such key");
        assert_eq!(first_words("bad 0104\u{1d}93dGVz".as_bytes()), "bad 0104");
        assert_eq!(first_words(b""), "no words");
        assert_eq!(first_words(&[b'x'; 5000]).len(), 200);
    }
}
