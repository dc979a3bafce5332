//! What people and programs ask of a line over HTTP: commands, the handshake, modes, the release.
use crate::web_house::{House, SOON, location, text, view};
use markwright::access::Role;
use markwright::line::{
    Asked, Event, Hand, HandPicture, LineState, LineView, Mode, OnceByHand, OnceView, PictureBy,
    PictureId, Quality, Reading, Request, Run, StopReason,
};
use reqwest::header::{COOKIE, ORIGIN};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

async fn write(house: &House, cookie: &str, tags: &Value) -> Response {
    let post = house.post_json("/api/lines/one/command", tags).header(COOKIE, cookie);
    post.send().await.unwrap()
}

async fn answer(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, response.json().await.unwrap())
}

async fn heard(house: &mut House) -> Option<Event> {
    timeout(SOON, house.requests.recv()).await.unwrap()
}

async fn form(house: &House, cookie: &str, path: &str, body: &str) -> Response {
    house.post(path, body).header(COOKIE, cookie).send().await.unwrap()
}

fn manual(state: LineState) -> LineView {
    LineView { mode: Mode::Manual, ..view(state) }
}

fn latched() -> LineView {
    let reason = StopReason::RejectUnconfirmed;
    LineView { why: Some(reason), alarms: vec![reason], ..view(LineState::Held) }
}

#[tokio::test]
async fn a_program_writes_a_command_raises_its_request_and_sees_it_taken_once() {
    let mut house = House::open(LineState::Idle).await;
    let cookie = house.sign_in(Role::Operator).await;
    let (status, tags) = answer(write(&house, &cookie, &json!({"CntrlCmd": 2})).await).await;
    assert_eq!((status, &tags["Command"]["CntrlCmd"]), (StatusCode::ACCEPTED, &json!(2)));
    assert!(house.requests.try_recv().is_err(), "a value alone does nothing");

    let raised = write(&house, &cookie, &json!({"CmdChangeRequest": true})).await;
    let (status, tags) = answer(raised).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    assert_eq!(tags["Command"]["CmdChangeRequest"], false, "down again");
    assert_eq!(tags["Status"]["StateRequested"], 6);
    assert_eq!(tags["Status"]["StateRequestedName"], "Execute");
    assert_eq!(tags["Status"]["StateCurrentName"], "Idle");
    assert_eq!(tags["Status"]["StateChangeInProcess"], true);
    assert_eq!(heard(&mut house).await, Some(Event::Operator(Request::Start)));
    let notes = house.store.notes(1).await.unwrap();
    assert_eq!((notes[0].person.as_str(), notes[0].detail.as_str()), ("operator", "one: Start"));

    house.show(view(LineState::Execute));
    let page = text(house.get("/api/lines/one"), StatusCode::OK).await;
    let line: Value = serde_json::from_str(&page).unwrap();
    assert_eq!(line["packml"]["Status"]["StateChangeInProcess"], false);
    assert_eq!(line["packml"]["Status"]["StateCurrent"], 6);
    assert_eq!(line["packml"]["Status"]["UnitModeCurrentName"], "Production");
    let taken = &line["packml"]["AvailableCommands"];
    assert!(taken.as_array().unwrap().contains(&json!({"ID": 4, "Name": "Hold"})), "{taken}");
    assert_eq!(line["state"], "Execute", "what was there stays");
}

#[tokio::test]
async fn a_program_is_told_why_it_is_refused() {
    let mut house = House::open(LineState::Stopped).await;
    let operator = house.sign_in(Role::Operator).await;
    let start = json!({"CntrlCmd": "start", "CmdChangeRequest": true});
    let (status, tags) = answer(write(&house, &operator, &start).await).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(tags["error"], "one is Stopped now. Start: Press Reset first.");
    assert_eq!(tags["Command"]["CmdChangeRequest"], false);

    for (tags, status, words) in [
        (json!({"CntrlCmd": "explode"}), StatusCode::BAD_REQUEST, "CntrlCmd knows no"),
        (json!({"Cntrlcmd": 1}), StatusCode::BAD_REQUEST, "CntrlCmd"),
        (json!({"UnitMode": 3, "UnitModeChangeRequest": true}), StatusCode::FORBIDDEN, "the mode"),
    ] {
        let (found, body) = answer(write(&house, &operator, &tags).await).await;
        let error = body["error"].as_str().unwrap();
        assert!(found == status && error.contains(words), "{found}: {error}");
    }
    let (status, body) = answer(write(&house, "", &start).await).await;
    assert_eq!(
        (status, &body["error"]),
        (StatusCode::UNAUTHORIZED, &json!("Sign in to control a line."))
    );
    let customer = house.sign_in(Role::Customer).await;
    let (status, _) = answer(write(&house, &customer, &start).await).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let post = house.post_json("/api/lines/one/command", &start).header(COOKIE, &operator);
    let foreign = post.header(ORIGIN, "http://evil.example").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(house.requests.try_recv().is_err(), "nothing reached the line");
}

#[tokio::test]
async fn only_a_manager_turns_the_key_and_then_an_operator_moves_things_by_hand() {
    let mut house = House::open(LineState::Idle).await;
    let operator = house.sign_in(Role::Operator).await;
    let refused = form(&house, &operator, "/lines/one/mode", "mode=Manual").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let page = text(house.get("/").header(COOKIE, &operator), StatusCode::OK).await;
    assert!(page.contains("A manager changes the mode."), "{page}");
    assert!(!page.contains("/lines/one/hand"), "nothing moves by hand in Production");

    let manager = house.sign_in(Role::Manager).await;
    let answer = form(&house, &manager, "/lines/one/mode", "mode=Manual").await;
    assert_eq!((answer.status(), location(&answer)), (StatusCode::SEE_OTHER, "/lines/one"));
    assert_eq!(heard(&mut house).await, Some(Event::Mode(Mode::Manual)));

    house.show(manual(LineState::Execute));
    let page = text(house.get("/").header(COOKIE, &operator), StatusCode::OK).await;
    assert!(page.contains("Mode Manual.") && page.contains("Clear the pad"), "{page}");
    let answer = form(&house, &operator, "/lines/one/hand", "hand=belt").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(heard(&mut house).await, Some(Event::Hand(Hand::Belt)));
    let answer = form(&house, &manager, "/lines/one/mode", "mode=Production").await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "not while it runs");

    house.show(view(LineState::Execute));
    let answer = form(&house, &operator, "/lines/one/hand", "hand=belt").await;
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(answer.text().await.unwrap().contains("in the mode Manual"));
}

/// In Manual, on a line whose devices can do both once.
fn in_hand() -> LineView {
    let can = OnceByHand { picture: PictureBy::Plc, gate: true };
    LineView { once: OnceView { can, ..OnceView::default() }, ..manual(LineState::Execute) }
}

#[tokio::test]
async fn a_hand_that_cannot_be_moved_says_why_on_its_button_and_moves_nothing() {
    let mut house = House::open(LineState::Idle).await;
    let operator = house.sign_in(Role::Operator).await;
    house.show(in_hand());
    for (word, hand) in [("take-picture", Hand::TakePicture), ("move-gate", Hand::MoveGate)] {
        let answer = form(&house, &operator, "/lines/one/hand", &format!("hand={word}")).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{word}");
        assert_eq!(heard(&mut house).await, Some(Event::Hand(hand)));
    }
    let cannot = manual(LineState::Execute);
    let with_products = LineView { products_on_belt: 2, ..in_hand() };
    let while_it_runs = LineView { by_hand: Run { belt: true, infeed: false }, ..in_hand() };
    for (view, words) in [
        (cannot, "cannot move the gate by hand"),
        (with_products, "products on the belt"),
        (while_it_runs, "only while the belt stands"),
    ] {
        house.show(view);
        let page = text(house.get("/").header(COOKIE, &operator), StatusCode::OK).await;
        let button = page.split_once("value=\"move-gate\"").unwrap().1;
        let button = button.split_once("</button>").unwrap().0;
        assert!(button.contains("disabled") && button.contains(words), "{button}");
        let answer = form(&house, &operator, "/lines/one/hand", "hand=move-gate").await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        assert!(answer.text().await.unwrap().contains(words));
    }
    assert!(house.requests.try_recv().is_err(), "nothing reached the line");
}

#[tokio::test]
async fn the_page_shows_what_a_picture_by_hand_showed_without_the_last_part_of_the_code() {
    let house = House::open(LineState::Idle).await;
    let operator = house.sign_in(Role::Operator).await;
    let quality = Quality { overall: 34, parameters: [None; 8], growth: None, calibrated: false };
    let reading = Reading::Symbol {
        text: "0104810093011694215secret\u{1d}93#SzU".to_owned(),
        identifier: "]d2".to_owned(),
        quality: Some(quality),
    };
    let mut view = in_hand();
    view.once.asked = Asked::Done;
    view.once.shown = Some(HandPicture { reading, picture: Some(PictureId(77)) });
    view.once.gate = Asked::Silent;
    house.show(view);
    let page = text(house.get("/").header(COOKIE, &operator), StatusCode::OK).await;
    for words in [
        "0104810093011694215secret",
        "grade 3.4",
        "/lines/one/pictures/77.png",
        "the PLC has not said that it moved",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("#SzU"), "{page}");
    let get = house.get("/api/lines/one").header(COOKIE, &operator);
    let json: Value = serde_json::from_str(&text(get, StatusCode::OK).await).unwrap();
    assert_eq!(json["once"]["shown"]["grade"], "3.4");
}

#[tokio::test]
async fn a_latched_line_is_released_by_a_manager_who_says_what_he_found() {
    let mut house = House::with(&["one"], latched(), markwright::web::WebSettings::default()).await;
    let operator = house.sign_in(Role::Operator).await;
    let page = text(house.get("/").header(COOKIE, &operator), StatusCode::OK).await;
    assert!(page.contains("when a manager has released it"), "{page}");
    assert!(!page.contains("Release the line"), "{page}");
    let refused = house.ask(&operator, "start").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    let words = refused.text().await.unwrap();
    assert!(words.contains("must be released first, by a manager"), "{words}");
    let release = "reason=reject_unconfirmed&found=";
    let refused = form(&house, &operator, "/lines/one/release", &format!("{release}it")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let words = refused.text().await.unwrap();
    assert!(words.contains("may not release a line that waits for its manager"), "{words}");

    let manager = house.sign_in(Role::Manager).await;
    let page = text(house.get("/").header(COOKIE, &manager), StatusCode::OK).await;
    assert!(page.contains("Release the line"), "{page}");
    let refused = form(&house, &manager, "/lines/one/release", release).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let found = format!("{release}under+the+belt%2C+destroyed");
    let answer = form(&house, &manager, "/lines/one/release", &found).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(heard(&mut house).await, Some(Event::Release(StopReason::RejectUnconfirmed)));
    let notes = house.store.notes(1).await.unwrap();
    assert_eq!(notes[0].detail, "one: release reject_unconfirmed: under the belt, destroyed");

    house.show(view(LineState::Held));
    let answer = form(&house, &manager, "/lines/one/release", &found).await;
    assert_eq!(answer.status(), StatusCode::CONFLICT, "it stands no more");
}

#[tokio::test]
async fn the_page_offers_what_is_taken_now_and_says_what_it_does() {
    let house = House::open(LineState::Execute).await;
    let cookie = house.sign_in(Role::Operator).await;
    let offers = async |state| {
        house.show(view(state));
        text(house.get("/").header(COOKIE, &cookie), StatusCode::OK).await
    };
    let runs = offers(LineState::Execute).await;
    assert!(runs.contains(r#"value="suspend""#) && runs.contains(r#"value="complete""#), "{runs}");
    assert!(!runs.contains(r#"value="unsuspend""#));
    let waits = offers(LineState::Suspended).await;
    assert!(waits.contains(r#"value="unsuspend""#) && !waits.contains(r#"value="complete""#));
    let aborting = offers(LineState::Aborting).await;
    assert!(!aborting.contains(r#"value="abort""#));
}

#[tokio::test]
async fn a_mode_and_an_abort_in_one_write_both_reach_the_line() {
    let mut house = House::open(LineState::Idle).await;
    let manager = house.sign_in(Role::Manager).await;
    let both = json!({
        "UnitMode": "Manual", "UnitModeChangeRequest": true,
        "CntrlCmd": "Abort", "CmdChangeRequest": true,
    });
    let post = house.post_json("/api/lines/one/command", &both).header(COOKIE, &manager).send();
    // The mailbox of this house has one place: the line must listen meanwhile.
    let (answer, mode) = tokio::join!(post, heard(&mut house));
    assert_eq!(answer.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(mode, Some(Event::Mode(Mode::Manual)));
    assert_eq!(heard(&mut house).await, Some(Event::Operator(Request::Abort)));
}

#[tokio::test]
async fn a_line_without_a_job_does_not_offer_start_and_says_what_is_missing() {
    let mut house = House::open(LineState::Idle).await;
    house.show(LineView { has_job: false, ..view(LineState::Idle) });
    let operator = house.sign_in(Role::Operator).await;
    let page = text(house.get("/api/lines/one"), StatusCode::OK).await;
    let line: Value = serde_json::from_str(&page).unwrap();
    let taken = line["packml"]["AvailableCommands"].as_array().unwrap();
    let names: Vec<_> = taken.iter().map(|one| one["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Stop", "Abort"]);
    let start = json!({"CntrlCmd": "Start", "CmdChangeRequest": true});
    let (status, tags) = answer(write(&house, &operator, &start).await).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(tags["error"].as_str().unwrap().contains("No job is on the line"), "{tags}");
    assert!(house.requests.try_recv().is_err(), "nothing reached the line");
}
