//! Owns the names of all findings: each is stable, says in a line what it means, and tells a longer story on
//! request.

use std::fmt;

use super::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident, $meaning:literal, $story:literal;)*) => {
        /// The stable name of a kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, as it is shown and given to `explain`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it means, in a line.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What it means, how it comes about and how it is mended.
            pub fn story(self) -> &'static str {
                match self { $(Self::$variant => $story,)* }
            }

            /// How much it matters unless somebody says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    ManifestNotFound = "manifest-not-found", Error,
        "there is no manifest where one was looked for",
        "Every command but `inspect --script` starts from a manifest, `runtime-test.yaml`. It is looked for in the \
         current folder, then in the folders above it. Write one (`runtime-test.yaml.example` shows the whole \
         format), name it with `--pipeline FILE`, or go to its folder with `-C DIR`. Beside scripts, `init` proposes one.";
    Unreadable = "unreadable", Error,
        "a file is there and cannot be read",
        "The path leads to something that is not a readable text file: a folder, a pipe, a file without read \
         permission, a file that is too large or not UTF-8. Mend the file or name another one.";
    YamlSyntax = "yaml-syntax", Error,
        "the text is not valid YAML",
        "The YAML parser could not go on at the marked place. The usual causes: a tab used as indentation, an \
         unclosed quote or bracket, a value that contains `: ` and is not quoted. Quote the value, or mend the \
         indentation.";
    DuplicateKey = "duplicate-key", Error,
        "a mapping has the same key twice",
        "YAML allows each key once in a mapping; parsers differ in which of two they keep, so neither is trusted. \
         Remove one of them.";
    UnknownKey = "unknown-key", Error,
        "a key means nothing here",
        "The key is none of those that this place knows, so nothing would read it. The help names the nearest one, \
         or all of them.";
    MissingKey = "missing-key", Error,
        "a key that has to be there is not",
        "The mapping lacks a key without which it says nothing, such as `steps` in a manifest. Add it.";
    WrongType = "wrong-type", Error,
        "a value is of the wrong type",
        "A text stands where a number, a list or a mapping is expected, or the other way round. Words such as \
         `300` and `true` are a number and a boolean unless they are quoted.";
    InvalidValue = "invalid-value", Error,
        "a value is outside what is allowed here",
        "The value has the right type, but it is not one of the allowed words, not within the bounds, or does not \
         have the required form.";
    NoSteps = "no-steps", Error,
        "the manifest has no step",
        "A pipeline needs at least one step under `steps:`, for example\n\n    steps:\n      prepare:\n        \
         script: scripts/prepare.py";
    StepKind = "step-kind", Error,
        "a step runs nothing, or several things at once",
        "A step has exactly one of `script` (a file), `module` (`python -m`), `cargo` (a Cargo target), `command` \
         (any program) and `external: true` (somebody else makes its outputs). Keep one of them; split the step \
         where it needs two.";
    UnknownStep = "unknown-step", Error,
        "a step is named that does not exist",
        "`needs`, `from` and the command line name steps by their key under `steps:`. The help names the nearest one.";
    UnknownOutput = "unknown-output", Error,
        "an input is wired to an output that its step does not have",
        "`from: step.output` names a step, a dot, and one of that step's outputs, declared in the manifest or found in \
         its script; `inspect STEP` lists them.";
    NotUpstream = "not-upstream", Error,
        "an input comes from a step that does not run before",
        "`from: step.output` only works for a step that is named in `needs`, directly or through others: otherwise the \
         output might not be there yet. Add the step to `needs`.";
    DependencyCycle = "dependency-cycle", Error,
        "steps need each other in a circle",
        "None of the steps in the circle can be the first to run. The finding spells out the circle; remove one of \
         its `needs`.";
    InvalidReference = "invalid-reference", Error,
        "a `${…}` names nothing that this step has",
        "In `command`, `env` and `cwd`, `${inputs.x}`, `${outputs.x}`, `${args.x}` and `${env.X}` stand for resolved \
         values of the same step. Anything else in braces after `inputs.` and the like is a mistake; a shell's own \
         `$NAME` and `${NAME}` are left alone.";
    UnboundRequirement = "unbound-requirement", Warning,
        "nothing tells how a declared requirement reaches the script",
        "The manifest declares an input, output or argument, the script was read and shows no parameter of that name, \
         and there is no `binding`; or a command does not name it. Write `binding: { flag: --name }`, `{ positional: 0 }` or `{ env: NAME }`, name the \
         script's own parameter, or give a fixed `path`.";
    ContractNotFound = "contract-not-found", Error,
        "a step's contract, or the catalog of contracts, does not exist",
        "`contract:` on a step names a file, `catalog:` a folder; both are relative to the manifest's folder.";
    DriftNotRead = "drift-not-read", Warning,
        "something is declared, and the script never reads it",
        "The manifest or a contract declares a parameter or variable, the whole script was read, and it is not there: the \
         value would go nowhere. Mostly the script has changed since, or the name is misspelt.";
    DriftNotDeclared = "drift-not-declared", Warning,
        "a script reads something that its contract does not declare",
        "The script has a contract, and reads a parameter or variable that is not in it. Whoever trusts the contract would \
         not give it. Add it to the contract.";
    DriftDefault = "drift-default", Warning,
        "contract and script have different defaults",
        "Whoever reads the contract expects another value than the script takes. What the code does is what happens.";
    DriftRequired = "drift-required", Warning,
        "something is required where it is declared and optional in the script, or the other way round",
        "A contract says that the script stops without a value, and the code goes on without it; or a contract or the manifest \
         says that nothing has to be given, and the code stops. What the code does is what happens; correct the declaration.";
    DriftNotParsed = "drift-not-parsed", Warning,
        "a flag is passed that the script does not parse",
        "A `command` of the manifest, or the command line in a contract (an MLproject entry point, a DVC stage, a CWL or \
         Boutiques tool), passes a flag to a script whose whole command line was read, and which has no such flag. Most \
         parsers stop there. Remove the flag or correct it.";
    MisspeltName = "misspelt-name", Warning,
        "a declared name or flag is almost one that the script has",
        "The manifest declares an input, output, variable or argument that the script does not show, and the script has one \
         whose name differs by a letter or two, which nobody declares. The declaration would have no effect. Correct the \
         name; where both are meant, allow this code.";
    ScriptNotFound = "script-not-found", Error,
        "a step's script does not exist",
        "Paths in the manifest are relative to the manifest's folder, and are never searched for. The help names files \
         of a similar name in that folder.";
    ScriptEmpty = "script-empty", Error,
        "a step's script has nothing in it",
        "The file is there and empty, so running it would prove nothing. What the step needs and gives is not known \
         either, and is not asked for until the script is written.";
    ScriptSyntax = "script-syntax", Error,
        "a script does not parse",
        "The script's own language would refuse it at this place, so running it is pointless. What could be read of \
         the rest was still read. A script that is not UTF-8 is refused likewise, unless it is Python and says its encoding.";
    LineEnds = "line-ends", Error,
        "a shell script has the line ends of Windows",
        "Shells take the carriage return at the end of each line for a part of it: an empty line is a command that is not \
         found, `then` is no keyword, and a file is written whose name ends in one. Convert the script (`sed -i 's/\\r$//' \
         run.sh`), and keep Git from converting it back with `*.sh text eol=lf` in `.gitattributes`.";
    UnknownLanguage = "unknown-language", Error,
        "it is not known how to start a script",
        "The suffix says nothing, there is no `#!` line, and the step has no `interpreter`. Add one of them, or write \
         the step as a `command`.";
    EntryNotFound = "entry-not-found", Error,
        "the function that the step enters is not in its script",
        "`entry: main` calls `main(input_paths, output_paths, environ_vars, job_args)` in the script. Define it there, \
         or remove `entry` to run the script as a program.";
    ContainerPath = "container-path", Error,
        "a script uses a path of a container that cannot be put in place here",
        "Paths below `/opt`, such as `/opt/ml/input/data`, belong to the image of a platform. On Linux they are put in place for \
         the step alone, by `unshare` or by bubblewrap, without root: outputs come to lie in the run's folder, and inputs that \
         `from:` or `path:` of the manifest name are found there. Where neither may do so, let the script take the path as an \
         argument, or give the step an `image:`, in whose container they are mounted.";
    UnmetExpectation = "unmet-expectation", Error,
        "an output is not what the manifest expects",
        "When a step has ended well, each of its outputs is held against what stands under its `expect`: rows, columns, JSON \
         values, texts, files, a snapshot. The step failed because something is different. Look into the output; mend the \
         script or its inputs, or what is expected. A snapshot is renewed by `run --bless`.";
    InterpreterNotFound = "interpreter-not-found", Error,
        "a program that a step starts is not installed",
        "The interpreter or command was not found on PATH, or the given path does not lead to a program. Install it, \
         or name another one: `interpreter:` on the step, or `defaults: { interpreters: { python: … } }`. A step with `image:` \
         needs docker or podman instead, and what else it starts is looked for in the image when it runs.";
    NotExecutable = "not-executable", Error,
        "a program that a step starts is there, and may not be executed",
        "The step names a file that is not marked as executable, so the system will not start it. Mark it, `chmod +x \
         tools/convert`, and let Git know: `git update-index --chmod=+x tools/convert`. Or name what interprets it: \
         `command: [sh, tools/convert]`.";
    InterpreterVersion = "interpreter-version", Error,
        "an interpreter is not of a version that the manifest allows",
        "`interpreters: { python: { program: .venv/bin/python, version: \">=3.10\" } }` under `defaults`, or `interpreter:` \
         on a step, says which versions will do. The version is told by the program's path, its virtual environment or what \
         is installed beside it, for check starts nothing; where none of them tells it, that is advice, not an error.";
    ModuleNotFound = "module-not-found", Warning,
        "an interpreter does not find a module that a script imports",
        "`check --imports` looks for every module that a Python script imports at its top: beside the script, along PYTHONPATH, \
         among Python's own, and in the folders where its interpreter keeps packages. Nothing is started, so it is a warning: \
         a module may be put on the path in another way. Install the package into that environment, or name the \
         interpreter of another one: `defaults: { interpreters: { python: .venv/bin/python } }`.";
    CargoTargetNotFound = "cargo-target-not-found", Error,
        "Cargo has no such target",
        "`cargo: { bin: NAME }` names a binary of the workspace that the manifest lies in, as `cargo metadata` lists it. \
         The help names the nearest one.";
    CargoUnavailable = "cargo-unavailable", Error,
        "Cargo could not describe the workspace",
        "A step runs a Cargo target, and `cargo metadata` failed: there is no Cargo.toml in this folder or above it, or \
         it is invalid. The finding repeats what Cargo said.";
    AnswerMissing = "answer-missing", Error,
        "a required answer is not given",
        "The script cannot run without this value and nobody but you can know it. Write it into the answers file; the \
         finding shows which flag or variable of the script asks for it.";
    UnknownAnswer = "unknown-answer", Error,
        "an answer that no step asks for",
        "The step has no requirement of this name, so the value would go nowhere. The help names the nearest one; \
         `inspect STEP` lists all.";
    AnswerType = "answer-type", Error,
        "an answer is of the wrong type",
        "The script reads the value as another type, and would stop or misunderstand it. Quoted numbers are texts; \
         lists are written `[a, b]`.";
    AnswerChoice = "answer-choice", Error,
        "an answer is none of the choices",
        "The script accepts only certain values here. The help lists them, nearest first.";
    AnswerPattern = "answer-pattern", Error,
        "an answer does not have the required form",
        "The manifest or contract gives a `pattern`, a regular expression that the value has to match.";
    AnswerRange = "answer-range", Error,
        "an answer is too small or too large",
        "The manifest or contract gives `min` or `max` for this value.";
    AnswerConflict = "answer-conflict", Error,
        "two answers exclude each other",
        "The script accepts at most one of these parameters (an exclusive group). Keep one of them.";
    AnswerReference = "answer-reference", Error,
        "a `from:` in the answers leads nowhere",
        "`{from: step.output}` names an output of a step that runs before this one.";
    VariableNotSet = "variable-not-set", Error,
        "an answer takes its value from a variable that is not set",
        "`${NAME}` in an answer stands for the environment variable NAME, which is how secrets are given. Set it before \
         you run, and not to nothing.";
    LiteralVariable = "literal-variable", Warning,
        "something is nearly a variable, and stays as it is written",
        "Only `${NAME}` and `${NAME:-default}` take a value from the environment. `$NAME`, `${NAME` and `~/data` are texts like any \
         other: a file or folder of just that name would be made. Write the variable in braces; where the text is meant as it \
         is, allow this code.";
    LiteralSecret = "literal-secret", Warning,
        "a secret is written into a file",
        "The value of something that is secret stands in the answers, which are most likely kept under version control, where \
         whoever can read the project reads it too. Write `${NAME}` and set that variable where the pipeline runs. The value is \
         shown nowhere; if it has been shared already, have it replaced.";
    InputNotFound = "input-not-found", Error,
        "an input path does not exist",
        "Paths in the answers are relative to the manifest's folder. The help names files of a similar name nearby.";
    InputKind = "input-kind", Error,
        "an input is a folder where a file is needed, or the other way round",
        "The script opens the path as a file or lists it as a folder, as the second label shows.";
    InputEmpty = "input-empty", Error,
        "an input file or folder is empty",
        "An empty input makes the run prove nothing, and most scripts stop on it. Give a small sample with real rows.";
    InputUnreadable = "input-unreadable", Error,
        "an input exists and may not be read",
        "The file's permissions refuse reading to the user who runs this. Change them, or name a copy.";
    InputFormat = "input-format", Error,
        "an input file is not what its type or its name says",
        "The first bytes, or the first rows, are not those of the declared type, of the type that the script reads, or of \
         the type that the file's name tells: a text that is called `.parquet`, a JSON file that does not parse, a table \
         whose rows have more fields than its header. Give the right file, or mend the `type` in the manifest.";
    OutputUnwritable = "output-unwritable", Error,
        "an output cannot be written where the answer says",
        "The folder does not allow writing, or a part of the path is a file. Outputs need no answer: without one they \
         go to the run's own folder.";
    OutputCollision = "output-collision", Error,
        "two outputs are written to one place",
        "The second would overwrite the first. Remove one of the answers, or give it another path.";
    OutputOverwritesInput = "output-overwrites-input", Error,
        "an output would overwrite an input or a source file",
        "The path given for an output is read by a step, or is a script of the pipeline. Nothing of yours is \
         overwritten: give another path, or none.";
    NeedMissing = "need-missing", Warning,
        "a step reads what another writes, and does not need it",
        "Both name the same path, or a path in the folder that the other writes, and no edge says which of them runs first: \
         the reader may find nothing, or what an earlier run left. Add the writer to the reader's `needs`, or give one of \
         them another path.";
    LittleRoom = "little-room", Warning,
        "the disk has little room for what the run writes",
        "Outputs, logs and reports go to the run's own folder, and its disk has less room than the inputs take, or less \
         than 64 MiB. A run that fills the disk fails late. Make room, or keep runs on another disk: `target = \"/big/disk\"` \
         under `[workspace.metadata.runtime-test]` of Cargo.toml.";
    WireMismatch = "wire-mismatch", Error,
        "an output is wired to an input that cannot read it",
        "The upstream step writes one type and this step reads another: CSV against Parquet, a folder against a file. \
         Where both were only inferred from the scripts this is a warning. Wire another output, or mend the `type` of the \
         side that is wrong.";
    ColumnMissing = "column-missing", Error,
        "a table lacks a column that its reader needs",
        "The reader names a column, in the manifest (`inputs: { raw: { columns: [species, year] } }`) or in its code \
         (`usecols=[\"species\"]`, `df[\"species\"]`), and the table has none of that name, going by the header of the file, by \
         `columns` of the output, or by the code that writes it. Mend the name on the side that is wrong. What was only read \
         in code is a warning.";
    WiredTwice = "wired-twice", Warning,
        "an input has two sources, or two declarations reach the script by one way",
        "Two declarations of a step have the same `binding`, so the script would be given both and take one of them; or an \
         input that the manifest wires with `from` is answered as well, which is only advice, for the answer replaces the \
         wire. Keep one of the two.";
    NoEffect = "no-effect", Advice,
        "a step does nothing that the pipeline could use",
        "An `external` step has no outputs, or a script only defines functions and never calls one of them, so that running it \
         changes nothing. Declare the outputs; enter the script by `entry: main`, or let it call its function below `if \
         __name__ == \"__main__\":`.";
    UnusedOutput = "unused-output", Advice,
        "nothing reads the outputs of a step that others need",
        "Steps name this one in `needs`, and none of its outputs reaches any of them: a `from` may be missing. Where the \
         order alone matters, or only a side effect, ignore this with `--allow unused-output`.";
    UnreachableSelection = "unreachable-selection", Warning,
        "a step is selected by one option and left out by another",
        "A step has to fit every option that selects: `run report --from clean` runs what `report` needs as far as it also needs \
         `clean`. Where a named step fits one of them and not the others, it is not run: no way leads from one to the other, or \
         the wrong step was named. `graph` shows who needs whom.";
    RepeatedNeed = "repeated-need", Warning,
        "a step names the same step twice in `needs`",
        "The second name changes nothing; most often another step was meant. Remove it or correct it.";
    OutsideWorkspace = "outside-workspace", Warning,
        "a path leads out of the workspace",
        "The file is not part of the project, so the pipeline will not find it on another machine. Copy a small sample into \
         the project, or give the place by a variable: `${DATA_DIR}/sample.csv`.";
}

/// Codes of errors that can be allowed: what they say is likely, and only the run can tell for sure. Without the others
/// there is nothing that could be run.
const JUDGEMENTS: &[Code] = &[
    Code::LineEnds,
    Code::InterpreterNotFound,
    Code::InterpreterVersion,
    Code::InputNotFound,
    Code::InputKind,
    Code::InputEmpty,
    Code::InputFormat,
    Code::WireMismatch,
    Code::ColumnMissing,
];

impl Code {
    /// The code of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// Whether it tells that declarations and code have drifted apart.
    pub fn is_drift(self) -> bool {
        matches!(
            self,
            Self::DriftNotRead
                | Self::DriftNotDeclared
                | Self::DriftDefault
                | Self::DriftRequired
                | Self::DriftNotParsed
        )
    }

    /// Whether somebody may say that it does not matter.
    pub fn may_be_allowed(self) -> bool {
        self.severity() != Severity::Error || JUDGEMENTS.contains(&self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_read_back() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(
                code.as_str()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{code}"
            );
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(
                !code.meaning().ends_with('.') && code.story().ends_with(['.', 'y']),
                "{code}"
            );
        }
    }
}
