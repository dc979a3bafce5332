//! Smart readers over real sockets: fakes that speak their makers' languages, and scripted ones.
use crate::verify_kit::{self, Bench, DEADLINE, bench, text};
use markwright::line::{CameraEvent, Cause, FrameOf, Reading, Tag};
use markwright::sim::reader::{Reader, Tongue};
use markwright::verify::{Kind, Pattern, ReaderSettings, Source, Trigger};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

fn reader(kind: Kind, address: &str, pattern: &str) -> ReaderSettings {
    ReaderSettings {
        read_within: Duration::from_millis(100),
        ..ReaderSettings::new(kind, address, Pattern::new(pattern).unwrap())
    }
}

/// A driver and a fake reader before which `shown` comes by; the line says when.
async fn with_fake(
    tongue: Tongue,
    kind: Kind,
    change: impl FnOnce(&mut ReaderSettings),
) -> (Bench, mpsc::Sender<Option<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = reader(kind, &listener.local_addr().unwrap().to_string(), "{code}");
    change(&mut settings);
    let (show, shown) = mpsc::channel(16);
    let mut fake = Reader::new(tongue, shown);
    fake.dribbles = true;
    tokio::spawn(fake.serve(listener));
    let mut bench = bench(Source::Reader(settings), |settings| {
        settings.trigger = Trigger::Line;
        settings.frame_within = Duration::from_secs(2);
    });
    bench.up().await;
    (bench, show)
}

#[tokio::test]
async fn every_makers_reader_reads_when_the_line_says_so_and_says_when_there_is_nothing() {
    let kinds = [
        (Tongue::DataMan, Kind::DataMan),
        (Tongue::InSight, Kind::InSight),
        (Tongue::Keyence, Kind::KeyenceSr),
        (Tongue::Sick, Kind::SickLector),
        (Tongue::Hikrobot, Kind::HikrobotId),
    ];
    for (tongue, kind) in kinds {
        let (mut bench, show) = with_fake(tongue, kind, |_| {}).await;
        for (tag, serial) in [(7, Some(1)), (8, None), (9, Some(2))] {
            show.send(serial.map(|serial| format!("]d2{}", text(serial)))).await.unwrap();
            bench.take(tag).await;
            let (of, reading, picture) = bench.reading().await;
            let read = verify_kit::serial(&reading);
            assert_eq!((of, read, picture), (FrameOf::Tag(Tag(tag)), serial, None), "{kind:?}");
        }
    }
}

#[tokio::test]
async fn an_in_sight_can_be_asked_for_a_cell() {
    let (mut bench, show) = with_fake(Tongue::InSight, Kind::InSight, |settings| {
        settings.trigger_on = b"SW8\r\n".to_vec();
        settings.cell = Some("A001".to_owned());
    })
    .await;
    show.send(Some(format!("]d2{}", text(5)))).await.unwrap();
    bench.take(1).await;
    assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(1)), Some(5)));
}

#[tokio::test]
async fn a_refused_command_is_a_fault_and_a_wrong_password_the_wrong_device() {
    let (mut bench, _show) = with_fake(Tongue::Keyence, Kind::KeyenceSr, |settings| {
        settings.trigger_on = b"READ\r".to_vec();
    })
    .await;
    bench.take(1).await;
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Faulty));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(Reader::new(Tongue::InSight, mpsc::channel(1).1).serve(listener));
    let login = ("admin".to_owned(), "secret".to_owned());
    let settings = ReaderSettings { login, ..reader(Kind::InSight, &address, "{code}") };
    let mut bench = verify_kit::bench(Source::Reader(settings), |_| {});
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::WrongDevice));
}

/// A driver, and the connection of a reader that has a trigger of its own.
async fn connected(change: impl FnOnce(&mut ReaderSettings)) -> (Bench, TcpListener, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut settings = reader(Kind::Plain, &address, "{tag};{code};{grade}");
    change(&mut settings);
    let mut bench = bench(Source::Reader(settings), |_| {});
    let accepted = tokio::time::timeout(DEADLINE, listener.accept()).await.unwrap();
    let (stream, _) = accepted.unwrap();
    stream.set_nodelay(true).unwrap();
    bench.up().await;
    (bench, listener, stream)
}

#[tokio::test]
async fn results_that_come_in_pieces_or_together_are_told_one_by_one() {
    let (mut bench, _door, mut stream) = connected(|_| {}).await;
    let lines = format!("7;]d2{};A\r\n8;NoRead;-\r\n9;]d2{};2.7\r\n", text(1), text(2));
    for pieces in [1, 5, lines.len()] {
        for piece in lines.as_bytes().chunks(pieces) {
            stream.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(7)), Some(1)));
        assert_eq!(bench.reading().await, (FrameOf::Tag(Tag(8)), Reading::Nothing, None));
        let (of, reading, _) = bench.reading().await;
        let Reading::Symbol { text: read, identifier, quality } = reading else { panic!() };
        assert_eq!((of, read, identifier.as_str()), (FrameOf::Tag(Tag(9)), text(2), "]d2"));
        assert_eq!(quality.unwrap().overall, 27);
    }
}

#[tokio::test]
async fn results_without_tags_are_counted_with_the_gaps_of_the_readers_counter() {
    let (mut bench, door, mut stream) =
        connected(|settings| settings.pattern = Pattern::new("{count:4}{code}").unwrap()).await;
    for (counter, count) in [(9998, 1), (9999, 2), (2, 5)] {
        let line = format!("{counter:04}]d2{}\r\n", text(3));
        stream.write_all(line.as_bytes()).await.unwrap();
        assert_eq!(bench.serial().await, (FrameOf::Count(count), Some(3)));
    }
    stream.write_all(b"NoRead\r\n").await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Count(6), None));
    drop(stream);
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Unreachable));
    let (mut stream, _) = tokio::time::timeout(DEADLINE, door.accept()).await.unwrap().unwrap();
    bench.up().await;
    stream.write_all(format!("0077]d2{}\r\n", text(4)).as_bytes()).await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Count(1), Some(4)), "counted anew");
}

#[tokio::test]
async fn what_does_not_look_as_agreed_or_does_not_end_is_garbled() {
    for garbage in [b"hello\r\n".to_vec(), vec![b'x'; 5000], b"no end".to_vec()] {
        let (mut bench, _door, mut stream) = connected(|_| {}).await;
        stream.write_all(&garbage).await.unwrap();
        assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Garbled));
    }
    let (mut bench, _door, mut stream) =
        connected(|settings| settings.ignore = vec!["hello".to_owned()]).await;
    stream.write_all(format!("hello\r\n7;]d2{};A\r\n", text(1)).as_bytes()).await.unwrap();
    assert_eq!(bench.serial().await, (FrameOf::Tag(Tag(7)), Some(1)));
}

#[tokio::test]
async fn a_reader_that_does_not_answer_a_trigger_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut bench = bench(Source::Reader(reader(Kind::DataMan, &address, "{code}")), |settings| {
        settings.trigger = Trigger::Line;
    });
    let (mut stream, _) = listener.accept().await.unwrap();
    bench.up().await;
    bench.take(1).await;
    let mut command = [0; 15];
    stream.read_exact(&mut command).await.unwrap();
    assert_eq!(&command, b"||>TRIGGER ON\r\n");
    assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Silent));
}

#[tokio::test]
async fn a_reader_can_connect_to_us_and_come_back() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut settings = reader(Kind::Plain, &free.to_string(), "{code}");
    settings.listen = true;
    let mut bench = bench(Source::Reader(settings), |_| {});
    for serial in [1, 2] {
        let dial = async {
            loop {
                match TcpStream::connect(free).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        let mut stream = tokio::time::timeout(DEADLINE, dial).await.unwrap();
        bench.up().await;
        stream.write_all(format!("]d2{}\r\n", text(serial)).as_bytes()).await.unwrap();
        assert_eq!(bench.serial().await, (FrameOf::Count(1), Some(serial)));
        drop(stream);
        assert_eq!(bench.fact().await, CameraEvent::Down(Cause::Unreachable));
    }
}
