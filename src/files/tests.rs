//! What is written is read again, byte for byte; what is broken is named.
use super::{Broken, Form, Found, Head, Row, Writer, read};
use crate::code::{CodeText, read_array_line};

const CODE: &str = "0104810093011694212k6rsrti\u{1d}93#SzU";

fn row(code: &str) -> Row {
    Row {
        code: CodeText::new(code),
        gtin: "04810093011694".to_owned(),
        serial: code.get(18..).and_then(|s| s.split('\u{1d}').next()).unwrap_or("").to_owned(),
        group: "milk".to_owned(),
        fate: "verified".to_owned(),
        at: "2026-08-01T10:00:00Z".to_owned(),
    }
}

fn written(form: Form, codes: &[String]) -> Vec<u8> {
    let head = Head { made_at: "now".to_owned(), what: "all".to_owned(), reports: vec![1, 2] };
    let mut writer = Writer::new(form, Vec::new(), &head).unwrap();
    for code in codes {
        writer.row(&row(code)).unwrap();
    }
    writer.finish().unwrap()
}

fn found(form: Form, file: &[u8]) -> (Vec<(usize, Found)>, Result<(), Broken>) {
    let mut all = Vec::new();
    let ended = read(form, &mut &*file, &mut |place, found| {
        all.push((place, found));
        true
    });
    (all, ended)
}

fn texts(form: Form, file: &[u8]) -> Vec<String> {
    let (all, ended) = found(form, file);
    ended.unwrap();
    let text = |(_, found)| match found {
        Found::Text(text) => text,
        Found::Bad(why) => panic!("{why}"),
    };
    all.into_iter().map(text).collect()
}

/// A small generator: the same codes every time.
fn random_codes(n: usize) -> Vec<String> {
    const SERIAL: &[u8] =
        b"!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed >> 33).unwrap() % below
    };
    let code = |next: &mut dyn FnMut(usize) -> usize| {
        let serial: String = (0..13).map(|_| char::from(SERIAL[next(SERIAL.len())])).collect();
        let mut check = |n| -> String {
            (0..n).map(|_| char::from(33 + u8::try_from(next(94)).unwrap())).collect()
        };
        let (key, signature) = (check(4), check(88));
        format!("010481009301169421{serial}\u{1d}91{key}\u{1d}92{signature}")
    };
    (0..n).map(|_| code(&mut next)).collect()
}

#[test]
fn a_thousand_codes_of_every_character_come_back_byte_for_byte_in_each_form() {
    let mut codes = random_codes(1_000);
    codes.push("0104810093011694212k<GS>ti\u{1d}93#\\u0".to_owned());
    for form in Form::ALL {
        let file = written(form, &codes);
        assert_eq!(Form::guess(&file), form);
        assert_eq!(texts(form, &file), codes, "{form}");
        // And through the reader of arrays, which undoes dialects.
        for (n, text) in texts(form, &file).iter().enumerate() {
            let read = read_array_line(n + 1, text, None).unwrap().unwrap();
            assert_eq!(read.text.as_str(), codes[n], "{form}");
        }
    }
}

#[test]
fn what_others_write_is_read() {
    let plain = vec![CODE.to_owned()];
    let spelled = CODE.replace('\u{1d}', "<GS>");
    let b64 = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, CODE);
    let json = CODE.replace('\u{1d}', "\\u001d");
    for (file, wanted) in [
        (format!("[\"{json}\"]"), &plain),
        (format!("\u{feff}{{\"labels\":[\"{json}\"],\"total\":1}}"), &plain),
        (format!("{{\"data\":{{\"products\":[{{\"gtin\":\"0\",\"cis\":\"{json}\"}}]}}}}"), &plain),
        (format!("<?xml version='1.0'?><a><КМ>{b64}</КМ></a>"), &plain),
        (format!("<a xmlns:x='y'><x:cis encoding='base64'>{b64}</x:cis></a>"), &plain),
        (format!("<a><cis>{}</cis></a>", CODE.replace('\u{1d}', "&#29;")), &plain),
        (format!("<a><cis><![CDATA[{spelled}]]></cis></a>"), &vec![spelled.clone()]),
        (
            format!(
                "<a><mark><code>{}</code></mark></a>",
                spelled.replace('<', "&lt;").replace('>', "&gt;")
            ),
            &vec![spelled.clone()],
        ),
        (format!("sep=;\nКод маркировки;n\n\"{CODE}\";1\n"), &plain),
        (format!("\u{feff}{CODE}\r\n\r\n"), &plain),
    ] {
        let form = Form::guess(file.as_bytes());
        let texts = texts(if file.starts_with("sep=") { Form::Csv } else { form }, file.as_bytes());
        assert_eq!(&texts, wanted, "{form} {file}");
    }
}

#[test]
fn what_is_no_code_is_named_by_its_place_and_the_rest_is_read() {
    let json = CODE.replace('\u{1d}', "\\u001d");
    let (all, ended) = found(Form::Json, format!("[\"{json}\",7,null,\"x\"]").as_bytes());
    ended.unwrap();
    let bad: Vec<_> =
        all.iter().filter(|(_, f)| matches!(f, Found::Bad(_))).map(|(p, _)| *p).collect();
    assert_eq!((bad, all.len()), (vec![2, 3], 4));

    let table = format!("code;n\n{CODE};1\n{CODE};1;2\n\"open;1\n{CODE};2\n");
    let (all, ended) = found(Form::Csv, table.as_bytes());
    ended.unwrap();
    let places: Vec<_> = all.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [2, 3, 4, 5]);
    assert!(matches!(&all[1].1, Found::Bad(why) if why.contains("3 columns")));
    assert!(matches!(&all[2].1, Found::Bad(why) if why.contains("quotation")));

    let (all, ended) =
        found(Form::Xml, b"<a><code encoding='base64'>?</code><code>x&y;</code></a>");
    ended.unwrap();
    assert!(all.iter().all(|(_, f)| matches!(f, Found::Bad(_))), "{all:?}");
}

#[test]
fn what_stands_before_a_break_is_read_and_the_place_of_the_break_is_said() {
    let json = CODE.replace('\u{1d}', "\\u001d");
    let (all, ended) = found(Form::Json, format!("[\"{json}\",\n\"{json}").as_bytes());
    assert_eq!(all.len(), 1);
    let words = ended.unwrap_err().to_string();
    assert!(words.contains("after code 1, at line 2") && !words.contains("SzU"), "{words}");
    let (all, ended) = found(Form::Xml, b"<a><code>x</code><code>y</cod></a>");
    assert_eq!((all.len(), ended.is_err()), (1, true));
    let (all, ended) = found(Form::Xml, b"<a><code>x</code>");
    assert_eq!((all.len(), ended.is_err()), (1, true));
}

#[test]
fn a_reading_that_nobody_hears_any_more_ends() {
    for form in Form::ALL {
        let file = written(form, &random_codes(10));
        let mut heard = 0;
        read(form, &mut &*file, &mut |_, _| {
            heard += 1;
            heard < 3
        })
        .unwrap();
        assert_eq!(heard, 3, "{form}");
    }
}
