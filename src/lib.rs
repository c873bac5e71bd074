//! `cargo runtime-test` proves on small data that a whole pipeline of scripts runs, before it goes to its expensive place.
//!
//! # The line of data
//!
//! ```text
//! manifest ─► discovery ─► extract ─► requirement ─► schema, answers ─► check ─► plan ─► run ─► report
//! ```
//!
//! Each stage is a plain function from one owned value to the next; disk, clock, environment and terminal are touched at
//! the two ends. A module imports only from those above it:
//!
//! | modules | what they own |
//! | --- | --- |
//! | [`source`], [`diagnostic`], [`disk`], [`file`](mod@file), [`program`], [`yaml`], [`shape`], [`pattern`], [`ui`] | text and places in it, findings, looks at the disk, files, programs, YAML, JSON Schema, globs and regular expressions, the terminal: they know nothing of pipelines |
//! | [`script`], [`requirement`], [`template`], [`manifest`] | the values that every stage speaks of |
//! | [`proof`] | whether a file is what its type says, from its first bytes |
//! | [`discovery`] | which file a step runs, in which language, started by what |
//! | [`extract`] | what a script needs, read from its text; and the joining of what several layers say |
//! | [`outline`], [`graph`] | what a run is about, in words; and its DAG, drawn |
//! | [`analysis`], [`inspect`] | the front half that every command shares, and its public form |
//! | [`asked`], [`schema`], [`answers`] | what is asked of the user, and what the user gave |
//! | [`pin`] | what a script's code says, written as its contract |
//! | [`check`] | every problem at once, the value of every requirement, the status of every step |
//! | [`findings`] | which findings are told, and the forms in which programs read them |
//! | [`plan`] | the exact invocations, in order |
//! | [`event`], [`run`], [`report`] | carrying the plan out, and telling of it; the two meet only in events |
//! | [`published`], [`exit_code`], [`cli`] | the shell around all of this |
//!
//! # What is absent, on purpose
//!
//! - Nothing but [`run`] starts a user's script, an interpreter, or any process at all, save `cargo metadata` where a step
//!   runs a Cargo target, and `git` where steps are selected by what has changed. Nothing opens a network connection.
//! - There is no `async`: scripts are processes, and a thread for each running one is enough.
//! - No stage prints. Findings are values, and [`ui`] is the only door to the terminal.
//! - A value that cannot be known without running a script is a note with its place, never a guess.
//!
//! # The whole journey
//!
//! ```
//! use runtime_test::answers::{Sources, give, skeleton};
//! use runtime_test::check::status::{State, status};
//! use runtime_test::plan::{build, select};
//! use runtime_test::requirement::Kind;
//! use runtime_test::source::Source;
//! use runtime_test::{analysis, check, run};
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! std::fs::write(folder.join("runtime-test.yaml"), "
//! version: 1
//! pipeline: hello
//! steps:
//!   greet:
//!     script: greet.sh
//!     outputs: { greeting: { type: text } }
//!   shout:
//!     command: [sh, -c, 'tr a-z A-Z < \"$0\" > \"$1\"', '${inputs.greeting}', '${outputs.loud}']
//!     needs: [greet]
//!     inputs: { greeting: {} }
//!     outputs: { loud: { type: text } }
//! ")?;
//! std::fs::write(folder.join("greet.sh"), "greeting=${1:?where to write}\necho \"hello ${NAME:?whom to greet}\" > \"$greeting\"\n")?;
//! let environment = |name: &str| std::env::var(name).ok();
//!
//! // Read the manifest and every script.
//! let options = analysis::Options { folder: folder.to_owned(), ..Default::default() };
//! let analysis = analysis::analyse(&options).map_err(|problems| format!("{problems:?}"))?;
//!
//! // Which scripts need answers, and which ones; the rest can configure itself.
//! let steps = check::asked(&analysis);
//! let asked: Vec<String> = steps.iter()
//!     .flat_map(|step| step.answerable().filter(|asked| asked.needs_answer()).map(move |asked| format!("{}.{}", step.step, asked.key())))
//!     .collect();
//! assert_eq!(asked, ["greet.env.NAME"]);
//! assert!(steps[1].asks_nothing());
//!
//! // What is pending before anything is answered, and why.
//! let all = select::select(&analysis.manifest, &select::Selection::default()).unwrap();
//! let checked = check::check(&analysis, &Sources::default(), &all, &environment);
//! let before = status(&analysis, &checked);
//! assert_eq!((before.pending, before.ready), (vec!["greet".to_owned()], false));
//! assert_eq!(before.steps["greet"].missing, ["env.NAME"]);
//! assert_eq!(before.steps["shout"].state, State::AutoConfigurable);
//! assert_eq!(before.steps["shout"].wired["greeting"], "greet.greeting");
//!
//! // Give an answer, and have it validated at once; the text is that of the answers file, comments and all.
//! let answer = |value: &str| -> Result<Sources, Box<dyn std::error::Error>> {
//!     let empty = Source::new(analysis.answers(), "runtime-test.answers.yaml", skeleton::skeleton(&steps));
//!     let text = give::give(&empty, &steps, "greet", Kind::Env, "NAME", &value.into()).map_err(|why| format!("{why:?}"))?;
//!     assert!(text.contains("whom to greet"));
//!     Ok(Source::new(analysis.answers(), "runtime-test.answers.yaml", text).into())
//! };
//! let wrong = check::check(&analysis, &answer("${NOT_SET_ANYWHERE}")?, &all, &environment);
//! let told = &status(&analysis, &wrong).steps["greet"].invalid[0];
//! assert_eq!((told.answer.as_str(), told.code.as_str()), ("env.NAME", "variable-not-set"));
//! let answers = answer("ada")?;
//! let checked = check::check(&analysis, &answers, &all, &environment);
//! assert!(status(&analysis, &checked).ready);
//!
//! // Run, with a callback for events, and read the results.
//! let plan = build::build(&analysis, &checked, &all);
//! let mut events = 0;
//! let summary = run::run(&plan, &run::RunOptions::default(), &mut |_event| events += 1)?;
//! assert!(summary.success && events > 2);
//! assert_eq!(std::fs::read_to_string(folder.join(&summary.steps["shout"].outputs["loud"]))?, "HELLO ADA\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod analysis;
pub mod answers;
pub mod asked;
pub mod both;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod discovery;
pub mod disk;
pub mod duration;
pub mod event;
pub mod exit_code;
pub mod extract;
pub mod file;
pub mod findings;
pub mod graph;
pub mod inspect;
pub mod manifest;
pub mod outline;
pub mod pattern;
pub mod pin;
pub mod plan;
pub mod program;
pub mod proof;
pub mod proposal;
pub mod published;
pub mod report;
pub mod requirement;
pub mod run;
pub mod schema;
pub mod script;
pub mod secret;
pub mod shape;
pub mod source;
pub mod template;
pub mod ui;
pub mod yaml;
