//! What lies in which box, as a table or JSON.
use super::{csv, is_code_name};
use serde_json::Value;

/// Names of the column with boxes, in small letters.
const BOX_NAMES: [&str; 7] = ["box", "unit", "pack", "sscc", "короб", "упаковка", "агрегат"];

/// A box and what lies in it: codes, or other boxes.
pub type Packed = (String, Vec<String>);

/// Reads a file that says what lies in which box: a table with the columns `box` and `code`, an object
/// `{"BOX": ["CODE", …]}`, or a list of `{"box": "BOX", "codes": ["CODE", …]}`. An error says where and
/// what.
pub fn read_boxes(text: &str) -> Result<Vec<Packed>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let packed = if text.trim_start().starts_with(['{', '[']) { json(text) } else { table(text) }?;
    match packed.iter().find(|(name, holds)| name.is_empty() || holds.is_empty()) {
        Some((name, _)) => Err(format!("box '{name}' has no name, or nothing lies in it")),
        None if packed.is_empty() => Err("there is no box in it".to_owned()),
        None => Ok(packed),
    }
}

fn table(text: &str) -> Result<Vec<Packed>, String> {
    let wanted = "line 1: wanted the names of two columns, box and code";
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let (_, names) = lines.next().ok_or(wanted)?;
    let columns = [';', ',', '\t'].into_iter().find_map(|between| {
        let names = csv::split(names, between)?;
        let is_box = |name: &String| BOX_NAMES.contains(&&*name.trim().to_lowercase());
        let code = names.iter().position(|name| is_code_name(name))?;
        Some((between, names.len(), names.iter().position(is_box)?, code))
    });
    let (between, count, unit, code) = columns.ok_or(wanted)?;
    let mut packed: Vec<Packed> = Vec::new();
    for (place, line) in lines {
        let fields = csv::split(line.trim_end_matches('\r'), between);
        let fields = fields.filter(|fields| fields.len() == count).ok_or_else(|| {
            format!("line {place}: wanted {count} columns; what holds '{between}' stands in quotation marks")
        })?;
        put(&mut packed, fields[unit].trim(), fields[code].trim());
    }
    Ok(packed)
}

/// Lines of one box stand together, as a rule; if not, they are found all the same.
fn put(packed: &mut Vec<Packed>, name: &str, code: &str) {
    let known = packed.iter_mut().rev().find(|(known, _)| known == name);
    match known {
        Some((_, holds)) => holds.push(code.to_owned()),
        None => packed.push((name.to_owned(), vec![code.to_owned()])),
    }
}

fn json(text: &str) -> Result<Vec<Packed>, String> {
    let wanted =
        "wanted {\"BOX\": [\"CODE\", …]} or [{\"box\": \"BOX\", \"codes\": [\"CODE\", …]}]";
    let read: Value = serde_json::from_str(text).map_err(|why| format!("no JSON: {why}"))?;
    let texts = |list: &Value| -> Option<Vec<String>> {
        list.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    let packed: Option<Vec<Packed>> = match &read {
        Value::Object(boxes) => {
            boxes.iter().map(|(name, list)| Some((name.clone(), texts(list)?))).collect()
        }
        Value::Array(boxes) => {
            let one = |unit: &Value| {
                Some((unit.get("box")?.as_str()?.to_owned(), texts(unit.get("codes")?)?))
            };
            boxes.iter().map(one).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    packed.ok_or_else(|| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_read_from_tables_and_from_both_forms_of_json() {
        let wanted = vec![
            ("A".to_owned(), vec!["1;2".to_owned(), "3".to_owned()]),
            ("B".to_owned(), vec!["4".to_owned()]),
        ];
        for file in [
            "box;code\r\nA;\"1;2\"\r\nB;4\r\nA;3\r\n",
            "\u{feff}n,KM,SSCC\n1,1;2,A\n2,3,A\n3,4,B\n",
            r#"{"A": ["1;2", "3"], "B": ["4"]}"#,
            r#"[{"box": "A", "codes": ["1;2", "3"]}, {"box": "B", "codes": ["4"]}]"#,
        ] {
            assert_eq!(read_boxes(file).as_ref(), Ok(&wanted), "{file}");
        }
    }

    #[test]
    fn a_file_that_does_not_say_what_lies_where_is_refused_with_the_place() {
        for (file, words) in [
            ("", "line 1"),
            ("code\n1\n", "box and code"),
            ("box;code\nA;1;2\n", "line 2"),
            ("{\"A\": []}", "'A'"),
            ("[]", "no box"),
            ("[1]", "wanted {"),
            ("{\"A\":", "no JSON"),
        ] {
            assert!(read_boxes(file).unwrap_err().contains(words), "{file}");
        }
    }
}
