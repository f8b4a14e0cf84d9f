//! criterion 0.3 to 0.8. Every measurement is one call of a method of `Bencher` or `AsyncBencher`; all of them are
//! `#[inline(never)]` upstream, so that their symbols survive any optimisation.

use crate::benchmark::Framework;
use crate::driver::{Driver, Scheme};

/// Beginnings of the legacy mangling of the methods of both types, whatever their generic arguments.
const LEGACY: [&str; 2] =
    ["_ZN9criterion7bencher16Bencher$LT$M$GT$", "_ZN9criterion7bencher25AsyncBencher$LT$A$C$M$GT$"];
/// The path of the module in either mangling.
const MODULE: &str = "9criterion7bencher";

/// criterion, as one executable has it.
#[derive(Debug)]
pub struct Criterion {
    prefixes: Vec<String>,
}

impl Criterion {
    /// criterion, if these symbols hold it.
    pub fn recognise(symbols: &[&str]) -> Option<Self> {
        let mut prefixes: Vec<String> = symbols.iter().filter_map(|symbol| prefix(symbol)).map(str::to_owned).collect();
        prefixes.sort();
        prefixes.dedup();
        (!prefixes.is_empty()).then_some(Self { prefixes })
    }
}

/// The part of a measuring function's symbol that all its instances share.
fn prefix(symbol: &str) -> Option<&str> {
    if let Some(legacy) = LEGACY.iter().find(|legacy| symbol.starts_with(**legacy)) {
        return symbol.get(..legacy.len());
    }
    // v0: `_RINv` generic function, `M` inherent impl (with an optional disambiguator), in the crate root's `bencher`.
    let path = symbol.strip_prefix("_RINvM")?;
    let at = path.find(MODULE)?;
    let (root, rest) = (path.get(..at)?, path.get(at + MODULE.len()..)?);
    if root.matches("Cs").count() != 1 || !root.ends_with('_') || root.contains("Nv") {
        return None;
    }
    let end = ["12AsyncBencher", "7Bencher"].iter().find_map(|name| {
        let start = rest.find(name)?;
        // Only a back-reference to the module may stand between: `NtB3_` or `INtB5_`.
        let between = rest.get(..start)?;
        (between.len() <= 8 && between.contains("NtB") && between.ends_with('_')).then_some(start + name.len())
    })?;
    symbol.get(..symbol.len() - rest.len() + end)
}

impl Driver for Criterion {
    fn framework(&self) -> Framework {
        Framework::Criterion
    }

    fn list_args(&self) -> Vec<String> {
        vec!["--bench".into(), "--list".into()]
    }

    fn parse_list(&self, output: &str) -> Vec<String> {
        // 0.3 and 0.4 print `name: bench`, later ones `name: benchmark`.
        let name =
            |line: &str| line.strip_suffix(": benchmark").or_else(|| line.strip_suffix(": bench")).map(str::to_owned);
        output.lines().filter_map(name).filter(|name| !name.is_empty()).collect()
    }

    fn runs_before(&self, name: &str, other: &str) -> bool {
        // What criterion adds to the name of a second benchmark of one name, its filter knows nothing of.
        name.rsplit_once(" #").is_some_and(|(of, number)| of == other && number.parse::<u32>().is_ok())
    }

    fn once_args(&self, names: &[&str]) -> Vec<String> {
        vec!["--bench".into(), any_of(names), "--test".into()]
    }

    fn count_args(&self, names: &[&str]) -> Vec<String> {
        // The warm-up of a profiling run is one second long in every version, and doubles the iterations each time.
        vec!["--bench".into(), any_of(names), "--profile-time".into(), "1".into()]
    }

    fn scheme(&self) -> Scheme<'_> {
        // Under v0 the generic arguments stand before the name, so that there is no common beginning.
        Scheme::Calls { prefixes: &self.prefixes, threshold: Some("_ZN9criterion7routine7Routine7profile") }
    }

    fn batch(&self) -> usize {
        16
    }
}

/// A regular expression for some names.
fn any_of(names: &[&str]) -> String {
    match names {
        [name] => exactly(name),
        names => names.iter().map(|name| exactly(name)).collect::<Vec<_>>().join("|"),
    }
}

/// A regular expression for one name; `--exact` came only with 0.5.
fn exactly(name: &str) -> String {
    // criterion lists a name of more than a hundred bytes cut, but filters by the whole.
    let (name, end) = match name.strip_suffix("...") {
        Some(beginning) if name.len() >= 100 => (beginning, ""),
        _ => (name, "$"),
    };
    let mut pattern = String::from("^");
    for c in name.chars() {
        if c.is_ascii_punctuation() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    // `\/`, `\_` and the like are not escapes that every version of the regex crate takes.
    for plain in ['/', '_', '-', ':', ',', '"', '\'', '<', '>', '=', '!', '@', '%', ';', '`', '#', '&', '~'] {
        pattern = pattern.replace(&format!("\\{plain}"), &plain.to_string());
    }
    pattern + end
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn legacy_and_v0_symbols_give_one_prefix_per_type() {
        let symbols = [
            "_ZN9criterion7bencher16Bencher$LT$M$GT$4iter17h23171bc818fb8611E",
            "_ZN9criterion7bencher16Bencher$LT$M$GT$12iter_batched17h680a25ad380e0df0E",
            "_ZN9criterion7bencher25AsyncBencher$LT$A$C$M$GT$4iter17hed63020f47673a1cE",
            "_RINvMNtCs4K6XpsoZBH4_9criterion7bencherNtB3_7Bencher4iteryNCNCNvCs7tFy1apcuco_1b1b00EB10_",
            "_RINvMs_NtCs4K6XpsoZBH4_9criterion7bencherINtB5_12AsyncBencherRNtNtNtCs38sh3bhhI2R_5tokio7runtime7runtime7RuntimeE4iterE",
            "_RNCINvMs_NtCs4K6XpsoZBH4_9criterion7bencherINtB7_12AsyncBencherRNtE4iteryE0B21_",
            "_RINvMNtNtNtCs38sh3bhhI2R_5tokio7runtime9scheduler14current_threadNtB3_13CurrentThread8block_onNCINvMs_NtCs4K6XpsoZBH4_9criterion7bencherINtB1C_12AsyncBencherE",
            "_ZN4core3ptr733drop_in_place$LT$criterion..bencher..Bencher$GT$17h0E",
        ];
        let criterion = Criterion::recognise(&symbols).unwrap();
        let expected = [
            "_RINvMNtCs4K6XpsoZBH4_9criterion7bencherNtB3_7Bencher",
            "_RINvMs_NtCs4K6XpsoZBH4_9criterion7bencherINtB5_12AsyncBencher",
            LEGACY[0],
            LEGACY[1],
        ];
        assert!(matches!(criterion.scheme(), Scheme::Calls { prefixes, .. } if prefixes == expected));
        assert!(Criterion::recognise(&["main", "_ZN5divan4main17h0E"]).is_none());
    }

    #[test]
    fn lists_of_all_versions_are_read_and_junk_is_not() {
        let criterion = Criterion { prefixes: Vec::new() };
        let names =
            criterion.parse_list("old style: bench\nnew/style 1: benchmark\njunk\n: bench\nnew/style 1: benchmark\n");
        assert_eq!(names, ["old style", "new/style 1", "new/style 1"]);
    }

    #[test]
    fn a_second_benchmark_of_one_name_cannot_be_asked_for() {
        let criterion = Criterion { prefixes: Vec::new() };
        let confused = [("parse #2", "parse"), ("parse #2", "parse #1"), ("parse #b", "parse"), ("parse", "parse #2")]
            .map(|(name, other)| criterion.runs_before(name, other));
        assert_eq!(confused, [true, false, false, false]);
    }

    #[test]
    fn a_name_becomes_a_pattern_for_itself_alone() {
        assert_eq!(exactly("grp/sum n/10"), "^grp/sum n/10$");
        assert_eq!(exactly("a+b (c|d)[0].*\\"), "^a\\+b \\(c\\|d\\)\\[0\\]\\.\\*\\\\$");
        let long = "x".repeat(100);
        assert_eq!(exactly(&format!("{long}...")), format!("^{long}"));
        assert_eq!(exactly("and so on..."), "^and so on\\.\\.\\.$");
        assert_eq!(exactly("Vec<u8>::x_y-1"), "^Vec<u8>::x_y-1$");
    }
}
