//! What a report says, in words and numbers for people: the same for screen, page and paper.
use super::{Found, Report};
use crate::code;
use crate::symbol::grade::{self, Grade, Kind, Segment, Standard};
use crate::symbol::{self, Capacity, Meaning};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::Write as _;

/// Mils, thousandths of an inch, a millimetre.
const MILS_A_MM: f32 = 1.0 / 0.0254;

/// A graded parameter as a row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its key in JSON.
    pub key: &'static str,
    /// Its name in the standard.
    pub name: &'static str,
    /// What was measured.
    pub value: String,
    /// 4.0 to 0.0; nothing where it was not measured.
    pub grade: Option<f32>,
    /// What is missing for the next better grade; empty for the best.
    pub next: String,
    /// What on the press causes it and what to do; nothing where nothing is to be done.
    pub advice: Option<String>,
}

/// A segment of the fixed patterns as a row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentRow {
    /// Its short name, such as `QZL1`.
    pub name: &'static str,
    /// Which data region, such as `1, 2`; empty where there is one only.
    pub region: String,
    /// What it is.
    pub means: &'static str,
    /// What was measured.
    pub value: String,
    /// 4.0 to 0.0.
    pub grade: f32,
}

/// A part of the codewords, with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Places of its words, counted from one.
    pub places: String,
    /// Its words; those that were put right have a star.
    pub words: String,
    /// How they are encoded.
    pub encodation: &'static str,
    /// What they say.
    pub says: String,
}

impl Row {
    /// The grade with its letter.
    pub fn grade_words(&self) -> String {
        self.grade.map_or_else(|| "–".to_owned(), graded)
    }

    /// The letter of the grade.
    pub fn letter(&self) -> Option<char> {
        self.grade.map(grade::letter)
    }
}

impl SegmentRow {
    /// The grade with its letter.
    pub fn grade_words(&self) -> String {
        graded(self.grade)
    }

    /// The letter of the grade.
    pub fn letter(&self) -> char {
        grade::letter(self.grade)
    }
}

/// A grade with its letter.
pub(super) fn graded(grade: f32) -> String {
    format!("{grade:.1} {}", grade::letter(grade))
}

/// Modulation in whole percent, cut off: 49.6 % is not yet an A.
pub fn whole_percent(modulation: f32) -> String {
    format!("{:.0}", (modulation * 100.0).floor())
}

/// The level of a grade: 4 is A, 0 is F.
pub(super) fn level(grade: f32) -> usize {
    "FDCBA".find(grade::letter(grade)).unwrap_or(0)
}

impl Report {
    /// The code as people read it, identifiers in brackets; as it is where it is none of ours.
    pub fn code(&self) -> Option<String> {
        let text = &self.found.as_ref()?.symbol.text;
        let known = code::parse(text).map(|parts| parts.human_readable());
        Some(known.unwrap_or_else(|_| visible(text)))
    }

    /// `grade/aperture/wavelength/angle`. Where nothing can be read, nothing is known of the
    /// aperture.
    pub fn notation(&self) -> String {
        if let Some(found) = &self.found {
            return found.grade.notation();
        }
        let angle = match self.ask.conditions.angle.word() {
            "45" => String::new(),
            other => format!("/{other}"),
        };
        format!("0.0/-/{}{angle}", self.ask.conditions.wavelength_nm)
    }

    /// Which standard, which edition.
    pub fn standard(&self) -> String {
        let conditions = &self.ask.conditions;
        match conditions.standard {
            Standard::Iso15415 => format!("ISO/IEC 15415:{}", conditions.edition.word()),
            Standard::Iso29158 => {
                format!("ISO/IEC 29158 with ISO/IEC 15415:{}", conditions.edition.word())
            }
        }
    }

    /// By which card, of when; or that there is none.
    pub fn calibration(&self) -> String {
        let Some(card) = &self.ask.calibration else {
            return "uncalibrated: shares of the camera's grey values, not of light".to_owned();
        };
        let which = card.card.as_ref().map_or_else(String::new, |card| format!(", card {card}"));
        let when = time(card.taken.0);
        let stale = if card.is_stale(self.at) { ": measure the card again" } else { "" };
        format!("{} of {when}, {}{which}{stale}", card.camera, card.age(self.at))
    }

    /// Whether it passes, in words.
    pub fn verdict(&self) -> String {
        let wanted = self
            .ask
            .wanted
            .map(|wanted| format!("{} or better wanted", graded(wanted)))
            .filter(|_| self.found.is_some());
        match (self.failure(), wanted) {
            (Some(why), _) => format!("FAIL: {why}"),
            (None, Some(wanted)) => format!("PASS: {wanted}"),
            (None, None) => "not judged: no least grade was set".to_owned(),
        }
    }

    /// Every parameter.
    pub fn rows(&self) -> Vec<Row> {
        let row = |kind: Kind| match &self.found {
            Some(found) => row(&found.grade, kind),
            None => Row {
                key: kind.key(),
                name: kind.name(),
                value: if kind == Kind::Decode { "no".to_owned() } else { "–".to_owned() },
                grade: (kind == Kind::Decode).then_some(0.0),
                next: String::new(),
                advice: (kind == Kind::Decode).then(|| kind.words().to_owned()),
            },
        };
        let mut rows: Vec<Row> = Kind::ALL.into_iter().map(row).collect();
        // What was said already is not said again.
        for at in 1..rows.len() {
            let (before, rest) = rows.split_at_mut(at);
            let same =
                before.iter().find(|row| row.advice.is_some() && row.advice == rest[0].advice);
            if let Some(same) = same {
                rest[0].advice = Some(format!("As for {}.", same.name.to_lowercase()));
            }
        }
        rows
    }

    /// Every segment of the fixed patterns.
    pub fn segments(&self) -> Vec<SegmentRow> {
        let grade = self.found.as_ref().map(|found| &found.grade);
        grade.map_or_else(Vec::new, |grade| grade.segments.iter().map(segment).collect())
    }

    /// How it was graded: name and value.
    pub fn circumstances(&self) -> Vec<(&'static str, String)> {
        let conditions = &self.ask.conditions;
        let mut facts = vec![
            ("Picture", format!("{}, {} x {} pixels", self.file, self.pixels.0, self.pixels.1)),
            ("Graded", format!("{}, in {:.1} ms", time(self.at.0), self.ms)),
            ("Standard", self.standard()),
            ("Calibration", self.calibration()),
            (
                "Light",
                format!("{} nm, {} degrees", conditions.wavelength_nm, conditions.angle.word()),
            ),
        ];
        if let Some(found) = &self.found {
            facts.push(("Aperture", aperture(&found.grade)));
        }
        if let Some(scale) = conditions.px_per_mm {
            facts.push(("Scale", format!("{scale:.2} pixels a millimetre")));
        }
        if let Some(expected) = &self.ask.expected {
            facts.push(("Code expected", visible(expected)));
        }
        facts.push((
            "Pictures graded",
            "1, an in-line grade; the standard averages five".to_owned(),
        ));
        facts
    }

    /// What the symbol is: name and value.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        self.found.as_ref().map_or_else(Vec::new, Found::facts)
    }

    /// The codewords, part by part, with what they say.
    pub fn encodation(&self) -> Vec<Part> {
        self.found.as_ref().map_or_else(Vec::new, Found::encodation)
    }

    /// All codewords, data first, then correction; those that were put right have a star.
    pub fn codewords(&self) -> (String, String) {
        let Some(found) = &self.found else { return (String::new(), String::new()) };
        let data = found.data();
        let words = |places: std::ops::Range<usize>| found.starred(places);
        (words(0..data), words(data..found.symbol.words.len()))
    }

    /// Modules by reflectance, in bins of 2 %.
    pub fn histogram(&self) -> Vec<usize> {
        let mut bins = vec![0; 50];
        let Some(found) = &self.found else { return bins };
        let cells = &found.grade.reflectance;
        for row in 1..cells.rows().saturating_sub(1) {
            for col in 1..cells.cols().saturating_sub(1) {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "cut off to 0 … 49"
                )]
                let bin = (cells.at(row, col) * 50.0).clamp(0.0, 49.0) as usize;
                bins[bin] += 1;
            }
        }
        bins
    }
}

impl Found {
    /// How many of the words are data.
    pub(super) fn data(&self) -> usize {
        let capacity = symbol::capacity(self.symbol.rows, self.symbol.cols);
        capacity.map_or(self.symbol.words.len(), |c| c.data.min(self.symbol.words.len()))
    }

    /// What the data words say, part by part.
    pub(super) fn meanings(&self) -> Vec<Meaning> {
        symbol::explain(&self.symbol.words[..self.data()])
    }

    fn starred(&self, places: std::ops::Range<usize>) -> String {
        let word = |at: usize| {
            let star = if self.grade.wrong_words.contains(&at) { "*" } else { "" };
            format!("{}{star}", self.symbol.words[at])
        };
        places.map(word).collect::<Vec<_>>().join(" ")
    }

    fn encodation(&self) -> Vec<Part> {
        let part = |meaning: Meaning| {
            let (first, last) = (meaning.words.start + 1, meaning.words.end);
            let places =
                if first == last { first.to_string() } else { format!("{first} to {last}") };
            let says = visible(&meaning.says);
            Part {
                places,
                words: self.starred(meaning.words),
                encodation: meaning.encodation,
                says,
            }
        };
        self.meanings().into_iter().map(part).collect()
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (symbol, grade) = (&self.symbol, &self.grade);
        let mut facts = vec![("Symbology", kind(symbol.identifier).to_owned())];
        let size = format!("{} x {}", symbol.rows, symbol.cols);
        match symbol::capacity(symbol.rows, symbol.cols) {
            Some(capacity) => facts.extend(measures(&size, &capacity)),
            None => facts.push(("Matrix size", size)),
        }
        facts.push(("Error correction budget", words(grade.budget)));
        facts.push(("Errors corrected", words(grade.corrected)));
        facts.push((
            "Correction capacity used",
            format!("{} of {}", 2 * grade.corrected, words(grade.budget)),
        ));
        facts.push(("Polarity", polarity(grade)));
        facts.push(("X dimension", x_dimension(grade)));
        facts.push(("Horizontal bar growth", growth(grade.growth.0)));
        facts.push(("Vertical bar growth", growth(grade.growth.1)));
        let (value, (row, col)) = grade.contrast_uniformity;
        facts.push((
            "Contrast uniformity",
            format!("{:.0} % at module (row {row}, column {col})", value * 100.0),
        ));
        let (light, dark) = (percent(grade.nearest.0), percent(grade.nearest.1));
        let difference = format!("{} ({light} − {dark})", percent(grade.mrd()));
        facts.push(("Minimum reflectance difference", difference));
        facts.push((
            "Reflectance Rmax / Rmin",
            format!("{} / {}", percent(grade.brightest), percent(grade.darkest)),
        ));
        facts.push(("Global threshold", percent(grade.threshold)));
        if let Some(minimum) = grade.minimum_reflectance {
            let both = format!("{}, grade {}", percent(minimum.value), graded(minimum.grade));
            facts.push(("Minimum reflectance", both));
        }
        facts.push(("Modules of the wrong colour", grade.damaged.len().to_string()));
        facts
    }
}

/// Size and codewords.
fn measures(size: &str, capacity: &Capacity) -> [(&'static str, String); 2] {
    let ((rows, cols), (down, across)) = (capacity.inner, capacity.regions);
    let regions = match down * across {
        1 => String::new(),
        _ => format!(" in {down} x {across} regions"),
    };
    let blocks = match capacity.blocks {
        1 => String::new(),
        blocks => format!(", in {blocks} blocks"),
    };
    let Capacity { data, correction, .. } = capacity;
    [
        ("Matrix size", format!("{size} (data {rows} x {cols}{regions})")),
        ("Codewords", format!("{data} of data, {correction} of correction{blocks}")),
    ]
}

fn words(count: usize) -> String {
    format!("{count} codeword{}", if count == 1 { "" } else { "s" })
}

fn kind(identifier: &str) -> &str {
    match identifier {
        "]d2" => "GS1 DataMatrix ECC 200 (]d2)",
        "]d5" => "GS1 DataMatrix ECC 200 with ECI (]d5)",
        "]d4" => "DataMatrix ECC 200 with ECI (]d4)",
        "]d1" => "DataMatrix ECC 200, not GS1 (]d1)",
        other => other,
    }
}

fn polarity(grade: &Grade) -> String {
    let colour = if grade.inverted { "light on dark" } else { "dark on light" };
    format!("{colour}{}", if grade.mirrored { ", seen from behind" } else { "" })
}

fn x_dimension(grade: &Grade) -> String {
    let pixels = format!("{:.2} px a module", grade.x_dimension_px);
    grade.x_dimension_mm.map_or_else(
        || format!("{pixels}; millimetres are not known"),
        |mm| format!("{mm:.3} mm ({:.1} mil), {pixels}", mm * MILS_A_MM),
    )
}

fn aperture(grade: &Grade) -> String {
    let pixels = format!("{:.2} pixels", grade.aperture_px);
    let share = grade.aperture_px / grade.x_dimension_px.max(0.1);
    let of_module = format!("{share:.2} of a module");
    grade.aperture_mm.map_or_else(
        || format!("{pixels}, {of_module}"),
        |mm| format!("{mm:.3} mm ({:.0} mil), {pixels}, {of_module}", mm * MILS_A_MM),
    )
}

/// Print growth, and by how much of a module bars are wider than they should be.
fn growth(growth: f32) -> String {
    // D = 0.5 + 0.15 growth is the dark share; a dark module is 2 D modules wide.
    format!("{:+.0} % of a module (print growth {growth:+.2})", growth * 30.0)
}

fn percent(share: f32) -> String {
    format!("{:.0} %", share * 100.0)
}

fn row(grade: &Grade, kind: Kind) -> Row {
    let parameter = grade.of(kind);
    let value = match kind {
        Kind::Decode => if parameter.value > 0.5 { "yes" } else { "no" }.to_owned(),
        Kind::SymbolContrast | Kind::Modulation | Kind::ReflectanceMargin => {
            percent(parameter.value)
        }
        Kind::AxialNonUniformity
        | Kind::GridNonUniformity
        | Kind::FixedPatternDamage
        | Kind::UnusedErrorCorrection => format!("{:.1} %", parameter.value * 100.0),
    };
    let advice = grade.advice(kind);
    let (key, name) = (kind.key(), kind.name());
    Row { key, name, value, grade: Some(parameter.grade), next: next(grade, kind), advice }
}

/// What is missing for the next better grade.
fn next(grade: &Grade, kind: Kind) -> String {
    let Some(next) = grade.next(kind) else { return String::new() };
    let wanted = graded(next.grade);
    let value = percent(next.value);
    let segment = grade.segments.iter().min_by(|a, b| a.grade.total_cmp(&b.grade));
    match (kind, segment) {
        (Kind::Modulation | Kind::ReflectanceMargin, _) => {
            format!("{wanted}: {value} in enough codewords")
        }
        (Kind::FixedPatternDamage, Some(Segment { name: "AG" | "DD", .. })) => {
            format!("{wanted}: mean grade {:.1}", next.value)
        }
        (Kind::FixedPatternDamage, Some(segment)) => {
            format!("{wanted}: {} at most {value}", segment.name)
        }
        _ if next.rising => format!("{wanted}: from {value}"),
        _ => format!("{wanted}: up to {value}"),
    }
}

fn segment(segment: &Segment) -> SegmentRow {
    let means = match segment.name {
        "L1" => "left solid side",
        "L2" => "lower solid side",
        "QZL1" => "quiet zone at the left",
        "QZL2" => "quiet zone below",
        "TTR" => "upper transition ratio",
        "TCR" => "upper clock track regularity",
        "TCT" => "upper clock track",
        "TQZ" => "quiet zone above",
        "TSA" => "solid side above the clock track",
        "RTR" => "right transition ratio",
        "RCR" => "right clock track regularity",
        "RCT" => "right clock track",
        "RQZ" => "quiet zone at the right",
        "RSA" => "solid side right of the clock track",
        "AG" => "average grade of the segments",
        "DD" => "distributed damage",
        _ => "",
    };
    let value = match segment.name {
        "AG" | "DD" => format!("{:.1}", segment.value),
        "TCR" | "RCR" => format!("{:.0} of 5 wrong", segment.value),
        _ => format!("{:.1} %", segment.value * 100.0),
    };
    let region =
        segment.region.map_or_else(String::new, |(row, col)| format!("{}, {}", row + 1, col + 1));
    SegmentRow { name: segment.name, region, means, value, grade: segment.grade }
}

/// A time for a person, in the time zone of this house.
pub(super) fn time(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(
        |_| "at a time that is not known".to_owned(),
        |t| t.to_zoned(TimeZone::system()).strftime("%d.%m.%Y %H:%M:%S %Z").to_string(),
    )
}

/// A text with what cannot be seen made visible: separators as `<GS>`, others as `<1F>`.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{1d}' => out.push_str("<GS>"),
            c if c.is_control() => {
                // Writing into a text cannot fail.
                let _ = write!(out, "<{:02X}>", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}
