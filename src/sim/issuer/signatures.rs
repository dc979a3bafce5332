//! Looks at signatures: real ones by an outside `openssl` with its GOST engine, or the test signature
//! that `docs/sim-issuer.md` describes.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const TEST: &str = "MARKWRIGHT-TEST-SIGNATURE";
/// `openssl` takes a few milliseconds.
const OPENSSL_WITHIN: Duration = Duration::from_secs(20);
/// The object identifier of signed data in a CMS: 1.2.840.113549.1.7.2.
const SIGNED_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02];

/// What is wrong with a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It contains what it signs.
    Attached,
    /// It does not contain what it signs.
    Detached,
    /// It is a signature over other bytes.
    OtherBytes,
    /// It cannot be read, or nobody trusts who signed.
    Bad(String),
}

impl Wrong {
    /// For the answer.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Attached => "the signature is attached, not detached".to_owned(),
            Self::Detached => "the signature is detached, not attached".to_owned(),
            Self::OtherBytes => "the signature is over other bytes".to_owned(),
            Self::Bad(why) => why.clone(),
        }
    }
}

/// Whose signatures are taken.
#[derive(Debug, Clone)]
pub(super) struct Signatures {
    /// A certificate in PEM; none: the test signature is taken instead.
    pub(super) trusted: Option<PathBuf>,
}

impl Signatures {
    /// A detached signature over these bytes.
    pub(super) async fn detached(&self, base64: &str, bytes: &[u8]) -> Result<(), Wrong> {
        let raw = decode(base64)?;
        match &self.trusted {
            None => test(&raw, Some(bytes)).map(|_| ()),
            Some(trusted) if !contains_content(&raw)? => {
                openssl(trusted, &raw, Some(bytes)).await.map(|_| ())
            }
            Some(_) => Err(Wrong::Attached),
        }
    }

    /// An attached signature; gives what it contains.
    pub(super) async fn attached(&self, base64: &str) -> Result<Vec<u8>, Wrong> {
        let raw = decode(base64)?;
        match &self.trusted {
            None => test(&raw, None),
            Some(trusted) if contains_content(&raw)? => openssl(trusted, &raw, None).await,
            Some(_) => Err(Wrong::Detached),
        }
    }
}

fn decode(base64: &str) -> Result<Vec<u8>, Wrong> {
    STANDARD.decode(base64.trim()).map_err(|error| bad(&format!("not base64: {error}")))
}

fn bad(text: &str) -> Wrong {
    Wrong::Bad(text.to_owned())
}

/// Reads a test signature. `signed`: it must be a detached one over these bytes; otherwise an
/// attached one.
fn test(raw: &[u8], signed: Option<&[u8]>) -> Result<Vec<u8>, Wrong> {
    let mut lines = raw.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().ok_or_else(|| bad("not a test signature"));
    if line()? != TEST.as_bytes() {
        return Err(bad("not a test signature"));
    }
    let attached = match (line()?, signed) {
        (b"attached", None) => true,
        (b"detached", Some(_)) => false,
        (b"attached", Some(_)) => return Err(Wrong::Attached),
        (b"detached", None) => return Err(Wrong::Detached),
        _ => return Err(bad("neither attached nor detached")),
    };
    let digest = line()?;
    let rest = lines.next().unwrap_or_default();
    let bytes = if attached { rest } else { signed.unwrap_or_default() };
    if digest == hex(&Sha256::digest(bytes)) { Ok(bytes.to_vec()) } else { Err(Wrong::OtherBytes) }
}

fn hex(digest: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let two = |byte: &u8| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
    digest.iter().flat_map(two).collect()
}

/// Whether a CMS of signed data has its content in it: `ContentInfo { oid, [0] SignedData { version,
/// digests, { oid, [0] content OPTIONAL }, … } }`.
fn contains_content(der: &[u8]) -> Result<bool, Wrong> {
    let signed_data = || {
        let info = element(der, 0x30)?;
        let oid = element(info, 0x06)?;
        let explicit = element(after(info)?, 0xA0).filter(|_| oid == SIGNED_DATA)?;
        let data = element(explicit, 0x30)?;
        let content = element(after(after(data)?)?, 0x30)?;
        Some(!after(content)?.is_empty())
    };
    signed_data().ok_or_else(|| bad("not a CMS of signed data in DER"))
}

/// What is in the first element, if it has this tag.
fn element(der: &[u8], tag: u8) -> Option<&[u8]> {
    let (head, length) = sizes(der)?;
    (der.first() == Some(&tag)).then(|| der.get(head..head.checked_add(length)?)).flatten()
}

/// What stands behind the first element.
fn after(der: &[u8]) -> Option<&[u8]> {
    let (head, length) = sizes(der)?;
    der.get(head.checked_add(length)?..)
}

/// How long the head and the content of the first element are.
fn sizes(der: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let places = der.get(2..2 + (first & 0x7F)).filter(|places| (1..=4).contains(&places.len()))?;
    let length = places.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    Some((2 + places.len(), length))
}

/// `openssl cms -verify`. Gives what was signed.
async fn openssl(trusted: &Path, cms: &[u8], signed: Option<&[u8]>) -> Result<Vec<u8>, Wrong> {
    let room = Room::new().map_err(|error| bad(&format!("no room to verify in: {error}")))?;
    let done = run(&room.0, trusted, cms, signed);
    match tokio::time::timeout(OPENSSL_WITHIN, done).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => Err(bad(&format!("openssl cannot be asked: {error}"))),
        Err(_) => Err(bad("openssl does not answer")),
    }
}

async fn run(
    room: &Path,
    trusted: &Path,
    cms: &[u8],
    signed: Option<&[u8]>,
) -> std::io::Result<Result<Vec<u8>, Wrong>> {
    let (signature, content, out) = (room.join("cms"), room.join("content"), room.join("out"));
    tokio::fs::write(&signature, cms).await?;
    let mut command = Command::new("openssl");
    command
        .args(["cms", "-verify", "-engine", "gost", "-binary", "-purpose", "any"])
        .args(["-inform", "DER", "-in"])
        .arg(&signature)
        .arg("-CAfile")
        .arg(trusted)
        .arg("-out")
        .arg(&out)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(bytes) = signed {
        tokio::fs::write(&content, bytes).await?;
        command.arg("-content").arg(&content);
    }
    let done = command.output().await?;
    if done.status.success() {
        return tokio::fs::read(&out).await.map(Ok);
    }
    let said = String::from_utf8_lossy(&done.stderr);
    // So the engine says that the digest or the signature over it does not fit.
    let other_bytes = said.contains("content verify error");
    let why = || bad(said.lines().last().unwrap_or_default());
    Ok(Err(if other_bytes { Wrong::OtherBytes } else { why() }))
}

/// A folder of our own, gone when dropped.
struct Room(PathBuf);

impl Room {
    fn new() -> std::io::Result<Self> {
        let name = format!("markwright-issuer-{}", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::debug!(%error, "a folder for a signature stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the document has it.
    fn sign(form: &str, bytes: &[u8]) -> String {
        let digest = String::from_utf8(hex(&Sha256::digest(bytes))).unwrap();
        let mut raw = format!("MARKWRIGHT-TEST-SIGNATURE\n{form}\n{digest}\n").into_bytes();
        if form == "attached" {
            raw.extend_from_slice(bytes);
        }
        STANDARD.encode(raw)
    }

    #[tokio::test]
    async fn test_signatures_are_over_the_very_bytes_and_of_the_wanted_form() {
        let desk = Signatures { trusted: None };
        let body = b"{\"a\":\n\"b\"}\n";
        assert_eq!(desk.detached(&sign("detached", body), body).await, Ok(()));
        assert_eq!(desk.detached(&sign("detached", body), b"{}").await, Err(Wrong::OtherBytes));
        assert_eq!(desk.detached(&sign("attached", body), body).await, Err(Wrong::Attached));
        assert_eq!(desk.attached(&sign("attached", body)).await, Ok(body.to_vec()));
        assert_eq!(desk.attached(&sign("detached", body)).await, Err(Wrong::Detached));
        for rubbish in ["", "%", "AAAA", "TUFSS1dSSUdIVC1URVNULVNJR05BVFVSRQo="] {
            let verdict = desk.detached(rubbish, body).await;
            assert!(matches!(verdict, Err(Wrong::Bad(_))), "{rubbish}: {verdict:?}");
        }
    }

    #[test]
    fn a_cms_says_whether_it_contains_what_it_signs() {
        let wrap =
            |tag: u8, inner: &[u8]| [&[tag, u8::try_from(inner.len()).unwrap()], inner].concat();
        let oid = wrap(6, &SIGNED_DATA);
        let cms = |content: &[u8]| {
            let data =
                [wrap(2, &[1]), wrap(0x31, &[]), wrap(0x30, content), wrap(0x31, &[])].concat();
            wrap(0x30, &[oid.clone(), wrap(0xA0, &wrap(0x30, &data))].concat())
        };
        let inner = wrap(6, &[1, 2]);
        assert_eq!(contains_content(&cms(&inner)), Ok(false));
        let full = [inner, wrap(0xA0, &wrap(4, b"x"))].concat();
        assert_eq!(contains_content(&cms(&full)), Ok(true));
        assert!(contains_content(b"nonsense").is_err());
    }
}
