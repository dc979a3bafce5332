//! Signatures by GOST R 34.10-2012, made by the openssl command and checked by openssl.
use crate::gost::Participant;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use markwright::upstream::{Form, SignAddress, SignCommand, SignError, SignSettings, Signer};
use std::collections::HashMap;
use std::time::Duration;

pub(crate) fn gost_signer(participant: &Participant) -> Signer {
    let command = SignCommand::openssl(&participant.path("cert.pem"), &participant.path("key.pem"));
    Signer::new(SignSettings::Command(command), &["https://suzgrid.crpt.ru"]).unwrap()
}

/// A report of 30,000 footwear codes: about four megabytes.
fn large_report() -> Vec<u8> {
    let tail = "x".repeat(88);
    let codes: Vec<_> = (0..30_000)
        .map(|n| format!("010460000000000821{n:013}\u{1d}91EE06\u{1d}92{tail}"))
        .collect();
    serde_json::to_vec(&serde_json::json!({"productGroup": "shoes", "sntins": codes})).unwrap()
}

#[tokio::test]
async fn openssl_verifies_what_the_gost_engine_signed_with_keys_of_both_lengths() {
    for bits in [256, 512] {
        let participant = Participant::new(bits);
        let signer = gost_signer(&participant);
        // Line ends of both kinds: a tool in text mode would change them.
        for body in [&b"{\"a\":1}\n\r\n"[..], b"", b"RANDOMTEXT"] {
            let detached = signer.sign(body, Form::Detached).await.unwrap();
            assert!(participant.verifies(&detached, body, true));
            let tampered = [body, b" "].concat();
            assert!(!participant.verifies(&detached, &tampered, true), "{bits} bits");
            let attached = signer.sign(body, Form::Attached).await.unwrap();
            assert!(participant.verifies(&attached, body, false));
        }
    }
}

#[tokio::test]
async fn a_report_of_30_000_codes_is_signed_and_verified() {
    let participant = Participant::new(256);
    let report = large_report();
    assert!(report.len() > 4_000_000, "{}", report.len());
    let begun = tokio::time::Instant::now();
    let signature = gost_signer(&participant).sign(&report, Form::Detached).await.unwrap();
    println!("{} bytes signed by openssl in {:?}", report.len(), begun.elapsed());
    assert!(participant.verifies(&signature, &report, true));
    let mut tampered = report;
    tampered[2_000_000] ^= 1;
    assert!(!participant.verifies(&signature, &tampered, true));
}

#[tokio::test]
async fn a_signature_of_another_participant_does_not_verify() {
    let (ours, theirs) = (Participant::new(256), Participant::new(256));
    let signature = gost_signer(&theirs).sign(b"body", Form::Detached).await.unwrap();
    assert!(!ours.verifies(&signature, b"body", true));
}

#[tokio::test]
async fn a_tool_that_attaches_where_it_should_not_is_told_before_the_station_says_413() {
    let participant = Participant::new(256);
    let mut command =
        SignCommand::openssl(&participant.path("cert.pem"), &participant.path("key.pem"));
    std::mem::swap(&mut command.detached, &mut command.attached);
    let signer = Signer::new(SignSettings::Command(command), &[]).unwrap();
    for (form, status) in [(Form::Detached, "413"), (Form::Attached, "403")] {
        let error = signer.sign(b"body", form).await.unwrap_err().to_string();
        assert!(error.contains(status) && error.contains("openssl"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_key_is_told_with_the_tools_first_line_and_nothing_of_the_content() {
    let participant = Participant::new(256);
    let command =
        SignCommand::openssl(&participant.path("cert.pem"), &participant.path("none.pem"));
    let signer = Signer::new(SignSettings::Command(command), &[]).unwrap();
    let error = signer.sign(b"very secret", Form::Detached).await.unwrap_err();
    assert!(matches!(error, SignError::Failed { .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("exit status") && said.lines().count() == 1, "{said}");
    assert!(!said.contains("secret"), "{said}");
}

#[tokio::test]
async fn one_token_signs_one_thing_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("busy").display().to_string();
    // Fails if another one is at it.
    let script = format!("mkdir '{place}' || exit 9; cat >/dev/null; rmdir '{place}'; echo $1");
    let argv = ["sh", "-c", &script, "sh", "{form}"].map(str::to_owned).to_vec();
    let command = SignCommand::new(argv, vec!["a".to_owned()], vec!["b".to_owned()]);
    let signer = Signer::new(SignSettings::Command(command), &[]).unwrap();
    let mut signing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let signer = signer.clone();
        signing.spawn(async move { signer.sign(b"body", Form::Detached).await });
    }
    while let Some(signed) = signing.join_next().await {
        let error = signed.unwrap().unwrap_err();
        assert!(matches!(error, SignError::NotASignature { .. }), "{error}");
    }
}

/// A signing service as `docs/signing.md` describes it, with openssl behind it.
async fn service(
    State(signer): State<Signer>,
    query: Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<String, (StatusCode, String)> {
    if headers.get("authorization").is_none_or(|value| value != "Bearer house-secret") {
        return Err((StatusCode::UNAUTHORIZED, "who are you?\nsecond line".to_owned()));
    }
    let form = match query["form"].as_str() {
        "attached" => Form::Attached,
        _ => Form::Detached,
    };
    Ok(signer.sign(&body, form).await.unwrap())
}

#[tokio::test]
async fn a_signing_address_signs_the_same() {
    let participant = Participant::new(256);
    let router = Router::new().route("/sign", post(service)).with_state(gost_signer(&participant));
    let router = router.layer(DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/sign?reader=0", listener.local_addr().unwrap());
    let mut house = tokio::task::JoinSet::new();
    house.spawn(async move { axum::serve(listener, router).await.unwrap() });
    let address = |token: &str| {
        let within = Duration::from_mins(1);
        let (url, token) = (url.clone(), Some(token.to_owned()));
        SignSettings::Address(SignAddress { url, token, within, at_once: 1 })
    };
    let signer = Signer::new(address("house-secret"), &[]).unwrap();
    let report = large_report();
    let detached = signer.sign(&report, Form::Detached).await.unwrap();
    assert!(participant.verifies(&detached, &report, true));
    let attached = signer.sign(b"RANDOMTEXT", Form::Attached).await.unwrap();
    assert!(participant.verifies(&attached, b"RANDOMTEXT", false));

    let stranger = Signer::new(address("other"), &[]).unwrap();
    let said = stranger.sign(b"body", Form::Detached).await.unwrap_err().to_string();
    assert!(said.ends_with("401 Unauthorized: who are you?"), "{said}");
    assert!(!format!("{:?}", address("other")).contains("other"));
}
