use super::*;

#[test]
fn a_lock_is_held_by_one_and_given_back() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut lock, left) = Lock::take(home.path()).expect("a lock");
    assert_eq!(left, None);
    lock.sign("run-1").expect("a signature");
    assert!(
        matches!(Lock::take(home.path()), Err(LockError::Busy(Some(pid))) if pid == std::process::id())
    );
    assert!(Lock::is_held_by(home.path(), "run-1"));
    assert!(!Lock::is_held_by(home.path(), "run-2"));
    lock.release();
    assert!(!Lock::is_held_by(home.path(), "run-1"));
    let (lock, left) = Lock::take(home.path()).expect("a lock");
    assert_eq!(left, None);
    drop(lock);
}

#[test]
fn a_lock_that_was_never_given_back_tells_whose_it_was() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut lock, _) = Lock::take(home.path()).expect("a lock");
    lock.sign("run-1").expect("a signature");
    drop(lock);
    assert!(
        !Lock::is_held_by(home.path(), "run-1"),
        "who held it is gone"
    );
    let (_, left) = Lock::take(home.path()).expect("a lock");
    let run_id = "run-1".to_owned();
    assert_eq!(left, Some(Unfinished { run_id }));
}

#[test]
fn latest_is_found_through_a_link_and_through_a_file() {
    let home = tempfile::tempdir().expect("a folder");
    assert_eq!(latest(home.path()), None);
    let first = Journal::create(home.path()).expect("a run");
    assert_eq!(latest(home.path()).as_deref(), Some(first.folder()));
    let second = Journal::create(home.path()).expect("a run");
    assert_ne!(first.run_id(), second.run_id());
    assert_eq!(latest(home.path()).as_deref(), Some(second.folder()));
    fs::remove_file(home.path().join("latest")).expect("a removal");
    fs::write(
        home.path().join("latest"),
        format!("runs/{}\n", first.run_id()),
    )
    .expect("a file");
    assert_eq!(latest(home.path()).as_deref(), Some(first.folder()));
    fs::remove_dir_all(first.folder()).expect("a removal");
    assert_eq!(latest(home.path()), None);
}

#[test]
fn a_file_in_the_way_is_named() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("runs"), "").expect("a file");
    let (path, _) = Journal::create(home.path()).expect_err("no room");
    assert_eq!(path, home.path().join("runs"));
}

#[test]
fn git_passes_over_what_lies_beside_the_manifest() {
    let folder = tempfile::tempdir().expect("a folder");
    for (home, ignored) in [
        (".runtime-test", Some(".runtime-test/.gitignore")),
        ("a/.runtime-test/other", Some("a/.runtime-test/.gitignore")),
        ("target/runtime-test/p", None),
    ] {
        drop(Lock::take(&folder.path().join(home)).expect("a lock"));
        if let Some(ignored) = ignored {
            let text = fs::read_to_string(folder.path().join(ignored));
            assert_eq!(text.expect("a file"), "*\n", "{home}");
        }
        assert!(
            !folder
                .path()
                .join(home)
                .join("..")
                .join(".gitignore")
                .exists()
                || ignored.is_some()
        );
    }
    // What somebody wrote there stays.
    fs::write(folder.path().join(".runtime-test/.gitignore"), "runs\n").expect("a file");
    drop(Lock::take(&folder.path().join(".runtime-test")).expect("a lock"));
    let kept = fs::read_to_string(folder.path().join(".runtime-test/.gitignore"));
    assert_eq!(kept.expect("a file"), "runs\n");
}
