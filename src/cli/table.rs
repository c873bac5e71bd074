//! Owns the plain tables that commands print: columns as wide as their widest cell, colours not counted.

use crate::ui::{Tone, paint};

/// A cell: its text, and its tone where it has one.
pub(super) struct Cell(String, Option<Tone>);

/// A cell without a tone.
pub(super) fn plain(text: impl Into<String>) -> Cell {
    Cell(text.into(), None)
}

/// A cell with a tone.
pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Cell {
    Cell(text.into(), Some(tone))
}

/// Lines of cells, indented by two, the columns two apart.
pub(super) fn render(rows: &[Vec<Cell>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.0.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        text.push_str("  ");
        for (column, Cell(cell, tone)) in row.iter().enumerate() {
            match tone {
                Some(tone) if !cell.is_empty() => text.push_str(&paint(*tone, cell)),
                _ => text.push_str(cell),
            }
            if column + 1 < row.len() {
                text.push_str(&" ".repeat(widths[column] - cell.chars().count() + 2));
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}
