//! What a run leaves to look at, and the commands that draw and tell it again.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::Project;

const MANIFEST: &str = "\
version: 1
pipeline: small
steps:
  make:
    script: make.sh
    outputs: { rows: { type: csv } }
    env: { API_TOKEN: { secret: true } }
  count:
    script: count.sh
    needs: [make]
    inputs: { rows: { from: make.rows } }
";

const MAKE: &str = "\
#!/bin/sh
set -eu
rows=${1:?where to write the rows}
style=${STYLE:?how to write them}
echo \"<script>alert(1)</script> with ${API_TOKEN:?who asks}\"
printf 'n,style\\n1,%s\\n2,%s\\n' \"$style\" \"$API_TOKEN\" > \"$rows\"
";

const COUNT: &str = "\
#!/bin/sh
set -eu
rows=${1:?the rows}
result=${2:?where to write the count}
[ ! -e broken ] || { echo \"$0: line 5: no rows today\" >&2; exit 3; }
wc -l < \"$rows\" > \"$result\"
";

const ANSWERS: &str = "steps: { make: { env: { STYLE: plain, API_TOKEN: '${TOKEN_OF_MINE}' } } }\n";

const SECRET: &str = "hunter2-hunter2";

fn small() -> Project {
    let project = Project::new(&[
        ("runtime-test.yaml", MANIFEST),
        ("make.sh", MAKE),
        ("count.sh", COUNT),
        ("runtime-test.answers.yaml", ANSWERS),
    ]);
    project.env("TOKEN_OF_MINE", SECRET)
}

/// The folder of the latest run.
fn latest(project: &Project) -> PathBuf {
    let latest = project.path().join(".runtime-test/latest");
    fs::canonicalize(latest).expect("a run")
}

#[test]
fn the_graph_is_drawn_with_what_waits() {
    let project = small();
    project.write("runtime-test.answers.yaml", "steps: {}\n");
    insta::assert_snapshot!(project.run(&["graph"]).code(0).out);
    let only = project
        .run(&["graph", "count", "--only", "count", "--format", "mermaid"])
        .code(0);
    assert!(
        only.out.contains("count") && !only.out.contains("make"),
        "{}",
        only.out
    );
    for (format, start) in [
        ("svg", "<svg "),
        ("dot", "digraph "),
        ("mermaid", "flowchart LR"),
    ] {
        let drawn = project.run(&["graph", "--format", format]).code(0);
        assert!(drawn.out.starts_with(start), "{}", drawn.out);
    }
    project
        .run(&["graph", "nobody"])
        .code(2)
        .tells("there is no step `nobody`");
    assert!(!project.exists(".runtime-test/runs"), "nothing was run");
}

#[test]
fn no_secret_is_in_any_file_of_a_run() {
    let project = small();
    project.run(&["run", "--trace", "trace.json"]).code(0);
    let folder = latest(&project);
    assert!(project.read("trace.json").contains("\"ph\":\"X\""));
    let mut open = vec![folder.clone(), project.path().join("trace.json")];
    let mut seen = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                fs::read_dir(path)
                    .expect("a folder")
                    .flatten()
                    .map(|entry| entry.path()),
            );
            continue;
        }
        let text = fs::read_to_string(&path).expect("a text");
        assert!(!text.contains(SECRET), "{}", path.display());
        seen.push(
            path.file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
        );
    }
    for name in [
        "report.html",
        "plan.json",
        "files.json",
        "summary.json",
        "events.jsonl",
        "junit.xml",
    ] {
        assert!(seen.iter().any(|known| known == name), "no {name}");
    }
    let page = fs::read_to_string(folder.join("report.html")).expect("a page");
    assert!(
        page.contains("<td>***</td>"),
        "the table is shown, without its secret"
    );
}

#[test]
fn past_runs_are_listed_told_again_and_compared() {
    let project = small();
    project
        .run(&["report"])
        .code(2)
        .tells("there is no run yet");
    project.run(&["run"]).code(0);
    project.write("broken", "");
    project.run(&["run"]).code(100);
    let folder = latest(&project);
    let run = folder
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();

    let list = project.run(&["report", "--list"]).code(0).out;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(
        lines[0].contains(&run) && lines[0].contains("failed") && lines[0].contains("latest"),
        "{list}"
    );
    let earlier = lines[1].split_whitespace().next().expect("a run");

    let compared = project
        .run(&["report", "--compare", earlier, "latest"])
        .code(0)
        .out;
    assert!(compared.contains("newly failing: count"), "{compared}");

    let before = fs::read_to_string(folder.join("report.html")).expect("a page");
    fs::remove_file(folder.join("report.html")).expect("removed");
    let told = project.run(&["report"]).code(0).out;
    assert!(told.trim_end().ends_with("report.html"), "{told}");
    assert_eq!(
        fs::read_to_string(folder.join("report.html")).expect("a page"),
        before
    );

    for (format, part) in [
        ("markdown", "```mermaid"),
        ("junit", "<testsuites"),
        ("json", "\"run_id\""),
        ("trace", "traceEvents"),
    ] {
        let told = project
            .run(&["report", "--format", format, "--run", &run])
            .code(0)
            .out;
        assert!(told.contains(part), "{told}");
    }
    project
        .run(&["report", "--format", "markdown", "-o", "told.md"])
        .code(0);
    assert!(project.read("told.md").contains("no rows today"));
    project
        .run(&["report", "--run", "nothing"])
        .code(2)
        .tells("there is no run `nothing`");
    project
        .run(&["report", "--run", "2"])
        .code(2)
        .tells("2 runs begin with `2`");
}

#[test]
fn github_is_told_in_its_own_words() {
    let project = small()
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", "summary.md");
    project.write("broken", "");
    let ran = project.run(&["run"]).code(100);
    assert!(
        ran.out
            .contains("::error file=count.sh,line=5,title=small%3A count::count: exited with 3%0A"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("::group::log of count") && ran.out.contains("::endgroup::"));
    let summary = project.read("summary.md");
    assert!(
        summary.contains("## small: ❌ failed") && summary.contains("flowchart LR"),
        "{summary}"
    );
    let json = project.run(&["run", "--message-format", "json"]).code(100);
    assert!(!json.out.contains("::group::"), "programs read that");
}

/// The page in a real browser: its script runs, and finds nothing to complain about.
#[test]
fn the_page_works_in_a_browser() {
    let on_path = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join("chromium").is_file())
    });
    if !on_path {
        let required = std::env::var_os("RUNTIME_TEST_BROWSER").is_some();
        assert!(
            !required,
            "RUNTIME_TEST_BROWSER is set, but there is no `chromium` on the path"
        );
        return;
    }
    let project = small();
    project.write("broken", "");
    project.run(&["run"]).code(100);
    let page = latest(&project).join("report.html");
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        .args([
            "--enable-logging=stderr",
            "--virtual-time-budget=3000",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            project.path().join("browser").display()
        ))
        .arg(format!("file://{}#step-0", page.display()))
        .output()
        .expect("chromium starts");
    let (dom, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{log}");
    assert!(!log.contains("CONSOLE"), "{log}");
    let details = |at: usize| {
        let from = dom
            .find(&format!("id=\"step-{at}\""))
            .unwrap_or_else(|| panic!("no step {at} in {dom}"));
        dom[from..].split('>').next().unwrap_or_default().to_owned()
    };
    assert!(
        details(0).contains("open"),
        "the script opens what the address names: {}",
        details(0)
    );
    assert!(
        details(1).contains("open"),
        "what failed is open: {}",
        details(1)
    );
    assert!(
        !dom.contains("class=\"tools\" hidden"),
        "the script has shown its tools"
    );
    assert!(dom.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}
