use std::path::{Path, PathBuf};

use super::*;

/// The folder of fixtures: one below it for each format.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/contracts")
}

/// A contract that lies in `/project`, read for `/project/train.py` of step `train`.
fn contract(name: &str, text: &str, files: Files<'_>) -> Contract {
    let folder = Path::new("/project");
    let subject = Subject {
        step: "train",
        script: Some(&folder.join("train.py")),
        folder,
        code: &[],
        files,
    };
    read(&Source::new(folder.join(name), name, text), &subject)
}

/// Each claim on a line, then what is passed, not understood, and wrong.
fn told(contract: &Contract) -> String {
    let at = |place: &Place| place.line_column().0;
    let mut lines: Vec<String> = Vec::new();
    for c in &contract.claims {
        let ways: Vec<String> = c
            .bindings
            .iter()
            .map(|way| match way {
                Binding::Flag { pass, .. } if *pass != Pass::Value => format!("{way} {pass:?}"),
                way => way.to_string(),
            })
            .collect();
        let mut line = format!(
            "{}: {} {} [{}]",
            at(&c.evidence[0].place),
            c.kind,
            c.name,
            ways.join(", ")
        );
        let facts = [
            c.value_type.as_ref().map(|t| t.described().to_owned()),
            c.data_type.map(|t| t.as_str().to_owned()),
            c.required
                .map(|required| if required { "required" } else { "optional" }.to_owned()),
            c.default.as_ref().map(|value| format!("default {value}")),
            c.choices
                .as_ref()
                .map(|choices| format!("one of {}", Value::from(choices.clone()))),
            c.min.map(|min| format!("from {min}")),
            c.max.map(|max| format!("to {max}")),
            c.exclusive
                .as_ref()
                .map(|group| format!("excluding others of {group}")),
            (!c.aliases.is_empty()).then(|| format!("also {}", c.aliases.join(", "))),
            c.description.as_ref().map(|text| format!("“{text}”")),
        ];
        for fact in facts.into_iter().flatten() {
            line += &format!(", {fact}");
        }
        lines.push(line);
    }
    lines.extend(
        contract
            .passed
            .iter()
            .map(|(flag, place)| format!("{}: passed: {flag}", at(place))),
    );
    lines.extend(
        contract
            .notes
            .iter()
            .map(|n| format!("{}: note: {}", at(&n.place), n.message)),
    );
    lines.extend(
        contract
            .problems
            .iter()
            .map(|d| format!("{}: {}", d.code, d.message)),
    );
    if contract.is_elsewhere {
        lines.push("says nothing of this script".to_owned());
    }
    lines.join("\n")
}

#[test]
fn every_format_has_fixtures_and_reads_them_as_their_snapshots_say() {
    for format in FORMATS {
        let folder = fixtures().join(format.rule);
        let files = |path: &Path| {
            let text = std::fs::read_to_string(folder.join(path.file_name()?)).ok()?;
            Some(Source::new(path, path.display().to_string(), text))
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let entries = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut read_files = 0;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if name.ends_with(".snap") || name.ends_with(".snap.new") || name == "params.yaml" {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a fixture");
            let document = parse(&Source::new(&path, name.as_str(), text.as_str())).expect("YAML");
            assert!(
                (format.fits)(&document.value),
                "{name} is in the format {}",
                format.rule
            );
            let read = contract(&name, &text, &files);
            let rules = read.claims.iter().map(|claim| claim.evidence[0].rule);
            assert!(rules.into_iter().all(|rule| rule == format.rule), "{name}");
            settings.bind(|| insta::assert_snapshot!(name, told(&read)));
            read_files += 1;
        }
        assert!(read_files > 0, "{} has fixtures", format.rule);
    }
}

#[test]
fn what_is_no_yaml_is_a_problem() {
    assert!(told(&contract("c.yaml", "a: [", &|_| None)).starts_with("yaml-syntax"));
}

#[test]
fn contracts_are_looked_for_beside_the_script_and_above_it() {
    let shown = |script: &str, folder: &str| -> Vec<String> {
        let [own, others] = customary(Path::new(script), Path::new(folder));
        own.iter()
            .chain(&others)
            .map(|path| path.display().to_string())
            .collect()
    };
    assert_eq!(
        shown("/p/s/a.py", "/p"),
        [
            "/p/s/a.py.contract.yaml",
            "/p/s/a.contract.yaml",
            "/p/s/a.py.cwl",
            "/p/s/a.cwl",
            "/p/s/a.py.json",
            "/p/s/a.json",
            "/p/s/MLproject",
            "/p/MLproject",
            "/p/s/dvc.yaml",
            "/p/dvc.yaml",
        ]
    );
    assert!(
        shown("/elsewhere/s/a.py", "/p")
            .iter()
            .all(|path| path.starts_with("/elsewhere/s/"))
    );
}

/// Values of the wrong kind in every place never make a reader fail, and neither does anything else.
#[test]
fn hostile_contracts_are_read_without_failing() {
    let odd = [
        "null",
        "7",
        "true",
        "[]",
        "{}",
        "[[]]",
        "{a: {b: []}}",
        "\"\\u0000\"",
        "[{id: 1}, 2, null]",
        "'{x} $(inputs.x) ${x'",
    ];
    for format in FORMATS {
        for path in std::fs::read_dir(fixtures().join(format.rule))
            .expect("fixtures")
            .flatten()
            .map(|e| e.path())
        {
            if path.extension().is_some_and(|suffix| suffix == "snap") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a fixture");
            let document = parse(&Source::new(&path, "f", text)).expect("YAML");
            let mut pointers = Vec::new();
            all_pointers(&document.value, String::new(), &mut pointers);
            for (at, pointer) in pointers.into_iter().enumerate() {
                for value in [odd[at % odd.len()], odd[(at * 3 + 1) % odd.len()]] {
                    let mut changed = document.value.clone();
                    let odd = yaml::parse(&Source::new("o", "o", value))
                        .expect("YAML")
                        .value;
                    *changed.pointer_mut(&pointer).expect("there") = odd;
                    let read = contract("c.yaml", &changed.to_string(), &|_| None);
                    assert!(read.claims.len() < 100);
                }
            }
        }
    }
}

fn all_pointers(value: &Value, at: String, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, inner)| all_pointers(inner, yaml::join(&at, key), found)),
        Value::Array(list) => {
            list.iter()
                .enumerate()
                .for_each(|(key, inner)| all_pointers(inner, format!("{at}/{key}"), found));
        }
        _ => {}
    }
    found.push(at);
}
