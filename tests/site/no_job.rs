//! A line that has no job: what it accepts it does, and what it does not do it refuses.
use crate::site_kit::{LINE, SOON, Site};
use markwright::app::{App, Handle};
use markwright::line::*;
use markwright::store::Store;
use tokio::time::{Instant, timeout};

const STATES: [LineState; 3] = [LineState::Stopped, LineState::Idle, LineState::Aborted];

async fn until(line: &Handle, what: &str, so: impl FnMut(&LineView) -> bool) -> LineView {
    let mut view = line.view.clone();
    let now = line.view.borrow().clone();
    let so = timeout(SOON, view.wait_for(so)).await;
    so.unwrap_or_else(|_| panic!("{what}: {now:?}")).unwrap().clone()
}

/// Says it, and waits until the line has dealt with it.
async fn say(line: &Handle, event: Event) -> LineView {
    let before = line.view.borrow().heard;
    line.requests.send(event.clone()).await.unwrap();
    until(line, &format!("{event:?}"), |view| view.heard != before).await
}

async fn comes_to(line: &Handle, state: LineState) {
    let requests: &[Request] = match state {
        LineState::Aborted => &[Request::Abort],
        LineState::Stopped => &[Request::Abort, Request::Clear],
        _ => &[Request::Abort, Request::Reset],
    };
    for request in requests {
        say(line, Event::Operator(*request)).await;
    }
    assert_eq!(line.view.borrow().state, state);
}

fn asks(request: Request) -> Written {
    let number = Some(i64::from(request.number()));
    Written { cntrl_cmd: number, cmd_change_request: Some(true), ..Written::default() }
}

#[tokio::test]
async fn a_line_without_a_job_does_what_it_accepts_and_refuses_the_rest_with_a_reason() {
    let site = Site::build(240.0, 20).await;
    let mut config = site.config();
    config.lines[0].work = None;
    let app = App::start(config).await.unwrap();
    let line = app.lines.iter().find(|line| line.name == LINE).unwrap().clone();
    until(&line, "it has no job", |view| !view.has_job).await;
    for (state, request) in STATES.into_iter().flat_map(|s| Request::ALL.map(|r| (s, r))) {
        comes_to(&line, state).await;
        let view = line.view.borrow().clone();
        let now = Instant::now().into_std();
        let answer = Handshake::default().write(now, asks(request), &view).remove(0);
        match answer {
            Ok(event) => {
                let end = *state.way_at_rest(request).last().unwrap();
                assert_eq!(say(&line, event).await.state, end, "{request:?} in {state}");
            }
            Err(refused) => {
                let of_job = (state, request) == (LineState::Idle, Request::Start);
                assert_eq!(of_job, refused.why.contains("No job is on the line"), "{refused}");
                assert!(of_job || state.after(request).is_none(), "{request:?} in {state}");
                // Whoever asks all the same changes nothing.
                let after = say(&line, Event::Operator(request)).await;
                assert_eq!(after.state, state, "{request:?}");
            }
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn stop_and_abort_are_done_in_complete_too() {
    for (request, end) in
        [(Request::Stop, LineState::Stopped), (Request::Abort, LineState::Aborted)]
    {
        let site = Site::build(240.0, 20).await;
        let mut config = site.config();
        config.lines[0].work.as_mut().unwrap().planned = 2;
        let app = App::start(config).await.unwrap();
        let line = app.lines.iter().find(|line| line.name == LINE).unwrap().clone();
        let done = |view: &LineView| view.state == LineState::Complete && !view.has_job;
        until(&line, "the job is done", done).await;
        assert!(line.view.borrow().offers(request).is_ok());
        assert_eq!(say(&line, Event::Operator(request)).await.state, end);
        app.stop().await;
    }
}

#[tokio::test]
async fn a_line_without_a_job_changes_its_mode_and_is_released_and_remembers_both() {
    let reason = StopReason::BadProductPassed;
    let site = Site::build(240.0, 200).await;
    let idle = || {
        let mut config = site.config();
        config.lines[0].work = None;
        config
    };
    let store = Store::open(&site.store_file()).await.unwrap();
    store.append(LINE, None, &[Record::AlarmRaised(reason)]).await.unwrap();
    let app = App::start(idle()).await.unwrap();
    let line = app.lines.iter().find(|line| line.name == LINE).unwrap().clone();
    let mut view = line.view.clone();
    assert!(view.borrow().to_release().eq([reason]));
    line.requests.send(Event::Mode(Mode::Maintenance)).await.unwrap();
    line.requests.send(Event::Release(reason)).await.unwrap();
    line.requests.send(Event::Operator(Request::Reset)).await.unwrap();
    let so = |view: &LineView| view.alarms.is_empty() && view.state == LineState::Idle;
    timeout(SOON, view.wait_for(so)).await.unwrap().unwrap();
    assert_eq!(view.borrow().mode, Mode::Maintenance);
    app.stop().await;
    let app = App::start(idle()).await.unwrap();
    let first = app.lines.iter().find(|line| line.name == LINE).unwrap().view.borrow().clone();
    assert_eq!((first.mode, first.alarms), (Mode::Maintenance, vec![]));
    app.stop().await;
}
