//! What codes of every kind say.
use markwright::code::{
    Country, Element, Malformed, ProductGroup, Tail, kopecks_of, parse, parse_as,
};

#[test]
fn all_groups_that_fit_are_named_and_the_caller_may_know_better() {
    let text = "0104810093011694215AbCdEfGhIjKl\u{1d}93SzU1";
    let parts = parse(text).unwrap();
    assert_eq!(parts.group(), ProductGroup::WATER);
    assert!(parts.groups().contains(&ProductGroup::SOFTDRINKS));
    assert_eq!(parts.groups().len(), 14, "{:?}", parts.groups());
    let known = parse_as(text, ProductGroup::TITAN).unwrap();
    assert_eq!((known.group(), known.template.template_id), (ProductGroup::TITAN, 39));
    let (found, wanted) = (ProductGroup::WATER, ProductGroup::MILK);
    assert_eq!(parse_as(text, wanted), Err(Malformed::OtherGroup { found, wanted }));
}

#[test]
fn footwear_may_carry_its_hs_code_and_nothing_else_may() {
    let (head, long) = ("0104810093011694215AbCdEfGhIjKl", "a".repeat(88));
    let text = format!("{head}\u{1d}2406403\u{1d}91EE11\u{1d}92{long}");
    let parts = parse(&text).unwrap();
    assert_eq!((parts.hs(), parts.key(), parts.check()), (Some("6403"), Some("EE11"), &*long));
    assert_eq!(parts.groups(), [ProductGroup::SHOES]);
    assert_eq!((parts.identification(), parts.canonical()), (head, &*text));
    let short = format!("{head}\u{1d}2406403\u{1d}93SzU1");
    assert_eq!(parse(&short), Err(Malformed::Serial { found: 13 }));
}

#[test]
fn a_pack_of_tobacco_has_no_identifiers() {
    let text = "04604060002439aB!d/F7AB3Awxyz";
    let parts = parse(text).unwrap();
    assert_eq!((parts.gtin.as_str(), parts.serial), ("04604060002439", "aB!d/F7"));
    assert_eq!(parts.template.tail, Tail::Pack { priced: true });
    assert_eq!((parts.kopecks(), kopecks_of("AB3A")), (Some(10_800), Some(10_800)));
    assert_eq!((parts.check(), parts.key()), ("wxyz", None));
    assert_eq!(parts.identification(), "04604060002439aB!d/F7AB3A");
    assert_eq!((parts.canonical(), parts.human_readable()), (text, text.to_owned()));
    assert_eq!(parts.groups(), [ProductGroup::TOBACCO]);
    let other = parse("04604060002439aB!d/F7AAAAwxyz").unwrap();
    assert_eq!((other.group(), other.kopecks()), (ProductGroup::OTP, None));
    assert!(other.groups().contains(&ProductGroup::NCP));
    let price = parse("04604060002439aB!d/F7A(AAwxyz");
    assert!(matches!(price, Err(Malformed::CheckPart { .. })), "{price:?}");
    let cut = parse("01048100930116942112345678901");
    assert_eq!(cut, Err(Malformed::NoCheckPart));
}

#[test]
fn a_block_of_tobacco_is_named_with_its_price() {
    // The manual's example, with the check digit of its GTIN set right.
    let text = "0123859334576481215Lo/hON\u{1d}8005123456\u{1d}93dGVz";
    let parts = parse(text).unwrap();
    assert_eq!((parts.group(), parts.kopecks()), (ProductGroup::TOBACCO, Some(123_456)));
    assert_eq!(parts.identification(), "0123859334576481215Lo/hON\u{1d}8005123456");
    assert_eq!(parts.country(), None, "no digit is added to tobacco");
    let letters = text.replace("123456", "12345x");
    assert!(matches!(parse(&letters), Err(Malformed::CheckPart { .. })));
}

#[test]
fn what_follows_the_check_part_is_taken_and_not_compared() {
    let plain = "0104640016748389215fp(IS\u{1d}93dGVz";
    let weighed = format!("{plain}\u{1d}3103001324");
    let parts = parse(&weighed).unwrap();
    assert_eq!(parts.extras(), [Element { ai: "3103", value: "001324" }]);
    assert_eq!((parts.canonical(), parts.check()), (plain, "dGVz"));
    let radio = format!("{plain}\u{1d}30123\u{1d}31030012343112000001\u{1d}3351000500\u{1d}97YWJj");
    let all: Vec<_> = parse(&radio).unwrap().extras().iter().map(|e| e.ai).collect();
    assert_eq!(all, ["30", "3103", "3112", "3351", "97"]);
    for wrong in
        ["3103001", "31030013245", "310300132x", "97abc", "97ab!=", "3116000001", "10LOT", "30", ""]
    {
        let text = format!("{plain}\u{1d}{wrong}");
        assert!(matches!(parse(&text), Err(Malformed::AfterCheckPart { .. })), "{wrong}");
    }
    let twice = format!("{weighed}\u{1d}3103001324");
    assert!(matches!(parse(&twice), Err(Malformed::AfterCheckPart { .. })));
}

#[test]
fn codes_that_manuals_and_operators_print_are_read() {
    let water = parse("0104606791012510215BcD/GmaGIs3x\u{1d}93aABb").unwrap();
    assert_eq!(water.country().map(Country::letters), Some("RU"));
    for (text, group) in [
        (
            "0104604060002439215CQ9F6alYHJNc\u{1d}91FFD0\u{1d}92dGVzdLxK0Uy5CjmimCobix8MKu5C/EIMLSbpUoU0h2k=",
            ProductGroup::TOYS,
        ),
        ("0104008638435016215JDYQZ\u{1d}93dGVz", ProductGroup::MILK),
        ("010487021676000721qKkdi+S\u{1d}93U3g5", ProductGroup::ALCOHOL),
        (
            "010432345678817621AF9-&eDmMbl?6CkOyAEB\u{1d}91UZF0\u{1d}92TDRFasF7Lf27Qv4/muaq3qoqmZ5x3WAKhKoLmzlyNi4=",
            ProductGroup::APPLIANCES,
        ),
    ] {
        assert_eq!(parse_as(text, group).map(|parts| parts.group()), Ok(group), "{text:?}");
    }
}

#[test]
fn a_box_is_no_product() {
    assert_eq!(parse("00106141412345678908"), Err(Malformed::Sscc));
}
