use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Reads a pipeline from lines of `name: need need *weight @mutex =cost !`, where `!` makes the step end badly.
fn pipeline(text: &str) -> (Vec<&str>, Vec<Task>, Vec<bool>) {
    let (mut names, mut tasks, mut good) = (Vec::new(), Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, rest) = line.split_once(':').expect("a name");
        let mut task = Task {
            cost: 1.0,
            ..Task::default()
        };
        let mut ends_well = true;
        for word in rest.split_whitespace() {
            match word.split_at(1) {
                ("*", weight) => task.weight = weight.parse().expect("a weight"),
                ("@", mutex) => task.mutex = Some(mutex.to_owned()),
                ("=", cost) => task.cost = cost.parse().expect("a cost"),
                ("!", _) => ends_well = false,
                _ => task
                    .needs
                    .push(names.iter().position(|n| *n == word).expect("a need")),
            }
        }
        names.push(name);
        tasks.push(task);
        good.push(ends_well);
    }
    (names, tasks, good)
}

/// Runs a pipeline in which whatever started first ends first, and tells what happened: `+a` starts, `-a` ends, `~a`
/// is skipped, `.a` is not run.
fn told(jobs: usize, on_failure: OnFailure, text: &str) -> String {
    let (names, tasks, good) = pipeline(text);
    let mut scheduler = Scheduler::new(&tasks, jobs, on_failure);
    let (mut told, mut running) = (Vec::new(), Vec::new());
    loop {
        while let Some(step) = scheduler.start_next() {
            told.push(format!("+{}", names[step]));
            running.push(step);
        }
        if running.is_empty() {
            break;
        }
        let step = running.remove(0);
        told.push(format!("-{}", names[step]));
        told.extend(
            scheduler
                .finish(step, good[step])
                .iter()
                .map(|&s| format!("~{}", names[s])),
        );
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
    let mut scheduler = Scheduler::new(&tasks, 2, OnFailure::KeepGoing);
    let first = scheduler.start_next().expect("a start");
    scheduler.stop();
    assert_eq!(scheduler.start_next(), None);
    assert!(scheduler.finish(first, true).is_empty());
    assert_eq!(scheduler.start_next(), None);
    assert_eq!(scheduler.close(), [1, 2, 3, 4]);
}

/// A random pipeline with random endings.
fn any_pipeline() -> impl Strategy<Value = (Vec<Task>, Vec<bool>)> {
    let step = (
        proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        0..5_usize,
        proptest::option::of("[ab]"),
        0.0..9.0_f64,
        proptest::bool::weighted(0.8),
    );
    proptest::collection::vec(step, 1..40).prop_map(|steps| {
        let task = |(at, (needs, weight, mutex, cost, good)): (usize, _)| {
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
            };
            (task, good)
        };
        steps.into_iter().enumerate().map(task).unzip()
    })
}

proptest! {
    #[test]
    fn every_step_ends_once_and_no_limit_is_broken(
        (tasks, good) in any_pipeline(),
        jobs in 1..6_usize,
        fail_fast in any::<bool>(),
        stop_after in proptest::option::of(0..40_usize),
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let on_failure = if fail_fast { OnFailure::FailFast } else { OnFailure::KeepGoing };
        let mut scheduler = Scheduler::new(&tasks, jobs, on_failure);
        let mut running: Vec<usize> = Vec::new();
        let mut ended: Vec<Option<&str>> = vec![None; tasks.len()];
        let (mut ends, mut refused) = (0, false);
        loop {
            while let Some(step) = scheduler.start_next() {
                prop_assert!(!refused, "nothing starts after a stop");
                prop_assert!(tasks[step].needs.iter().all(|&need| ended[need] == Some("good")));
                prop_assert!(ended[step].is_none() && !running.contains(&step));
                running.push(step);
                let weight: usize = running.iter().map(|&s| tasks[s].weight.clamp(1, jobs)).sum();
                prop_assert!(weight <= jobs);
                let held: Vec<&String> = running.iter().filter_map(|&s| tasks[s].mutex.as_ref()).collect();
                prop_assert_eq!(held.iter().collect::<HashSet<_>>().len(), held.len());
            }
            prop_assert_eq!(scheduler.running(), running.len());
            if running.is_empty() {
                break;
            }
            let step = running.remove(choices[ends % choices.len()].index(running.len()));
            ended[step] = Some(if good[step] { "good" } else { "bad" });
            ends += 1;
            for skipped in scheduler.finish(step, good[step]) {
                prop_assert!(ended[skipped].replace("skipped").is_none());
                prop_assert!(!running.contains(&skipped));
            }
            refused |= fail_fast && !good[step];
            if stop_after == Some(ends) {
                scheduler.stop();
                refused = true;
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
