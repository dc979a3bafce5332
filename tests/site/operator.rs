//! The daemon of a whole site as a process, and what an operator does at its pages.
use crate::daemon_kit::{Daemon, Person};
use crate::site_kit::{LINE, LOOK_EVERY, SOON, Site, what_a_person_asks};
use markwright::line::Request;
use reqwest::StatusCode;
use tokio::time::{sleep, timeout};

pub(crate) async fn start(site: &Site) -> Daemon {
    Daemon::start(&site.stage.config, drop).await
}

pub(crate) async fn sign_in(daemon: &Daemon) -> Person {
    Person::sign_in(daemon, LINE).await
}

async fn ask(person: &Person, request: Request) {
    let word = if request == Request::Reset { "reset" } else { "start" };
    let status = person.try_press(word).await;
    // The line may have gone on since it was looked at, and then takes this no more; or what was
    // asked cannot be written down yet, because the disk was full. Then it is asked again.
    let again = status == StatusCode::CONFLICT || status.is_server_error();
    assert!(again || status.is_redirection() || status.is_success(), "{status}");
}

/// Looks, and presses what leads on, until the line runs and has made good products again.
pub(crate) async fn bring_back(person: &Person, site: &Site) {
    let good = || site.stage.ledger().ask(|truth| truth.good().count());
    let wanted = good() + 3;
    let back = timeout(SOON, async {
        while good() < wanted {
            if let Some(request) = what_a_person_asks(person.state().await) {
                ask(person, request).await;
            }
            sleep(10 * LOOK_EVERY).await;
        }
    });
    let back = back.await.is_ok();
    assert!(back, "no good products within {SOON:?}: {}", person.line().await);
}
