use std::collections::{HashSet, VecDeque};

use proptest::prelude::*;

use super::*;
use crate::manifest::retries::Backoff;

/// Reads a pipeline from lines of `name: need need *weight @mutex =cost ^priority slow:3 3x2s 3xx2s !1`: three retries
/// with a fixed or doubling pause of two seconds; the first attempt ends badly. `!` alone makes all of them end badly.
fn pipeline(text: &str) -> (Vec<&str>, Vec<Task>, Vec<u32>) {
    let (mut names, mut tasks, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(':').expect("a name");
        let mut task = Task {
            cost: 1.0,
            ..Task::default()
        };
        let mut bad = 0;
        for word in rest.split_whitespace() {
            match word.split_at(1) {
                ("*", weight) => task.weight = weight.parse().expect("a weight"),
                ("@", mutex) => task.mutex = Some(mutex.to_owned()),
                ("=", cost) => task.cost = cost.parse().expect("a cost"),
                ("^", priority) => task.priority = priority.parse().expect("a priority"),
                ("!", times) => bad = times.parse().unwrap_or(u32::MAX),
                ("s", slow) if slow.starts_with("low:") => {
                    task.slow = Some(seconds(&slow[4..]));
                }
                (first, _) if first.parse::<u32>().is_ok() => {
                    let (count, pause) = word.split_once('x').expect("retries");
                    let grows = pause.starts_with('x');
                    task.retries = Retries {
                        count: count.parse().expect("a count"),
                        backoff: if grows {
                            Backoff::Exponential
                        } else {
                            Backoff::Fixed
                        },
                        delay: seconds(pause.trim_matches(['x', 's'])),
                        ..Retries::default()
                    };
                }
                _ => task
                    .needs
                    .push(names.iter().position(|n| *n == word).expect("a need")),
            }
        }
        names.push(name);
        tasks.push(task);
        failures.push(bad);
    }
    (names, tasks, failures)
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().expect("seconds"))
}

fn rules(jobs: usize, on_failure: OnFailure) -> Rules {
    Rules {
        jobs,
        on_failure,
        timeout: None,
    }
}

/// Runs a pipeline by a clock of its own, on which an attempt takes a step's cost in seconds, and tells what happened
/// when: `+a` starts, `-a` ends, `?a` rests, `~a` is skipped, `.a` is not run, `*a` is slow, `!` is out of time.
fn told_by_the_clock(rules: Rules, text: &str) -> String {
    let told = told_by_a_clock(rules, text, false);
    assert_eq!(told_by_a_clock(rules, text, true), told, "{text}");
    told
}

/// The same, with or without promises.
fn told_by_a_clock(rules: Rules, text: &str, promises: bool) -> String {
    let (names, tasks, mut failures) = pipeline(text);
    let mut scheduler = Scheduler::new(&tasks, &rules);
    let mut promised = Promised::new(promises);
    let mut told: Vec<(Duration, String)> = Vec::new();
    let mut running: Vec<(Duration, usize)> = Vec::new();
    let mut now = Duration::ZERO;
    let changed = |told: &mut Vec<(Duration, String)>, now, changes: Vec<Change>| {
        for change in changes {
            told.push(match change {
                Change::Again(step, _) => (now, format!("?{}", names[step])),
                Change::Ended(step) => (now, format!("-{}", names[step])),
                Change::Skipped(step, _) => (now, format!("~{}", names[step])),
            });
        }
    };
    loop {
        if scheduler.is_out_of_time(now) {
            told.push((now, "!".to_owned()));
            let changes = scheduler.stop();
            changed(&mut told, now, changes);
            // What runs is ended at once.
            running.iter_mut().for_each(|(end, _)| *end = now);
        }
        for (step, _) in scheduler.slow(now) {
            told.push((now, format!("*{}", names[step])));
        }
        let starts = |step: usize| (now + Duration::from_secs_f64(tasks[step].cost), step);
        promised.weigh(&mut scheduler);
        while let Some((step, _)) = scheduler.start_next(now) {
            told.push((now, format!("+{}", names[step])));
            running.push(starts(step));
        }
        promised.extend(&mut scheduler);
        if scheduler.is_done() {
            break;
        }
        let first = running.iter().enumerate().min_by_key(|(_, (end, _))| *end);
        let first = first.map(|(at, (end, _))| (at, *end));
        match (first, scheduler.next_moment()) {
            (Some((at, end)), moment) if moment.is_none_or(|moment| end <= moment) => {
                now = now.max(end);
                let (_, step) = running.remove(at);
                let bad = failures[step] > 0;
                failures[step] = failures[step].saturating_sub(1);
                let verdict = if bad { Verdict::Bad } else { Verdict::Good };
                let is_over = rules.timeout.is_some_and(|timeout| now >= timeout);
                let next = promised.next(verdict).filter(|_| !is_over);
                let changes = scheduler.finish(step, verdict, now, 0.5);
                changed(&mut told, now, changes);
                if let Some(next) = next {
                    scheduler.take_over(next, now);
                    told.push((now, format!("+{}", names[next])));
                    running.push((now + Duration::from_secs_f64(tasks[next].cost), next));
                }
            }
            (_, Some(moment)) => {
                assert!(moment > now, "a moment that is over is none");
                now = moment;
            }
            (_, None) => unreachable!("something runs or rests"),
        }
    }
    let left = scheduler.close().into_iter();
    told.extend(left.map(|step| (now, format!(".{}", names[step]))));
    let mut text = String::new();
    let mut last = None;
    for (at, word) in told {
        if last != Some(at) {
            text += &format!(" {}:", at.as_secs_f64());
            last = Some(at);
        }
        text += &format!(" {word}");
    }
    text.trim_start().to_owned()
}

/// Steps that are promised, as those who see steps to their ends know them.
#[derive(Default)]
struct Promised {
    are_made: bool,
    steps: VecDeque<usize>,
}

impl Promised {
    fn new(are_made: bool) -> Self {
        Self {
            are_made,
            ..Self::default()
        }
    }

    /// Takes promises back where they have to be weighed anew.
    fn weigh(&mut self, scheduler: &mut Scheduler) {
        if scheduler.has_room() || scheduler.stopped {
            self.steps
                .drain(..)
                .for_each(|step| scheduler.take_back(step));
        }
    }

    fn extend(&mut self, scheduler: &mut Scheduler) {
        if self.are_made {
            self.steps
                .extend(std::iter::from_fn(|| scheduler.promise()));
        }
    }

    /// The one that starts when a step ends so.
    fn next(&mut self, verdict: Verdict) -> Option<usize> {
        self.steps.pop_front_if(|_| verdict == Verdict::Good)
    }
}

/// Runs a pipeline in which whatever started first ends first, and tells what happened.
fn told(jobs: usize, on_failure: OnFailure, text: &str) -> String {
    let told = told_in_order(jobs, on_failure, text, false);
    assert_eq!(told_in_order(jobs, on_failure, text, true), told, "{text}");
    told
}

/// The same, with or without promises.
fn told_in_order(jobs: usize, on_failure: OnFailure, text: &str, promises: bool) -> String {
    let (names, tasks, failures) = pipeline(text);
    let mut scheduler = Scheduler::new(&tasks, &rules(jobs, on_failure));
    let (mut told, mut running) = (Vec::new(), Vec::new());
    let mut promised = Promised::new(promises);
    let now = Duration::ZERO;
    loop {
        promised.weigh(&mut scheduler);
        while let Some((step, _)) = scheduler.start_next(now) {
            told.push(format!("+{}", names[step]));
            running.push(step);
        }
        promised.extend(&mut scheduler);
        if running.is_empty() {
            break;
        }
        let step = running.remove(0);
        let bad = failures[step] > 0;
        let verdict = if bad {
            Verdict::Hopeless
        } else {
            Verdict::Good
        };
        let next = promised.next(verdict);
        for change in scheduler.finish(step, verdict, now, 0.5) {
            told.push(match change {
                Change::Again(step, _) => format!("?{}", names[step]),
                Change::Ended(step) => format!("-{}", names[step]),
                Change::Skipped(step, _) => format!("~{}", names[step]),
            });
        }
        if let Some(next) = next {
            scheduler.take_over(next, now);
            told.push(format!("+{}", names[next]));
            running.push(next);
        }
    }
    told.extend(scheduler.close().iter().map(|&s| format!(".{}", names[s])));
    told.join(" ")
}

#[test]
fn steps_start_when_they_may_and_as_many_as_may() {
    let keep = OnFailure::KeepGoing;
    for (jobs, text, expected) in [
        (4, "a:\n b: a\n c: a\n d: b c", "+a -a +b +c -b -c +d -d"),
        (1, "a:\n b:\n c: a", "+a -a +b -b +c -c"),
        // The head of the longest path first, whatever the order of the plan.
        (1, "a:\n b: =5\n c:\n d: c =9", "+c -c +d -d +b -b +a -a"),
        (2, "a: =3\n b: =1\n c: b =1", "+a +b -a -b +c -c"),
        // A heavy step waits for its places, and nothing overtakes it.
        (3, "a: =9\n b: *3 =5\n c:", "+a -a +b -b +c -c"),
        (2, "a: *99\n b:", "+a -a +b -b"),
        // A mutex keeps two apart, and only them.
        (3, "a: @db =3\n b: @db =2\n c: =1", "+a +c -a +b -c -b"),
        (3, "a: @db =3\n b: @db =2\n c: @db =9", "+c -c +a -a +b -b"),
        // Priority before the length of the path; what a step needs is as urgent as the step.
        (1, "a: =9\n b: ^1\n c: ^-1 =99", "+b -b +a -a +c -c"),
        (1, "a: =9\n b:\n c: b ^5\n d: ^4", "+b -b +c -c +d -d +a -a"),
    ] {
        assert_eq!(told(jobs, keep, text), expected, "{text}");
    }
}

#[test]
fn a_failure_takes_with_it_what_the_policy_says() {
    let text = "a: !\n b:\n c: a\n d: c b\n e: b";
    let keep = told(1, OnFailure::KeepGoing, text);
    assert_eq!(keep, "+a -a ~c ~d +b -b +e -e");
    let fast = told(1, OnFailure::FailFast, text);
    assert_eq!(fast, "+a -a ~c ~d .b .e");
    // What runs already runs to its end.
    let fast = told(2, OnFailure::FailFast, text);
    assert_eq!(fast, "+a +b -a ~c ~d -b .e");
}

#[test]
fn a_stopped_run_starts_nothing_and_forgets_nothing() {
    let (_, tasks, _) = pipeline("a:\n b: a\n c:\n d: @m\n e: @m");
    let mut scheduler = Scheduler::new(&tasks, &rules(1, OnFailure::KeepGoing));
    let now = Duration::ZERO;
    let (first, _) = scheduler.start_next(now).expect("a step to start");
    assert_eq!(scheduler.stop(), []);
    assert_eq!(scheduler.start_next(now), None);
    let changes = scheduler.finish(first, Verdict::Good, now, 0.5);
    assert_eq!(changes, [Change::Ended(first)]);
    assert_eq!(scheduler.start_next(now), None);
    assert_eq!(scheduler.close(), [1, 2, 3, 4]);
}

#[test]
fn attempts_follow_each_other_by_the_clock() {
    let keep = OnFailure::KeepGoing;
    for (jobs, text, expected) in [
        (1, "a: 2x0s !1", "0: +a 1: ?a +a 2: -a"),
        (1, "a: 2x3s !", "0: +a 1: ?a 4: +a 5: ?a 8: +a 9: -a"),
        (
            1,
            "a: 3xx2s !3",
            "0: +a 1: ?a 3: +a 4: ?a 8: +a 9: ?a 17: +a 18: -a",
        ),
        // A step that rests holds neither place nor mutex.
        (
            1,
            "a: 1x5s !1 @m =2\n b: @m =1",
            "0: +a 2: ?a +b 3: -b 7: +a 9: -a",
        ),
        // When its pause is over it waits for a place like any other, before what is less urgent.
        (
            1,
            "a: 1x1s !1 ^1\n b: =5\n c: =4",
            "0: +a 1: ?a +b 6: -b +a 7: -a +c 11: -c",
        ),
        // Only the last failure skips what needs it.
        (
            2,
            "a: 1x1s !\n b: a\n c: b\n d: =9",
            "0: +d +a 1: ?a 2: +a 3: -a ~b ~c 9: -d",
        ),
        (
            1,
            "a: slow:2 =7\n b: slow:9",
            "0: +a 2: *a 4: *a 6: *a 7: -a +b 8: -b",
        ),
        // Each attempt is slow by itself.
        (
            1,
            "a: slow:2 =3 1x1s !1",
            "0: +a 2: *a 3: ?a 4: +a 6: *a 7: -a",
        ),
    ] {
        assert_eq!(
            told_by_the_clock(rules(jobs, keep), text),
            expected,
            "{text}"
        );
    }
}

#[test]
fn a_run_that_takes_too_long_tries_nothing_again() {
    let rules = |on_failure| Rules {
        timeout: Some(Duration::from_secs(5)),
        ..rules(2, on_failure)
    };
    for (on_failure, text, expected) in [
        (OnFailure::KeepGoing, "a: =4\n b: a", "0: +a 4: -a +b 5: -b"),
        (
            OnFailure::KeepGoing,
            "a: =9 9x1s !\n b: a\n c: 9x60s !\n d: c\n e: ^-1 =6",
            "0: +a +c 1: ?c +e 5: ! -c ~d -a ~b -e",
        ),
        (
            OnFailure::FailFast,
            "a: =3 !\n b: 1x9s !\n c: b ^3\n d: =99",
            "0: +b +d 1: ?b +a 4: -a -b ~c 5: ! -d",
        ),
    ] {
        let told = told_by_the_clock(rules(on_failure), text);
        assert_eq!(told, expected, "{text}");
    }
}

#[test]
fn who_is_asked_late_is_told_once() {
    let (_, tasks, _) = pipeline("a: slow:2");
    let mut scheduler = Scheduler::new(&tasks, &rules(1, OnFailure::KeepGoing));
    scheduler.start_next(seconds("1"));
    assert_eq!(scheduler.slow(seconds("2.9")), []);
    assert_eq!(scheduler.slow(seconds("9")), [(0, seconds("8"))]);
    assert_eq!(scheduler.slow(seconds("9")), []);
    assert_eq!(scheduler.next_moment(), Some(seconds("11")));
}

/// A random pipeline with random endings.
fn any_pipeline() -> impl Strategy<Value = (Vec<Task>, Vec<bool>)> {
    let step = (
        proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        0..5_usize,
        proptest::option::of("[ab]"),
        0.0..9.0_f64,
        proptest::bool::weighted(0.8),
        -2..3_i32,
        0..3_u32,
    );
    proptest::collection::vec(step, 1..40).prop_map(|steps| {
        let task = |(at, (needs, weight, mutex, cost, good, priority, retries)): (usize, _)| {
            let needs: Vec<prop::sample::Index> = needs;
            let needs = match at {
                0 => Vec::new(),
                _ => needs.iter().map(|index| index.index(at)).collect(),
            };
            let task = Task {
                needs,
                weight,
                mutex,
                cost,
                priority,
                retries: Retries::times(retries),
                slow: None,
            };
            (task, good)
        };
        steps.into_iter().enumerate().map(task).unzip()
    })
}

/// In which order the steps of a pipeline start, where `ends` says which of so many running steps ends next, and how many were
/// promised first.
fn started(
    (tasks, good): &(Vec<Task>, Vec<bool>),
    rules: &Rules,
    ends: &mut dyn FnMut(usize) -> usize,
    promises: bool,
) -> (Vec<usize>, usize) {
    let mut scheduler = Scheduler::new(tasks, rules);
    let mut promised = Promised::new(promises);
    let (mut order, mut running, mut taken) = (Vec::new(), Vec::new(), 0);
    let now = Duration::ZERO;
    loop {
        promised.weigh(&mut scheduler);
        while let Some((step, _)) = scheduler.start_next(now) {
            order.push(step);
            running.push(step);
        }
        promised.extend(&mut scheduler);
        if running.is_empty() {
            break;
        }
        let step: usize = running.remove(ends(running.len()));
        let verdict = if good[step] {
            Verdict::Good
        } else {
            Verdict::Bad
        };
        let next = promised.next(verdict);
        scheduler.finish(step, verdict, now, 0.5);
        if let Some(next) = next {
            scheduler.take_over(next, now);
            order.push(next);
            running.push(next);
            taken += 1;
        }
    }
    assert!(scheduler.promised.is_empty(), "no promise is left");
    (order, taken)
}

#[test]
fn what_is_certain_is_promised() {
    for (text, order, taken) in [
        ("a:\n b:\n c:", [0, 1, 2].as_slice(), 2),
        // `d` and `e` may go first when what they need has ended, and `e` has a mutex.
        (
            "a:\n b:\n c:\n d: a\n e: b @m\n f: *2\n g:",
            &[0, 1, 2, 3, 4, 5, 6],
            5,
        ),
        ("a: ^1\n b:\n c: a =9", &[0, 2, 1], 1),
    ] {
        let (_, tasks, _) = pipeline(text);
        let good = vec![true; tasks.len()];
        let rules = rules(1, OnFailure::KeepGoing);
        let told = started(&(tasks, good), &rules, &mut |_| 0, true);
        assert_eq!(told, (order.to_vec(), taken), "{text}");
    }
}

proptest! {
    #[test]
    fn promises_change_no_order(
        pipeline in any_pipeline(),
        jobs in 1..6_usize,
        fail_fast in any::<bool>(),
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let on_failure = if fail_fast { OnFailure::FailFast } else { OnFailure::KeepGoing };
        let rules = rules(jobs, on_failure);
        let order = |promises| {
            let mut choices = choices.iter().cycle();
            let mut ends = |running| choices.next().map_or(0, |choice| choice.index(running));
            started(&pipeline, &rules, &mut ends, promises).0
        };
        prop_assert_eq!(order(true), order(false));
    }

    #[test]
    fn every_step_ends_once_and_no_limit_is_broken(
        (tasks, good) in any_pipeline(),
        jobs in 1..6_usize,
        fail_fast in any::<bool>(),
        stop_after in proptest::option::of(0..40_usize),
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let on_failure = if fail_fast { OnFailure::FailFast } else { OnFailure::KeepGoing };
        let mut scheduler = Scheduler::new(&tasks, &rules(jobs, on_failure));
        let mut running: Vec<usize> = Vec::new();
        let mut ended: Vec<Option<&str>> = vec![None; tasks.len()];
        let (mut ends, mut refused) = (0, false);
        let now = Duration::ZERO;
        loop {
            while let Some((step, attempt)) = scheduler.start_next(now) {
                prop_assert!(!refused, "nothing starts after a stop");
                prop_assert!(attempt <= tasks[step].retries.count + 1);
                prop_assert!(tasks[step].needs.iter().all(|&need| ended[need] == Some("good")));
                prop_assert!(ended[step].is_none() && !running.contains(&step));
                // Nobody who could start but for his weight is overtaken by who is less urgent.
                let may = |other: &usize| {
                    let is_taken = |mutex: &Option<String>| mutex.is_some() && running.iter().any(|&s| tasks[s].mutex == *mutex);
                    ended[*other].is_none()
                        && !running.contains(other)
                        && tasks[*other].needs.iter().all(|&need| ended[need] == Some("good"))
                        && !is_taken(&tasks[*other].mutex)
                };
                let most_urgent = (0..tasks.len()).filter(may).map(|other| scheduler.ranks[other]).min();
                prop_assert_eq!(most_urgent.map(|rank| rank.step), Some(step));
                running.push(step);
                let weight: usize = running.iter().map(|&s| tasks[s].weight.clamp(1, jobs)).sum();
                prop_assert!(weight <= jobs);
                let held: Vec<&String> = running.iter().filter_map(|&s| tasks[s].mutex.as_ref()).collect();
                prop_assert_eq!(held.iter().collect::<HashSet<_>>().len(), held.len());
            }
            prop_assert_eq!(scheduler.is_done(), running.is_empty());
            if running.is_empty() {
                break;
            }
            let step = running.remove(choices[ends % choices.len()].index(running.len()));
            ends += 1;
            let verdict = if good[step] { Verdict::Good } else { Verdict::Bad };
            let mut changes = scheduler.finish(step, verdict, now, 0.5);
            let is_last = changes.contains(&Change::Ended(step));
            prop_assert!(is_last || changes == [Change::Again(step, Duration::ZERO)]);
            refused |= fail_fast && !good[step] && is_last;
            if stop_after == Some(ends) {
                changes.extend(scheduler.stop());
                refused = true;
            }
            for change in changes {
                match change {
                    Change::Again(..) => {}
                    Change::Ended(step) => {
                        prop_assert!(!running.contains(&step));
                        let how = if good[step] { "good" } else { "bad" };
                        prop_assert!(ended[step].replace(how).is_none());
                    }
                    Change::Skipped(skipped, _) => {
                        prop_assert!(ended[skipped].replace("skipped").is_none());
                        prop_assert!(!running.contains(&skipped));
                    }
                }
            }
        }
        for left in scheduler.close() {
            prop_assert!(ended[left].replace("not run").is_none());
            prop_assert!(refused, "only a stop leaves steps behind");
        }
        prop_assert!(ended.iter().all(Option::is_some));
        for (step, task) in tasks.iter().enumerate().filter(|(step, _)| ended[*step] == Some("skipped")) {
            let bad = |need: &usize| matches!(ended[*need], Some("bad" | "skipped"));
            prop_assert!(task.needs.iter().any(bad), "step {} was skipped for nothing", step);
        }
    }
}
