//! Owns how a failed attempt is followed by another: how often, and after how long a pause. Knows neither clocks nor
//! processes.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// The longest pause before another attempt, whatever a backoff has grown to.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How a failed attempt is followed by another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retries {
    /// How many further attempts follow a failed one.
    pub count: u32,
    /// How the pause grows from one attempt to the next.
    pub backoff: Backoff,
    /// The pause before the second attempt.
    pub delay: Duration,
    /// The longest that an exponential pause grows to.
    pub max_delay: Option<Duration>,
    /// Whether each pause is shortened by chance, to between a half and the whole of it, so that steps that failed
    /// together do not come back together.
    pub jitter: bool,
}

/// How the pause grows from one attempt to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
    /// It stays the same.
    #[default]
    Fixed,
    /// It doubles.
    Exponential,
}

impl Retries {
    /// Further attempts at once.
    pub fn times(count: u32) -> Self {
        Self {
            count,
            ..Self::default()
        }
    }

    /// How long to wait once `failed` attempts have failed; `luck` from 0 to 1 decides where there is jitter.
    pub fn pause(&self, failed: u32, luck: f64) -> Duration {
        let grown = match self.backoff {
            Backoff::Fixed => self.delay,
            Backoff::Exponential => {
                let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
                let most = self.max_delay.unwrap_or(LONGEST);
                self.delay.saturating_mul(doubled).min(most)
            }
        };
        match self.jitter {
            true => grown.mul_f64(0.5 + luck.clamp(0.0, 1.0) / 2.0),
            false => grown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_as_told() {
        let seconds = Duration::from_secs;
        let fixed = Retries {
            count: 9,
            delay: seconds(3),
            ..Retries::default()
        };
        let doubling = Retries {
            backoff: Backoff::Exponential,
            ..fixed
        };
        let bounded = Retries {
            max_delay: Some(seconds(10)),
            ..doubling
        };
        let told = |retries: Retries, failed: &[u32]| -> Vec<u64> {
            let pause = |&failed| retries.pause(failed, 0.7).as_secs();
            failed.iter().map(pause).collect()
        };
        assert_eq!(told(Retries::times(2), &[1, 2]), [0, 0]);
        assert_eq!(told(fixed, &[1, 2, 3]), [3, 3, 3]);
        assert_eq!(told(doubling, &[1, 2, 3, 4]), [3, 6, 12, 24]);
        assert_eq!(told(bounded, &[1, 2, 3, u32::MAX]), [3, 6, 10, 10]);
        assert_eq!(told(doubling, &[40, u32::MAX]), [24 * 60 * 60; 2]);
        let jittery = Retries {
            jitter: true,
            ..fixed
        };
        let pauses = [0.0, 0.5, 1.0, 7.0].map(|luck| jittery.pause(1, luck).as_millis());
        assert_eq!(pauses, [1500, 2250, 3000, 3000]);
    }
}
