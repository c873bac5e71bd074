//! Owns the wish to end a run early: the first asks, the second forces. Everything else looks at the wish, so tests
//! and users of the library can have it without signals.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::run::group;

/// A wish to end, shared by all who hold a clone.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    own: Arc<AtomicU8>,
    /// A wider wish that counts here as well.
    above: Option<Arc<AtomicU8>>,
}

/// How urgent the wish is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// There is none.
    None,
    /// Processes are asked to end and have their grace time.
    Asked,
    /// Processes are ended at once.
    Forced,
}

impl Interrupt {
    /// No wish yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The one that Ctrl-C, SIGTERM and SIGHUP ask; the first call starts to listen. A SIGHUP that whoever started this
    /// process has told it to ignore, as `nohup` does, is ignored.
    ///
    /// # Errors
    /// Signals cannot be listened to.
    pub fn from_signals() -> io::Result<Self> {
        static SIGNALS: OnceLock<Interrupt> = OnceLock::new();
        if let Some(known) = SIGNALS.get() {
            return Ok(known.clone());
        }
        let interrupt = Self::new();
        let asked = interrupt.clone();
        // Shells start what runs in the background with Ctrl-C ignored; a run listens to that all the same.
        let mut signals = vec![SIGINT, SIGTERM];
        if !group::is_ignored(SIGHUP) {
            signals.push(SIGHUP);
        }
        let mut signals = Signals::new(signals)?;
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || signals.forever().for_each(|_| asked.ask()))?;
        Ok(SIGNALS.get_or_init(|| interrupt).clone())
    }

    /// A wish that also hears this one, while this one does not hear it.
    #[must_use]
    pub fn below(&self) -> Self {
        Self {
            own: Arc::default(),
            above: Some(Arc::clone(&self.own)),
        }
    }

    /// Asks for the end; asking again forces it.
    pub fn ask(&self) {
        // More than twice is still twice, so that the counter never comes round.
        let more = |times: u8| Some(times.saturating_add(1));
        let _ = self
            .own
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, more);
    }

    /// What is wished.
    pub fn wish(&self) -> Wish {
        let above = self
            .above
            .as_ref()
            .map_or(0, |above| above.load(Ordering::SeqCst));
        match self.own.load(Ordering::SeqCst).max(above) {
            0 => Wish::None,
            1 => Wish::Asked,
            _ => Wish::Forced,
        }
    }

    /// Whether the end is wished at all.
    pub fn is_asked(&self) -> bool {
        self.wish() != Wish::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_asks_the_second_forces_and_clones_agree() {
        let interrupt = Interrupt::new();
        let clone = interrupt.clone();
        let wishes = [Wish::None, Wish::Asked, Wish::Forced, Wish::Forced];
        for wish in wishes {
            assert_eq!(clone.wish(), wish);
            interrupt.ask();
        }
        for _ in 0..600 {
            interrupt.ask();
        }
        assert_eq!(clone.wish(), Wish::Forced);
    }

    #[test]
    fn a_narrow_wish_hears_the_wide_one_and_not_the_other_way_round() {
        let wide = Interrupt::new();
        let narrow = wide.below();
        narrow.ask();
        assert_eq!((wide.wish(), narrow.wish()), (Wish::None, Wish::Asked));
        let narrow = wide.below();
        wide.ask();
        assert_eq!(narrow.wish(), Wish::Asked);
    }
}
