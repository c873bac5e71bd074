//! Owns the ends that are ordered: one thread looks after all processes whose time may be up or whose end may be wished,
//! so that whoever waits for one does nothing but wait.
//!
//! It signals a group only while the group's leader is known not to have been reaped, so that its number is nobody else's.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Limits, TICK};
use crate::run::group::Group;
use crate::run::interrupt::{Interrupt, Wish};

/// How many ticks without a process the thread goes on to look before it sleeps until there is one.
const IDLE: u32 = 40;

/// All that is looked after in this process.
static WATCH: Watch = Watch {
    state: Mutex::new(State {
        watched: BTreeMap::new(),
        next: 0,
        has_thread: false,
        is_asleep: false,
    }),
    news: Condvar::new(),
};

struct Watch {
    state: Mutex<State>,
    news: Condvar,
}

struct State {
    watched: BTreeMap<u64, Watched>,
    next: u64,
    has_thread: bool,
    is_asleep: bool,
}

/// A process group that is looked after.
struct Watched {
    group: Group,
    deadline: Option<Instant>,
    grace: Duration,
    interrupt: Interrupt,
    end: Option<End>,
}

/// An end that was ordered.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Why.
    pub(super) why: Why,
    /// When the group is made to end.
    pub(super) kill_at: Instant,
}

/// Why an end was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody wished it.
    Interrupted,
    /// Time was up.
    TimedOut,
}

/// A group that is looked after as long as this lives.
#[derive(Debug)]
pub(super) struct Ticket(u64);

/// Looks after a group, whose leader nobody reaps while the ticket lives.
///
/// # Errors
/// There can be no thread that does.
pub(super) fn look_after(
    group: Group,
    limits: Limits,
    interrupt: &Interrupt,
) -> io::Result<Ticket> {
    let mut state = WATCH.lock();
    if !state.has_thread {
        thread::Builder::new()
            .name("watch".to_owned())
            .spawn(|| WATCH.work())?;
        state.has_thread = true;
    }
    let now = Instant::now();
    let deadline = limits.timeout.and_then(|timeout| now.checked_add(timeout));
    let number = state.next;
    state.next += 1;
    state.watched.insert(
        number,
        Watched {
            group,
            deadline,
            grace: limits.grace,
            interrupt: interrupt.clone(),
            end: None,
        },
    );
    // Whoever is awake looks again within a tick.
    if state.is_asleep || deadline.is_some_and(|deadline| deadline < now + TICK) {
        WATCH.news.notify_one();
    }
    Ok(Ticket(number))
}

impl Ticket {
    /// Looks after it no more, and says what end was ordered meanwhile.
    pub(super) fn give_back(self) -> Option<End> {
        WATCH.lock().watched.remove(&self.0)?.end
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        WATCH.lock().watched.remove(&self.0);
    }
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        let mut idle = 0;
        loop {
            let now = Instant::now();
            let mut until = now + TICK;
            for watched in state.watched.values_mut() {
                watched.look(now);
                until = watched.due().map_or(until, |due| due.clamp(now, until));
            }
            idle = if state.watched.is_empty() {
                idle + 1
            } else {
                0
            };
            state = if idle > IDLE {
                state.is_asleep = true;
                let woken = self.news.wait(state);
                let mut state = woken.unwrap_or_else(PoisonError::into_inner);
                (state.is_asleep, idle) = (false, 0);
                state
            } else {
                let pause = until.saturating_duration_since(Instant::now());
                // A due that has passed is one whose signals are sent again and again.
                let pause = pause.max(Duration::from_millis(1));
                let woken = self.news.wait_timeout(state, pause);
                woken.unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}

impl Watched {
    /// When there is something to do even if nobody wishes anything.
    fn due(&self) -> Option<Instant> {
        self.end.map_or(self.deadline, |end| Some(end.kill_at))
    }

    /// Orders the end where it has to be, and sees to an end that was ordered.
    fn look(&mut self, now: Instant) {
        let wish = self.interrupt.wish();
        let why = match (wish, self.deadline) {
            (Wish::Asked | Wish::Forced, _) => Some(Why::Interrupted),
            (Wish::None, Some(deadline)) if now >= deadline => Some(Why::TimedOut),
            _ => None,
        };
        if let (None, Some(why)) = (&self.end, why) {
            if self.group.has_ended() {
                return;
            }
            self.group.terminate();
            let kill_at = now.checked_add(self.grace).unwrap_or(now);
            self.end = Some(End { why, kill_at });
        }
        if let Some(end) = &self.end
            && (now >= end.kill_at || wish == Wish::Forced)
        {
            self.group.kill();
        }
    }
}
