use super::*;
use crate::manifest::retries::Retries;
use crate::plan::Inherits;

#[test]
fn a_word_is_read_back_by_a_shell_as_it_was() {
    for word in [
        "plain",
        "",
        "two words",
        "it's",
        "$HOME `x` \"y\" \\z",
        "a\nb",
        "*",
        "~",
        "#x",
        "ä",
        "-n",
        "a=b;c",
    ] {
        let output = std::process::Command::new("/bin/sh")
            .args(["-c", &format!("printf %s {}", quoted(word))])
            .output()
            .expect("a shell");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            word,
            "{}",
            quoted(word)
        );
    }
}

#[test]
fn an_odd_variable_name_is_pasteable_too() {
    let mut invocation = Invocation {
        step: "s".to_owned(),
        script: "s".to_owned(),
        program: Program::Nothing,
        args: vec!["a b".to_owned()],
        dir: PathBuf::new(),
        env: vec![("A".to_owned(), "1 2".to_owned())],
        documents: Vec::new(),
        stages: Vec::new(),
        needs: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        expectations: Vec::new(),
        timeout: None,
        retries: Retries::default(),
        slow: None,
        priority: 0,
        inherits: Inherits::All,
        weight: 1,
        mutex: None,
        secrets: Vec::new(),
        configured: crate::plan::Configured::Auto,
        framework: None,
        reads: crate::plan::Reads::default(),
        reuse: false,
    };
    let program = Path::new("/bin/x");
    assert_eq!(command(&invocation, program), "A='1 2' /bin/x 'a b'");
    invocation.env.push(("odd.name".to_owned(), "3".to_owned()));
    assert_eq!(
        command(&invocation, program),
        "env A='1 2' odd.name=3 /bin/x 'a b'"
    );
}

#[test]
fn signals_and_leaks_read_well() {
    assert_eq!(signalled(11), "ended by SIGSEGV");
    assert_eq!(signalled(64), "ended by signal 64");
    assert_eq!(exited(2), "exited with 2");
    assert_eq!(
        exited(127),
        "exited with 127, as shells do when a program is not found"
    );
    assert_eq!(exited(139), "exited with 139, as shells do after SIGSEGV");
    assert_eq!(exited(255), "exited with 255");
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
