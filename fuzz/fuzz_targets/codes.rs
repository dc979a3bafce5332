//! Whatever a text is: it is a code whose parts stand in it, or it is refused.
#![no_main]
use markwright::code::{self, Link};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Link::read(text);
    let _ = text.parse::<code::Sscc>();
    let Ok(parts) = code::parse(text) else { return };
    assert!(text.contains(parts.gtin.as_str()) && text.contains(parts.serial));
    let canonical = parts.canonical();
    assert!(text.starts_with(canonical) && canonical.starts_with(parts.identification()));
    assert!(canonical.ends_with(parts.check()) && parts.identification().len() < canonical.len());
    // What is stored is a code again, of the same parts, and nothing follows its check part.
    let stored = code::parse(canonical).expect("a code without what follows it is a code");
    assert_eq!((stored.gtin, stored.serial, stored.check()), (parts.gtin, parts.serial, parts.check()));
    assert!(stored.extras().is_empty() && stored.canonical() == canonical);
    assert_eq!(stored.groups(), parts.groups());
    for group in parts.groups() {
        assert_eq!(code::parse_as(text, group).map(|parts| parts.group()), Ok(group));
    }
    assert!(parts.human_readable().contains(parts.serial));
    if let Some(address) = parts.whole_digital_link("example.org") {
        let link = Link::read(&address).expect("our own address is read");
        assert_eq!((link.gtin, link.serial.as_deref()), (parts.gtin, Some(parts.serial)));
        let back = link.text().expect("it carries the whole code");
        let back = code::parse(&back).expect("and that is a code");
        assert_eq!(back.tail, parts.tail);
    }
});
