//! A duration as people write it, `300s`, to seconds: the unit is required, as is a percentage's sign.

use std::time::Duration;

/// The longest time that is believed: a day.
const MOST: Duration = Duration::from_hours(24);

/// The duration that a text stands for: a number, with a decimal point if need be, and `ms`, `s`, `m` or `h`.
///
/// # Errors
///
/// What is wrong with the text, as a lowercase fragment.
pub fn duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        "" => return Err("expected a number with a unit".to_owned()),
        _ => return Err("expected a number with one of the units `ms`, `s`, `m`, `h`".to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| "expected a plain number before the unit".to_owned())?;
    match Duration::try_from_secs_f64(number * seconds) {
        Ok(duration) if duration.is_zero() => Err("no time at all would stop every benchmark".to_owned()),
        Ok(duration) if duration <= MOST => Ok(duration),
        _ => Err("more than 24h is no limit".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, proptest};

    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, millis) in [
            ("300s", 300_000),
            ("5m", 300_000),
            ("5 min", 300_000),
            ("1.5h", 5_400_000),
            ("20ms", 20),
            ("24h", 86_400_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for (text, reason) in [
            ("300", "a unit"),
            ("", "a unit"),
            ("s", "plain number"),
            ("1.2.3s", "plain number"),
            ("-1s", "one of the units"),
            ("5 days", "one of the units"),
            ("0s", "no time"),
            ("0.0000000001s", "no time"),
            ("25h", "24h"),
            (&format!("{}s", "9".repeat(400)), "24h"),
        ] {
            let refused = duration(text).expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    proptest! {
        #[test]
        fn no_text_gives_a_duration_out_of_range(text in any::<String>(), number in any::<f64>()) {
            for text in [text.clone(), format!("{text}s"), format!("{number}ms"), format!("{number}h")] {
                prop_assert!(duration(&text).map_or(true, |d| !d.is_zero() && d <= MOST));
            }
        }
    }
}
