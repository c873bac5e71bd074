//! Owns the commands of steps as people can paste them into a shell, of those that were started and of those ahead.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;

use crate::plan::{Inherits, Invocation, Plan, Program};
use crate::run::step;
use crate::script::TargetKind;
use crate::secret::mask::Mask;

/// The command as it can be pasted into a shell that stands in the step's working folder.
pub fn command(plan: &Plan, invocation: &Invocation, program: &Path) -> String {
    let mut words = Vec::new();
    if !invocation.env.iter().all(|(name, _)| is_name(name)) {
        words.push("env".to_owned());
    }
    for (name, value) in &invocation.env {
        words.push(if is_name(name) {
            format!("{name}={}", quoted(value))
        } else {
            quoted(&format!("{name}={value}"))
        });
    }
    match &invocation.container {
        None => {
            words.push(quoted(&program.to_string_lossy()));
            words.extend(invocation.args.iter().map(|arg| quoted(arg)));
        }
        Some(container) => {
            let set = invocation.env.iter().map(|(name, _)| name);
            // One that is not set is not passed on; a shell has no patterns for the others.
            let taken = container.takes.iter().filter(|name| !name.ends_with('*'));
            let names: BTreeSet<&OsStr> = set.chain(taken).map(OsStr::new).collect();
            let names: Vec<&OsStr> = names.into_iter().collect();
            let args = container.arguments(plan, invocation, program, None, &names);
            words.push(quoted(&container.engine.to_string_lossy()));
            words.extend(args.iter().map(|arg| quoted(arg)));
        }
    }
    words.join(" ")
}

/// Whether a shell takes it for a variable's name.
fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The facts of the run that a step asks for by name, as they are when it is started by hand.
fn facts(plan: &Plan, invocation: &Invocation) -> Vec<(String, String)> {
    // What nobody looks at would only make the command longer.
    let code = invocation.reads.code.iter();
    let texts = code.filter_map(|path| fs::read_to_string(path).ok());
    let texts: Vec<String> = texts.chain(invocation.args.iter().cloned()).collect();
    let folder = plan.output_folder(&invocation.step);
    let all = [
        (step::RUN_ID, "by-hand".to_owned()),
        (step::STEP, invocation.step.clone()),
        (step::ATTEMPT, "1".to_owned()),
        (step::OUTPUT_DIR, folder.to_string_lossy().into_owned()),
    ];
    let asked = all.into_iter();
    let asked = asked.filter(|(name, _)| texts.iter().any(|text| text.contains(name)));
    asked
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The command of a step that has not been started, as it can be pasted into a shell that stands in the manifest's
/// folder; nothing for an external step. Secrets are masked. (io: reads its code, for the facts that it asks for)
pub fn command_ahead(
    plan: &Plan,
    invocation: &Invocation,
    environment: &[(OsString, OsString)],
) -> Option<String> {
    let mut invocation = invocation.clone();
    invocation.env.extend(facts(plan, &invocation));
    let invocation = &invocation;
    let command = match &invocation.program {
        Program::Nothing => return None,
        Program::At(program) => command(plan, invocation, program),
        Program::Cargo(target) => {
            let kind = match target.kind {
                TargetKind::Bin => "--bin",
                TargetKind::Example => "--example",
            };
            let mut start = vec!["run", "--manifest-path"];
            let manifest = target.manifest.to_string_lossy();
            start.extend([&*manifest, "--package", &target.package, kind, &target.name]);
            start.extend(target.release.then_some("--release"));
            let features = target.features.join(",");
            if !features.is_empty() {
                start.extend(["--features", &features]);
            }
            start.push("--");
            let args = start.iter().map(|word| (*word).to_owned());
            let args = args.chain(invocation.args.iter().cloned()).collect();
            command(
                plan,
                &Invocation {
                    args,
                    ..invocation.clone()
                },
                Path::new("cargo"),
            )
        }
    };
    let command = Mask::new(&invocation.secrets).text(&command);
    let command = match &invocation.inherits {
        Inherits::All => command,
        Inherits::Only(_) => {
            // What is inherited stays what it is in the shell that this is pasted into.
            let names = environment.iter().map(|(name, _)| name);
            let names = names.filter(|name| invocation.inherits.takes(name));
            let names = names.filter_map(|name| name.to_str().filter(|name| is_name(name)));
            let kept: Vec<String> = names.map(|name| format!("{name}=\"${name}\"")).collect();
            let command = command.strip_prefix("env ").unwrap_or(&command);
            format!("env -i {} {command}", kept.join(" "))
        }
    };
    Some(match invocation.dir == plan.root {
        true => command,
        false => format!(
            "(cd {} && {command})",
            quoted(&invocation.dir.to_string_lossy())
        ),
    })
}

/// A word as a POSIX shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::manifest::retries::Retries;

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
            container: None,
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
        let plan = Plan {
            pipeline: "p".to_owned(),
            root: PathBuf::from("/r"),
            timeout: None,
            home: PathBuf::from("/r/home"),
            invocations: Vec::new(),
        };
        assert_eq!(command(&plan, &invocation, program), "A='1 2' /bin/x 'a b'");
        invocation.env.push(("odd.name".to_owned(), "3".to_owned()));
        assert_eq!(
            command(&plan, &invocation, program),
            "env A='1 2' odd.name=3 /bin/x 'a b'"
        );
    }
}
