//! A participant with a key of GOST R 34.10-2012 that he made himself, and the openssl of this
//! machine as the one who checks his signatures.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};
use std::process::Command;

const CONF: &str = "[req]\ndistinguished_name = dn\nx509_extensions = v3\nprompt = no\n[dn]\n\
    CN = Test Participant\nO = OOO Test\nC = RU\n[v3]\nbasicConstraints = CA:TRUE\n\
    keyUsage = digitalSignature,nonRepudiation,keyCertSign\n";

pub(crate) struct Participant {
    dir: tempfile::TempDir,
}

impl Participant {
    /// `bits` of the key: 256 or 512.
    pub(crate) fn new(bits: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("conf"), CONF).unwrap();
        let this = Self { dir };
        let key = format!("-algorithm gost2012_{bits} -pkeyopt paramset:A -out key.pem");
        this.openssl(&format!("genpkey -engine gost {key}"));
        let digest = format!("-md_gost12_{bits}");
        this.openssl(&format!(
            "req -engine gost -config conf -new -x509 {digest} -days 30 -key key.pem -out cert.pem"
        ));
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, arguments: &str) -> std::process::Output {
        let mut openssl = Command::new("openssl");
        openssl.current_dir(self.dir.path()).args(arguments.split(' ')).output().unwrap()
    }

    fn openssl(&self, arguments: &str) {
        let done = self.run(arguments);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(
            done.status.success(),
            "openssl {arguments}: {said}\n(the gost engine is in Debian's libengine-gost-openssl)"
        );
    }

    /// Whether openssl takes this for this participant's signature over these bytes.
    pub(crate) fn verifies(&self, signature: &str, bytes: &[u8], detached: bool) -> bool {
        assert!(!signature.contains(char::is_whitespace), "base64 in one line");
        std::fs::write(self.path("signature"), STANDARD.decode(signature).unwrap()).unwrap();
        std::fs::write(self.path("bytes"), bytes).unwrap();
        let content = if detached { " -content bytes" } else { "" };
        let done = self.run(&format!(
            "cms -verify -engine gost -inform DER -in signature{content} -binary -CAfile cert.pem \
             -purpose any -out out"
        ));
        done.status.success() && std::fs::read(self.path("out")).unwrap() == bytes
    }
}

impl AsRef<Path> for Participant {
    fn as_ref(&self) -> &Path {
        self.dir.path()
    }
}
