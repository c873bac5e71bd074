//! The command `configure`, driven through a pseudo-terminal as a person would.

use std::process::Command;

use serde_json::{Value, json};

use crate::common::Project;

/// Starts a program in a terminal, waits for each text and types what is to be typed then; tells how it ended as JSON.
const DRIVER: &str = r#"
import fcntl, json, os, pty, select, struct, sys, termios
program, args, talk = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execv(program, [program] + args)
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 240, 0, 0))
everything, unread = b"", b""
def read():
    global everything, unread
    ready, _, _ = select.select([fd], [], [], 60)
    try:
        data = os.read(fd, 65536) if ready else b""
    except OSError:
        data = b""
    if b"\x1b[6n" in data:
        os.write(fd, b"\x1b[1;1R")
    everything += data
    unread += data
    return bool(data)
for expected, typed in talk:
    while expected.encode() not in unread:
        if not read():
            sys.exit("waited for %r in vain: %s" % (expected, everything.decode(errors="replace")))
    unread = unread.split(expected.encode(), 1)[1]
    os.write(fd, typed.encode())
while read():
    pass
_, status = os.waitpid(pid, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "text": everything.decode(errors="replace")}))
"#;

const MANIFEST: &str = "\
version: 1
pipeline: asked
steps:
  fetch: { script: fetch.sh }
  count: { script: count.py, needs: [fetch] }
";

const FETCH: &str = "echo \"${API_TOKEN:?given by the vault}\" > /dev/null\n";

const COUNT: &str = "\
import argparse

parser = argparse.ArgumentParser()
parser.add_argument('--rows', type=argparse.FileType('r'), required=True, help='what to count')
parser.add_argument('--number', type=int, required=True, help='how many to count')
parser.add_argument('--style', choices=['plain', 'loud'], required=True)
parser.add_argument('--seed', type=int, default=7)
args = parser.parse_args()
print(args.rows.read(), args.number, args.style, args.seed)
";

fn project() -> Project {
    Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("fetch.sh", FETCH),
        ("count.py", COUNT),
        ("data/rows.csv", "n\n1\n"),
        ("data/empty.csv", ""),
    ])
}

/// Has a talk, each a text to wait for and what is typed then. Returns the exit code and all that was shown.
fn talk(project: &Project, args: &[&str], talk: &[(&str, &str)]) -> (i64, String) {
    let output = Command::new("python3")
        .args(["-c", DRIVER, env!("CARGO_BIN_EXE_cargo-runtime-test")])
        .args([json!(args).to_string(), json!(talk).to_string()])
        .env("vault_token", "set")
        .current_dir(project.path())
        .output()
        .expect("python starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let ended: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = ended["text"].as_str().unwrap_or_default().to_owned();
    (ended["code"].as_i64().unwrap_or(-1), text)
}

#[test]
fn each_answer_is_checked_at_once_and_written_where_it_belongs() {
    let project = project();
    let mine =
        "# mine\nsteps:\n  count:\n    args:   # these\n      style: loud   # as I like it\n";
    project.write("runtime-test.answers.yaml", mine);
    let (code, text) = talk(
        &project,
        &["configure"],
        &[
            ("which environment variable holds it?", "tok123plain\r"),
            ("belongs in no file", "hunter2-is a secret\x15VAULT_TOKEN\r"),
            ("set `VAULT_TOKEN` before you run", ""),
            ("what to count", "data/ro\t\r"),
            ("how many to count", "many\r"),
            ("expected a whole number", ""),
            ("how many to count many", "\x7f\x7f\x7f\x7f3\r"),
            ("nothing is missing", ""),
        ],
    );
    assert_eq!(code, 0, "{text}");
    for secret in ["tok1", "hunte", ":-default"] {
        assert!(!text.contains(secret), "a secret is not repeated: {text}");
    }
    assert!(text.contains("count.py:5"), "where it is asked for: {text}");
    insta::assert_snapshot!(project.read("runtime-test.answers.yaml"), @r#"
# mine
steps:
  fetch:
    env:
      # API_TOKEN, required: given by the vault; secret: give it as ${NAME} (fetch.sh:1)
      API_TOKEN: "${VAULT_TOKEN}"
  count:
    inputs:
      # --rows, required: what to count (count.py:4)
      rows: data/rows.csv
    args:   # these
      # --number, required, a whole number: how many to count (count.py:5)
      number: 3
      style: loud   # as I like it
"#);
    project.run(&["status"]).code(122);
}

/// What cannot be a variable's name is not shown either, and goes nowhere; one that is set may look as it likes.
#[test]
fn a_secret_that_is_typed_is_neither_shown_nor_written() {
    let project = project();
    let (code, text) = talk(
        &project,
        &["configure", "fetch"],
        &[
            ("holds it?", "tok123plain\r"),
            ("belongs in no file", "\x1b"),
        ],
    );
    assert_eq!(code, 121, "{text}");
    assert!(!text.contains("tok") && text.contains("***"), "{text}");
    assert!(!project.exists("runtime-test.answers.yaml"));
    talk(
        &project,
        &["configure", "fetch"],
        &[("holds it?", "$vault_token\r")],
    );
    let answers = project.read("runtime-test.answers.yaml");
    assert!(
        answers.contains("API_TOKEN: \"${vault_token}\"\n"),
        "{answers}"
    );
}

/// Keys that readline knows do what they do there, and no key of control types its letter.
#[test]
fn keys_of_control_edit() {
    let project = project();
    let typed = "x\x15data/rows no\x17\x01\x05\x1bb\x1bf\x14\x0f\x7fs.csv\x02\x06\x0b\r";
    talk(
        &project,
        &["configure", "count"],
        &[
            ("what to count", typed),
            ("how many to count", "wrong\x1b[D\x15\x0b7\r"),
            ("style", "ou\r"),
        ],
    );
    let answers = project.read("runtime-test.answers.yaml");
    for expected in ["rows: data/rows.csv\n", "number: 7\n", "style: loud\n"] {
        assert!(answers.contains(expected), "{answers}");
    }
}

#[test]
fn ctrl_c_keeps_what_was_answered_and_escape_leaves_an_answer_open() {
    let project = project();
    let (code, text) = talk(
        &project,
        &["configure", "count", "--all"],
        &[
            ("what to count", "\x1b"),
            ("how many to count", "5\r"),
            ("style", "\x1b[B\r"),
            ("seed", "\x03"),
        ],
    );
    assert_eq!(code, 130, "{text}");
    let answers = project.read("runtime-test.answers.yaml");
    assert!(
        answers.contains("      number: 5\n") && answers.contains("      style: loud\n"),
        "{answers}"
    );
    assert!(
        text.contains("2 answers written to runtime-test.answers.yaml"),
        "{text}"
    );
    // Enter takes the default, which need not be written down.
    let (code, text) = talk(
        &project,
        &["configure", "count", "--all"],
        &[("what to count", "data/rows.csv\r"), ("seed", "\r")],
    );
    assert_eq!(code, 121, "another step still waits: {text}");
    assert!(
        !project
            .read("runtime-test.answers.yaml")
            .contains("\n      seed")
    );
}

#[test]
fn without_a_terminal_it_says_what_to_do_instead() {
    let project = project();
    project
        .run(&["configure"])
        .code(2)
        .tells("write the answers into runtime-test.answers.yaml");
    project
        .run(&["configure", "cuont"])
        .code(2)
        .tells("did you mean `count`?");
    assert!(!project.exists("runtime-test.answers.yaml"));
}
