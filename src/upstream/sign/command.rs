//! Signing by a command on this machine: the maker's tool of a token, openssl, or a script.
use super::{Form, SignError, first_words};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};

/// What a tool says of itself is read up to here.
const WORDS_MAX: usize = 64 << 10;

/// How a command is called.
///
/// `argv` is the program and its arguments, without a shell. In each argument `{in}` becomes the
/// name of a private file with the bytes and `{out}` the name of the file that the tool is to
/// write; without `{in}` the bytes come by standard input, without `{out}` the signature is taken
/// from standard output. An argument `{form}` is replaced by the words for the wanted form, which
/// may be none. The signature may be DER, base64 or PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignCommand {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// The words for a detached signature.
    pub detached: Vec<String>,
    /// The words for an attached signature.
    pub attached: Vec<String>,
    /// The longest time that it may take; then it is killed, with everything that it started.
    pub within: Duration,
    /// How many may run at the same time.
    pub at_once: usize,
}

impl SignCommand {
    /// The usual limits: half a minute, because a token asks its reader; one at a time.
    pub fn new(argv: Vec<String>, detached: Vec<String>, attached: Vec<String>) -> Self {
        Self { argv, detached, attached, within: Duration::from_secs(30), at_once: 1 }
    }

    /// `cryptcp` of `CryptoPro`, with a certificate of the user's store, by the SHA-1 of it.
    pub fn cryptcp(thumbprint: &str) -> Self {
        let argv = "cryptcp -sign -thumbprint {} -der {form} -nochain -nopolicy {in} {out}";
        Self::new(words(argv, thumbprint), words("-detached", ""), Vec::new())
    }

    /// `csptest` of `CryptoPro`, which does not ask for a licence first.
    pub fn csptest(thumbprint: &str) -> Self {
        let argv = "csptest -sfsign -sign {form} -base64 -add -my {} -in {in} -out {out}";
        Self::new(words(argv, thumbprint), words("-detached", ""), Vec::new())
    }

    /// `openssl` with the gost engine (Debian: `libengine-gost-openssl`), for a key in a file.
    pub fn openssl(certificate: &Path, key: &Path) -> Self {
        let argv = "openssl cms -sign -engine gost -binary -outform DER {form}";
        let mut argv = words(argv, "");
        for (word, file) in [("-signer", certificate), ("-inkey", key)] {
            argv.extend([word.to_owned(), file.display().to_string()]);
        }
        Self::new(argv, Vec::new(), words("-nodetach", ""))
    }

    /// The name of the program.
    pub(super) fn name(&self) -> &str {
        self.argv.first().map_or("", String::as_str)
    }

    /// Whether it can be called at all.
    pub fn check(&self) -> Result<(), SignError> {
        let wrong = |why: &str| Err(SignError::Settings(why.to_owned()));
        if self.name().is_empty() {
            return wrong("a command has at least the name of a program");
        }
        if self.detached == self.attached {
            return wrong(
                "a tool must be told apart detached and attached: give the words for both",
            );
        }
        if !self.argv.iter().any(|argument| argument == "{form}") {
            return wrong("the command needs an argument {form}, for the words of the wanted form");
        }
        Ok(())
    }

    fn uses(&self, placeholder: &str) -> bool {
        self.argv.iter().any(|argument| argument.contains(placeholder))
    }

    fn arguments(&self, form: Form, files: Option<&Files>) -> Vec<String> {
        let words = match form {
            Form::Detached => &self.detached,
            Form::Attached => &self.attached,
        };
        let mut arguments = Vec::new();
        for argument in self.argv.iter().skip(1) {
            if argument == "{form}" {
                arguments.extend(words.iter().cloned());
            } else if let Some(files) = files {
                let (bytes, signature) = (files.bytes(), files.signature());
                let filled = argument.replace("{in}", &bytes.display().to_string());
                arguments.push(filled.replace("{out}", &signature.display().to_string()));
            } else {
                arguments.push(argument.clone());
            }
        }
        arguments
    }
}

fn words(text: &str, instead: &str) -> Vec<String> {
    let fill = |word: &str| if word == "{}" { instead.to_owned() } else { word.to_owned() };
    text.split(' ').map(fill).collect()
}

/// How large a signature over these bytes can be: attached, in base64, with a chain of
/// certificates.
pub(super) const fn answer_max(bytes: &[u8]) -> usize {
    bytes.len() * 2 + (1 << 20)
}

/// Has the command sign the bytes; answers with what it made, as it came.
pub(super) async fn run(
    settings: &SignCommand,
    bytes: &[u8],
    form: Form,
) -> Result<Vec<u8>, SignError> {
    let by = || settings.name().to_owned();
    let wants_files = settings.uses("{in}") || settings.uses("{out}");
    let files_failed = |source| SignError::Files { by: by(), source };
    let files = wants_files.then(Files::new).transpose().map_err(files_failed)?;
    let signed = tokio::time::timeout(settings.within, call(settings, bytes, form, files.as_ref()));
    signed.await.map_err(|_| SignError::TooLate { by: by(), within: settings.within })?
}

async fn call(
    settings: &SignCommand,
    bytes: &[u8],
    form: Form,
    files: Option<&Files>,
) -> Result<Vec<u8>, SignError> {
    let by = || settings.name().to_owned();
    let files_failed = |source| SignError::Files { by: by(), source };
    let by_file = files.filter(|_| settings.uses("{in}"));
    if let Some(files) = by_file {
        files.put(bytes).await.map_err(files_failed)?;
    }
    let arguments = settings.arguments(form, files);
    let running = Running::start(settings.name(), &arguments, by_file.is_none())
        .map_err(|source| SignError::Start { by: by(), source })?;
    let input = by_file.is_none().then_some(bytes);
    let ended = running.end(input, answer_max(bytes)).await.map_err(files_failed)?;
    if !ended.status.success() || ended.cut_short {
        return Err(ended.failure(by()));
    }
    match files.filter(|_| settings.uses("{out}")) {
        None => Ok(ended.said),
        Some(files) => files.take(answer_max(bytes)).await.map_err(files_failed),
    }
}

/// A directory that only we may enter, with the bytes and the signature. It goes when it is
/// dropped.
struct Files(PathBuf);

impl Files {
    fn new() -> io::Result<Self> {
        let name = format!("markwright-sign-{}", uuid::Uuid::new_v4());
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    fn bytes(&self) -> PathBuf {
        self.0.join("bytes")
    }

    fn signature(&self) -> PathBuf {
        self.0.join("signature")
    }

    async fn put(&self, bytes: &[u8]) -> io::Result<()> {
        tokio::fs::write(self.bytes(), bytes).await
    }

    async fn take(&self, at_most: usize) -> io::Result<Vec<u8>> {
        let file = tokio::fs::File::open(self.signature()).await?;
        let (whole, all) = read(file, at_most).await?;
        if all { Ok(whole) } else { Err(io::Error::other("it made a file without an end")) }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // What cannot be removed is private; there is nobody to tell.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A running tool. Unless it ended by itself, it is killed with everything that it started.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    fn start(program: &str, arguments: &[String], by_input: bool) -> io::Result<Self> {
        let input = if by_input { Stdio::piped() } else { Stdio::null() };
        let child = Command::new(program)
            .args(arguments)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self { child, group })
    }

    /// Gives it its input and waits for its end.
    async fn end(mut self, input: Option<&[u8]>, at_most: usize) -> io::Result<Ended> {
        let stdin = self.child.stdin.take();
        let stdout = self.child.stdout.take().expect("it is a pipe");
        let stderr = self.child.stderr.take().expect("it is a pipe");
        let (given, said, complained) = tokio::join!(
            give(stdin, input.unwrap_or_default()),
            read(stdout, at_most),
            read(stderr, WORDS_MAX),
        );
        let status = self.child.wait().await?;
        self.group = None;
        let ((said, all), (complained, _)) = (said?, complained?);
        Ok(Ended { status, said, complained, cut_short: given.is_err() || !all })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended in this moment: then there is nothing to do.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

struct Ended {
    status: ExitStatus,
    said: Vec<u8>,
    complained: Vec<u8>,
    /// It did not take all bytes, or it said more than a signature can be.
    cut_short: bool,
}

impl Ended {
    fn failure(self, by: String) -> SignError {
        if self.status.success() {
            let words = "it did not take all bytes, or gave more than a signature".to_owned();
            return SignError::Failed { by, how: self.status.to_string(), words };
        }
        // Some tools complain at standard output.
        let complains = !self.complained.trim_ascii().is_empty();
        let words = if complains { &self.complained } else { &self.said };
        SignError::Failed { by, how: self.status.to_string(), words: first_words(words) }
    }
}

async fn give(stdin: Option<ChildStdin>, input: &[u8]) -> io::Result<()> {
    let Some(mut stdin) = stdin else { return Ok(()) };
    stdin.write_all(input).await?;
    stdin.shutdown().await
}

/// Reads to the end, keeps up to `at_most`, and says whether that was all.
async fn read(from: impl AsyncRead + Unpin, at_most: usize) -> io::Result<(Vec<u8>, bool)> {
    let mut kept = Vec::new();
    let mut from = from.take(u64::try_from(at_most).unwrap_or(u64::MAX));
    from.read_to_end(&mut kept).await?;
    let more = tokio::io::copy(&mut from.into_inner(), &mut tokio::io::sink()).await?;
    Ok((kept, more == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> SignCommand {
        let argv = ["sh", "-c", script, "sh", "{form}"].map(str::to_owned).to_vec();
        SignCommand::new(argv, words("-detached", ""), words("-attached", ""))
    }

    #[tokio::test]
    async fn bytes_go_in_and_out_by_pipes_or_by_private_files() {
        let bytes = vec![b'x'; 3 << 20];
        let piped = run(&shell("cat"), &bytes, Form::Detached).await.unwrap();
        assert!(piped == bytes);
        let mut filed = shell("stat -c %a $(dirname $2) > $3; cat $2 >> $3");
        filed.argv.extend(words("{in} {out}", ""));
        let made = run(&filed, b"body", Form::Attached).await.unwrap();
        assert_eq!(made, b"700\nbody");
        let form = run(&shell("echo $1"), b"", Form::Attached).await.unwrap();
        assert_eq!(form, b"-attached\n");
    }

    #[tokio::test]
    async fn the_files_are_gone_afterwards_also_after_a_failure() {
        let mut filed = shell("echo $2 >&2; exit 3");
        filed.argv.push("{in}".to_owned());
        let SignError::Failed { how, words, .. } =
            run(&filed, b"body", Form::Detached).await.unwrap_err()
        else {
            panic!("it failed otherwise");
        };
        assert_eq!(how, "exit status: 3");
        assert!(words.ends_with("/bytes") && !Path::new(&words).exists(), "{words}");
    }

    #[tokio::test]
    async fn a_tool_that_hangs_is_killed_with_what_it_started() {
        let mut hangs = shell("sleep 600 & echo $! > $2; wait");
        let place = Files::new().unwrap();
        hangs.argv.push(place.signature().display().to_string());
        hangs.within = Duration::from_millis(300);
        let error = run(&hangs, b"", Form::Detached).await.unwrap_err();
        assert!(matches!(error, SignError::TooLate { .. }), "{error}");
        let child = std::fs::read_to_string(place.signature()).unwrap();
        let gone = |state: String| state.is_empty() || state.contains(") Z ");
        let stat = format!("/proc/{}/stat", child.trim());
        let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
        while !gone(std::fs::read_to_string(&stat).unwrap_or_default()) {
            assert!(tokio::time::Instant::now() < deadline, "{stat} is still there");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_tool_that_is_not_there_or_reads_nothing_is_named() {
        let mut missing = shell("");
        missing.argv[0] = "no-such-signing-tool".to_owned();
        let error = run(&missing, b"", Form::Detached).await.unwrap_err();
        assert!(matches!(error, SignError::Start { .. }), "{error}");
        assert!(error.to_string().contains("no-such-signing-tool"));
        let lazy = run(&shell("exec <&-; exit 0"), &vec![0; 1 << 20], Form::Detached).await;
        assert!(lazy.unwrap_err().to_string().contains("did not take all bytes"));
    }

    #[test]
    fn the_presets_say_what_the_tools_want() {
        let line = |command: SignCommand, form| {
            command.check().unwrap();
            command.arguments(form, None).join(" ")
        };
        assert_eq!(
            line(SignCommand::cryptcp("ab12"), Form::Detached),
            "-sign -thumbprint ab12 -der -detached -nochain -nopolicy {in} {out}"
        );
        assert_eq!(
            line(SignCommand::csptest("ab12"), Form::Attached),
            "-sfsign -sign -base64 -add -my ab12 -in {in} -out {out}"
        );
        let openssl = SignCommand::openssl(Path::new("a b.pem"), Path::new("k.pem"));
        assert_eq!(
            openssl.arguments(Form::Attached, None)[6..],
            ["DER", "-nodetach", "-signer", "a b.pem", "-inkey", "k.pem"]
        );
    }

    #[test]
    fn a_command_that_cannot_tell_the_forms_apart_is_refused() {
        let mut same = shell("");
        same.attached.clone_from(&same.detached);
        assert!(same.check().is_err());
        let mut formless = shell("");
        formless.argv.pop();
        assert!(formless.check().unwrap_err().to_string().contains("{form}"));
    }
}
