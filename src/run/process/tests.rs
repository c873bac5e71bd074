use std::fs;

use super::*;

/// An environment in which programs are found.
fn path() -> Variables {
    [("PATH".into(), std::env::var_os("PATH").unwrap_or_default())].into()
}

/// How a shell script ends, and what it wrote.
fn sh(script: &str, limits: Limits) -> (Ended, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let args = ["-c", script].map(OsString::from);
    let child = Child {
        program: Path::new("/bin/sh"),
        args: &args,
        dir: folder.path(),
        env: &path(),
        own: &Variables::default(),
    };
    let file = File::create(&log).expect("a log");
    let ended = run(
        &child,
        Output::Together(file),
        &Mask::default(),
        limits,
        &Interrupt::new(),
    );
    (
        ended,
        String::from_utf8_lossy(&fs::read(log).expect("a log")).into_owned(),
    )
}

/// No timeout and little grace.
const PATIENT: Limits = Limits {
    timeout: None,
    grace: Duration::from_millis(200),
};

/// Very little of both.
const HASTY: Limits = Limits {
    // Long enough for a shell to set its traps, on a busy machine too.
    timeout: Some(Duration::from_millis(1500)),
    grace: Duration::from_millis(200),
};

/// Whether a process whose id the log holds still runs.
fn is_alive(log: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", log.trim())).unwrap_or_default();
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

#[test]
fn endings_are_told_apart() {
    for (script, ending) in [
        ("true", Ending::Exited(0)),
        ("exit 42", Ending::Exited(42)),
        ("kill -TERM $$", Ending::Signalled(15)),
        ("kill -9 $$", Ending::Signalled(9)),
    ] {
        assert_eq!(sh(script, PATIENT).0.ending, ending, "{script}");
    }
}

#[test]
fn both_streams_go_to_one_file_in_order_and_nothing_can_be_read() {
    let (ended, log) = sh("echo 1; echo 2 >&2; echo 3; cat; echo 4 >&2", PATIENT);
    assert_eq!(
        (ended.ending, log.as_str()),
        (Ending::Exited(0), "1\n2\n3\n4\n")
    );
}

#[test]
fn a_timeout_ends_even_a_stubborn_grandchild() {
    let (ended, log) = sh(
        "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 50; done' & wait",
        HASTY,
    );
    assert!(matches!(ended.ending, Ending::TimedOut(_)), "{ended:?}");
    assert!(!log.trim().is_empty() && !is_alive(&log));
    let (ended, _) = sh("trap '' TERM; while :; do sleep 50; done", HASTY);
    assert!(
        matches!(ended.ending, Ending::TimedOut(Some(status)) if group::signal_of(status) == Some(9))
    );
}

#[test]
fn a_timeout_asks_first() {
    let limits = Limits {
        grace: Duration::from_secs(60),
        ..HASTY
    };
    let (ended, log) = sh(
        "trap 'echo tidy; exit 9' TERM; while :; do sleep 0.05; done",
        limits,
    );
    assert!(
        matches!(ended.ending, Ending::TimedOut(Some(status)) if status.code() == Some(9)),
        "{ended:?}"
    );
    assert!(log.ends_with("tidy\n"), "{log}");
}

#[test]
fn a_process_left_behind_is_ended_and_named() {
    let (ended, log) = sh("sleep 300 & echo $!", PATIENT);
    assert_eq!(ended.ending, Ending::Exited(0));
    assert_eq!(ended.left, ["sleep"]);
    assert!(!is_alive(&log));
}

#[test]
fn a_process_that_ends_soon_by_itself_is_not_left_behind() {
    let (ended, log) = sh("(sleep 0.02; echo last) & echo first", PATIENT);
    assert_eq!((ended.left, log.as_str()), (Vec::new(), "first\nlast\n"));
}

#[test]
fn what_cannot_start_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = folder.path().join("plain");
    fs::write(&plain, "no program").expect("a file");
    let gone = folder.path().join("gone");
    for (program, dir, expected) in [
        (gone.as_path(), folder.path(), "is not there"),
        (Path::new("/bin/sh"), gone.as_path(), "its working folder"),
        (plain.as_path(), folder.path(), "is not executable"),
    ] {
        let child = Child {
            program,
            args: &[],
            dir,
            env: &Variables::default(),
            own: &Variables::default(),
        };
        let file = tempfile::tempfile().expect("a file");
        let ended = run(
            &child,
            Output::Together(file),
            &Mask::default(),
            PATIENT,
            &Interrupt::new(),
        );
        match ended.ending {
            Ending::CouldNotStart(reason) => assert!(reason.contains(expected), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Set for the copy of the tests that measures its own memory, away from what other tests need.
const MEASURED: &str = "RUNTIME_TEST_MEASURED";

#[test]
fn much_output_costs_little_memory() {
    if std::env::var_os(MEASURED).is_none() {
        let status = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "run::process::tests::much_output_costs_little_memory",
            ])
            .env(MEASURED, "1")
            .stdout(std::process::Stdio::null())
            .status();
        assert!(status.expect("a measurement").success());
        return;
    }
    let script = "head -c 50000000 /dev/zero | tr '\\0' x";
    for mask in [Mask::default(), Mask::new(&["secret".to_owned()])] {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let args = ["-c", script].map(OsString::from);
        let child = Child {
            program: Path::new("/bin/sh"),
            args: &args,
            dir: folder.path(),
            env: &path(),
            own: &Variables::default(),
        };
        let file = File::create(&log).expect("a log");
        let ended = run(
            &child,
            Output::Together(file),
            &mask,
            PATIENT,
            &Interrupt::new(),
        );
        assert_eq!(ended.ending, Ending::Exited(0));
        assert_eq!(fs::metadata(&log).expect("a log").len(), 50_000_000);
    }
    let status = fs::read_to_string("/proc/self/status").expect("a status");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .expect("a peak");
    let peak: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|kb| kb.parse().ok())
        .expect("a number");
    assert!(peak < 40_000, "{peak} KB");
}

#[test]
fn who_listens_hears_what_the_log_has_without_secrets() {
    use std::sync::{Arc, Mutex};

    use crate::event::Live;
    use crate::run::live::Ear;

    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("log");
    let script = "printf 'to'; sleep 0.05; printf 'ken\\nplain\\n' >&2";
    let args = ["-c", script].map(OsString::from);
    let child = Child {
        program: Path::new("/bin/sh"),
        args: &args,
        dir: folder.path(),
        env: &path(),
        own: &Variables::default(),
    };
    for secrets in [vec!["token".to_owned()], vec![]] {
        let heard = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&heard);
        let ear = Ear::new(Live::Raw, move |text| {
            kept.lock().expect("a text").push_str(&text);
        });
        let file = File::create(&log).expect("a log");
        let ended = run(
            &child,
            Output::Heard(file, ear.expect("somebody listens")),
            &Mask::new(&secrets),
            PATIENT,
            &Interrupt::new(),
        );
        assert_eq!(ended.ending, Ending::Exited(0));
        let expected = match secrets.is_empty() {
            true => "token\nplain\n",
            false => "***\nplain\n",
        };
        assert_eq!(*heard.lock().expect("a text"), expected);
        assert_eq!(fs::read_to_string(&log).expect("a log"), expected);
    }
}

/// Whoever looks after all of them ends each by its own limits and its own wish.
#[test]
fn many_at_once_end_each_in_its_own_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let end = |name: &str, script: &str, timeout: Option<u64>, interrupt: &Interrupt| {
        let args = ["-c", script].map(OsString::from);
        let child = Child {
            program: Path::new("/bin/sh"),
            args: &args,
            dir: folder.path(),
            env: &path(),
            own: &[("OWN".into(), name.into())].into(),
        };
        let file = File::create(folder.path().join(name)).expect("a log");
        let limits = Limits {
            timeout: timeout.map(Duration::from_millis),
            grace: Duration::from_secs(5),
        };
        run(
            &child,
            Output::Together(file),
            &Mask::default(),
            limits,
            interrupt,
        )
        .ending
    };
    let wait = "touch began_$OWN; exec sleep 600";
    let (asked, other) = (Interrupt::new(), Interrupt::new());
    thread::scope(|scope| {
        let timed = scope.spawn(|| end("timed", wait, Some(300), &other));
        let ended = scope.spawn(|| end("ended", wait, None, &asked));
        let late = "while [ ! -e go ]; do :; done; echo $OWN; exit 3";
        let late = scope.spawn(|| end("late", late, Some(600_000), &other));
        while !folder.path().join("began_ended").exists() {
            thread::yield_now();
        }
        asked.ask();
        let ending = ended.join().expect("an ending");
        assert!(matches!(ending, Ending::Interrupted(Some(_))), "{ending:?}");
        let ending = timed.join().expect("an ending");
        assert!(matches!(ending, Ending::TimedOut(Some(_))), "{ending:?}");
        // Nothing of that has touched the one that goes on.
        fs::write(folder.path().join("go"), "").expect("a file");
        assert_eq!(late.join().expect("an ending"), Ending::Exited(3));
    });
    let log = fs::read_to_string(folder.path().join("late")).expect("a log");
    assert_eq!(log, "late\n");
}
