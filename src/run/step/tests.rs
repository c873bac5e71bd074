use super::*;

#[test]
fn signals_and_leaks_read_well() {
    assert_eq!(signalled(11), "ended by SIGSEGV");
    assert_eq!(signalled(64), "ended by signal 64");
    assert_eq!(exited(2, None), "exited with 2");
    assert_eq!(
        exited(127, None),
        "exited with 127, as shells do when a program is not found"
    );
    assert_eq!(
        exited(139, None),
        "exited with 139, as shells do after SIGSEGV"
    );
    assert_eq!(exited(255, None), "exited with 255");
    assert_eq!(exited(125, None), "exited with 125");
    assert_eq!(
        exited(125, Some("podman")),
        "exited with 125, as `podman` does when it cannot run a container"
    );
    assert_eq!(left_behind(&[]), None);
    let names = ["sleep", "tee"].map(str::to_owned);
    assert_eq!(
        left_behind(&names).as_deref(),
        Some("left `sleep` and `tee` running, which was ended")
    );
    assert_eq!(
        timed_out(Some(Duration::from_secs(120))),
        "took longer than 2m"
    );
}
