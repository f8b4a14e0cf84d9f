//! Columns of text that line up on a terminal, whatever the script they are written in.

use unicode_width::UnicodeWidthStr;

/// Which edge the cells of a column share.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Align {
    /// Names and words.
    Left,
    /// Numbers.
    Right,
}

/// Draws rows of cells, two spaces between columns and none at the ends of lines. Cells hold no escape sequences;
/// `paint` adds them to a padded cell, given its row and column.
pub fn draw(columns: &[Align], rows: &[Vec<String>], paint: impl Fn(usize, usize, &str) -> String) -> String {
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        // Trailing empty cells would leave blanks at the end of the line.
        let cells = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        for (at, cell) in row.iter().take(cells).enumerate() {
            if widths[at] == 0 {
                continue;
            }
            if at > 0 {
                text.push_str("  ");
            }
            let gap = " ".repeat(widths[at] - cell.width());
            let painted = paint(number, at, cell);
            match columns[at] {
                Align::Right => text.extend([gap.as_str(), painted.as_str()]),
                Align::Left if at + 1 == cells => text.push_str(&painted),
                Align::Left => text.extend([painted.as_str(), gap.as_str()]),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let rows = [["a", "1", "x"], ["日本", "12", ""], ["λλ", "", "y"]].map(|row| row.map(str::to_owned).to_vec());
        let drawn = draw(&[Align::Left, Align::Right, Align::Left], &rows, |_, _, cell| cell.to_owned());
        assert_eq!(drawn, "a      1  x\n日本  12\nλλ        y\n");
    }

    #[test]
    fn an_empty_column_takes_no_room_and_paint_changes_no_width() {
        let rows = [["a", "", "x"], ["bbb", "", "y"]].map(|row| row.map(str::to_owned).to_vec());
        let paint =
            |row, _: usize, cell: &str| if row == 0 { format!("\x1b[1m{cell}\x1b[0m") } else { cell.to_owned() };
        let drawn = draw(&[Align::Left; 3], &rows, paint);
        assert_eq!(drawn, "\x1b[1ma\x1b[0m    \x1b[1mx\x1b[0m\nbbb  y\n");
    }
}
