//! What a run leaves to look at, and the commands that draw and tell it again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{self, Project};

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
    project.run(&["run", "--force"]).code(100);
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
    let slip = format!("{}x", &run[..run.len() - 1]);
    project
        .run(&["report", "--run", &slip])
        .code(2)
        .tells(&format!("did you mean `{run}`?"));
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
    // Where nothing is started, the job's summary says why.
    for (manifest, code, expected) in [
        (
            "script: count.sh",
            "script: gone.sh",
            "## small: ❌ not started",
        ),
        (
            "version: 1",
            "versoin: 1",
            "## cargo runtime-test: ❌ not started",
        ),
    ] {
        let project = small()
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", "summary.md");
        project.edit("runtime-test.yaml", manifest, code);
        project.run(&["run"]).code(120);
        let summary = project.read("summary.md");
        assert!(summary.contains(expected), "{summary}");
        assert!(summary.contains("- ❌ **"), "{summary}");
        assert!(summary.contains("runtime-test.yaml:"), "{summary}");
    }
}

#[test]
fn a_page_is_shown_by_the_program_that_browser_names() {
    let project = small();
    project.run(&["run"]).code(0);
    project.write("browse", "#!/bin/sh\nprintf '%s' \"$1\" > shown\n");
    let program = project.path().join("browse");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("executable");
    let project = project.env("BROWSER", &program.display().to_string());
    project.run(&["report", "--open"]).code(0);
    let shown = project.read("shown");
    assert!(
        shown.ends_with("report.html") && PathBuf::from(&shown).is_file(),
        "{shown}"
    );
    let project = project.env("BROWSER", "no-such-browser");
    project
        .run(&["report", "--open"])
        .code(1)
        .tells("set BROWSER to a program that can");
}

/// What is left when the runner itself is killed in the middle of a step is valid, and says that there was no end.
#[test]
fn a_killed_run_leaves_reports_that_say_so() {
    let project = small();
    let count = COUNT.replace("[ ! -e broken ]", "kill -KILL $PPID; [ ! -e broken ]");
    project.write("count.sh", &count);
    let killed = project.run(&["run", "--trace", "trace.json"]);
    assert_eq!(killed.code, -1, "{}", killed.err);
    let folder = latest(&project);
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a report");
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    assert_eq!(json(&read("summary.json"))["success"], false);
    assert!(json(&project.read("trace.json"))["traceEvents"].is_array());
    assert_eq!(json(&read("summary.json"))["ending"], "unfinished");
    assert!(read("report.html").contains("This was written while the run was under way"));
    assert!(read("junit.xml").contains("<property name=\"ended\" value=\"false\"/>"));
    judge(&folder.join("junit.xml"));

    let list = project.run(&["report", "--list"]).code(0).out;
    assert!(list.contains("killed"), "{list}");
    let told = project.run(&["report", "--format", "markdown"]).code(0).out;
    assert!(
        told.contains("❌ killed") && told.contains("| make | passed |"),
        "{told}"
    );
    let told = project
        .run(&["report", "--format", "junit", "-o", "told.xml"])
        .code(0);
    assert!(told.out.contains("told.xml"));
    assert!(
        project.read("told.xml").contains("errors=\"1\""),
        "{}",
        project.read("told.xml")
    );
    judge(&project.path().join("told.xml"));
    let told = project.run(&["report", "--format", "json"]).code(0).out;
    let count = &json(&told)["steps"]["count"];
    assert_eq!(count["state"], "unfinished");
    assert_eq!(count["script"], "count.sh");
    let why = count["reason"].as_str().expect("a reason");
    assert!(
        why.starts_with("the run was killed while it ran, after 0."),
        "{why}"
    );
    project.run(&["report"]).code(0);
    let page = read("report.html");
    assert!(page.contains("The run was killed before it could end") && page.contains(why));
    let run = folder
        .file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    project.write("count.sh", COUNT);
    project.run(&["run"]).code(0);
    let compared = project
        .run(&["report", "--compare", &run, "latest"])
        .code(0)
        .out;
    assert!(
        compared.contains("the earlier run was killed"),
        "{compared}"
    );
}

/// Has a file of ours judged by the schema of the Jenkins plugin, and read by a reader of others; where the machine has
/// them.
fn judge(report: &Path) {
    let Some(python) = std::env::var_os("RUNTIME_TEST_JUNIT_PYTHON") else {
        return;
    };
    let schema = std::env::var_os("RUNTIME_TEST_JUNIT_SCHEMA").expect("a schema beside the reader");
    let judged = Command::new(python)
        .args(["-c", JUDGE])
        .args([schema.as_os_str(), report.as_os_str()])
        .output()
        .expect("Python starts");
    let problems = String::from_utf8_lossy(&judged.stderr);
    assert!(judged.status.success(), "{}: {problems}", report.display());
}

const JUDGE: &str = "
import sys
from lxml import etree
from junitparser import JUnitXml
schema, report = sys.argv[1:]
etree.XMLSchema(etree.parse(schema)).assertValid(etree.parse(report))
suites = JUnitXml.fromfile(report)
for suite in suites:
    cases = list(suite)
    assert len(cases) == suite.tests == suites.tests, (len(cases), suite.tests)
    kinds = [type(result).__name__ for case in cases for result in case.result]
    counted = [kinds.count(kind) for kind in ('Failure', 'Error', 'Skipped')]
    assert counted == [suite.failures, suite.errors, suite.skipped], (kinds, counted)
";

/// Every way a step can end, in a file that others judge.
#[test]
fn others_read_our_junit_xml() {
    let project = Project::new(&[(
        "runtime-test.yaml",
        "\
version: 1
pipeline: \"<hostile> & \\\"quoted\\\"\"
steps:
  fine: { command: [sh, -c, \"printf 'a\\\\033[31mb\\\\000 <&>]]> \\\\377'\"] }
  flaky: { command: [sh, -c, \"echo once; [ -e seen ] || { touch seen; exit 1; }\"], retries: 2 }
  broken: { command: [sh, -c, \"echo no; exit 3\"], retries: 1 }
  slow: { command: [sh, -c, \"until [ -e never ]; do :; done\"], timeout: 1s }
  after: { command: [\"true\"], needs: [broken] }
",
    )]);
    project.run(&["run"]).code(100);
    let report = latest(&project).join("junit.xml");
    let text = fs::read_to_string(&report).expect("a report");
    for part in [
        "tests=\"5\" failures=\"2\" errors=\"0\"",
        "<flakyFailure message=\"exited with 1\" type=\"failure\"><system-out>once\n",
        "<rerunFailure message=\"exited with 3\" type=\"failure\"><system-out>no\n",
        "type=\"timeout\"",
        "<skipped message=\"it needs `broken`, which did not pass\"/>",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    judge(&report);
}

/// The commands that the README gives to CI systems, run as they stand there; and what the systems are told to keep is
/// there afterwards.
#[test]
fn what_the_readme_tells_ci_systems_works() {
    let readme = fs::read_to_string(common::repository().join("README.md")).expect("the README");
    let blocks: Vec<&str> = readme
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .filter(|block| block.contains("cargo runtime-test"))
        .collect();
    assert_eq!(blocks.len(), 2, "one for GitHub, one for GitLab");
    let project = Project::copy_of("examples/penguins");
    let programs = PathBuf::from(env!("CARGO_BIN_EXE_cargo-runtime-test"));
    let programs = programs.parent().expect("its folder").display().to_string();
    let path = std::env::var("PATH").expect("a PATH");
    for block in blocks {
        let commands: Vec<&str> = block
            .lines()
            .filter_map(|line| Some(&line[line.find("cargo runtime-test")?..]))
            .collect();
        assert!(!commands.is_empty(), "{block}");
        for command in commands {
            let ran = Command::new("sh")
                .args(["-c", command])
                .current_dir(project.path())
                .env("PATH", format!("{programs}:{path}"))
                .env_remove("CARGO_TARGET_DIR")
                .output()
                .expect("a shell");
            let told = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success(), "{command}: {told}");
        }
        let kept = block
            .split(['"', ' ', '\n'])
            .filter(|word| word.starts_with("target/"));
        for pattern in kept {
            let found = Command::new("sh")
                .args(["-c", &format!("ls -d {pattern}")])
                .current_dir(project.path())
                .output()
                .expect("a shell");
            assert!(found.status.success(), "nothing at {pattern}");
        }
    }
}

/// Where a browser is, if there is one; some machines have to have one.
fn has_browser() -> bool {
    let on_path = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join("chromium").is_file())
    });
    let required = std::env::var_os("RUNTIME_TEST_BROWSER").is_some();
    assert!(
        on_path || !required,
        "RUNTIME_TEST_BROWSER is set, but there is no `chromium` on the path"
    );
    on_path
}

/// Opens an address in a browser: the page as it has become, and what the browser complained of.
fn browse(project: &Project, address: &str, more: &[&str]) -> (String, String) {
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--enable-logging=stderr",
            "--virtual-time-budget=3000",
            "--dump-dom",
        ])
        .args(more)
        .arg(format!(
            "--user-data-dir={}",
            project.path().join("browser").display()
        ))
        .arg(address)
        .output()
        .expect("chromium starts");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    (String::from_utf8_lossy(&output.stdout).into_owned(), log)
}

/// The page in a real browser: its script runs, and finds nothing to complain about.
#[test]
fn the_page_works_in_a_browser() {
    if !has_browser() {
        return;
    }
    let project = small();
    project.write("broken", "");
    project.run(&["run"]).code(100);
    let page = latest(&project).join("report.html");
    let (dom, log) = browse(&project, &format!("file://{}#step-0", page.display()), &[]);
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
    assert!(
        dom.contains("Copy the command of make"),
        "a command can be copied"
    );
    assert!(dom.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

/// A large page in a real browser: what nobody has opened stays text, what an address names is there.
#[test]
fn a_page_of_many_steps_is_light_until_somebody_looks() {
    if !has_browser() {
        return;
    }
    let mut manifest = "version: 1\npipeline: many\nsteps:\n".to_owned();
    for at in 0..410 {
        let name = if at % 3 == 0 { "load" } else { "step" };
        manifest += &format!("  {name}_{at}: {{ command: [echo, \"<b>{at}</b>\"] }}\n");
    }
    let project = Project::new(&[("runtime-test.yaml", &manifest)]);
    project.run(&["-q", "run"]).code(0);
    let page = latest(&project).join("report.html");
    let address = format!("file://{}#step-7", page.display());
    let (dom, log) = browse(&project, &address, &[]);
    assert!(!log.contains("CONSOLE"), "{log}");
    assert_eq!(dom.matches("<noscript>").count(), 409);
    assert_eq!(
        dom.matches("class=\"body\"").count(),
        410,
        "as text or as elements"
    );
    assert!(
        dom.contains("&lt;b&gt;7&lt;/b&gt;"),
        "logs are still only text"
    );

    // Steps that are alike are drawn as one, which shows those that it stands for.
    assert!(dom.contains("410 steps in 2 groups"));
    let text = fs::read_to_string(&page).expect("a page");
    let nonce = text.split("script-src 'nonce-").nth(1).expect("a policy");
    let nonce = nonce.split('\'').next().expect("a nonce");
    let click = "document.querySelector('a[data-steps]').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));";
    let clicked = text.replace(
        "</body>",
        &format!("<script nonce=\"{nonce}\">{click}</script></body>"),
    );
    project.write("clicked.html", &clicked);
    let address = format!("file://{}", project.path().join("clicked.html").display());
    let (dom, log) = browse(&project, &address, &[]);
    assert!(!log.contains("CONSOLE"), "{log}");
    assert!(dom.contains(">137 of 410 steps<"));
    let hidden = dom
        .split("<details")
        .skip(1)
        .map(|step| step.split('>').next());
    let hidden = hidden.flatten().filter(|step| step.contains("hidden"));
    assert_eq!(hidden.count(), 273);
    let drawn = project.run(&["graph"]).code(0);
    assert!(
        drawn.out.contains("load_*  137 ") && drawn.err.contains("--whole"),
        "{drawn:?}"
    );
    let whole = project.run(&["graph", "--whole"]).code(0).out;
    assert!(
        whole.contains("load_408") && !whole.contains("_*"),
        "{whole}"
    );
}

/// What axe finds wrong with the page for those who read by ear, by key or with weak eyes: nothing, in light and in dark.
#[test]
fn axe_finds_nothing_wrong_with_the_page() {
    let Some(axe) = std::env::var_os("RUNTIME_TEST_AXE") else {
        return;
    };
    let axe = fs::read_to_string(axe).expect("axe");
    let project = small();
    project.run(&["run"]).code(0);
    project.write("broken", "");
    project.run(&["run", "--force"]).code(100);
    let page = fs::read_to_string(latest(&project).join("report.html")).expect("a page");
    // Only here, only for axe: the page itself lets no other script run.
    let policy = page.find("<meta http-equiv").expect("a policy");
    let after = policy + page[policy..].find('>').expect("its end") + 1;
    let open = page[..policy].to_owned() + &page[after..];
    let run = "document.querySelectorAll('details').forEach((d) => { d.open = true; });
        axe.run({ resultTypes: ['violations'] }).then((result) => {
            const told = result.violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`);
            document.title = `axe: ${result.passes.length} fine, ${told.length} wrong ${told.join('; ')}`;
        });";
    let judged = open.replace(
        "</body>",
        &format!("<script>{axe}</script><script>{run}</script></body>"),
    );
    let dark = "@media (prefers-color-scheme: dark)";
    assert!(judged.contains(dark));
    for (name, text) in [
        ("light.html", judged.replace(dark, "@media not all")),
        ("dark.html", judged.replace(dark, "@media all")),
    ] {
        project.write(name, &text);
        let address = format!("file://{}", project.path().join(name).display());
        let (dom, _) = browse(&project, &address, &["--virtual-time-budget=60000"]);
        let title = dom
            .split("<title>")
            .nth(1)
            .and_then(|rest| rest.split("</title>").next());
        let title = title.unwrap_or_default();
        assert!(
            title.starts_with("axe: ") && title.contains(" 0 wrong"),
            "{name}: {title}"
        );
    }
}
