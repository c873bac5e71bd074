use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::*;

fn target(package: &str, kind: TargetKind, name: &str) -> CargoTarget {
    CargoTarget {
        manifest: format!("/w/{package}/Cargo.toml").into(),
        package: package.to_owned(),
        kind,
        name: name.to_owned(),
        release: false,
        features: Vec::new(),
    }
}

/// Builds with a shell script in Cargo's place, which finds the folder of these logs in `$0`.
fn build_with(script: &str, targets: &[CargoTarget]) -> (Built, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let cargo = folder.path().join("cargo");
    fs::write(&cargo, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("permissions");
    let environment = [
        ("PATH", "/usr/bin:/bin"),
        ("CARGO_PKG_NAME", "parent"),
        ("KEPT", "kept"),
    ]
    .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let settings = Settings {
        cargo: &cargo,
        dir: folder.path(),
        environment: &environment,
        logs: folder.path(),
        mask: &Mask::default(),
        limits: Limits {
            timeout: None,
            grace: Duration::ZERO,
        },
        interrupt: &Interrupt::new(),
    };
    let targets: BTreeSet<CargoTarget> = targets.iter().cloned().collect();
    let built = build(&targets, &settings).expect("a build");
    (built, folder)
}

#[test]
fn targets_of_a_package_are_built_by_one_call_and_found_in_its_messages() {
    let (a, b) = (
        target("p", TargetKind::Bin, "a"),
        target("p", TargetKind::Example, "b"),
    );
    let other = target("q", TargetKind::Bin, "a");
    let script = r#"echo "$@" "$KEPT" "[$CARGO_PKG_NAME]" >> calls
echo "   Compiling p" >&2
echo "from a build script"
artifact() { echo "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/w/$1/Cargo.toml\",\"target\":{\"name\":\"$2\",\"kind\":[\"$3\"]},\"executable\":$4}"; }
artifact dep a bin '"/wrong"'
artifact p a lib null
artifact p a bin '"/t/a"'
artifact p b example '"/t/b"'
artifact q a bin '"/t/q"'
echo '{"reason":"build-finished","success":true}'"#;
    let (built, folder) = build_with(script, &[a.clone(), b.clone(), other.clone()]);
    assert_eq!(built.failure, None);
    let expected = HashMap::from([
        (a, "/t/a".into()),
        (b, "/t/b".into()),
        (other, "/t/q".into()),
    ]);
    assert_eq!(built.executables, expected);
    assert_eq!(built.output, "   Compiling p\n   Compiling p\n");
    let calls = fs::read_to_string(folder.path().join("calls")).expect("calls");
    let start = "build --message-format=json-render-diagnostics --manifest-path";
    assert_eq!(
        calls,
        format!(
            "{start} /w/p/Cargo.toml --package p --bin a --example b kept []\n\
             {start} /w/q/Cargo.toml --package q --bin a kept []\n"
        )
    );
}

#[test]
fn a_build_that_fails_says_what_cargo_said() {
    let a = target("p", TargetKind::Bin, "a");
    let (built, _) = build_with("echo 'error: no' >&2; exit 101", std::slice::from_ref(&a));
    assert_eq!(built.failure.as_deref(), Some("cargo exited with 101"));
    assert_eq!(built.output, "error: no\n");
    let (built, _) = build_with("true", std::slice::from_ref(&a));
    assert_eq!(
        built.failure.as_deref(),
        Some("cargo built `a` but named no executable")
    );
}

#[test]
fn ways_to_build_are_kept_apart() {
    let plain = target("p", TargetKind::Bin, "a");
    let mut fast = plain.clone();
    fast.release = true;
    fast.features = vec!["x".to_owned(), "y".to_owned()];
    let (_, folder) = build_with("echo \"$@\" >> calls; exit 0", &[fast]);
    let calls = fs::read_to_string(folder.path().join("calls")).expect("calls");
    assert!(
        calls.ends_with("--bin a --release --features x,y\n"),
        "{calls}"
    );
}
