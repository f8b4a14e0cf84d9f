//! A percentage as people write it, `0.5%`, to a fraction: the percent sign is required, because a bare `5` may be meant
//! as 5 % or as 500 %.

/// The largest limit that is believed: ten times over.
const MOST: f64 = 1000.0;

/// The fraction that a percentage stands for: `"1%"` and `"1 %"` are 0.01.
///
/// # Errors
///
/// What is wrong with the text, as a lowercase fragment.
pub fn percentage(text: &str) -> Result<f64, String> {
    let Some(number) = text.trim().strip_suffix('%').map(str::trim_end) else {
        return Err("expected a number with a percent sign".to_owned());
    };
    if number.starts_with('-') {
        return Err("a limit cannot be negative".to_owned());
    }
    // Stricter than Rust's own parser, which also takes `inf`, `nan`, `1e3` and `+1`.
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.') && number.bytes().any(|b| b.is_ascii_digit());
    match number.parse::<f64>() {
        Ok(percent) if plain && percent <= MOST => Ok(percent / 100.0),
        Ok(_) if plain => Err(format!("more than {MOST} % is no limit")),
        _ => Err("expected a plain number before the percent sign".to_owned()),
    }
}

/// A fraction as a percentage, as short as it can be written.
pub(super) fn display(fraction: f64) -> String {
    let rounded = (fraction * 100.0 * 1e9).round() / 1e9;
    format!("{rounded}%")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    #[test]
    fn percentages_are_fractions() {
        for (text, fraction) in
            [("1%", 0.01), ("0.5 %", 0.005), (" 12.5% ", 0.125), ("0%", 0.0), (".5%", 0.005), ("1000%", 10.0)]
        {
            assert_eq!(percentage(text), Ok(fraction), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for (text, reason) in [
            ("1", "percent sign"),
            ("", "percent sign"),
            ("%", "plain number"),
            (".%", "plain number"),
            ("-1%", "negative"),
            ("nan%", "plain number"),
            ("inf%", "plain number"),
            ("1e2%", "plain number"),
            ("+1%", "plain number"),
            ("1,5%", "plain number"),
            ("1.5.2%", "plain number"),
            ("1%%", "plain number"),
            ("1000.1%", "more than 1000 %"),
        ] {
            let refused = percentage(text).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn they_are_displayed_as_they_were_written() {
        assert_eq!([0.01, 0.005, 0.07, 10.0].map(display), ["1%", "0.5%", "7%", "1000%"]);
    }

    proptest! {
        #[test]
        fn no_text_gives_a_fraction_that_is_none(text in any::<String>(), number in any::<f64>()) {
            for text in [text.clone(), format!("{text}%"), format!("{number}%")] {
                prop_assert!(percentage(&text).map_or(true, |f| (0.0..=MOST / 100.0).contains(&f)));
            }
        }
    }
}
