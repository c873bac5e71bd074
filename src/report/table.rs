//! Owns the table at the end of a run: a row a step, as wide as the terminal and no wider.

use crate::ui::{Tone, clipped, paint};

/// The names of the columns.
const HEADS: [&str; 5] = ["step", "state", "time", "ran", "outputs"];

/// The column that is aligned to the right.
const TIME: usize = 2;

/// The longest name of a step that is shown whole.
const LONGEST_STEP: usize = 32;

/// The room that what steps ran needs to be shown at all, and that it needs together with outputs.
const RAN: usize = 14;
const RAN_AND_OUTPUTS: usize = 24;

/// A step.
#[derive(Debug, Default)]
pub struct Row {
    /// Its name.
    pub step: String,
    /// How it ended.
    pub state: &'static str,
    /// The tone of that.
    pub tone: Option<Tone>,
    /// How long it took.
    pub time: String,
    /// What it ran.
    pub ran: String,
    /// What came out, one by one.
    pub outputs: Vec<String>,
}

/// The table in `width` columns, its head underlined with `rule`. Where there is little room it tells less.
pub fn render(rows: &[Row], width: usize, rule: &str) -> String {
    let widths = widths(rows, width);
    let there = |text: String, width: usize| if width > 0 { text } else { String::new() };
    let mut at = 0;
    let heads = HEADS.map(|head| {
        at += 1;
        there(head.to_owned(), widths[at - 1])
    });
    let mut text = line(&heads, widths, [Some(Tone::Dim); 5]);
    text += &line(
        &widths.map(|width| rule.repeat(width)),
        widths,
        [Some(Tone::Dim); 5],
    );
    for row in rows {
        let shown = if widths[4] > 0 {
            row.outputs.as_slice()
        } else {
            &[]
        };
        let mut outputs = packed(shown, widths[4]).into_iter();
        let cells = [
            &row.step,
            row.state,
            &row.time,
            &row.ran,
            &outputs.next().unwrap_or_default(),
        ];
        let tones = [Some(Tone::Strong), row.tone, None, None, Some(Tone::Dim)];
        text += &line(&cells.map(str::to_owned), widths, tones);
        for more in outputs {
            let cells = ["", "", "", "", &more];
            text += &line(&cells.map(str::to_owned), widths, tones);
        }
    }
    text
}

/// How wide each column is. Names get what they need within reason; what steps ran and their outputs share the rest.
fn widths(rows: &[Row], width: usize) -> [usize; 5] {
    let widest = |column: usize, cell: &dyn Fn(&Row) -> usize| {
        rows.iter()
            .map(cell)
            .chain([HEADS[column].len()])
            .max()
            .unwrap_or_default()
    };
    let length = |text: &str| text.chars().count();
    let longest = LONGEST_STEP.min((width / 3).max(10));
    let step = widest(0, &|row| length(&row.step)).min(longest);
    let state = widest(1, &|row| length(row.state));
    let time = widest(2, &|row| length(&row.time));
    let ran = widest(3, &|row| length(&row.ran));
    let outputs = widest(4, &|row| length(&row.outputs.join(", ")));
    let rest = width.saturating_sub(step + state + time + 2 * HEADS.len());
    if rest < RAN {
        return [step, state, time, 0, 0];
    }
    if rest < RAN_AND_OUTPUTS {
        return [step, state, time, ran.min(rest), 0];
    }
    // Outputs can go on in another line, what a step ran cannot.
    let one_output = widest(4, &|row| {
        row.outputs
            .iter()
            .map(|output| length(output))
            .max()
            .unwrap_or_default()
    });
    let ran = ran.min(rest.saturating_sub(outputs.min(one_output.min(rest / 2))));
    let ran = ran.max(HEADS[3].len());
    let outputs = outputs.min(rest.saturating_sub(ran)).max(HEADS[4].len());
    [step, state, time, ran, outputs]
}

/// As many of the outputs in a line as fit, and at least one.
fn packed(outputs: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for output in outputs {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + output.chars().count() <= width => {
                line.push_str(", ");
                line.push_str(output);
            }
            _ => lines.push(output.clone()),
        }
    }
    lines
}

/// Cells in a line, two columns apart, without trailing blanks.
fn line(cells: &[String; 5], widths: [usize; 5], tones: [Option<Tone>; 5]) -> String {
    let shown = |(cell, width): (&String, usize)| !cell.is_empty() && width > 0;
    let last = cells.iter().zip(widths).rposition(shown).unwrap_or(0);
    let mut line = String::new();
    for (at, ((cell, width), tone)) in cells
        .iter()
        .zip(widths)
        .zip(tones)
        .enumerate()
        .take(last + 1)
    {
        let cell = match width {
            0 => String::new(),
            _ => clipped(cell, width),
        };
        let gap = " ".repeat(width.saturating_sub(cell.chars().count()));
        let shown = match tone {
            Some(tone) if !cell.is_empty() => paint(tone, &cell),
            _ => cell,
        };
        line += "  ";
        line += &match at {
            TIME => gap + &shown,
            _ if at == last => shown,
            _ => shown + &gap,
        };
    }
    line + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of a step with these outputs.
    fn table(ran: &str, outputs: &[&str], width: usize) -> String {
        let row = Row {
            step: "train".to_owned(),
            state: "passed",
            time: "41ms".to_owned(),
            ran: ran.to_owned(),
            outputs: outputs.iter().map(|&output| output.to_owned()).collect(),
            ..Row::default()
        };
        let text = render(&[row], width, "-");
        text.replace("\u{1b}[2m", "")
            .replace("\u{1b}[1m", "")
            .replace("\u{1b}[0m", "")
    }

    #[test]
    fn outputs_go_on_in_the_next_line() {
        let outputs = [
            "predictions.csv 1.9 kB",
            "metrics.json 612 B",
            "plot.png 80.1 kB",
        ];
        insta::assert_snapshot!(table("grep '\"accepted\": true' metrics.json in a long command", &outputs, 80), @r#"
        step   state   time  ran                                outputs
        -----  ------  ----  ---------------------------------  ----------------------
        train  passed  41ms  grep '"accepted": true' metrics.…  predictions.csv 1.9 kB
                                                                metrics.json 612 B
                                                                plot.png 80.1 kB
        "#);
    }

    #[test]
    fn no_width_is_too_small_and_no_line_too_wide() {
        for width in [0, 20, 40, 60, 80, 200] {
            let text = table(&"x".repeat(90), &["a 1 B", "b 2 B"], width);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.max(40)), "{width}: {text}");
        }
    }
}
