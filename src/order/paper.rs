//! Documents for the state system, beside reports: what each must say, and where it comes from.
use super::RemarkCause;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;
use std::str::FromStr;

/// Codes in one document. The documents' own limit is not known to us; this is that of reports.
pub const PAPER_CODES_MAX: u32 = 30_000;

/// The kind of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaperKind {
    /// Goods of one's own production come to the market.
    Introduction,
    /// Imported goods come to the market, after customs.
    Import,
    /// A product got a new code.
    Remark,
    /// Codes that will be on no product.
    WriteOff,
}

impl PaperKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Introduction, Self::Import, Self::Remark, Self::WriteOff];

    /// The state system's word for the document.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Introduction => "LP_INTRODUCE_GOODS",
            Self::Import => "LP_FTS_INTRODUCE",
            Self::Remark => "LK_REMARK",
            Self::WriteOff => "WRITE_OFF",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Introduction => "introduced: own production",
            Self::Import => "introduced: import with customs",
            Self::Remark => "remarked",
            Self::WriteOff => "written off",
        }
    }
}

/// A word that names no document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' names no document; there are LP_INTRODUCE_GOODS, LP_FTS_INTRODUCE, LK_REMARK and WRITE_OFF"
)]
pub struct UnknownPaper(String);

impl FromStr for PaperKind {
    type Err = UnknownPaper;
    fn from_str(word: &str) -> Result<Self, UnknownPaper> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == word);
        found.ok_or_else(|| UnknownPaper(word.to_owned()))
    }
}

/// What a document says beside its codes. Dates are `YYYY-MM-DD`; what a document does not need
/// may be empty. [`Facts::missing`] says what must not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The participant's number (INN).
    pub participant: String,
    /// The maker's number.
    pub producer: String,
    /// The owner's number.
    pub owner: String,
    /// Customs code of the goods, ten digits.
    pub hs_code: String,
    /// Day of production.
    pub production_date: String,
    /// Certificate or declaration of conformity: kind, number, date.
    pub certificate: (String, String, String),
    /// Number of the customs declaration, such as `10000000/010126/0000001`.
    pub declaration: String,
    /// Its date.
    pub declaration_date: String,
    /// Colour.
    pub colour: String,
    /// Size.
    pub size: String,
    /// Day of the remarking or of the write-off's paper.
    pub date: String,
    /// Cause of a remarking, or of a write-off (`DEFECT`, …).
    pub cause: String,
    /// Country of production, by its number or letters.
    pub country: String,
    /// The old code of a remarked product, without its check part; empty if it cannot be read.
    pub old_code: String,
    /// Our own number of a write-off.
    pub number: String,
    /// Number of the veterinary document, for dairy; empty where there is none.
    pub vsd: String,
    /// The goods are dairy: documents name their codes and days otherwise.
    pub dairy: bool,
}

/// Something that a document lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The state system's name for the field.
    pub field: &'static str,
    /// What is missing or wrong, and where it comes from.
    pub words: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.words)
    }
}

const INN: &str = "a number of 10 or 12 digits (INN): 'inn' under [true_api] in the configuration";
const VSD: &str = "the number of the veterinary document, letters, digits and '-', or nothing: written in the form";
const HS: &str = "the customs code of the goods, 10 digits: from the goods or the order";

impl Facts {
    /// Everything that a document of this kind lacks, before anything is signed or sent.
    pub fn missing(&self, kind: PaperKind) -> Vec<Missing> {
        let mut list = Vec::new();
        let mut want = |good: bool, field: &'static str, words: &str| {
            if !good {
                list.push(Missing { field, words: words.to_owned() });
            }
        };
        match kind {
            PaperKind::Introduction => self.wanted_for_introduction(&mut want),
            PaperKind::Import => self.wanted_for_import(&mut want),
            PaperKind::Remark => self.wanted_for_remark(&mut want),
            PaperKind::WriteOff => self.wanted_for_write_off(&mut want),
        }
        list
    }

    fn wanted_for_introduction(&self, want: &mut impl FnMut(bool, &'static str, &str)) {
        want(is_inn(&self.participant), "participant_inn", INN);
        want(
            is_inn(&self.producer),
            "producer_inn",
            "the maker's number, 10 or 12 digits: written in the form, or the participant's own",
        );
        want(
            is_inn(&self.owner),
            "owner_inn",
            "the owner's number, 10 or 12 digits: written in the form, or the participant's own",
        );
        want(
            is_day(&self.production_date),
            "production_date",
            "the day of production as YYYY-MM-DD: written in the form",
        );
        want(is_hs(&self.hs_code), "tnved_code", HS);
        let (what, number, date) = &self.certificate;
        let none = what.is_empty() && number.is_empty() && date.is_empty();
        let whole = !what.is_empty() && !number.is_empty() && is_day(date);
        want(
            none || whole,
            "certificate_document_data",
            "kind, number and date (YYYY-MM-DD) of the certificate, or none of the three: written in the form",
        );
        want(is_vsd(&self.vsd), "vsd_number", VSD);
    }

    fn wanted_for_import(&self, want: &mut impl FnMut(bool, &'static str, &str)) {
        want(is_inn(&self.participant), "trade_participant_inn", INN);
        want(
            is_declaration(&self.declaration),
            "declaration_number",
            "the number of the customs declaration as 8/6/7 digits, such as 10000000/010126/0000001: from the broker or the released declaration",
        );
        want(
            is_day(&self.declaration_date),
            "declaration_date",
            "the day of the customs declaration as YYYY-MM-DD: from the released declaration",
        );
        want(
            !self.dairy || is_day(&self.production_date),
            "production_date",
            "the day of production of the dairy goods as YYYY-MM-DD: written in the form",
        );
        want(is_vsd(&self.vsd), "vsd_number", VSD);
    }

    fn wanted_for_remark(&self, want: &mut impl FnMut(bool, &'static str, &str)) {
        want(is_inn(&self.participant), "participant_inn", INN);
        want(
            is_day(&self.date),
            "remarking_date",
            "the day of the remarking as YYYY-MM-DD: when the new label was validated",
        );
        want(
            RemarkCause::from_word(&self.cause).is_some(),
            "remarking_cause",
            "why the product got a new code: chosen when it was asked for",
        );
        want(is_hs(&self.hs_code), "tnved_10", HS);
    }

    fn wanted_for_write_off(&self, want: &mut impl FnMut(bool, &'static str, &str)) {
        want(is_inn(&self.participant), "participantId", INN);
        want(
            !self.cause.is_empty(),
            "dropoutReason",
            "why the codes are written off: chosen in the form",
        );
        want(
            is_day(&self.date),
            "sourceDocDate",
            "the day of the act as YYYY-MM-DD: written in the form",
        );
        want(!self.number.is_empty(), "sourceDocNum", "the number of the act: written in the form");
    }

    /// The document over these codes (without check parts), as the bytes that are signed and sent.
    /// The fields are those that the reference names; which of the optional ones a product group
    /// wants besides, only the state system knows.
    pub fn document(&self, kind: PaperKind, codes: &[String]) -> Vec<u8> {
        let document = match kind {
            PaperKind::Introduction => self.introduction(codes),
            PaperKind::Import => self.import(codes),
            PaperKind::Remark => self.remark(codes),
            PaperKind::WriteOff => json!({
                "participantId": self.participant,
                "dropoutReason": self.cause,
                "withChild": false,
                "sntins": codes,
                "sourceDocType": "OTHER",
                "sourceDocName": "Act of write-off",
                "sourceDocNum": self.number,
                "sourceDocDate": self.date,
            }),
        };
        serde_json::to_vec(&document).expect("texts become JSON")
    }

    fn introduction(&self, codes: &[String]) -> serde_json::Value {
        let (what, number, date) = &self.certificate;
        let product = |code: &String| {
            let mut product = json!({ "uit_code": code, "tnved_code": self.hs_code });
            if !number.is_empty() {
                product["certificate_document_data"] = json!([{
                    "certificate_type": what, "certificate_number": number, "certificate_date": date,
                }]);
            }
            if self.dairy {
                put(&mut product, "production_date", &self.production_date);
            }
            put(&mut product, "vsd_number", &self.vsd);
            product
        };
        json!({
            "participant_inn": self.participant,
            "producer_inn": self.producer,
            "owner_inn": self.owner,
            "production_date": self.production_date,
            "production_type": "OWN_PRODUCTION",
            "products": codes.iter().map(product).collect::<Vec<_>>(),
        })
    }

    fn import(&self, codes: &[String]) -> serde_json::Value {
        let product = |code: &String| {
            if self.dairy {
                let mut product = json!({ "ki": code, "production_date": self.production_date });
                put(&mut product, "vsd_number", &self.vsd);
                return product;
            }
            let mut product = json!({ "cis": code });
            put(&mut product, "color", &self.colour);
            put(&mut product, "productSize", &self.size);
            product
        };
        json!({
            "trade_participant_inn": self.participant,
            "declaration_number": self.declaration,
            "declaration_date": self.declaration_date,
            "products_list": codes.iter().map(product).collect::<Vec<_>>(),
        })
    }

    fn remark(&self, codes: &[String]) -> serde_json::Value {
        let product = |code: &String| {
            let mut product = json!({ "new_uin": code, "tnved_10": self.hs_code });
            put(&mut product, "last_uin", &self.old_code);
            put(&mut product, "production_country", &self.country);
            put(&mut product, "color", &self.colour);
            put(&mut product, "product_size", &self.size);
            product
        };
        json!({
            "participant_inn": self.participant,
            "remarking_date": self.date,
            "remarking_cause": self.cause,
            "products": codes.iter().map(product).collect::<Vec<_>>(),
        })
    }
}

fn put(product: &mut serde_json::Value, key: &str, text: &str) {
    if !text.is_empty() {
        product[key] = json!(text);
    }
}

fn digits(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_inn(text: &str) -> bool {
    digits(text, &[10, 12])
}

fn is_hs(text: &str) -> bool {
    digits(text, &[10])
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let in_range = |text: &str, most: u32| {
        digits(text, &[2]) && text.parse().is_ok_and(|n: u32| (1..=most).contains(&n))
    };
    digits(year, &[4]) && in_range(month, 12) && in_range(day, 31)
}

/// Nothing, or a number as the veterinary system gives it.
fn is_vsd(text: &str) -> bool {
    text.len() <= 100 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_declaration(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let [office, day, number] = parts[..] else { return false };
    digits(office, &[8]) && digits(day, &[6]) && digits(number, &[7])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn facts() -> Facts {
        let inn = || "7700000001".to_owned();
        Facts {
            participant: inn(),
            producer: inn(),
            owner: inn(),
            hs_code: "6403993600".to_owned(),
            production_date: "2026-08-01".to_owned(),
            declaration: "10000000/010126/0000001".to_owned(),
            declaration_date: "2026-01-01".to_owned(),
            colour: "black".to_owned(),
            size: "42".to_owned(),
            date: "2026-08-01".to_owned(),
            cause: "KM_SPOILED".to_owned(),
            country: "156".to_owned(),
            old_code: "0104600000000008215AbCdEfGhIjKl".to_owned(),
            number: "WO-17".to_owned(),
            ..Facts::default()
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_place_where_it_comes_from() {
        for kind in PaperKind::ALL {
            assert_eq!(facts().missing(kind), [], "{kind:?}");
            let missing = Facts::default().missing(kind);
            assert!(missing.len() >= 3, "{missing:?}");
            assert!(missing[0].words.contains("[true_api]"), "{missing:?}");
        }
        let wrong = Facts { declaration: "1/2/3".to_owned(), ..facts() };
        let missing = wrong.missing(PaperKind::Import);
        assert_eq!(missing.len(), 1);
        assert!(missing[0].to_string().starts_with("declaration_number: "), "{}", missing[0]);
        let half = ("CONFORMITY_DECLARATION".to_owned(), String::new(), String::new());
        assert_eq!(
            Facts { certificate: half, ..facts() }.missing(PaperKind::Introduction).len(),
            1
        );
    }

    #[test]
    fn a_remarking_says_what_the_reference_shows() {
        let new = ["0104600000000008215ZyXwVuTsRqPo".to_owned()];
        let document: Value =
            serde_json::from_slice(&facts().document(PaperKind::Remark, &new)).unwrap();
        let wanted = json!({"participant_inn":"7700000001","remarking_date":"2026-08-01",
            "remarking_cause":"KM_SPOILED","products":[{"last_uin":"0104600000000008215AbCdEfGhIjKl",
            "new_uin":"0104600000000008215ZyXwVuTsRqPo","tnved_10":"6403993600",
            "production_country":"156","color":"black","product_size":"42"}]});
        assert_eq!(document, wanted);
        let lost = Facts { old_code: String::new(), ..facts() };
        let document: Value =
            serde_json::from_slice(&lost.document(PaperKind::Remark, &new)).unwrap();
        assert!(document["products"][0].get("last_uin").is_none());
    }

    #[test]
    fn the_other_documents_have_the_names_of_the_reference() {
        let codes = ["01a".to_owned(), "01b".to_owned()];
        let read =
            |kind| -> Value { serde_json::from_slice(&facts().document(kind, &codes)).unwrap() };
        let own = read(PaperKind::Introduction);
        assert_eq!(own["production_type"], "OWN_PRODUCTION");
        assert_eq!(own["products"][1], json!({"uit_code":"01b","tnved_code":"6403993600"}));
        let import = read(PaperKind::Import);
        assert_eq!(import["declaration_number"], "10000000/010126/0000001");
        assert_eq!(
            import["products_list"][0],
            json!({"cis":"01a","color":"black","productSize":"42"})
        );
        let off = read(PaperKind::WriteOff);
        assert_eq!(off["sntins"], json!(["01a", "01b"]));
        assert_eq!((&off["withChild"], &off["sourceDocNum"]), (&json!(false), &json!("WO-17")));
    }

    #[test]
    fn documents_of_dairy_name_codes_days_and_the_veterinary_document_in_their_own_way() {
        let vsd = "5f0c1d2e-aaaa-bbbb-cccc-0123456789ab".to_owned();
        let dairy = Facts { dairy: true, vsd: vsd.clone(), ..facts() };
        let codes = ["01a".to_owned()];
        let read =
            |kind| -> Value { serde_json::from_slice(&dairy.document(kind, &codes)).unwrap() };
        assert_eq!(
            read(PaperKind::Import)["products_list"][0],
            json!({"ki":"01a","production_date":"2026-08-01","vsd_number":vsd})
        );
        let own = read(PaperKind::Introduction);
        assert_eq!(own["products"][0]["vsd_number"], json!(vsd));
        assert_eq!(own["products"][0]["production_date"], "2026-08-01");
        let undated = Facts { production_date: String::new(), ..dairy.clone() };
        let missing = undated.missing(PaperKind::Import);
        assert_eq!((missing.len(), missing[0].field), (1, "production_date"));
        assert_eq!(Facts { vsd: "a b".to_owned(), ..dairy }.missing(PaperKind::Import).len(), 1);
        let shoes = Facts { production_date: String::new(), ..facts() };
        assert_eq!(shoes.missing(PaperKind::Import), []);
    }

    #[test]
    fn every_cause_of_a_remarking_is_found_by_the_word_of_the_state_system() {
        assert_eq!(RemarkCause::ALL.len(), 7);
        for cause in RemarkCause::ALL {
            assert_eq!(RemarkCause::from_word(cause.word()), Some(cause));
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.word());
            let wanted = Facts { cause: cause.word().to_owned(), ..facts() };
            assert_eq!(wanted.missing(PaperKind::Remark), [], "{cause:?}");
        }
    }

    #[test]
    fn days_and_declarations_have_their_form() {
        for (day, good) in
            [("2026-08-01", true), ("2026-13-01", false), ("1.8.2026", false), ("2026-08-1", false)]
        {
            assert_eq!(is_day(day), good, "{day}");
        }
        assert!(!is_declaration("10000000/010126/000001"));
    }
}
