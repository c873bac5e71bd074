//! Owns the threads that see steps to their end: as many as there are steps at work at once, each of which takes one step
//! after the other. Tells the owner of the run what happens through a channel.
//!
//! Turns that are promised lie ready for whoever ends a step well, so that no place stays empty while the owner of the run
//! takes in what happened.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::Instant;

use super::journal::Events;
use super::live::Ear;
use super::step::{self, Attempt, Context};
use super::teller::Unwritten;
use crate::event::{Event, Live};
use crate::plan::Invocation;

/// How many turns are promised at most.
pub(super) const AHEAD: usize = 16;

/// What a thread says of its step.
pub(super) enum Message {
    /// Its first attempt begins. These events of it have been written down, or could not be.
    Begun(Vec<Event>, Result<(), Unwritten>),
    /// An attempt has ended.
    Finished(Finished),
    /// An attempt prints this. It waits to hear that this was told.
    Prints(usize, u32, String, Sender<()>),
    /// It met a bug of ours.
    Panicked(Box<dyn Any + Send>),
}

/// The end of an attempt.
pub(super) struct Finished {
    /// The number of the thread that made it.
    pub(super) thread: usize,
    /// The step's place in the plan.
    pub(super) index: usize,
    /// How it went.
    pub(super) attempt: Attempt,
    /// The promised step whose turn the thread has taken right away; without one it waits for a turn.
    pub(super) next: Option<usize>,
}

/// An attempt that a thread is to make.
pub(super) struct Turn<'a> {
    /// The step's place in the plan.
    pub(super) index: usize,
    /// The step.
    pub(super) invocation: &'a Invocation,
    /// What it starts; nothing for an external one.
    pub(super) program: Option<&'a Path>,
    /// The command as people may see it.
    pub(super) command: String,
    /// Which attempt it is, from 1.
    pub(super) number: u32,
}

/// What all threads share.
pub(super) struct Work<'a> {
    /// What is the same for all steps.
    pub(super) context: &'a Context<'a>,
    /// Where it is written down that steps begin.
    pub(super) events: Arc<Events>,
    /// When the run began.
    pub(super) began: Instant,
    /// How what steps print is told.
    pub(super) live: Live,
    /// Turns for whoever ends a step well.
    pub(super) ahead: Ahead<'a>,
}

/// Promised turns, in the order in which they are to be taken.
#[derive(Default)]
pub(super) struct Ahead<'a> {
    turns: Mutex<Turns<'a>>,
    /// From when on none is taken any more.
    until: Option<Instant>,
}

#[derive(Default)]
struct Turns<'a> {
    list: VecDeque<Turn<'a>>,
    /// Whether something has ended badly since they were last weighed: then none is certain any more.
    is_held: bool,
}

impl<'a> Ahead<'a> {
    /// None yet. Whoever ends a step at `until` or later takes none.
    pub(super) fn until(until: Option<Instant>) -> Self {
        Self {
            until,
            ..Self::default()
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns<'a>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many nobody has taken yet.
    pub(super) fn len(&self) -> usize {
        self.turns().list.len()
    }

    /// Promises one more, after all others.
    pub(super) fn push(&self, turn: Turn<'a>) {
        self.turns().list.push_back(turn);
    }

    /// Takes back what nobody has taken: places of steps in the plan.
    pub(super) fn recall(&self) -> Vec<usize> {
        let mut turns = self.turns();
        turns.is_held = false;
        turns.list.drain(..).map(|turn| turn.index).collect()
    }

    fn take(&self) -> Option<Turn<'a>> {
        let is_over = self.until.is_some_and(|until| Instant::now() >= until);
        let mut turns = self.turns();
        let is_certain = !is_over && !turns.is_held;
        turns.list.pop_front_if(|_| is_certain)
    }

    /// Has nobody take any until they are weighed anew.
    fn hold(&self) {
        self.turns().is_held = true;
    }
}

/// The way to each thread, and who waits for a turn, the one that was at work last at the end. The threads end when this
/// is dropped.
#[derive(Default)]
pub(super) struct Crew<'a> {
    threads: Vec<Sender<Turn<'a>>>,
    idle: Vec<usize>,
}

impl<'a> Work<'a> {
    /// Takes one turn after the other until there are no more, as the thread of this number.
    fn all(&self, number: usize, turns: &Receiver<Turn<'a>>, sender: &Sender<Message>) {
        for turn in turns {
            let mut turn = Some(turn);
            while let Some(now) = turn.take() {
                let index = now.index;
                let one = AssertUnwindSafe(|| self.one(now, sender));
                let message = match panic::catch_unwind(one) {
                    Ok(attempt) => {
                        turn = self.next(&attempt);
                        Message::Finished(Finished {
                            thread: number,
                            index,
                            attempt,
                            next: turn.as_ref().map(|turn| turn.index),
                        })
                    }
                    Err(panic) => Message::Panicked(panic),
                };
                // Receiving ends only after every step has.
                drop(sender.send(message));
            }
        }
    }

    /// The promised turn that follows an attempt: only a good one, for another may change what comes next.
    fn next(&self, attempt: &Attempt) -> Option<Turn<'a>> {
        if !attempt.state.is_good() {
            self.ahead.hold();
            return None;
        }
        let goes_on = !self.context.interrupt.is_asked();
        goes_on.then(|| self.ahead.take()).flatten()
    }

    fn one(&self, turn: Turn<'_>, sender: &Sender<Message>) -> Attempt {
        let Turn {
            index,
            invocation,
            program,
            command,
            number,
        } = turn;
        // No process starts before it is written down that it does.
        let mut begins = |because| {
            let at = self.began.elapsed().as_secs_f64();
            let explained = Event::StepExplained {
                step: invocation.step.clone(),
                because,
                at,
            };
            let started = Event::StepStarted {
                step: invocation.step.clone(),
                attempt: number,
                command: command.clone(),
                at,
            };
            // The step goes on either way: what is amiss ends the run.
            let written = self.events.append(&[&explained, &started]);
            drop(sender.send(Message::Begun(vec![explained, started], written)));
        };
        let ear = ear(self.live, index, number, sender);
        step::run(self.context, invocation, program, number, &mut begins, ear)
    }
}

impl<'a> Crew<'a> {
    /// Has an attempt made.
    pub(super) fn take<'scope>(
        &mut self,
        turn: Turn<'a>,
        work: &'scope Work<'a>,
        scope: &'scope Scope<'scope, '_>,
        sender: &Sender<Message>,
    ) {
        let number = self.idle.pop().unwrap_or_else(|| {
            let number = self.threads.len();
            let (turns, taken) = mpsc::channel();
            self.threads.push(turns);
            let sender = sender.clone();
            scope.spawn(move || work.all(number, &taken, &sender));
            number
        });
        // A thread lives as long as there may be turns for it.
        drop(self.threads[number].send(turn));
    }

    /// The thread of this number is free.
    pub(super) fn is_back(&mut self, number: usize) {
        self.idle.push(number);
    }
}

/// Tells what an attempt prints, a piece after the other: however much it prints, nothing piles up.
fn ear(live: Live, index: usize, number: u32, sender: &Sender<Message>) -> Option<Ear> {
    let sender = sender.clone();
    Ear::new(live, move |text| {
        let (told, is_told) = mpsc::channel();
        drop(sender.send(Message::Prints(index, number, text, told)));
        let _ = is_told.recv();
    })
}
