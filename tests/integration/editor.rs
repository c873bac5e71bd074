//! The answers' schema as editors read it: a real yaml-language-server over its standard streams, and JSON Schema by
//! another implementation. Both are installed by `.ci/run`, which names them in the environment; where the variables
//! are not set, nothing is driven.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::common::Project;

/// The server's script, run by `node`.
const SERVER: &str = "RUNTIME_TEST_YAML_SERVER";
/// A Python that has the package `jsonschema`.
const PYTHON: &str = "RUNTIME_TEST_JSONSCHEMA_PYTHON";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// An editor with one file open.
struct Editor {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    uri: String,
    asked: u64,
    version: u64,
}

impl Editor {
    /// Starts the server, where there is one, for the answers file of a project.
    fn start(project: &Project) -> Option<Self> {
        let script = std::env::var_os(SERVER)?;
        let mut server = Command::new("node")
            .arg(script)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let input = server.stdin.take().expect("stdin");
        let mut output = BufReader::new(server.stdout.take().expect("stdout"));
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let root = format!("file://{}", project.path().display());
        let uri = format!("{root}/runtime-test.answers.yaml");
        let mut editor = Self {
            server,
            input,
            messages,
            uri,
            asked: 0,
            version: 0,
        };
        editor.ask(
            "initialize",
            json!({"processId": std::process::id(), "rootUri": root, "capabilities": {"textDocument": {
                "completion": {"completionItem": {"snippetSupport": true}},
                "hover": {"contentFormat": ["markdown"]}
            }}}),
        );
        editor.tell("initialized", json!({}));
        let settings = json!({"yaml": {"validate": true, "completion": true, "hover": true, "schemaStore": {"enable": false}}});
        editor.tell(
            "workspace/didChangeConfiguration",
            json!({"settings": settings}),
        );
        Some(editor)
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("sent");
        self.input.flush().expect("sent");
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Waits for a message, answering what the server asks meanwhile.
    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self
                .messages
                .recv_timeout(PATIENCE)
                .expect("the server answers");
            if message.get("id").is_some() && message.get("method").is_some() {
                self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": null}));
            } else if wanted(&message) {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(|message| message["id"] == json!(id))["result"].clone()
    }

    /// What is underlined in a text, or the line where there is no text to underline, each with its message.
    fn underlined(&mut self, text: &str) -> Vec<String> {
        self.version += 1;
        let version = self.version;
        match version {
            1 => self.tell(
                "textDocument/didOpen",
                json!({"textDocument": {"uri": self.uri, "languageId": "yaml", "version": version, "text": text}}),
            ),
            _ => self.tell(
                "textDocument/didChange",
                json!({"textDocument": {"uri": self.uri, "version": version}, "contentChanges": [{"text": text}]}),
            ),
        }
        let told = self.wait(|message| message["method"] == "textDocument/publishDiagnostics");
        let line = |problem: &Value| {
            let at = |end: &str, key: &str| problem["range"][end][key].as_u64().unwrap_or_default();
            let line = text
                .lines()
                .nth(at("start", "line") as usize)
                .unwrap_or_default();
            let end = match at("end", "line") == at("start", "line") {
                true => at("end", "character") as usize,
                false => line.len(),
            };
            let part = line
                .get(at("start", "character") as usize..end)
                .unwrap_or_default();
            let part = if part.is_empty() { line.trim() } else { part };
            format!(
                "`{part}` {}",
                problem["message"].as_str().unwrap_or_default()
            )
        };
        told["params"]["diagnostics"]
            .as_array()
            .into_iter()
            .flatten()
            .map(line)
            .collect()
    }

    /// Asks about the place marked with `|` in a text below the header.
    fn at_mark(&mut self, method: &str, text: &str) -> Value {
        let text = format!("{HEADER}{text}");
        let (before, after) = text.split_once('|').expect("a mark");
        self.underlined(&format!("{before}{after}"));
        let line = before.matches('\n').count();
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count();
        let params = json!({"textDocument": {"uri": self.uri}, "position": {"line": line, "character": column}});
        self.ask(method, params)
    }

    /// What is offered at the mark.
    fn offered(&mut self, text: &str) -> String {
        let answer = self.at_mark("textDocument/completion", text);
        let items = answer
            .get("items")
            .unwrap_or(&answer)
            .as_array()
            .cloned()
            .unwrap_or_default();
        let labels = items.iter().filter_map(|item| item["label"].as_str());
        // The server also offers the whole mapping, under the name of its type.
        let labels: Vec<&str> = labels
            .filter(|label| *label != "object" && !label.contains(" | "))
            .collect();
        labels.join(", ")
    }

    /// What is shown over the mark.
    fn shown(&mut self, text: &str) -> String {
        let answer = self.at_mark("textDocument/hover", text);
        let text = answer["contents"]["value"].as_str().unwrap_or_default();
        text.split("Source:")
            .next()
            .unwrap_or_default()
            .replace('\\', "")
            .trim()
            .to_owned()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Reads one message with its header.
fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The answers of a profile are read by another schema.
const PROFILE: &str = "# yaml-language-server: $schema=runtime-test.answers.profile.schema.json\n";
const HEADER: &str = "# yaml-language-server: $schema=runtime-test.answers.schema.json\n";

/// The penguins with a fresh schema: the project, its filled answers, and the skeleton.
fn penguins() -> (Project, String, String) {
    let project = Project::copy_of("examples/penguins");
    let filled = project.read("runtime-test.answers.yaml");
    std::fs::remove_file(project.path().join("runtime-test.answers.yaml")).expect("removed");
    let _ = project.run(&["runtime-test", "init"]).code(0);
    let skeleton = project.read("runtime-test.answers.yaml");
    (project, filled, skeleton)
}

#[test]
fn mistakes_are_underlined_in_words_a_person_understands() {
    let (project, filled, skeleton) = penguins();
    let Some(mut editor) = Editor::start(&project) else {
        return;
    };
    assert_eq!(editor.underlined(&filled), [""; 0], "good answers");
    let mut told = format!(
        "the skeleton\n  {}\n",
        editor.underlined(&skeleton).join("\n  ")
    );
    for (part, with) in [
        ("strategy: random", "strategy: rndom"),
        ("strategy: random", "strategee: random"),
        ("strategy: random", "strategy: '${STRATEGY}'"),
        ("# test_ratio: 0.25", "test_ratio: 5"),
        ("# test_ratio: 0.25", "test_ratio: '0.5'"),
        ("# test_ratio: 0.25", "test_ratio:"),
        ("# DECIMALS: \"1\"", "DECIMALS: ten"),
        (
            "features: [bill_length_mm, bill_depth_mm]",
            "features: bill_length_mm",
        ),
        ("# drop_duplicates: false", "drop_duplicates: maybe"),
        ("  gate: {}", "  gaet: {}"),
        (
            "# cleaned comes from clean.cleaned",
            "inputs: {cleaned: {from: clean.claened}}",
        ),
        (
            "# cleaned comes from clean.cleaned",
            "inputs: {cleaned: {form: clean.cleaned}}",
        ),
    ] {
        assert!(filled.contains(part), "{part}");
        let problems = editor
            .underlined(&filled.replacen(part, with, 1))
            .join("\n  ");
        let problems = if problems.is_empty() {
            "nothing underlined"
        } else {
            &problems
        };
        told.push_str(&format!("{}\n  {problems}\n", with.trim()));
    }
    assert_snapshot!(told, @r#"
the skeleton
  `raw:` write a path: the penguins as supplied (raw)
  `MISSING_VALUE:` write a text: how the supplier writes a gap ($MISSING_VALUE)
  `GROUP_BY:` write a text: the column to group by, such as island or sex ($GROUP_BY)
  `label_field:` write a text: column that holds the label to predict (--label-field)
  `strategy:` write random or by-year: hold out a random share of every label, or the latest year (job_args.strategy)
  `features:` write a list of texts: columns of numbers to learn from (--features)
  `features:` write a list of texts: columns of numbers to learn from (--features)
strategy: rndom
  `rndom` write random or by-year: hold out a random share of every label, or the latest year (job_args.strategy)
strategee: random
  `strategee` Property strategee is not allowed.
  `args` Missing property "strategy".
strategy: '${STRATEGY}'
  nothing underlined
test_ratio: 5
  `5` Value is above the maximum of 0.95.
test_ratio: '0.5'
  `'0.5'` write a number from 0.05 to 0.95: share of the rows that a random split holds out (default: 0.25) (job_args.test_ratio)
test_ratio:
  nothing underlined
DECIMALS: ten
  `ten` write a text that matches ^[0-9]$: decimals to write ($DECIMALS)
features: bill_length_mm
  `bill_length_mm` write a list of texts: columns of numbers to learn from (--features)
drop_duplicates: maybe
  `maybe` write true or false: drop rows that repeat an earlier one (--drop-duplicates)
gaet: {}
  `gaet` Property gaet is not allowed.
inputs: {cleaned: {from: clean.claened}}
  `clean.claened` Value is not accepted. Valid values: "clean.cleaned", "supplier.raw".
inputs: {cleaned: {form: clean.cleaned}}
  `cleaned: {form` write a path or {from: step.output} (input_paths["cleaned"])
"#);
}

#[test]
fn what_is_missing_is_offered_and_nothing_else() {
    let (project, _, _) = penguins();
    let Some(mut editor) = Editor::start(&project) else {
        return;
    };
    let mut told = String::new();
    for text in [
        "|",
        "steps:\n  split:\n    |\n",
        "steps:\n  split:\n    args:\n      |\n",
        "steps:\n  split:\n    args:\n      strategy: random\n      |\n",
        "steps:\n  split:\n    args:\n      strategy: |\n",
        "steps:\n  clean:\n    args:\n      drop_duplicates: |\n",
        "steps:\n  evaluate:\n    inputs:\n      test: |\n",
        "steps:\n  evaluate:\n    inputs:\n      test: {from: |}\n",
        "steps:\n  clean:\n    inputs:\n      raw: {from: |}\n",
    ] {
        told.push_str(&format!(
            "{}\n  -> {}\n",
            text.trim_end(),
            editor.offered(text)
        ));
    }
    assert_snapshot!(told, @r#"
|
  -> common, steps
steps:
  split:
    |
  -> inputs, outputs, env, args
steps:
  split:
    args:
      |
  -> strategy, test_ratio
steps:
  split:
    args:
      strategy: random
      |
  -> test_ratio
steps:
  split:
    args:
      strategy: |
  -> random, by-year
steps:
  clean:
    args:
      drop_duplicates: |
  -> false, true
steps:
  evaluate:
    inputs:
      test: |
  -> from split.train, from split.test, from clean.cleaned, from supplier.raw
steps:
  evaluate:
    inputs:
      test: {from: |}
  -> split.train, split.test, clean.cleaned, supplier.raw
steps:
  clean:
    inputs:
      raw: {from: |}
  -> supplier.raw
"#);
}

#[test]
fn hovering_tells_what_an_answer_is_for_and_who_asks() {
    let (project, _, _) = penguins();
    let Some(mut editor) = Editor::start(&project) else {
        return;
    };
    let mut told = String::new();
    for text in [
        "steps:\n  clean:\n    args:\n      la|bel_field: species\n",
        "steps:\n  split:\n    args:\n      test_|ratio: 0.3\n",
    ] {
        told.push_str(&format!("{}\n\n", editor.shown(text)));
    }
    assert_snapshot!(told.trim_end(), @r#"
column that holds the label to predict

required, a text

asked for as --label-field in scripts/clean.py:25

share of the rows that a random split holds out (default: 0.25)
optional, a number from 0.05 to 0.95; default 0.25
asked for as job_args.test_ratio in scripts/split.py:94
"#);
}

#[test]
fn answers_for_all_steps_and_of_profiles_are_helped_with_too() {
    let (project, filled, skeleton) = penguins();
    project.write("runtime-test.answers.ci.yaml", "steps: {}\n");
    let _ = project.run(&["init", "--profile", "ci"]).code(0);
    let Some(mut editor) = Editor::start(&project) else {
        return;
    };
    let common =
        "common:\n  env: { MISSING_VALUE: NA, GROUP_BY: sex }\n  args:\n    features: [a]\n";
    let shared = skeleton
        .replace("      MISSING_VALUE:\n", "")
        .replace("      features:\n", "");
    let shared = shared.replacen("steps:\n", &format!("{common}steps:\n"), 1);
    let mut told = format!(
        "given to all\n  {}\n",
        editor.underlined(&shared).join("\n  ")
    );
    let wrong = filled.replacen(
        "steps:\n",
        "common: { args: { features: 1, epoch: 2 }, inputs: {} }\nsteps:\n",
        1,
    );
    told.push_str(&format!(
        "wrong\n  {}\n",
        editor.underlined(&wrong).join("\n  ")
    ));
    for text in [
        "common:\n  |\n",
        "common:\n  env:\n    |\n",
        "common:\n  args:\n    missing: |\n",
    ] {
        told.push_str(&format!(
            "{}\n  -> {}\n",
            text.trim_end(),
            editor.offered(text)
        ));
    }
    told.push_str(&format!(
        "{}\n",
        editor.shown("common:\n  args:\n    epo|chs: 3\n")
    ));
    let profile = format!("{PROFILE}steps:\n  split:\n    args: {{ strategy: rndom }}\n  clean:\n");
    told.push_str(&format!(
        "a profile\n  {}\n",
        editor.underlined(&profile).join("\n  ")
    ));
    assert_snapshot!(told, @r#"
given to all
  `raw:` write a path: the penguins as supplied (raw)
  `label_field:` write a text: column that holds the label to predict (--label-field)
  `strategy:` write random or by-year: hold out a random share of every label, or the latest year (job_args.strategy)
wrong
  `1` write a list of texts: columns of numbers to learn from (--features)
  `epoch` Property epoch is not allowed.
  `inputs` Property inputs is not allowed.
common:
  |
  -> env, args
common:
  env:
    |
  -> MISSING_VALUE, SPLIT_SEED, GROUP_BY, MEASURE, DECIMALS, LOG_LEVEL
common:
  args:
    missing: |
  -> drop, fill
passes over the data
optional, a whole number; default 60
asked for as --epochs in scripts/train.py:25
for train_bill and train_body
a profile
  `rndom` write random or by-year: hold out a random share of every label, or the latest year (job_args.strategy)
"#);
}

#[test]
fn answers_that_hang_on_each_other_are_underlined_wherever_they_stand() {
    let project = Project::new(&[
        (
            "runtime-test.yaml",
            "version: 1\npipeline: p\nsteps:\n  make: { script: make.py }\n  serve: { script: serve.py, needs: [make], inputs: { rows: { from: make.rows } } }\n",
        ),
        (
            "make.py",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--rows', type=argparse.FileType('w'), required=True)\np.add_argument('--level', required=True, help='how loud')\na = p.parse_args()\na.rows.write(a.level)\n",
        ),
        (
            "serve.py",
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('--rows', type=argparse.FileType('r'), required=True)\n\
            h = p.add_mutually_exclusive_group()\nh.add_argument('--quiet', action='store_true')\nh.add_argument('--loud', action='store_true')\n\
            sub = p.add_subparsers(dest='command', required=True)\nt = sub.add_parser('train')\nt.add_argument('--rounds', type=int, required=True)\n\
            e = sub.add_parser('eval')\ne.add_argument('--metric', required=True, choices=['auc', 'f1'])\nprint(p.parse_args())\n",
        ),
    ]);
    let _ = project.run(&["init"]).code(0);
    let Some(mut editor) = Editor::start(&project) else {
        return;
    };
    let mut told = String::new();
    for text in [
        "common: {args: {level: x, command: train, rounds: 5}}\n",
        "common: {args: {level: x, command: train}}\n",
        "common: {args: {level: x, command: train}}\nsteps: {}\n",
        "common: {args: {level: x, command: train}}\nsteps:\n  serve:\n    args: {quiet: true}\n",
        "common: {args: {level: x, command: train}}\nsteps:\n  serve:\n    args: {command: eval, metric: f1}\n",
        "common: {args: {level: x, command: eval, metric: f1, quiet: true, loud: true}}\n",
        "common: {args: {level: x, command: eval, metric: f1, quiet: true}}\nsteps:\n  serve:\n    args: {loud: true}\n",
        "steps:\n  make:\n    args: {level: x}\n  serve:\n    inputs:\n      rows:\n    args:\n      command: train\n      rounds:\n",
    ] {
        let problems = editor.underlined(&format!("{HEADER}{text}")).join("\n  ");
        told.push_str(&format!("{text}  -> {problems}\n"));
    }
    let offered = editor.offered("common: {args: {level: x, command: eval}}\nsteps:\n  serve:\n    args:\n      quiet: true\n      |\n");
    told.push_str(&format!("offered: {offered}\n"));
    assert_snapshot!(told, @r#"
common: {args: {level: x, command: train, rounds: 5}}
  -> 
common: {args: {level: x, command: train}}
  -> `c` Missing property "steps".
common: {args: {level: x, command: train}}
steps: {}
  -> `steps` Missing property "serve".
common: {args: {level: x, command: train}}
steps:
  serve:
    args: {quiet: true}
  -> `args` Missing property "rounds".
common: {args: {level: x, command: train}}
steps:
  serve:
    args: {command: eval, metric: f1}
  -> 
common: {args: {level: x, command: eval, metric: f1, quiet: true, loud: true}}
  -> `true` quiet and loud exclude each other
common: {args: {level: x, command: eval, metric: f1, quiet: true}}
steps:
  serve:
    args: {loud: true}
  -> 
steps:
  make:
    args: {level: x}
  serve:
    inputs:
      rows:
    args:
      command: train
      rounds:
  -> `rounds:` needed when command is train
offered: loud, command, rounds, metric
"#);
}

/// The same verdicts by Python's implementation of JSON Schema.
#[test]
fn another_implementation_comes_to_the_same_verdicts() {
    let Some(python) = std::env::var_os(PYTHON) else {
        return;
    };
    let (project, filled, skeleton) = penguins();
    let cases = [
        (filled.clone(), true),
        (skeleton, false),
        (
            filled.replacen("strategy: random", "strategy: rndom", 1),
            false,
        ),
        (
            filled.replacen("strategy: random", "strategy: '${STRATEGY}'", 1),
            true,
        ),
        (
            filled.replacen("# test_ratio: 0.25", "test_ratio: 5", 1),
            false,
        ),
        (
            filled.replacen("# test_ratio: 0.25", "test_ratio:", 1),
            true,
        ),
        (filled.replacen("  gate: {}", "  gaet: {}", 1), false),
        (
            filled
                .replacen("      MISSING_VALUE: NA\n", "", 1)
                .replacen("steps:", "common: {env: {MISSING_VALUE: NA}}\nsteps:", 1),
            true,
        ),
        (
            filled
                .replacen("      MISSING_VALUE: NA\n", "", 1)
                .replacen("steps:", "common: {env: {MISSING_VALUE: }}\nsteps:", 1),
            false,
        ),
        (
            filled.replacen(
                "# cleaned comes",
                "inputs: {cleaned: {from: clean.cleaned}} # comes",
                1,
            ),
            true,
        ),
        (
            filled.replacen(
                "# cleaned comes",
                "inputs: {cleaned: {from: clean.x}} # comes",
                1,
            ),
            false,
        ),
    ];
    let script = "import json, sys\nimport jsonschema\nschema, answers = map(json.load, map(open, sys.argv[1:]))\n\
        jsonschema.Draft202012Validator.check_schema(schema)\n\
        print(jsonschema.Draft202012Validator(schema).is_valid(answers))\n";
    for (text, valid) in cases {
        let source = runtime_test::source::Source::new("a.yaml", "a.yaml", text.clone());
        let value = runtime_test::yaml::parse(&source).expect("YAML").value;
        project.write("answers.json", &value.to_string());
        let output = Command::new(&python)
            .args([
                "-c",
                script,
                "runtime-test.answers.schema.json",
                "answers.json",
            ])
            .current_dir(project.path())
            .output()
            .expect("python starts");
        let verdict = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            verdict,
            if valid { "True" } else { "False" },
            "{told}\n{text}"
        );
    }
}
