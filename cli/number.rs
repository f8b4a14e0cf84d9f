//! Numbers as a person reads them: counts, percentages and durations, with a unit and no more digits than are known.

/// A count per iteration: `7.00`, `862.5`, `862,728`, `12.41 M`.
#[must_use]
pub fn count(value: f64) -> String {
    let size = value.abs();
    if size < 99.995 {
        format!("{}{size:.2}", minus(value))
    } else if size < 999.95 {
        format!("{}{size:.1}", minus(value))
    } else if size < 999_999.5 {
        grouped(value)
    } else {
        scaled(value)
    }
}

/// Two counts to compare by eye, in full where four digits would hide that they differ.
#[must_use]
pub fn pair(baseline: f64, candidate: f64) -> (String, String) {
    let (b, c) = (count(baseline), count(candidate));
    if b == c && baseline.to_bits() != candidate.to_bits() && baseline.abs() >= 1000.0 {
        (grouped(baseline), grouped(candidate))
    } else {
        (b, c)
    }
}

/// A difference of counts, always signed: `+702,114`, `−12.41 M`.
#[must_use]
pub fn delta(value: f64) -> String {
    format!("{}{}", sign(value), count(value.abs()))
}

/// A fraction of the baseline as a signed percentage: `+6.20 %`, `−12.4 %`, `<0.01 %`, and `0 %` only for zero itself.
#[must_use]
pub fn change(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if percent == 0.0 {
        "0 %".to_owned()
    } else if percent.abs() < 0.005 {
        if percent > 0.0 { "<0.01 %".to_owned() } else { ">−0.01 %".to_owned() }
    } else {
        format!("{}{}", sign(percent), size(fraction))
    }
}

/// The size of a change without its sign, three digits and never finer than 0.01 %: `6.20 %`.
#[must_use]
pub fn size(fraction: f64) -> String {
    let percent = (fraction * 100.0).abs();
    if percent == 0.0 {
        "0 %".to_owned()
    } else if percent < 0.005 {
        "<0.01 %".to_owned()
    } else if percent < 9.995 {
        format!("{percent:.2} %")
    } else if percent < 99.95 {
        format!("{percent:.1} %")
    } else {
        format!("{} %", grouped(percent))
    }
}

/// A part of a whole: `91 %`, `0.4 %`.
#[must_use]
pub fn share(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if percent.abs() < 0.95 && percent != 0.0 {
        format!("{}{:.1} %", minus(percent), percent.abs())
    } else {
        format!("{}{:.0} %", minus(percent), percent.abs())
    }
}

/// How many times as much: `2.00×`, `12.5×`, `1,200×`.
#[must_use]
pub fn times(ratio: f64) -> String {
    if ratio < 9.995 {
        format!("{ratio:.2}×")
    } else if ratio < 99.95 {
        format!("{ratio:.1}×")
    } else {
        format!("{}×", grouped(ratio))
    }
}

/// A duration: `0.4 s`, `48 s`, `3 min 12 s`, `2 h 05 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    // Beyond 2^53 seconds nothing is exact any more, and nothing takes that long.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and `as` saturates")]
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `1 benchmark`, `2 benchmarks`, `5,000 benchmarks`.
#[must_use]
pub fn plural(number: usize, noun: &str) -> String {
    let digits = group(&number.to_string());
    if number == 1 { format!("{digits} {noun}") } else { format!("{digits} {noun}s") }
}

/// A whole number with thousands separated: `5,000`.
#[must_use]
pub fn whole(number: usize) -> String {
    group(&number.to_string())
}

fn sign(value: f64) -> &'static str {
    if value < 0.0 { "−" } else { "+" }
}

fn minus(value: f64) -> &'static str {
    if value < 0.0 { "−" } else { "" }
}

fn grouped(value: f64) -> String {
    format!("{}{}", minus(value), group(&format!("{:.0}", value.abs())))
}

fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Four significant digits with the letter of the thousands.
fn scaled(value: f64) -> String {
    let mut rest = value;
    for (at, unit) in ["", "k", "M", "G", "T"].into_iter().enumerate() {
        // What four digits round up to a thousand belongs to the next letter.
        if rest.abs() < 999.95 || at == 4 {
            let digits = match rest.abs() {
                r if r < 9.9995 => 3,
                r if r < 99.995 => 2,
                _ => 1,
            };
            return format!("{}{:.digits$} {unit}", minus(rest), rest.abs());
        }
        rest /= 1000.0;
    }
    grouped(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_show_four_digits_or_the_whole_number() {
        for (value, text) in [
            (0.0, "0.00"),
            (7.0, "7.00"),
            (99.99, "99.99"),
            (99.996, "100.0"),
            (862.54, "862.5"),
            (999.96, "1,000"),
            (862_728.0, "862,728"),
            (999_999.4, "999,999"),
            (999_999.6, "1.000 M"),
            (1_234_567.0, "1.235 M"),
            (12_412_345.0, "12.41 M"),
            (124_123_450.0, "124.1 M"),
            (999_960_000.0, "1.000 G"),
            (5e15, "5000.0 T"),
            (-702_114.0, "−702,114"),
        ] {
            assert_eq!(count(value), text, "{value}");
        }
    }

    #[test]
    fn a_pair_never_hides_a_difference() {
        assert_eq!(pair(12_412_345.0, 13_181_234.0), ("12.41 M".into(), "13.18 M".into()));
        assert_eq!(pair(12_412_345.0, 12_412_346.0), ("12,412,345".into(), "12,412,346".into()));
        assert_eq!(pair(12_412_345.0, 12_412_345.0), ("12.41 M".into(), "12.41 M".into()));
        assert_eq!(pair(7.001, 7.002), ("7.00".into(), "7.00".into()));
    }

    #[test]
    fn changes_are_signed_and_zero_is_only_zero() {
        for (fraction, text) in [
            (0.0, "0 %"),
            (-0.0, "0 %"),
            (0.000_001, "<0.01 %"),
            (-0.000_001, ">−0.01 %"),
            (0.000_1, "+0.01 %"),
            (0.062, "+6.20 %"),
            (-0.0815, "−8.15 %"),
            (0.099_96, "+10.0 %"),
            (0.123_4, "+12.3 %"),
            (0.999_6, "+100 %"),
            (12.345, "+1,234 %"),
        ] {
            assert_eq!(change(fraction), text, "{fraction}");
        }
        assert_eq!(size(-0.0815), "8.15 %");
        assert_eq!(delta(-702_114.0), "−702,114");
        assert_eq!(delta(702_114.0), "+702,114");
    }

    #[test]
    fn shares_ratios_and_durations() {
        assert_eq!(share(0.913), "91 %");
        assert_eq!(share(0.004), "0.4 %");
        assert_eq!(share(-0.25), "−25 %");
        assert_eq!(share(0.0), "0 %");
        assert_eq!(times(2.0), "2.00×");
        assert_eq!(times(1234.5), "1,234×");
        for (seconds, text) in
            [(0.0, "0.0 s"), (0.42, "0.4 s"), (48.2, "48 s"), (59.7, "1 min 00 s"), (192.0, "3 min 12 s"), (7512.0, "2 h 05 min")]
        {
            assert_eq!(duration(seconds), text, "{seconds}");
        }
        assert_eq!(plural(1, "benchmark"), "1 benchmark");
        assert_eq!(plural(5000, "benchmark"), "5,000 benchmarks");
        assert_eq!(whole(1_000_000), "1,000,000");
    }
}
