//! A graded picture as a table for a person at a terminal.
use crate::cli::say;
use crate::grading::Report;
use std::io::IsTerminal as _;

/// Words of advice are broken into lines of so many characters.
const LINE: usize = 92;

/// Prints it. Colour only where somebody looks, and does not mind (`NO_COLOR`).
pub(super) fn tell(report: &Report) {
    let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    for line in lines(report, coloured) {
        say(&line);
    }
}

fn lines(report: &Report, coloured: bool) -> Vec<String> {
    let paint = |text: String, letter: char| if coloured { paint(&text, letter) } else { text };
    let mut lines = vec![report.file.clone()];
    let grade = format!("{:.1} {}", report.overall(), report.letter());
    let grade = paint(grade, report.letter());
    lines.push(format!("  Grade        {grade}   {}   {}", report.notation(), report.standard()));
    lines.push(format!("  Result       {}", report.verdict()));
    lines.push(format!("  Calibration  {}", report.calibration()));
    if let Some(code) = report.code() {
        lines.push(format!("  Code         {code}"));
    }
    lines.push(String::new());
    lines.push(format!("  {:<26}{:>9}  {:<7}{}", "Parameter", "Value", "Grade", "Next grade"));
    let rows = report.rows();
    for row in &rows {
        let letter = row.grade_words().chars().last().unwrap_or(' ');
        let grade = paint(format!("{:<7}", row.grade_words()), letter);
        let line = format!("  {:<26}{:>9}  {grade}{}", row.name, row.value, row.next);
        lines.push(line.trim_end().to_owned());
    }
    lines.push(String::new());
    for (name, value) in report.facts() {
        lines.push(format!("  {name:<31} {value}"));
    }
    for row in &rows {
        let Some(advice) = &row.advice else { continue };
        lines.push(String::new());
        lines.push(format!("  {}: what to do", row.name));
        lines.extend(broken(advice).into_iter().map(|line| format!("    {line}")));
    }
    lines.push(String::new());
    lines
}

/// Words in lines.
fn broken(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is one from the beginning");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LINE {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// ANSI colours: green, green, yellow, red, red.
fn paint(text: &str, letter: char) -> String {
    let colour = match letter {
        'A' | 'B' => 32,
        'C' => 33,
        _ => 31,
    };
    format!("\u{1b}[{colour}m{text}\u{1b}[0m")
}
