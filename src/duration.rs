//! Owns how durations are written: as people write them in a manifest, `1.5s`, `10m`, `1h 30m`.

use std::time::Duration;

/// A time that was measured, in seconds: `0.041s`, `12.3s`, `2m 03s`, `1h 05m`; as exact as a reader needs.
pub fn measured(seconds: f64) -> String {
    match seconds.max(0.0) {
        s if s < 9.9995 => format!("{s:.3}s"),
        s if s < 59.95 => format!("{s:.1}s"),
        s if s < 3599.5 => {
            let whole = s.round();
            format!("{:.0}m {:02.0}s", (whole / 60.0).floor(), whole % 60.0)
        }
        s => {
            let minutes = (s / 60.0).round();
            format!("{:.0}h {:02.0}m", (minutes / 60.0).floor(), minutes % 60.0)
        }
    }
}

/// A time that somebody chose, in seconds: `0.2s`, `2m`, `1h 30m`; as exact as it is.
pub fn chosen(seconds: f64) -> String {
    let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let (seconds, rest) = (duration.as_secs(), duration.subsec_millis());
    if seconds < 60 && rest > 0 {
        return format!("{}s", duration.as_millis() as f64 / 1e3);
    }
    let units = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = units
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    match parts.is_empty() {
        true => "0s".to_owned(),
        false => parts.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_as_exact_as_a_reader_needs() {
        for (seconds, expected) in [
            (f64::NAN, "0.000s"),
            (-1.0, "0.000s"),
            (0.0412, "0.041s"),
            (0.9996, "1.000s"),
            (9.9996, "10.0s"),
            (59.96, "1m 00s"),
            (83.2, "1m 23s"),
            (3599.6, "1h 00m"),
            (3900.0, "1h 05m"),
            (7199.0, "2h 00m"),
        ] {
            assert_eq!(measured(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn what_somebody_chose_is_told_as_it_is_written() {
        for (seconds, expected) in [
            (f64::NAN, "0s"),
            (0.0, "0s"),
            (0.2, "0.2s"),
            (1.5, "1.5s"),
            (90.0, "1m 30s"),
            (120.0, "2m"),
            (5_400.0, "1h 30m"),
        ] {
            assert_eq!(chosen(seconds), expected);
        }
    }
}
