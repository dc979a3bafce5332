//! What the line expects and what the camera then reads: quicker, and never another code.
use crate::symbol_kit::{Chance, Fault, Scene, TEN, code, drawn, encoded, scene};
use crate::verify_kit::{self, part, serial, text};
use datamatrix::{DataMatrix, SymbolList};
use markwright::code::CodeText;
use markwright::line::{CameraCommand, CameraEvent, Reading};
use markwright::symbol::{self, Expected, Grey, Hints, Region, Size, find_within};
use markwright::verify::{JobSymbol, Source};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const FOREVER: &dyn Fn() -> Duration = &|| Duration::MAX;
const SIDES: (usize, usize) = (900, 640);

/// A driver that has read one label, at the left.
struct Line {
    bench: verify_kit::Bench,
    camera: TcpStream,
}

impl Line {
    async fn begin(side: Option<u32>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/stream", listener.local_addr().unwrap());
        let mut bench = verify_kit::bench(Source::Stream { url }, |settings| {
            settings.symbol = side.map(|side| JobSymbol { side, module_mm: 0.4 });
            // No matter how busy this machine is.
            settings.deep_within = Duration::from_secs(20);
        });
        let (mut camera, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(camera.read_u8().await.unwrap());
        }
        let stream = "HTTP/1.1 200 OK\r\n\
                      Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
        camera.write_all(stream.as_bytes()).await.unwrap();
        assert_eq!(bench.fact().await, CameraEvent::Up);
        Self { bench, camera }
    }

    async fn look(&mut self, luma: &[u8], (width, height): (usize, usize)) -> Reading {
        let body = [format!("P5\n{width} {height}\n255\n").as_bytes(), luma].concat();
        let frame = part("Content-Type: image/x-portable-graymap\r\nX-Tag: 1\r\n", &body);
        self.camera.write_all(&frame).await.unwrap();
        self.bench.read().await.1
    }

    async fn look_for(&mut self, labels: &[(u32, (usize, usize))]) -> Option<u32> {
        serial(&self.look(&labelled(labels), SIDES).await)
    }

    /// The line says what it expects; waits until the driver knows.
    async fn expect(&mut self, codes: &[String]) {
        let blank = part(
            "Content-Type: image/x-portable-graymap\r\nX-Tag: 1\r\n",
            &verify_kit::grey_map(&vec![180; verify_kit::WIDTH * verify_kit::HEIGHT]),
        );
        self.camera.write_all(&blank).await.unwrap();
        let (_, _, picture) = self.bench.read().await;
        let codes = codes.iter().map(|code| CodeText::new(code.clone())).collect();
        self.bench.commands.send(CameraCommand::Expect(codes)).await.unwrap();
        // Commands are obeyed one after the other.
        self.bench.keep(picture).await;
        self.bench.file(&format!("{}.png", picture.0)).await;
    }
}

/// Labels of these serial numbers, their upper left corners at these places, four pixels a module.
fn labelled(labels: &[(u32, (usize, usize))]) -> Vec<u8> {
    let mut luma = vec![210; SIDES.0 * SIDES.1];
    for (serial, (left, top)) in labels {
        let sizes = SymbolList::default().enforce_square();
        let drawn = DataMatrix::encode_gs1(text(*serial).as_bytes(), sizes).unwrap();
        for (x, y) in drawn.bitmap().pixels() {
            for n in 0..16 {
                luma[(top + y * 4 + n / 4) * SIDES.0 + left + x * 4 + n % 4] = 25;
            }
        }
    }
    luma
}

#[tokio::test]
async fn a_foreign_code_of_the_same_size_is_never_passed_for_the_expected_one() {
    let mut line = Line::begin(None).await;
    let (left, right) = ((80, 80), (700, 460));
    line.expect(&[text(1), text(2), text(3)]).await;
    assert_eq!(line.look_for(&[(1, left)]).await, Some(1));
    line.expect(&[text(2), text(3)]).await;
    assert_eq!(line.look_for(&[(900_002, left)]).await, Some(900_002), "it is what it is");
    assert_eq!(line.look_for(&[(2, left)]).await, Some(2));
    assert_eq!(line.look_for(&[(3, left)]).await, Some(3), "the next one, before any news");
    // The label of the next product may be in the picture, on a product beside: what this product
    // carries is at the usual place.
    let seen = line.look_for(&[(900_002, left), (2, right)]).await;
    assert_eq!(seen, Some(900_002), "a neighbour does not stand for it");
    let seen = line.look_for(&[(900_002, (190, 80)), (2, left)]).await;
    assert_eq!(seen, Some(2), "nor does it hide it");
    let seen = line.look_for(&[(900_003, left), (900_004, right)]).await;
    assert_eq!(seen, Some(900_003), "the one at the usual place");
    assert_eq!(line.look_for(&[(2, right)]).await, Some(2), "and with nothing there, the other");
}

#[tokio::test]
async fn a_foreign_symbol_on_every_product_makes_no_usual_place() {
    let mut line = Line::begin(None).await;
    let (left, right) = ((80, 80), (700, 460));
    for expected in [vec![], vec![text(1), text(2)]] {
        line.expect(&expected).await;
        assert_eq!(line.look_for(&[(900_001, left)]).await, Some(900_001), "not labelled yet");
    }
    for serial in 1..=2 {
        assert_eq!(line.look_for(&[(900_001, left), (serial, right)]).await, Some(serial));
    }
}

#[tokio::test]
async fn an_expectation_that_is_not_true_any_more_harms_nothing() {
    let mut line = Line::begin(Some(22)).await;
    line.expect(&[text(2), text(3)]).await;
    for (serial, place) in [(70, (60, 60)), (71, (600, 300)), (72, (62, 58)), (2, (300, 200))] {
        assert_eq!(line.look_for(&[(serial, place)]).await, Some(serial));
    }
    line.expect(&[]).await;
    assert_eq!(line.look_for(&[(73, (60, 60))]).await, Some(73));
    // Nor does a size that is not true: a printer may encode in its own way.
    let mut line = Line::begin(Some(48)).await;
    line.expect(&[text(5)]).await;
    assert_eq!(line.look_for(&[(5, (60, 60))]).await, Some(5));
}

fn grey(scene: &Scene) -> Grey<'_> {
    let sides = (scene.width as u32, scene.height as u32);
    Grey::new(&scene.luma, sides.0, sides.1).unwrap()
}

/// A small symbol so spoilt, and a little blurred, that it is believed only where it is known what
/// size should be there.
fn spoilt() -> Scene {
    let all = (0..400).map(|seed| {
        let mut chance = Chance::new(seed);
        let text = format!("21{:08}", chance.below(100_000_000));
        let (mut dark, cols) = encoded(&text, SymbolList::default().enforce_square()).unwrap();
        for _ in 0..3 {
            let (row, col) = (1 + chance.below(cols - 2), 1 + chance.below(cols - 2));
            dark[row * cols + col] ^= true;
        }
        drawn(Fault::Mixed, &text, (dark, cols), 8.0, (320, 240), &mut chance)
    });
    let mut only_expected = all.filter(|scene| {
        let found = |expected: Option<&Expected>| {
            let found = find_within(&grey(scene), &Hints::default(), expected, FOREVER);
            found.map(|found| found.text)
        };
        let known = Expected::new(&scene.text);
        found(None).is_none() && found(Some(&known)) == Some(scene.text.clone())
    });
    only_expected.next().expect("one of 400 is so")
}

#[tokio::test]
async fn a_blurred_symbol_that_our_reader_reads_only_as_the_expected_code_counts() {
    let scene = spoilt();
    let mut line = Line::begin(None).await;
    line.expect(&["2100000001".to_owned(), scene.text.clone()]).await;
    let reading = line.look(&scene.luma, (scene.width, scene.height)).await;
    let Reading::Symbol { text, identifier, .. } = reading else { panic!("{reading:?}") };
    assert_eq!((text, identifier.as_str()), (scene.text.clone(), "]d2"));
}

#[test]
fn among_several_expected_codes_none_is_taken_for_another() {
    let mut chance = Chance::new(5);
    for turn in 0..12 {
        let shown = scene(TEN[turn % 10], 31, (640, 480), turn as u64);
        // Neighbours that differ in one character of the serial number.
        let near = |with: u8| {
            let mut other = shown.text.clone().into_bytes();
            other[20] = with;
            String::from_utf8(other).unwrap()
        };
        let mut codes: Vec<_> =
            (b'0'..b'4').map(near).chain((0..3).map(|_| code(31, &mut chance))).collect();
        codes.retain(|other| *other != shown.text);
        for there in [false, true] {
            codes.extend(there.then(|| shown.text.clone()));
            let known = Expected::one_of(codes.iter().map(String::as_str), Size::Smallest);
            let found = find_within(&grey(&shown), &Hints::default(), Some(&known), FOREVER);
            assert!(found.is_none_or(|found| found.text == shown.text), "turn {turn}");
        }
    }
}

/// The fastest of five turns, in milliseconds, and what it gave.
fn fastest<T>(mut turn: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let begun = Instant::now();
        let given = turn();
        (begun.elapsed().as_secs_f64() * 1e3, given)
    };
    let turns: Vec<_> = (0..5).map(|_| timed()).collect();
    turns.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

/// The place of a symbol with its own size around it.
fn place_of(shown: &Scene) -> Region {
    let (xs, ys) = (shown.corners.map(|c| c.0), shown.corners.map(|c| c.1));
    let span = |of: [f32; 4], most: usize| {
        let low = of.into_iter().fold(f32::MAX, f32::min);
        let high = of.into_iter().fold(0.0, f32::max);
        let from = (2.0 * low - high).max(0.0) as u32;
        (from, ((2.0 * high - low) as u32).min(most as u32) - from)
    };
    let ((x, width), (y, height)) = (span(xs, shown.width), span(ys, shown.height));
    Region { x, y, width, height }
}

/// What it brings, in milliseconds: `cargo test --test verify expected:: -- --ignored --nocapture`.
#[test]
#[ignore = "it measures"]
fn what_knowing_brings() {
    let mut chance = Chance::new(77);
    let others: Vec<_> = (0..8).map(|_| code(85, &mut chance)).collect();
    let names = [
        "nothing known",
        "place",
        "eight codes",
        "place, module, eight codes",
        "place, module, eight other codes",
        "second opinion alone, 33 ms left",
        "the eight codes encoded",
    ];
    let mut rows = names.map(|name| (name, Vec::new(), 0_usize));
    for (fault, seed) in TEN.into_iter().flat_map(|fault| (0..8).map(move |seed| (fault, seed))) {
        let shown = scene(fault, 85, (1280, 1024), seed);
        let region = Some(place_of(&shown));
        let there = Hints { region, module: Some(shown.module), ..Hints::default() };
        let with = |right: bool| {
            let mine = right.then_some(shown.text.as_str());
            let texts = mine.into_iter().chain(others.iter().map(String::as_str)).take(8);
            Expected::one_of(texts, Size::Smallest)
        };
        let look = |hints: Hints, codes: Option<Expected>| {
            fastest(|| {
                let end = Instant::now() + Duration::from_millis(100);
                let left = || end.saturating_duration_since(Instant::now());
                find_within(&grey(&shown), &hints, codes.as_ref(), &left).map(|found| found.text)
            })
        };
        let opinion = || {
            let third = || Duration::from_millis(33);
            symbol::opinion(&shown.luma, 1280, 1024, None, &third).map(|found| found.text)
        };
        let encoded = || with(true).includes(&shown.text).then(|| shown.text.clone());
        let took = [
            look(Hints::default(), None),
            look(Hints { region, ..Hints::default() }, None),
            look(Hints::default(), Some(with(true))),
            look(there, Some(with(true))),
            look(there, Some(with(false))),
            fastest(opinion),
            fastest(encoded),
        ];
        for ((_, times, read), (took, found)) in rows.iter_mut().zip(took) {
            assert!(found.as_ref().is_none_or(|text| *text == shown.text));
            times.push(took);
            *read += usize::from(found.is_some());
        }
    }
    for (name, mut took, read) in rows {
        took.sort_by(f64::total_cmp);
        let (middle, late) = (took[took.len() / 2], took[took.len() * 95 / 100]);
        let last = took[took.len() - 1];
        println!(
            "{name}: {read} of {} read, median {middle:.2}, p95 {late:.2}, max {last:.2} ms",
            took.len()
        );
    }
}
