//! The fake camera over its real socket.
use crate::sim_hands::{BELT, DEADLINE, INFEED, Pc, World, settings, world};
use markwright::sim::alone::run_camera;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

/// One part of the camera's stream: tag, and the greymap.
async fn next_part(stream: &mut BufReader<TcpStream>) -> Option<(u32, image::GrayImage)> {
    let mut heads = BTreeMap::new();
    let mut line = String::new();
    while timeout(DEADLINE, stream.read_line(&mut line)).await.unwrap().unwrap() > 0 {
        let text = line.trim().to_ascii_lowercase();
        if let Some((key, value)) = text.split_once(": ") {
            heads.insert(key.to_owned(), value.to_owned());
        }
        if text.is_empty() && heads.contains_key("x-tag") {
            break;
        }
        line.clear();
    }
    assert_eq!(heads.get("content-type")?, "image/x-portable-graymap");
    let mut file = vec![0; heads["content-length"].parse().unwrap()];
    timeout(DEADLINE, stream.read_exact(&mut file)).await.unwrap().unwrap();
    let pixels = file.strip_prefix(b"P5\n640 480\n255\n").unwrap().to_vec();
    Some((heads["x-tag"].parse().unwrap(), image::GrayImage::from_raw(640, 480, pixels).unwrap()))
}

async fn watch(at: SocketAddr, path: &str) -> BufReader<TcpStream> {
    let mut camera = TcpStream::connect(at).await.unwrap();
    camera.write_all(format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut camera = BufReader::new(camera);
    let mut line = String::new();
    timeout(DEADLINE, camera.read_line(&mut line)).await.unwrap().unwrap();
    assert!(line.contains(" 200 "), "{line}");
    while !line.trim().is_empty() {
        line.clear();
        timeout(DEADLINE, camera.read_line(&mut line)).await.unwrap().unwrap();
    }
    camera
}

fn read(frame: &image::GrayImage) -> Option<String> {
    let (w, h) = frame.dimensions();
    let kind = Some(rxing::BarcodeFormat::DATA_MATRIX);
    let found = rxing::helpers::detect_in_luma_slice(frame.as_raw(), w, h, kind).ok()?;
    Some(found.getText().trim_start_matches('\u{1d}').to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_camera_shows_is_what_is_on_the_product_and_the_verdict_is_timed() {
    let mut settings = settings();
    settings.floor.belt.products_per_minute = 240.0;
    settings.faults.luck.spoiled_chance = 0.25;
    let World { plant, printer: _printer } = world(settings).await;
    let mut pc = Pc::connect(plant.plc_addr).await;
    let mut camera = watch(plant.camera_addr, "/stream").await;
    let (send, mut readings) = mpsc::channel(64);
    let mut reader = JoinSet::new();
    reader.spawn(async move {
        while let Some((tag, frame)) = next_part(&mut camera).await {
            let text = tokio::task::spawn_blocking(move || read(&frame)).await.unwrap();
            send.send((tag, text)).await.unwrap();
        }
    });
    let mut read_of = BTreeMap::new();
    pc.order(BELT | INFEED);
    let mut ticks = interval(Duration::from_millis(10));
    // A quarter is spoiled: one such product is awaited, however the dice fall.
    while read_of.len() < 12 || read_of.values().all(Option::is_some) {
        ticks.tick().await;
        pc.cycle().await;
        while let Ok((tag, text)) = readings.try_recv() {
            if text.is_some() {
                pc.pass(tag).await;
            }
            read_of.insert(tag, text);
        }
    }
    let books = plant.stop().await.books();
    for (number, product) in (1u64..).zip(books.products()) {
        if let Some(Some(text)) = read_of.get(&product.tag) {
            assert_eq!(books.codes_on(number), [text.as_str()]);
        }
    }
    let passed = read_of.values().flatten().count();
    assert_eq!(books.verdict_latencies_us().len(), passed);
    assert!(books.verdict_latencies_us().iter().all(|us| *us > 0));
}

#[tokio::test]
async fn a_viewer_that_does_not_read_holds_up_nobody() {
    let world = world(settings()).await;
    let _lazy = watch(world.plant.camera_addr, "/stream").await;
    let mut pc = Pc::connect(world.plant.plc_addr).await;
    pc.order(BELT | INFEED);
    let ledger = world.plant.ledger.clone();
    pc.run_until(|_| false, |_, _| ledger.ask(|books| books.frames().1 >= 3)).await;
    let mut snapshot = watch(world.plant.camera_addr, "/snapshot").await;
    let mut file = Vec::new();
    timeout(DEADLINE, snapshot.read_to_end(&mut file)).await.unwrap().unwrap();
    assert!(file.starts_with(b"P5\n640 480\n255\n"));
}

#[tokio::test]
async fn a_camera_that_has_seen_nothing_yet_has_no_picture_to_show() {
    let world = world(settings()).await;
    let mut camera = TcpStream::connect(world.plant.camera_addr).await.unwrap();
    camera.write_all(b"GET /snapshot HTTP/1.0\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(DEADLINE, camera.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.0 204 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_stream_that_the_camera_closes_ends_and_can_be_opened_again() {
    let world = world(settings()).await;
    let mut stream = watch(world.plant.camera_addr, "/stream").await;
    world.plant.controls.drop_camera_viewers();
    assert!(next_part(&mut stream).await.is_none());
    watch(world.plant.camera_addr, "/stream").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_camera_alone_shows_codes_of_its_own() {
    let (stop, (tell, told)) = (CancellationToken::new(), oneshot::channel());
    let mut alone = JoinSet::new();
    let here = "127.0.0.1:0".parse().unwrap();
    let started = stop.clone();
    alone.spawn(async move {
        run_camera(here, |at| tell.send(at).unwrap(), started).await.unwrap();
    });
    let mut stream = watch(timeout(DEADLINE, told).await.unwrap().unwrap(), "/stream").await;
    let (_, frame) = next_part(&mut stream).await.unwrap();
    assert!(read(&frame).unwrap().starts_with("010481009301169421"));
    stop.cancel();
    timeout(DEADLINE, alone.join_next()).await.unwrap().unwrap().unwrap();
}
