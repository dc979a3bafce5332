//! A look with a real browser: the page of a line renders, on a panel and on a phone.
use crate::web_house::browser::{Browser, command};
use crate::web_house::{House, PASSWORD, SOON, view};
use image::{GrayImage, Luma};
use markwright::line::{
    Cause, DeviceView, Event, LineState, LineView, PictureId, RejectReason, Request, StopReason,
    Tag, Verdict, VerdictView,
};
use markwright::web::WebSettings;
use std::path::Path;
use std::time::Duration;
use tokio::process::Command;

/// A browser on two busy cores.
const BROWSER_ENDS_WITHIN: Duration = Duration::from_secs(90);

/// A line that stands because the ribbon is out, after some rejects.
fn held() -> LineView {
    let mut held = view(LineState::Held);
    held.why = Some(StopReason::Printer(Cause::OutOfRibbon));
    held.alarms = vec![StopReason::Printer(Cause::OutOfRibbon), StopReason::AirLow];
    held.printer = Some(DeviceView::Down(Cause::OutOfRibbon));
    (held.done, held.planned) = (12_480, 20_000);
    (held.labels_under_way, held.products_on_belt) = (2, 4);
    held.rejects_in_a_row = 1;
    for n in 0..20 {
        let verdict = match n {
            3 => Verdict::Bad(RejectReason::WrongCode),
            9 => Verdict::Bad(RejectReason::NoLabel),
            19 => Verdict::Bad(RejectReason::NoRead),
            _ => Verdict::Good,
        };
        let picture = (n != 9).then_some(PictureId(n));
        let tag = Tag(12_500 + u32::try_from(n).unwrap());
        held.verdicts.push_front(VerdictView { tag, verdict, picture, quality: None });
    }
    held
}

/// A grey square pattern, as a camera would see a label.
fn draw(path: &Path) {
    let picture = GrayImage::from_fn(320, 240, |x, y| {
        let inside = (100..220).contains(&x) && (60..180).contains(&y);
        let dark = inside && ((x / 8) * 7 + (y / 8) * 13 + (x / 8) * (y / 8)) % 3 == 0;
        Luma([if dark { 40 } else { 200 }])
    });
    picture.save(path).unwrap();
}

/// A job with goods, some codes, one that is not reported yet.
async fn stock(house: &House) {
    let url = format!("sqlite://{}", house.folder.path().join("house.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    sqlx::raw_sql(
        "insert into goods (gtin, name, product_group)
         values ('04810093011694', 'Boots, leather, brown, 42', 'lp');
         insert into job (line, scenario, pool, gtin, design, planned, state, made_at)
         values ('line-1', 'print_apply', 'line:line-1', '04810093011694', 'd', 20000, 'running', 1);
         with recursive n(i) as (select 1 union all select i + 1 from n where i < 3200)
         insert into code (pool, gtin, serial, tail, product_group, moved_at)
         select 'line:line-1', 4810093011694, i, '', 'lp', 1 from n;
         update code set settled = 1, moved_at = unixepoch() * 1000000 - 240000000 where id < 18",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

async fn house() -> House {
    let house = House::with(&["line-1", "line-2"], held(), WebSettings::default()).await;
    for n in [3, 19] {
        draw(&house.folder.path().join(format!("frames/{n}.png")));
    }
    stock(&house).await;
    house.printer.heard();
    house.views[1].send(view(LineState::Execute)).unwrap();
    house
}

/// Runs the browser once and gives what it wrote to its standard output.
async fn browse(arguments: &[&str], url: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let words = command(profile.path(), arguments);
    let ran = Command::new(&words[0]).args(&words[1..]).arg(url).kill_on_drop(true).output();
    let ran = tokio::time::timeout(BROWSER_ENDS_WITHIN, ran).await.expect("the browser hangs");
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// A picture of the page in the folder for leavings of tests, and its size in pixels.
async fn shoot(url: &str, name: &str, width: u32, height: u32) -> (u32, u32, usize) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_file(&file);
    let (to, size) = (format!("--screenshot={}", file.display()), format!("{width},{height}"));
    browse(&[&to, &format!("--window-size={size}")], url).await;
    let shot = image::open(&file).unwrap().to_rgb8();
    let mut colours: Vec<_> = shot.pixels().map(|pixel| pixel.0).collect();
    colours.sort_unstable();
    colours.dedup();
    (shot.width(), shot.height(), colours.len())
}

#[tokio::test]
async fn the_page_in_a_browser_says_the_state_and_what_to_do() {
    let house = house().await;
    let page = browse(&["--dump-dom"], &house.url).await;
    for words in ["<h1>Held</h1>", "The printer is out of ribbon", "/lines/line-1/pictures/19.png"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn the_page_fits_a_panel_and_a_phone() {
    let house = house().await;
    for (name, width, height) in [("panel.png", 1024, 600), ("phone.png", 390, 844)] {
        let (shot_width, shot_height, colours) = shoot(&house.url, name, width, height).await;
        assert_eq!((shot_width, shot_height), (width, height), "{name}");
        assert!(colours > 20, "{name} is empty: {colours} colours");
    }
}

#[tokio::test]
async fn an_open_page_follows_the_line_and_turns_grey_when_it_hears_nothing() {
    let mut house = house().await;
    let mut browser = Browser::open().await;
    browser.go(&house.url).await;
    browser.wait_for("document.querySelector('h1')?.textContent === 'Held'").await;
    browser.value("document.body.dataset.mine = 'the same page'").await;
    house.show(view(LineState::Execute));
    browser.wait_for("document.querySelector('h1').textContent === 'Execute'").await;
    browser.wait_for("document.title.startsWith('Execute · line-1')").await;
    assert_eq!(browser.value("document.body.dataset.mine").await, "the same page");
    assert_eq!(browser.value("document.getElementById('lost').hidden").await, true);

    house.stop.cancel();
    house.served.join_next().await.unwrap().unwrap();
    browser.wait_for("!document.getElementById('lost').hidden").await;
    let words = browser.value("document.getElementById('lost').innerText").await;
    assert!(words.as_str().unwrap().starts_with("Connection lost, last seen "), "{words}");
    assert_eq!(browser.value("document.getElementById('live').inert").await, true);
}

#[tokio::test]
async fn a_person_signs_in_presses_start_and_the_line_hears_it() {
    let mut house = House::open(LineState::Idle).await;
    let mut browser = Browser::open().await;
    browser.go(&format!("{}/lines/one", house.url)).await;
    browser.wait_for("document.querySelector('#controls a') !== null").await;
    browser.value("document.querySelector('#controls a').click()").await;
    browser.wait_for("document.querySelector('main button')?.innerText === 'Sign in'").await;
    let fill = |name: &str, text: &str| {
        format!("document.querySelector('[name={name}]').value = '{text}'")
    };
    browser.value(&fill("name", "operator")).await;
    browser.value(&fill("password", PASSWORD)).await;
    browser.value("document.querySelector('main button').click()").await;
    let start = "document.querySelector('button.primary[value=start]')";
    browser.wait_for(&format!("location.pathname === '/lines/one' && {start} !== null")).await;
    browser.value(&format!("{start}.click()")).await;
    let heard = tokio::time::timeout(SOON, house.requests.recv()).await.unwrap();
    assert_eq!(heard, Some(Event::Operator(Request::Start)));
}
