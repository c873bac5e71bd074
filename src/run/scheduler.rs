//! Owns the order of a run: which step may start now, which can no longer start, when all is said. Knows nothing of
//! processes, files or time; whoever asks it carries out what it says.
//!
//! A step moves only so:
//!
//! ```text
//! Waiting ──all it needs is good──► Ready ──start──► Running ──finish──► Ended
//!    │                                │
//!    ├──a need ended badly──► Skipped │
//!    └──────────stop────────► NotRun ◄┘
//! ```
//!
//! Among ready steps the one with the longest path of work behind it goes first. A step too heavy for the places that
//! are free is waited for, so that lighter ones cannot starve it; a step whose mutex is taken stands aside.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

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

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As many of its needs have not ended yet.
    Waiting(usize),
    /// It may start.
    Ready,
    /// It has started.
    Running,
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
    /// The work on the longest path from here to an end, this step included.
    path: f64,
    step: usize,
}

impl Eq for Rank {}

impl Ord for Rank {
    /// Long paths first, then the order of the plan.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.path.total_cmp(&self.path)).then(self.step.cmp(&other.step))
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
    ready: BTreeSet<Rank>,
    /// Whether each mutex is taken.
    taken: Vec<bool>,
    /// Ready steps that wait for a mutex.
    aside: Vec<BTreeSet<Rank>>,
    free: usize,
    running: usize,
    on_failure: OnFailure,
    stopped: bool,
}

impl Scheduler {
    /// All steps waiting or ready, with `jobs` parallel places. A need that is not an earlier step is a broken plan and
    /// panics.
    pub fn new(tasks: &[Task], jobs: usize, on_failure: OnFailure) -> Self {
        let jobs = jobs.max(1);
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
            free: jobs,
            running: 0,
            on_failure,
            stopped: false,
        }
    }

    /// The next step to start, which counts as running from now on; none while all places are taken, nothing is
    /// ready, or the run was stopped.
    pub fn start_next(&mut self) -> Option<usize> {
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
            self.free -= self.weights[step];
            self.running += 1;
            self.states[step] = State::Running;
            return Some(step);
        }
        None
    }

    /// Records that a running step has ended, and returns the steps that can no longer start because of that, in the
    /// order of the plan. A step that is not running panics.
    pub fn finish(&mut self, step: usize, good: bool) -> Vec<usize> {
        assert_eq!(
            self.states[step],
            State::Running,
            "only a running step can end"
        );
        self.states[step] = State::Ended;
        self.free += self.weights[step];
        self.running -= 1;
        if let Some(mutex) = self.mutexes[step] {
            self.taken[mutex] = false;
            self.ready.extend(self.aside[mutex].pop_first());
        }
        if good {
            self.release(step);
            return Vec::new();
        }
        if self.on_failure == OnFailure::FailFast {
            self.stopped = true;
        }
        self.skip_dependants(step)
    }

    /// Starts nothing any more.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.ready.clear();
        self.aside.iter_mut().for_each(BTreeSet::clear);
    }

    /// How many steps run.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Ends a run in which nothing runs any more: the steps that never had their turn, in the order of the plan.
    pub fn close(&mut self) -> Vec<usize> {
        assert_eq!(self.running, 0, "a run ends after its last step");
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
        if self.stopped {
            self.stop();
        }
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

/// Each step's longest path to an end.
fn ranks(tasks: &[Task], dependants: &[Vec<usize>]) -> Vec<Rank> {
    let mut ranks: Vec<Rank> = (0..tasks.len())
        .map(|step| Rank { path: 0.0, step })
        .collect();
    for step in (0..tasks.len()).rev() {
        let behind = dependants[step]
            .iter()
            .map(|&d| ranks[d].path)
            .fold(0.0, f64::max);
        ranks[step].path = tasks[step].cost.max(0.0) + behind;
    }
    ranks
}

#[cfg(test)]
mod tests;
