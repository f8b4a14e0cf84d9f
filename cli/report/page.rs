//! A text that never grows beyond a number of bytes: what does not fit is left out in whole blocks and counted.

/// The text so far and how much of it there may be.
pub struct Page {
    text: String,
    limit: usize,
}

impl Page {
    /// An empty page of at most `limit` bytes. GitHub counts characters: bytes are the safe side of that.
    pub fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    /// Bytes that still fit.
    pub fn room(&self) -> usize {
        self.limit - self.text.len()
    }

    /// Adds a block if it fits whole, and says whether it did.
    #[must_use]
    pub fn push(&mut self, block: &str) -> bool {
        let fits = block.len() <= self.room();
        if fits {
            self.text.push_str(block);
        }
        fits
    }

    /// Adds a heading, as many of the rows as fit into `room` bytes, and what `left_out` says of the number of others;
    /// nothing at all if not even the first row fits. Returns how many rows were left out.
    pub fn rows<I>(&mut self, room: usize, head: &str, rows: I, left_out: impl Fn(usize) -> String, tail: &str) -> usize
    where
        I: ExactSizeIterator<Item = String>,
    {
        let total = rows.len();
        // The longest that `left_out` can get is when it counts them all.
        let reserve = left_out(total).len() + tail.len();
        let end = self.text.len() + room.min(self.room());
        let start = self.text.len();
        self.text.push_str(head);
        let mut taken = 0;
        for row in rows {
            if self.text.len() + row.len() + reserve > end {
                break;
            }
            self.text.push_str(&row);
            taken += 1;
        }
        if taken == 0 {
            self.text.truncate(start);
            return total;
        }
        if taken < total {
            self.text.push_str(&left_out(total - taken));
        }
        self.text.push_str(tail);
        total - taken
    }

    /// The finished text.
    pub fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(page: &mut Page, room: usize, number: usize) -> usize {
        let rows = (0..number).map(|at| format!("row {at}\n"));
        page.rows(room, "head\n", rows, |left| format!("{left} more\n"), "end\n")
    }

    #[test]
    fn whole_rows_are_left_out_and_counted() {
        let mut page = Page::new(100);
        assert_eq!(rows(&mut page, 30, 9), 7);
        let text = page.finish();
        assert_eq!(text, "head\nrow 0\nrow 1\n7 more\nend\n");
        assert!(text.len() <= 30);
    }

    #[test]
    fn nothing_is_written_where_nothing_fits() {
        let mut page = Page::new(8);
        assert!(page.push("12345678") && !page.push("9"));
        assert_eq!(rows(&mut page, 1000, 3), 3);
        assert_eq!(page.finish(), "12345678");
    }
}
