//! A report on paper, for somebody who signs it.
use super::Report;
use super::words;
use crate::label::{DesignProblem, Document, MapCell};
use crate::symbol::grade::Grade;
use crate::symbol::{self, Coloured, LEVEL_COLOURS};

/// Sizes of letters in millimetres: the notation, the verdict, the code, the rest.
const LARGE: f32 = 8.0;
const MIDDLE: f32 = 4.4;
const CODE: f32 = 4.0;
const TEXT: f32 = 3.4;

/// Reports as one document, each with a picture of its symbol where there is one.
pub fn pdf(reports: &[(Report, Option<Coloured>)]) -> Result<Vec<u8>, DesignProblem> {
    let mut paper = Document::new("Symbol verification report");
    for (at, (report, picture)) in reports.iter().enumerate() {
        if at > 0 {
            paper.next_page();
        }
        write(&mut paper, report, picture.as_ref());
    }
    paper.finish()
}

fn write(paper: &mut Document, report: &Report, picture: Option<&Coloured>) {
    head(paper, report, picture);
    parameters(paper, report);
    paper.heading("How it was graded");
    paper.facts(&report.circumstances());
    if let Some(found) = &report.found {
        paper.heading("The symbol");
        paper.facts(&report.facts());
        segments(paper, report);
        module_map(paper, &found.grade);
        histogram(paper, report, &found.grade);
        codewords(paper, report);
    }
    paper.signatures(&["Graded by", "Released by"]);
}

fn head(paper: &mut Document, report: &Report, picture: Option<&Coloured>) {
    let ground = LEVEL_COLOURS[words::level(report.overall())];
    let code = report.code().unwrap_or_else(|| "no code: the symbol cannot be read".to_owned());
    let lines = [
        (report.notation(), LARGE),
        (report.verdict(), MIDDLE),
        (code, CODE),
        (report.standard(), TEXT),
        (format!("Calibration: {}", report.calibration()), TEXT),
        (report.file.clone(), TEXT),
        (words::time(report.at.0), TEXT),
    ];
    paper.verdict(report.letter(), ground, &lines, picture);
}

fn parameters(paper: &mut Document, report: &Report) {
    paper.heading("Parameters");
    let columns = [
        ("Parameter", 36.0),
        ("Value", 18.0),
        ("Grade", 15.0),
        ("Next grade", 35.0),
        ("On the press", 68.0),
    ];
    let rows = report.rows();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let advice = row.advice.clone().unwrap_or_default();
            vec![
                row.name.to_owned(),
                row.value.clone(),
                row.grade_words(),
                row.next.clone(),
                advice,
            ]
        })
        .collect();
    let ground = |row: usize, col: usize| {
        let grade = rows[row].grade.filter(|_| col == 2)?;
        Some(LEVEL_COLOURS[words::level(grade)])
    };
    paper.shaded_table(&columns, &cells, ground);
}

fn segments(paper: &mut Document, report: &Report) {
    paper.heading("Fixed pattern damage, segment by segment");
    let rows = report.segments();
    let several = rows.iter().any(|row| !row.region.is_empty());
    let columns =
        [("Segment", 18.0), ("Part", 62.0), ("Region", 20.0), ("Value", 28.0), ("Grade", 16.0)];
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let (name, means) = (row.name.to_owned(), row.means.to_owned());
            vec![name, means, row.region.clone(), row.value.clone(), words::graded(row.grade)]
        })
        .collect();
    let ground =
        |row: usize, col: usize| (col == 4).then(|| LEVEL_COLOURS[words::level(rows[row].grade)]);
    paper.shaded_table(&columns, &cells, ground);
    if several {
        paper.paragraph("Regions: row and column of the data region, counted from the upper left.");
    }
}

/// Modulation in percent of every module, and what the colours say.
fn module_map(paper: &mut Document, grade: &Grade) {
    let cells = &grade.modulation;
    let cell = |row: usize, col: usize| {
        let value = cells.at(row, col);
        let place = (i32::try_from(row), i32::try_from(col));
        let marked = matches!(place, (Ok(r), Ok(c)) if grade.damaged.contains(&(r - 1, c - 1)));
        let words = words::whole_percent(value);
        MapCell { words, ground: pale(LEVEL_COLOURS[symbol::level(value)]), marked }
    };
    let places = (0..cells.rows()).flat_map(|row| (0..cells.cols()).map(move |col| (row, col)));
    let map: Vec<MapCell> = places.map(|(row, col)| cell(row, col)).collect();
    // Heading and explanation stand above the map.
    paper.keep(Document::map_height(cells.rows(), cells.cols()) + 22.0);
    paper.heading("Modulation of every module in percent");
    paper.paragraph(
        "Row and column -1 are the quiet zone. A: 50 and more, B: 40, C: 30, D: 20, F: less. A \
         frame: the module has the wrong colour.",
    );
    paper.map(-1, cells.cols(), &map);
}

/// A colour on which numbers are read well.
fn pale(colour: [u8; 3]) -> [u8; 3] {
    colour.map(|part| part / 2 + 127)
}

fn histogram(paper: &mut Document, report: &Report, grade: &Grade) {
    paper.keep(66.0);
    paper.heading("Reflectance of the modules");
    let place = |name: &str, value: f32| (value, format!("{name} {:.0} %", value * 100.0));
    let places = [
        place("threshold", grade.threshold),
        place("Rmin", grade.darkest),
        place("Rmax", grade.brightest),
    ];
    paper.histogram(&report.histogram(), &places);
}

fn codewords(paper: &mut Document, report: &Report) {
    let (data, correction) = report.codewords();
    paper.heading("Codewords");
    paper.paragraph("Those with a star were wrong and were put right.");
    paper.facts(&[("Data", data), ("Error correction", correction)]);
    paper.heading("Encodation");
    let columns = [("Words", 22.0), ("Encodation", 44.0), ("They say", 106.0)];
    let rows: Vec<Vec<String>> = report
        .encodation()
        .into_iter()
        .map(|part| vec![part.places, part.encodation.to_owned(), part.says])
        .collect();
    paper.table(&columns, &rows);
}
