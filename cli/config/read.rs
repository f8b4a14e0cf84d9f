//! Reading of a spanned TOML table: every value is taken with its place in the file, and every mistake is noted there, so
//! that one run shows them all.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::mistake::Mistake;

/// A key or a value with its place in the file.
pub(super) type Key<'i> = Spanned<DeString<'i>>;
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// The most edits between an unknown key and the known one that was meant.
const NEAR: usize = 3;

/// Notes mistakes while values are taken.
#[derive(Default)]
pub(super) struct Reader {
    /// What was noted.
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader {
    /// Notes a mistake; the value that it is about is taken as not given.
    pub(super) fn note<T>(&mut self, mistake: Mistake) -> Option<T> {
        self.mistakes.push(mistake);
        None
    }

    /// Notes a key that is none of the known ones, in a place named as in "unknown key `x` in `[gate]`".
    pub(super) fn unknown(&mut self, key: &Key<'_>, place: &str, known: &[&str]) {
        let (title, label) = (format!("unknown key {} in {place}", quoted(key.get_ref())), "not known here");
        let mistake = Mistake::new(title, key.span(), label);
        self.mistakes.push(match nearest(key.get_ref(), known) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None => mistake.help(format!("known here: {}", listed(known))),
        });
    }

    /// Notes a value of the wrong type; `name` is the key's path, `expected` fits after "expected".
    pub(super) fn wrong_type<T>(&mut self, value: &Value<'_>, name: &str, expected: &str) -> Option<T> {
        let label = format!("expected {expected}, found {}", kind(value.get_ref()));
        self.note(Mistake::new(format!("wrong type for `{name}`"), value.span(), label))
    }

    pub(super) fn table<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        name: &str,
        expected: &str,
    ) -> Option<&'v DeTable<'i>> {
        value.get_ref().as_table().or_else(|| self.wrong_type(value, name, expected))
    }

    pub(super) fn bool(&mut self, value: &Value<'_>, name: &str) -> Option<bool> {
        value.get_ref().as_bool().or_else(|| self.wrong_type(value, name, "`true` or `false`"))
    }

    pub(super) fn text<'v>(&mut self, value: &'v Value<'_>, name: &str, expected: &str) -> Option<&'v str> {
        match value.get_ref().as_str() {
            Some("") => {
                self.note(Mistake::new(format!("`{name}` is empty"), value.span(), format!("expected {expected}")))
            }
            Some(text) => Some(text),
            None => self.wrong_type(value, name, expected),
        }
    }

    /// A list of texts; what is wrong in it is noted and left out.
    pub(super) fn texts<'v, 'i>(
        &mut self,
        value: &'v Value<'i>,
        name: &str,
        expected: &str,
    ) -> Vec<(&'v str, Range<usize>)> {
        let Some(items) = value.get_ref().as_array() else {
            return self.wrong_type(value, name, expected).unwrap_or_default();
        };
        items.iter().filter_map(|item| Some((self.text(item, name, "a string")?, item.span()))).collect()
    }
}

/// A key as it can be shown in a message: without control characters, and not too long.
pub(super) fn quoted(key: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = key.chars().take(MOST).flat_map(char::escape_debug).collect();
    if key.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// The known word that was probably meant: nearly the same, or its beginning.
pub(super) fn nearest<'k>(unknown: &str, known: &[&'k str]) -> Option<&'k str> {
    // Comparing costs the product of the lengths, and what is much longer is nothing like a key.
    let longest = known.iter().map(|k| k.len()).max()? + NEAR;
    let unknown = (unknown.len() <= longest).then(|| unknown.to_lowercase().replace('_', "-"))?;
    let edits = |k: &str| strsim::damerau_levenshtein(&unknown, k);
    // A word of three letters that differs in two has nothing in common with it.
    let near = |k: &str| edits(k) <= NEAR.min(k.len() / 2) || (unknown.len() > 2 && k.starts_with(&unknown));
    known.iter().copied().filter(|k| near(k)).min_by_key(|k| edits(k))
}

/// `a`, `b` and `c`.
pub(super) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
