//! Markdown tables.

/// A table; the first row is its head. Columns from `figures` on are set to the right.
pub fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]], figures: usize) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column < figures {
                text.push_str(&format!("| {cell:<width$} "));
            } else {
                text.push_str(&format!("| {cell:>width$} "));
            }
        }
        text.push_str("|\n");
        if index == 0 {
            for (column, &width) in widths.iter().enumerate() {
                let end = if column < figures { "-" } else { ":" };
                text.push_str(&format!("|{}{end}", "-".repeat(width + 1)));
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Digits in groups of three.
pub fn thousands(figure: u64) -> String {
    let digits = figure.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_on_the_right() {
        let rows = [["a", "b"], ["ccc", "1,000"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows, 1), "| a   |     b |\n|-----|------:|\n| ccc | 1,000 |\n");
    }

    #[test]
    fn groups() {
        assert_eq!([0, 999, 1_000, 1_048_576].map(thousands), ["0", "999", "1,000", "1,048,576"]);
    }
}
