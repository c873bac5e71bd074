//! Owns the order of a run: which step may start now, which can no longer start, which is tried again and when, which is
//! slow, when time is up, when all is said. Knows nothing of processes, files or clocks; whoever asks it says how long the
//! run has been going, and carries out what it says.
//!
//! A step moves only so:
//!
//! ```text
//!                                        ┌──pause over──┐
//!                                        ▼              │
//! Waiting ──all it needs is good──► Ready ──start──► Running ──may be tried again──► Resting
//!    │                                │                 │                              │
//!    ├──a need ended badly──► Skipped │                 └──finish──► Ended ◄──stop─────┘
//!    └──────────stop────────► NotRun ◄┘
//! ```
//!
//! A ready step may be promised: whoever sees a running step to a good end starts it right away, and asks nobody first. It
//! then takes over the place of the one that ended; a promise that nobody took is taken back.
//!
//! Among ready steps the one with the highest priority goes first, then the one with the longest path of work behind it;
//! what a step needs is as urgent as the step. A step too heavy for the places that are free is waited for, so that
//! lighter ones cannot starve it; a step whose mutex is taken stands aside. A step that rests before its next attempt
//! holds neither place nor mutex.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::manifest::retries::Retries;

/// What the scheduler needs to know of a step.
#[derive(Clone, Debug, Default)]
pub struct Task {
    /// Steps that have to end well before, as places in the list of tasks; each smaller than its own.
    pub needs: Vec<usize>,
    /// How many of the parallel places it takes; at least 1, and at most all of them.
    pub weight: usize,
    /// A name that no two running steps share.
    pub mutex: Option<String>,
    /// How long it will probably take, in any unit that is the same for all.
    pub cost: f64,
    /// Steps of a higher one start first.
    pub priority: i32,
    /// How a failed attempt is followed by another.
    pub retries: Retries,
    /// How long an attempt may take before it is slow.
    pub slow: Option<Duration>,
}

/// What holds for all steps.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How many places there are for steps that run at the same time.
    pub jobs: usize,
    /// What happens to other steps when one fails.
    pub on_failure: OnFailure,
    /// How long the whole run may take.
    pub timeout: Option<Duration>,
}

/// How an attempt went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Steps that need it may start.
    Good,
    /// It failed, and another attempt could go better.
    Bad,
    /// It failed, and another attempt would fail as well.
    Hopeless,
}

/// What has become of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It will be tried again after this pause.
    Again(usize, Duration),
    /// It has ended, as its last attempt did.
    Ended(usize),
    /// It cannot start any more, because of this other one.
    Skipped(usize, usize),
}

/// What happens to steps that have nothing to do with a failed one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// They are run.
    #[default]
    KeepGoing,
    /// Those that have not started yet are not run.
    FailFast,
}

/// The least time between two moments, so that what is told now is not told now again.
const TINY: Duration = Duration::from_nanos(1);

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As many of its needs have not ended yet.
    Waiting(usize),
    /// It may start.
    Ready,
    /// It starts as soon as a running step has ended well.
    Promised,
    /// It has started.
    Running,
    /// It failed, and waits to be tried again.
    Resting,
    /// It has ended, well or badly.
    Ended,
    /// A step it needs ended badly.
    Skipped,
    /// The run was stopped before its turn.
    NotRun,
}

/// A ready step in the order in which ready steps start.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rank {
    priority: i32,
    /// The work on the longest path from here to an end, this step included.
    path: f64,
    step: usize,
}

impl Eq for Rank {}

impl Ord for Rank {
    /// High priorities first, then long paths, then the order of the plan.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.priority.cmp(&self.priority))
            .then(other.path.total_cmp(&self.path))
            .then(self.step.cmp(&other.step))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The state of a run's steps.
#[derive(Debug)]
pub struct Scheduler {
    states: Vec<State>,
    ranks: Vec<Rank>,
    weights: Vec<usize>,
    /// Each step's mutex, as a place in `taken` and `aside`.
    mutexes: Vec<Option<usize>>,
    dependants: Vec<Vec<usize>>,
    /// For each step, the first in order of those that need it.
    behind: Vec<Option<Rank>>,
    ready: BTreeSet<Rank>,
    /// Steps that run, and those that are promised.
    running: BTreeSet<usize>,
    promised: BTreeSet<Rank>,
    /// Whether each mutex is taken.
    taken: Vec<bool>,
    /// Ready steps that wait for a mutex.
    aside: Vec<BTreeSet<Rank>>,
    free: usize,
    stopped: bool,
    timeout: Option<Duration>,
    on_failure: OnFailure,
    retries: Vec<Retries>,
    /// How often each step was started.
    attempts: Vec<u32>,
    /// When each resting step may start again.
    resting: BTreeSet<(Duration, usize)>,
    slow: Vec<Option<Duration>>,
    /// When each running step began, and when it is slow next.
    slow_at: BTreeSet<(Duration, usize)>,
    began: Vec<Duration>,
}

impl Scheduler {
    /// All steps waiting or ready. A need that is not an earlier step is a broken plan and panics.
    pub fn new(tasks: &[Task], rules: &Rules) -> Self {
        let jobs = rules.jobs.max(1);
        let mut dependants = vec![Vec::new(); tasks.len()];
        let mut states = Vec::with_capacity(tasks.len());
        for (step, task) in tasks.iter().enumerate() {
            let mut needs = task.needs.clone();
            needs.sort_unstable();
            needs.dedup();
            for &need in &needs {
                assert!(
                    need < step,
                    "a plan lists each step after all that it needs"
                );
                dependants[need].push(step);
            }
            states.push(match needs.len() {
                0 => State::Ready,
                open => State::Waiting(open),
            });
        }
        let ranks = ranks(tasks, &dependants);
        let first = |steps: &Vec<usize>| steps.iter().map(|&step| ranks[step]).min();
        let behind = dependants.iter().map(first).collect();
        let mut names = HashMap::new();
        let mutexes: Vec<Option<usize>> = tasks
            .iter()
            .map(|task| {
                let next = names.len();
                task.mutex
                    .as_ref()
                    .map(|name| *names.entry(name).or_insert(next))
            })
            .collect();
        let ready = (0..tasks.len()).filter(|&step| states[step] == State::Ready);
        Self {
            ready: ready.map(|step| ranks[step]).collect(),
            weights: tasks
                .iter()
                .map(|task| task.weight.clamp(1, jobs))
                .collect(),
            taken: vec![false; names.len()],
            aside: vec![BTreeSet::new(); names.len()],
            states,
            ranks,
            mutexes,
            dependants,
            behind,
            running: BTreeSet::new(),
            promised: BTreeSet::new(),
            free: jobs,
            stopped: false,
            timeout: rules.timeout,
            on_failure: rules.on_failure,
            retries: tasks.iter().map(|task| task.retries).collect(),
            attempts: vec![0; tasks.len()],
            resting: BTreeSet::new(),
            slow: tasks.iter().map(|task| task.slow).collect(),
            slow_at: BTreeSet::new(),
            began: vec![Duration::ZERO; tasks.len()],
        }
    }

    /// The next step to start and the number of its attempt, from 1; it counts as running from now on. None while all
    /// places are taken, nothing is ready, or the run was stopped. `now` is how long the run has been going.
    pub fn start_next(&mut self, now: Duration) -> Option<(usize, u32)> {
        self.wake(now);
        while let Some(&rank) = self.ready.first() {
            let step = rank.step;
            if let Some(mutex) = self.mutexes[step].filter(|&mutex| self.taken[mutex]) {
                self.ready.remove(&rank);
                self.aside[mutex].insert(rank);
                continue;
            }
            if self.weights[step] > self.free {
                return None;
            }
            self.ready.remove(&rank);
            if let Some(mutex) = self.mutexes[step] {
                self.taken[mutex] = true;
            }
            self.begin(step, now);
            return Some((step, self.attempts[step]));
        }
        None
    }

    /// A place for the step, which runs from now on.
    fn begin(&mut self, step: usize, now: Duration) {
        self.free -= self.weights[step];
        self.running.insert(step);
        self.states[step] = State::Running;
        self.attempts[step] += 1;
        self.began[step] = now;
        if let Some(slow) = self.slow[step] {
            self.slow_at.insert((now.saturating_add(slow), step));
        }
    }

    /// The next step that may start as soon as any running step has ended well, without anybody being asked: it fits into
    /// whatever place becomes free, and nothing that could become ready by then would go first. Promised steps are taken
    /// in the order in which they were promised. None where there is none that is so certain.
    pub fn promise(&mut self) -> Option<usize> {
        let rank = *self.ready.first()?;
        let step = rank.step;
        let is_plain = self.weights[step] == 1
            && self.mutexes[step].is_none()
            && self.attempts[step] == 0
            && self.aside.iter().all(BTreeSet::is_empty);
        let ahead = self.promised.iter().map(|rank| rank.step);
        let mut before = self.running.iter().copied().chain(ahead);
        let is_first = before.all(|other| self.behind[other].is_none_or(|next| rank < next));
        let is_certain =
            is_plain && is_first && self.resting.is_empty() && !self.running.is_empty();
        if !is_certain || self.stopped {
            return None;
        }
        self.ready.remove(&rank);
        self.promised.insert(rank);
        self.states[step] = State::Promised;
        Some(step)
    }

    /// Whether a place is free although steps are promised, so that the promises have to be weighed anew.
    pub fn has_room(&self) -> bool {
        self.free > 0 && !self.promised.is_empty()
    }

    /// Records that a promised step has started in the place of one that has ended. A step that was not promised panics.
    pub fn take_over(&mut self, step: usize, now: Duration) {
        assert!(
            self.promised.remove(&self.ranks[step]),
            "a promise is taken"
        );
        self.begin(step, now);
    }

    /// Takes back the promise of a step that has not started.
    pub fn take_back(&mut self, step: usize) {
        if self.promised.remove(&self.ranks[step]) {
            self.states[step] = State::Ready;
            if !self.stopped {
                self.ready.insert(self.ranks[step]);
            }
        }
    }

    /// Records that a running step's attempt has ended, and returns all that follows, the step's own fate first, then by
    /// the order of the plan. `luck` from 0 to 1 decides over the length of a pause with jitter. A step that is not
    /// running panics.
    pub fn finish(
        &mut self,
        step: usize,
        verdict: Verdict,
        now: Duration,
        luck: f64,
    ) -> Vec<Change> {
        assert_eq!(
            self.states[step],
            State::Running,
            "only a running step can end"
        );
        self.free += self.weights[step];
        self.running.remove(&step);
        self.slow_at.retain(|&(_, slow)| slow != step);
        if let Some(mutex) = self.mutexes[step] {
            self.taken[mutex] = false;
            self.ready.extend(self.aside[mutex].pop_first());
        }
        let failed = self.attempts[step];
        match verdict {
            Verdict::Good => {
                self.states[step] = State::Ended;
                self.release(step);
                vec![Change::Ended(step)]
            }
            Verdict::Bad if failed <= self.retries[step].count && !self.stopped => {
                let pause = self.retries[step].pause(failed, luck);
                self.states[step] = State::Resting;
                self.resting.insert((now.saturating_add(pause), step));
                vec![Change::Again(step, pause)]
            }
            Verdict::Bad | Verdict::Hopeless => {
                let mut changes = self.end_badly(step);
                if self.on_failure == OnFailure::FailFast {
                    changes.extend(self.stop());
                }
                changes
            }
        }
    }

    /// Starts nothing any more. Steps that waited for another attempt end as their last one did.
    pub fn stop(&mut self) -> Vec<Change> {
        self.stopped = true;
        self.ready.clear();
        self.aside.iter_mut().for_each(BTreeSet::clear);
        let mut resting: Vec<usize> = self.resting.iter().map(|(_, step)| *step).collect();
        self.resting.clear();
        resting.sort_unstable();
        let ended = resting.into_iter();
        ended.flat_map(|step| self.end_badly(step)).collect()
    }

    /// Whether the whole run takes too long while there is still something to do; says so once.
    pub fn is_out_of_time(&mut self, now: Duration) -> bool {
        let is_over = self.timeout.is_some_and(|timeout| now >= timeout);
        let is_open = !self.ready.is_empty() || !self.promised.is_empty();
        let is_out = is_over && (is_open || !self.is_done());
        if is_out {
            self.timeout = None;
        }
        is_out
    }

    /// Running steps whose attempt has become slow since this was last asked, with how long it takes already; a slow step
    /// is told again after as long again.
    pub fn slow(&mut self, now: Duration) -> Vec<(usize, Duration)> {
        let mut slow = Vec::new();
        while let Some(&(_, step)) = self.slow_at.first().filter(|(at, _)| *at <= now) {
            self.slow_at.pop_first();
            let took = now.saturating_sub(self.began[step]);
            let period = self.slow[step].unwrap_or(Duration::MAX);
            let passed = took.as_nanos() / period.as_nanos().max(1) + 1;
            let passed = u32::try_from(passed).unwrap_or(u32::MAX);
            let next = self.began[step].saturating_add(period.saturating_mul(passed));
            self.slow_at.insert((next.max(now + TINY), step));
            slow.push((step, took));
        }
        slow
    }

    /// When there will be something to do even if no step ends, as how long the run will have been going.
    pub fn next_moment(&self) -> Option<Duration> {
        let rest = self.resting.first().map(|(at, _)| *at);
        let slow = self.slow_at.first().map(|(at, _)| *at);
        [rest, slow, self.timeout].into_iter().flatten().min()
    }

    /// Whether nothing runs, and nothing will start by itself any more.
    pub fn is_done(&self) -> bool {
        self.running.is_empty() && self.resting.is_empty()
    }

    /// Lets those start whose pause is over.
    fn wake(&mut self, now: Duration) {
        while let Some(&(_, step)) = self.resting.first().filter(|(at, _)| *at <= now) {
            self.resting.pop_first();
            self.states[step] = State::Ready;
            self.ready.insert(self.ranks[step]);
        }
    }

    /// Ends a step that will not be tried again, and all that needs it.
    fn end_badly(&mut self, step: usize) -> Vec<Change> {
        self.states[step] = State::Ended;
        let skipped = self.skip_dependants(step);
        let skipped = skipped.into_iter().map(|s| Change::Skipped(s, step));
        std::iter::once(Change::Ended(step))
            .chain(skipped)
            .collect()
    }

    /// Ends a run in which nothing runs any more: the steps that never had their turn, in the order of the plan.
    pub fn close(&mut self) -> Vec<usize> {
        assert!(self.is_done(), "a run ends after its last step");
        let open = |state: &State| matches!(state, State::Waiting(_) | State::Ready);
        let left: Vec<usize> = (0..self.states.len())
            .filter(|&s| open(&self.states[s]))
            .collect();
        for &step in &left {
            self.states[step] = State::NotRun;
        }
        self.stop();
        left
    }

    /// Lets those start that only waited for `step`.
    fn release(&mut self, step: usize) {
        for &dependant in &self.dependants[step] {
            if let State::Waiting(open) = self.states[dependant] {
                self.states[dependant] = match open - 1 {
                    0 => State::Ready,
                    open => State::Waiting(open),
                };
                if open == 1 && !self.stopped {
                    self.ready.insert(self.ranks[dependant]);
                }
            }
        }
    }

    /// Marks all that needs `step`, directly or not.
    fn skip_dependants(&mut self, step: usize) -> Vec<usize> {
        let mut skipped = Vec::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            for &dependant in &self.dependants[step] {
                if matches!(self.states[dependant], State::Waiting(_)) {
                    self.states[dependant] = State::Skipped;
                    skipped.push(dependant);
                    open.push(dependant);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }
}

/// Each step's longest path to an end, and how urgent it is: as urgent as the most urgent that waits for it.
fn ranks(tasks: &[Task], dependants: &[Vec<usize>]) -> Vec<Rank> {
    let mut ranks: Vec<Rank> = (0..tasks.len())
        .map(|step| Rank {
            priority: tasks[step].priority,
            path: 0.0,
            step,
        })
        .collect();
    for step in (0..tasks.len()).rev() {
        let behind = dependants[step]
            .iter()
            .map(|&d| ranks[d].path)
            .fold(0.0, f64::max);
        ranks[step].path = tasks[step].cost.max(0.0) + behind;
        let urgent = dependants[step].iter().map(|&d| ranks[d].priority).max();
        ranks[step].priority =
            urgent.map_or(tasks[step].priority, |most| most.max(tasks[step].priority));
    }
    ranks
}

#[cfg(test)]
mod tests;
