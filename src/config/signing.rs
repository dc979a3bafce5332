//! Who signs, how the station's token is got, and where documents go.
use super::check::SECOND;
use super::reader::Reader;
use super::{IssuerConfig, TrueApiConfig};
use crate::papers;
use crate::upstream::{
    SignAddress, SignCommand, SignInSettings, SignSettings, Signer, TrueApiSettings,
};
use std::path::Path;

/// Where tokens outlive the process, in the data folder.
const TOKENS: &str = "tokens";

const ADDRESS: &str = "an address such as \"https://markirovka.crpt.ru/api/v3/true-api\"";

fn url(at: &mut Reader<'_>, wanted: &str) -> Option<String> {
    let is_url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    at.read("url", wanted, |text| is_url(text).then(|| text.to_owned()))
}

/// `[issuer.sign]`.
pub(super) fn sign(mut at: Reader<'_>) -> Option<SignSettings> {
    let wanted = "openssl, cryptcp, csptest, command, address or test";
    let by = at.read("by", wanted, |text| {
        let known = ["openssl", "cryptcp", "csptest", "command", "address", "test"];
        known.into_iter().find(|known| *known == text)
    })?;
    let within = at.time_or("within", 30 * SECOND, SECOND, 300 * SECOND);
    let at_once = usize::try_from(at.number_or("at_once", 1, 1, 16)).expect("in range");
    let settings = match by {
        "address" => address(&mut at)
            .map(|address| SignSettings::Address(SignAddress { within, at_once, ..address })),
        "test" => Some(SignSettings::Test),
        tool => command(&mut at, tool)
            .map(|command| SignSettings::Command(SignCommand { within, at_once, ..command })),
    };
    at.end(
        "by, within, at_once, certificate, key_file, thumbprint, command, detached, attached, url, \
         token_file",
    );
    settings
}

fn address(at: &mut Reader<'_>) -> Option<SignAddress> {
    let url = url(at, "the address of the signing service, http:// or https://");
    let token = if at.has("token_file") { Some(at.secret("token_file")?) } else { None };
    Some(SignAddress { url: url?, token, within: 30 * SECOND, at_once: 1 })
}

fn command(at: &mut Reader<'_>, tool: &str) -> Option<SignCommand> {
    match tool {
        "openssl" => {
            let certificate = at.text("certificate", "the file of the certificate, PEM");
            let key = at.private_file("key_file");
            (!certificate.is_empty()).then_some(())?;
            Some(SignCommand::openssl(Path::new(&certificate), &key?))
        }
        "command" => {
            let argv = at.texts_or("command", &[]);
            let (detached, attached) = (at.texts_or("detached", &[]), at.texts_or("attached", &[]));
            let command = SignCommand::new(argv, detached, attached);
            if let Err(why) = command.check() {
                at.wrong("command", why, "program and arguments, with {form} among them, and the words for it under detached and attached");
                return None;
            }
            Some(command)
        }
        _ => {
            let wanted = "the SHA-1 of the certificate, 40 hexadecimal digits";
            let is_hex =
                |text: &str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
            let thumbprint =
                at.read("thumbprint", wanted, |text| is_hex(text).then(|| text.to_owned()))?;
            Some(if tool == "cryptcp" {
                SignCommand::cryptcp(&thumbprint)
            } else {
                SignCommand::csptest(&thumbprint)
            })
        }
    }
}

/// `[issuer.sign_in]`.
pub(super) fn sign_in(mut at: Reader<'_>, data_dir: &Path) -> Option<SignInSettings> {
    let url = url(&mut at, ADDRESS);
    let wanted = "the omsConnection of this installation";
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let connection = at.read("connection", wanted, |text| is_plain(text).then(|| text.to_owned()));
    let inn = at.text_or("inn", "");
    at.end("url, connection, inn");
    let mut settings = SignInSettings::new(&url?, Some(connection?));
    settings.inn = (!inn.is_empty()).then_some(inn);
    settings.keep_in = Some(data_dir.join(TOKENS));
    Some(settings)
}

/// `[true_api]`.
pub(super) fn true_api(mut at: Reader<'_>, data_dir: &Path) -> Option<TrueApiConfig> {
    let url = url(&mut at, ADDRESS);
    let inn = at.read("inn", "the participant's number, 10 or 12 digits", |text| {
        let good = matches!(text.len(), 10 | 12) && text.bytes().all(|b| b.is_ascii_digit());
        good.then(|| text.to_owned())
    });
    let minute = 60 * SECOND;
    let lost_after = at.time_or("lost_document_after", 10 * minute, SECOND, 1_440 * minute);
    let day = 1_440 * minute;
    let write_off_every = at.time_or("write_off_every", day, SECOND, 30 * day);
    at.end("url, inn, lost_document_after, write_off_every");
    let (url, inn) = (url?, inn?);
    let mut sign_in = SignInSettings::new(&url, None);
    sign_in.keep_in = Some(data_dir.join(TOKENS));
    let papers = papers::Settings { lost_after, write_off_every, ..papers::Settings::new(&inn) };
    Some(TrueApiConfig { client: TrueApiSettings::new(&url), sign_in, papers })
}

/// Whoever signs in or hands in documents needs somebody who signs; the test signature stays here.
pub(super) fn check(
    top: &mut Reader<'_>,
    issuer: Option<&IssuerConfig>,
    true_api: Option<&TrueApiConfig>,
) {
    let sign = issuer.and_then(|issuer| issuer.sign.clone());
    let sign_in = issuer.and_then(|issuer| issuer.sign_in.as_ref());
    let Some(sign) = sign else {
        let wanted = "a table [issuer.sign], because what is sent there is signed";
        if sign_in.is_some() {
            top.wrong("issuer.sign_in", "nobody who signs", wanted);
        }
        if true_api.is_some() {
            top.wrong("true_api", "nobody who signs", wanted);
        }
        return;
    };
    let mut addresses: Vec<&str> = issuer.iter().map(|i| i.oms.base_url.as_str()).collect();
    addresses.extend(sign_in.map(|sign_in| sign_in.base_url.as_str()));
    addresses.extend(true_api.map(|true_api| true_api.client.base_url.as_str()));
    if let Err(why) = Signer::new(sign, &addresses) {
        top.wrong("issuer.sign", why, "somebody who can sign for these addresses");
    }
}
