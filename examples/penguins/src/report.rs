//! The page: what the predictions and the summary say, as Markdown.

use std::collections::BTreeSet;

/// Width of the bar that stands for an accuracy of 100 %.
const BAR: usize = 25;

/// The cells of a CSV file without quoted ones, by row.
type Rows<'a> = Vec<Vec<&'a str>>;

/// Renders the page from the text of two CSV files with headers.
///
/// The first column of `predictions` holds the true labels, each other column one model's guesses.
pub fn render(title: &str, predictions: &str, summary: &str) -> Result<String, String> {
    let (header, rows) = parse(predictions).ok_or("the predictions are no table")?;
    let (summary_header, summary_rows) = parse(summary).ok_or("the summary is no table")?;
    let labels: BTreeSet<&str> = rows.iter().flatten().copied().collect();
    let models = || header.iter().enumerate().skip(1);

    let mut page = format!("# {title}\n\n## How often each model is right\n\n");
    let accuracies = models().map(|(column, model)| {
        let accuracy = accuracy(&rows, column);
        let percent = format!("{:.1} %", accuracy * 100.0);
        vec![model.to_string(), percent, bar(accuracy)]
    });
    page += &table(&["model", "accuracy", ""], accuracies);

    page += "\n## Which label is taken for which\n";
    for (column, model) in models() {
        page += &format!("\nThe {model} model, true labels down and its guesses across:\n\n");
        let header: Vec<_> = [""].iter().chain(&labels).copied().collect();
        let confusion = labels.iter().map(|truth| {
            let counts = labels.iter().map(|guess| {
                let taken = |row: &&Vec<&str>| row[0] == *truth && row[column] == *guess;
                rows.iter().filter(taken).count().to_string()
            });
            [truth.to_string()].into_iter().chain(counts).collect()
        });
        page += &table(&header, confusion);
    }

    page += "\n## The data in summary\n\n";
    let summary_rows = summary_rows.iter();
    page += &table(
        &summary_header,
        summary_rows.map(|row| row.iter().map(ToString::to_string).collect()),
    );
    Ok(page)
}

/// Parses CSV text into its header and rows, unless there are none or they differ in length.
fn parse(text: &str) -> Option<(Vec<&str>, Rows<'_>)> {
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next()?;
    let rows: Rows = lines.collect();
    let sound = !rows.is_empty() && rows.iter().all(|row| row.len() == header.len());
    sound.then_some((header, rows))
}

/// Returns the share of rows whose `column` holds the true label.
fn accuracy(rows: &Rows, column: usize) -> f64 {
    let right = rows.iter().filter(|row| row[column] == row[0]).count();
    right as f64 / rows.len() as f64
}

/// Draws a share of one as a bar.
fn bar(share: f64) -> String {
    let full = (share * BAR as f64).round() as usize;
    format!("`{}{}`", "█".repeat(full), "░".repeat(BAR - full))
}

/// Renders a Markdown table.
fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = " --- |".repeat(header.len());
    let mut text = format!("| {} |\n|{rule}\n", header.join(" | "));
    for row in rows {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_was_predicted() {
        let predictions =
            "label,bill\nGentoo,Gentoo\nAdelie,Adelie\nAdelie,Gentoo\nAdelie,Adelie\n";
        let page = render("Birds", predictions, "island,count\nDream,4\n").unwrap();
        assert!(page.starts_with("# Birds\n"));
        assert!(page.contains("| bill | 75.0 % | `███████████████████░░░░░░` |\n"));
        assert!(page.contains("|  | Adelie | Gentoo |\n"));
        assert!(page.contains("| Adelie | 2 | 1 |\n| Gentoo | 0 | 1 |\n"));
        assert!(page.contains("| island | count |\n| --- | --- |\n| Dream | 4 |\n"));
    }

    #[test]
    fn refuses_what_is_no_table() {
        assert!(render("Birds", "label,bill\n", "island\nDream\n").is_err());
        assert!(render("Birds", "label,bill\nAdelie\n", "island\nDream\n").is_err());
    }
}
