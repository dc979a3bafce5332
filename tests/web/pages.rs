//! The pages over real sockets: what a person sees, what he may do, and what he is refused.
use crate::web_house::{House, PASSWORD, SOON, location, text, view};
use futures_util::StreamExt;
use markwright::access::Role;
use markwright::line::{
    Cause, DeviceView, Event, LineState, PictureId, RejectReason, Request, StopReason, Tag,
    Verdict, VerdictView,
};
use markwright::web::WebSettings;
use reqwest::StatusCode;
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn the_page_says_the_word_of_every_state_and_what_it_means() {
    let house = House::open(LineState::Stopped).await;
    for state in LineState::ALL {
        house.show(view(state));
        let page = house.page("/").await;
        assert!(page.contains(&format!("<h1>{state}</h1>")), "{state}: {page}");
        assert!(page.contains(&format!("<title>{state} · one")), "{state}");
    }
}

#[tokio::test]
async fn a_held_line_says_why_and_what_to_do() {
    let house = House::open(LineState::Held).await;
    let mut held = view(LineState::Held);
    held.why = Some(StopReason::Printer(Cause::OutOfRibbon));
    held.alarms = vec![StopReason::Printer(Cause::OutOfRibbon), StopReason::AirLow];
    held.printer = Some(DeviceView::Down(Cause::OutOfRibbon));
    house.show(held);
    let page = house.page("/").await;
    for words in [
        "The printer is out of ribbon",
        "Load a new ribbon. Then press Start.",
        "<b>Also:</b> Air pressure is too low",
        "is out of ribbon: load a new ribbon",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn a_silent_device_is_shown_as_stale_and_a_heard_one_as_well() {
    let house = House::open(LineState::Idle).await;
    assert!(house.page("/").await.contains("not heard yet"));
    house.printer.heard();
    let page = house.page("/").await;
    assert!(page.contains("0.0 s ago") || page.contains("s ago"), "{page}");
    assert!(!page.contains("not heard yet"));
}

#[tokio::test]
async fn an_operator_presses_start_and_the_line_hears_it() {
    let mut house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Operator).await;
    let page = text(house.get("/").header(COOKIE, &cookie), StatusCode::OK).await;
    assert!(page.contains(r#"value="start" class="primary""#), "{page}");
    assert!(page.contains(r#"value="hold" disabled title="The line does not run.""#), "{page}");
    let answer = house.ask(&cookie, "start").await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/lines/one"));
    let heard = timeout(SOON, house.requests.recv()).await.unwrap();
    assert_eq!(heard, Some(Event::Operator(Request::Start)));
    let notes = house.store.notes(1).await.unwrap();
    assert_eq!((notes[0].person.as_str(), notes[0].detail.as_str()), ("operator", "one: Start"));
}

#[tokio::test]
async fn a_request_that_leads_nowhere_in_this_state_is_refused_with_the_reason() {
    let mut house = House::open(LineState::Stopped).await;
    let cookie = house.sign_in(Role::Manager).await;
    let answer = house.ask(&cookie, "start").await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    let page = answer.text().await.unwrap();
    assert!(page.contains("one is Stopped now. Press Reset first."), "{page}");
    assert_eq!(house.ask(&cookie, "explode").await.status(), StatusCode::BAD_REQUEST);
    assert!(house.requests.try_recv().is_err(), "nothing reached the line");
}

#[tokio::test]
async fn a_line_that_takes_nothing_is_not_waited_for() {
    let house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Operator).await;
    // The mailbox of this line has one place.
    assert_eq!(house.ask(&cookie, "start").await.status(), StatusCode::SEE_OTHER);
    assert_eq!(house.ask(&cookie, "start").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn who_is_not_signed_in_looks_and_does_not_touch() {
    let mut house = House::open(LineState::Idle).await;
    let page = house.page("/").await;
    assert!(page.contains("Sign in to control the line"));
    assert!(!page.contains(r#"class="primary""#));
    let answer = house.ask("", "start").await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(house.requests.try_recv().is_err());
}

#[tokio::test]
async fn a_customer_sees_orders_and_no_line() {
    let mut house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Customer).await;
    let first = house.get("/").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(location(&first), "/orders");
    for path in ["/lines/one", "/lines/one/events", "/lines/one/pictures/1.png", "/api/lines/one"] {
        text(house.get(path).header(COOKIE, &cookie), StatusCode::FORBIDDEN).await;
    }
    let refused = house.ask(&cookie, "start").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = refused.text().await.unwrap();
    assert!(page.contains("may not control a line") && page.contains("/orders"), "{page}");
    assert!(house.requests.try_recv().is_err());
}

#[tokio::test]
async fn where_looking_is_not_free_a_stranger_is_asked_to_sign_in() {
    let settings =
        WebSettings { open_to_look: false, secure_cookies: true, ..WebSettings::default() };
    let house = House::with(&["one"], view(LineState::Idle), settings).await;
    for path in ["/", "/lines/one", "/lines/one/events", "/api/lines/one"] {
        text(house.get(path), StatusCode::UNAUTHORIZED).await;
    }
    let answer = house.try_sign_in("operator", PASSWORD).await;
    assert!(answer.headers()[SET_COOKIE].to_str().unwrap().contains("Secure"));
}

#[tokio::test]
async fn a_form_on_another_site_moves_nothing() {
    let mut house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Operator).await;
    for (header, value) in
        [("sec-fetch-site", "cross-site"), (ORIGIN.as_str(), "http://evil.example")]
    {
        let post = house.post("/lines/one/requests", "request=start").header(COOKIE, &cookie);
        let page = text(post.header(header, value), StatusCode::FORBIDDEN).await;
        assert!(page.contains("another site"), "{page}");
    }
    assert!(house.requests.try_recv().is_err());
    let own = house.post("/lines/one/requests", "request=start").header(COOKIE, &cookie);
    let own = own.header(ORIGIN, &house.url).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_session_cookie_is_kept_from_scripts_and_other_sites() {
    let house = House::open(LineState::Idle).await;
    let answer = house.try_sign_in("operator", PASSWORD).await;
    let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert!(!cookie.contains("Secure"), "plain HTTP on the shop floor: {cookie}");
}

#[tokio::test]
async fn five_wrong_passwords_close_the_door_and_the_page_says_for_how_long() {
    let house = House::open(LineState::Idle).await;
    for _ in 0..5 {
        let answer = house.try_sign_in("operator", "wrong").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.headers().get(SET_COOKIE).is_none());
        assert!(answer.text().await.unwrap().contains("do not belong together"));
    }
    let answer = house.try_sign_in("operator", PASSWORD).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Too many wrong passwords. Try again in"), "{page}");
}

#[tokio::test]
async fn a_session_that_was_ended_opens_nothing_any_more() {
    let house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Operator).await;
    let out = house.post("/sign-out", "").header(COOKIE, &cookie).send().await.unwrap();
    assert_eq!(out.status(), StatusCode::SEE_OTHER);
    let answer = house.ask(&cookie, "start").await;
    assert_eq!(location(&answer), "/sign-in", "the old cookie is worth nothing");
    let whats: Vec<_> =
        house.store.notes(2).await.unwrap().into_iter().map(|note| note.what).collect();
    assert_eq!(whats, ["signed out", "signed in"]);
}

#[tokio::test]
async fn a_change_of_the_line_reaches_an_open_page() {
    let house = House::open(LineState::Idle).await;
    let answer = house.get("/lines/one/events").send().await.unwrap();
    let mut updates = answer.bytes_stream();
    let mut heard = String::new();
    let mut until = async |words: &str| {
        while !heard.contains(words) {
            let bytes = timeout(SOON, updates.next()).await.unwrap().unwrap().unwrap();
            heard.push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    until("event: line").await;
    until("<h1>Idle</h1>").await;
    house.show(view(LineState::Execute));
    until("<h1>Execute</h1>").await;
}

#[tokio::test]
async fn an_open_page_does_not_keep_the_server_from_stopping() {
    let mut house = House::open(LineState::Idle).await;
    let mut updates = house.get("/lines/one/events").send().await.unwrap().bytes_stream();
    timeout(SOON, updates.next()).await.unwrap().unwrap().unwrap();
    house.stop.cancel();
    // Less than the grace period after which connections are left behind.
    let ended = timeout(Duration::from_secs(4), house.served.join_next()).await;
    ended.expect("the server is still there").unwrap().unwrap();
    let rest = timeout(SOON, updates.count()).await;
    assert!(rest.is_ok(), "the stream has ended, too");
}

#[tokio::test]
async fn the_picture_of_a_reject_is_served_and_nothing_else_from_the_disk() {
    let house = House::open(LineState::Execute).await;
    let frames = house.folder.path().join("frames");
    std::fs::write(frames.join("42.png"), b"a picture").unwrap();
    std::fs::write(frames.join("note.png"), b"a secret").unwrap();
    std::fs::write(house.folder.path().join("7.png"), b"a secret").unwrap();
    let mut running = view(LineState::Execute);
    let verdict = Verdict::Bad(RejectReason::NoRead);
    running.verdicts.push_front(VerdictView {
        tag: Tag(9),
        verdict,
        picture: Some(PictureId(42)),
        quality: None,
    });
    house.show(running);
    let page = house.page("/").await;
    assert!(page.contains(r#"<img src="/lines/one/pictures/42.png""#), "{page}");
    assert!(page.contains("symbol not readable"));
    assert_eq!(house.page("/lines/one/pictures/42.png").await, "a picture");
    for elsewhere in [
        "..%2f7.png",
        "%2e%2e%2f7.png",
        "../7.png",
        "..%5c7.png",
        "%2fetc%2fpasswd",
        "note.png",
        "42",
        "42.png%00",
        "43.png",
        "-1.png",
    ] {
        let path = format!("/lines/one/pictures/{elsewhere}");
        text(house.get(&path), StatusCode::NOT_FOUND).await;
    }
}

#[tokio::test]
async fn several_lines_stand_side_by_side_with_their_states() {
    let idle = view(LineState::Idle);
    let house = House::with(&["one", "two"], idle, WebSettings::default()).await;
    house.views[1].send(view(LineState::Aborted)).unwrap();
    let page = house.page("/").await;
    assert!(page.contains("<h1>Idle</h1>") && page.contains("✕ Aborted"), "{page}");
    assert!(house.page("/lines/two").await.contains("<h1>Aborted</h1>"));
    let page = text(house.get("/lines/three"), StatusCode::NOT_FOUND).await;
    assert!(page.contains("There is no line of this name here."));
}

#[tokio::test]
async fn a_program_gets_the_same_facts_as_json() {
    let house = House::open(LineState::Execute).await;
    let mut running = view(LineState::Execute);
    (running.done, running.planned) = (40, 100);
    house.show(running);
    let json: serde_json::Value =
        serde_json::from_str(&house.page("/api/lines/one").await).unwrap();
    assert_eq!(json["state"], "Execute");
    assert_eq!(json["state_number"], 6);
    assert_eq!((&json["done"], &json["left"]), (&40.into(), &60.into()));
    assert_eq!(json["devices"][0]["standing"], "stale");
    assert_eq!(json["counts"]["codes_stored"], 0);
    let missing = text(house.get("/api/lines/three"), StatusCode::NOT_FOUND).await;
    assert!(missing.contains(r#"{"error":"#), "{missing}");
}

#[tokio::test]
async fn a_strange_printer_becomes_the_known_one_only_by_somebody_who_may_control_the_line() {
    let house = House::open(LineState::Held).await;
    assert_eq!(house.printer_id.answers(Some("NEW".to_owned())).await.as_deref(), Some("KNOWN"));
    let button = "This is the new printer";
    assert!(!house.page("/").await.contains(button), "the line does not stand for that");
    let mut held = view(LineState::Held);
    held.printer = Some(DeviceView::Down(Cause::Swapped));
    house.show(held);
    assert!(house.page("/").await.contains(button));
    let post =
        |cookie: &str| house.post("/lines/one/printer", "unique_id=NEW").header(COOKIE, cookie);
    let customer = house.sign_in(Role::Customer).await;
    text(post(&customer), StatusCode::FORBIDDEN).await;
    assert_eq!(house.printer_id.known().as_deref(), Some("KNOWN"));
    let operator = house.sign_in(Role::Operator).await;
    text(post(&operator), StatusCode::SEE_OTHER).await;
    assert_eq!(house.printer_id.known().as_deref(), Some("NEW"));
    assert_eq!(house.store.printer_of("one").await.unwrap().as_deref(), Some("NEW"));
    let notes = house.store.notes(1).await.unwrap();
    assert_eq!((notes[0].person.as_str(), notes[0].detail.as_str()), ("operator", "one: NEW"));
    text(post(&operator), StatusCode::CONFLICT).await;
}

#[tokio::test]
async fn a_line_that_nobody_drives_is_sick_and_says_so() {
    let mut house = House::open(LineState::Execute).await;
    assert!(house.page("/healthz").await.contains(r#""ok":true"#));
    house.views.clear();
    let health = text(house.get("/healthz"), StatusCode::SERVICE_UNAVAILABLE).await;
    assert!(health.contains(r#""ok":false"#), "{health}");
    let page = house.page("/").await;
    assert!(page.contains("The program that drives this line has stopped."), "{page}");
}

#[tokio::test]
async fn every_answer_is_guarded_and_every_error_has_a_way_out() {
    let house = House::open(LineState::Idle).await;
    for path in ["/", "/no/such/page", "/assets/live.js"] {
        let answer = house.get(path).send().await.unwrap();
        let header = |name| answer.headers()[name].to_str().unwrap();
        assert!(header("content-security-policy").contains("default-src 'self'"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
    }
    let page = text(house.get("/no/such/page"), StatusCode::NOT_FOUND).await;
    assert!(page.contains(r#"href="/""#), "{page}");
    let page = text(house.post("/sign-in", "name=x"), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert!(page.contains("fill in the form again"), "{page}");
    let much = format!("name=x&password={}", "x".repeat(100_000));
    let page = text(house.post("/sign-in", &much), StatusCode::PAYLOAD_TOO_LARGE).await;
    assert!(page.contains("Send less"), "{page}");
    text(house.get("/sign-out"), StatusCode::METHOD_NOT_ALLOWED).await;
}

#[tokio::test]
async fn without_a_script_the_page_loads_itself_again() {
    let house = House::open(LineState::Idle).await;
    let page = house.page("/").await;
    assert!(page.contains(r#"<noscript><meta http-equiv="refresh" content="5"></noscript>"#));
    assert!(!page.contains("style="), "the policy allows no inline style");
}

#[tokio::test]
async fn a_scan_is_told_in_words_also_without_a_script_and_without_signing_in() {
    let house = House::open(LineState::Idle).await;
    let code = markwright::order::test_code();
    let form = |scan: &str, end: &str| {
        let written =
            scan.bytes().fold(String::new(), |so_far, byte| format!("{so_far}%{byte:02X}"));
        format!("scan={written}{end}")
    };
    let send = async |scan: &str, end: &str| {
        text(house.post("/scanner", &form(scan, end)), StatusCode::OK).await
    };
    let right = send(&format!("]d2{}", code.as_str()), "").await;
    assert!(right.contains("✔ Right") && right.contains("arrived as it is"), "{right}");
    let spoilt = code.as_str().replace('\u{1d}', "<b>");
    let wrong = send(&spoilt, "&end=tab").await;
    assert!(!wrong.contains("<b>91"), "what arrived is shown, not obeyed: {wrong}");
    let long = house.post("/scanner", &form(&"1".repeat(1_001), ""));
    text(long, StatusCode::PAYLOAD_TOO_LARGE).await;
}
