//! Owns commands that a script runs: which of their words are files, told by what the command does with them, or
//! else by the flag they stand behind.

use super::call::Args;
use super::engine::Engine;
use super::slots::{Direction, Owner};
use super::value::{At, Form, Object, Piece, Value};
use crate::extract::hints;
use crate::extract::shell::commands::{Role, Word, roles};
use crate::requirement::{Confidence, DataType, Kind, ValueType};

/// How many words of a command are looked at.
const WORDS: usize = 256;

/// The rule that sees them.
const RULE: &str = "subprocess";

/// The rule that sees a file being moved on.
pub(super) const MOVES: &str = "mv";

/// Words that run the command behind them.
const RUNNERS: &[&str] = &["sudo", "time", "nohup", "nice", "exec", "env", "xargs"];

/// Programs whose first operand is a script, which belongs to the project.
const INTERPRETERS: &[&str] = &[
    "python", "python2", "python3", "bash", "sh", "zsh", "Rscript", "perl", "java", "node",
];

/// Formats of sequencing data after which parameters are named.
const FORMATS: &[&str] = &[
    "fastq", "fq", "bam", "cram", "vcf", "gvcf", "bcf", "bed", "gtf", "gff", "fasta", "tagalign",
];

/// Whether a library's function runs a command.
pub(super) fn runs_command(name: &str) -> bool {
    matches!(
        name,
        "subprocess.run"
            | "subprocess.call"
            | "subprocess.check_call"
            | "subprocess.check_output"
            | "subprocess.Popen"
            | "subprocess.getoutput"
            | "subprocess.getstatusoutput"
            | "os.system"
            | "os.popen"
            | "commands.getoutput"
            | "commands.getstatusoutput"
            | "asyncio.create_subprocess_shell"
            | "asyncio.create_subprocess_exec"
    )
}

impl<'a> Engine<'a> {
    /// A command is run.
    pub(super) fn run_subprocess(&mut self, args: &Args<'a>) {
        let given = args.get(0, "args").or_else(|| args.kw("cmd")).cloned();
        let Some(given) = given else { return };
        for command in given.alternatives() {
            let words = match command {
                Value::Seq(_) => {
                    let (items, _) = self.iterate(command);
                    match items.as_slice() {
                        // `["sh", "-c", "…"]`
                        [Value::Str(shell), Value::Str(flag), line]
                            if hints_shell(shell) && &**flag == "-c" =>
                        {
                            split(&line.pieces().unwrap_or_default())
                        }
                        _ => {
                            let items = items.into_iter().take(WORDS);
                            items.map(|item| word_of(&item)).collect()
                        }
                    }
                }
                Value::Str(_) | Value::Pieces(_) => split(&command.pieces().unwrap_or_default()),
                _ => continue,
            };
            self.run_line(&words, args.at);
        }
    }

    /// `process.communicate(text)`: a shell that was started without a command runs what it is given.
    pub(super) fn communicate(&mut self, process: &Object<'a>, args: &Args<'a>) {
        if &*process.class != "subprocess.Popen" {
            return;
        }
        let started = process.args.borrow().first().cloned().unwrap_or_default();
        let words = match &started {
            Value::Seq(_) => self.iterate(&started).0,
            other => vec![other.clone()],
        };
        let is_shell = words
            .first()
            .and_then(Value::as_str)
            .is_some_and(hints_shell);
        let has_command = words.iter().any(|word| word.as_str() == Some("-c"));
        if let (Some(text), true, false) = (args.get(0, "input"), is_shell, has_command) {
            for text in text.clone().alternatives() {
                let words = split(&text.pieces().unwrap_or_default());
                self.run_line(&words, args.at);
            }
        }
    }

    /// Reads a line of commands: pipes, lists and redirects.
    fn run_line(&mut self, words: &[Vec<Piece<'a>>], at: At) {
        let mut rest: Vec<Vec<Piece<'a>>> = Vec::new();
        let mut target = None;
        for word in words.iter().take(WORDS) {
            let text = literal(word);
            if let Some(direction) = target.take() {
                self.use_word(word, (direction, RULE), None, Confidence::Certain, at);
                continue;
            }
            match text {
                Some("|" | "||" | "&&" | ";" | "&") => {
                    self.run_words(&rest, at);
                    rest.clear();
                }
                Some(">" | ">>" | "1>" | "&>" | "2>" | "2>>") => target = Some(Direction::Writes),
                Some("<") => target = Some(Direction::Reads),
                Some("2>&1" | "1>&2" | ">&2") => {}
                _ => rest.push(word.clone()),
            }
        }
        self.run_words(&rest, at);
    }

    /// Reads one command.
    fn run_words(&mut self, words: &[Vec<Piece<'a>>], at: At) {
        let skipped = words.iter().take_while(|word| {
            literal(word).is_some_and(|text| RUNNERS.contains(&text) || text.contains('='))
        });
        let words = words.get(skipped.count()..).unwrap_or_default();
        let Some((command, words)) = words.split_first() else {
            return;
        };
        let name = literal(command).unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or(name);
        let seen: Vec<Word<'_>> = words
            .iter()
            .map(|word| Word {
                text: literal(word),
                prefix: leading(word),
                remote: word
                    .iter()
                    .any(|piece| matches!(piece, Piece::Text(text) if text.contains(':'))),
            })
            .collect();
        let found = roles(name, &seen);
        let moves = name == "mv";
        let mut told = vec![false; words.len()];
        for (index, role, skip) in found {
            let Some(word) = words.get(index) else {
                continue;
            };
            let (direction, data_type) = match role {
                Role::Read | Role::ReadAny | Role::ReadNamed => (Direction::Reads, None),
                Role::ReadFolder => (Direction::Reads, Some(DataType::Folder)),
                Role::Write | Role::WriteAny | Role::WriteNamed => (Direction::Writes, None),
                Role::WriteFolder => (Direction::Prepares, Some(DataType::Folder)),
                Role::Remove => (Direction::Names, None),
            };
            told[index] = true;
            let word = without(word, skip);
            if matches!(literal(&word), Some("stdin" | "stdout" | "stderr")) {
                continue;
            }
            let rule = match moves && direction == Direction::Reads {
                true => MOVES,
                false => RULE,
            };
            self.use_word(&word, (direction, rule), data_type, Confidence::Certain, at);
        }
        let is_script = INTERPRETERS.contains(&name);
        for (index, word) in words.iter().enumerate() {
            if told[index] || is_script && index == 0 {
                continue;
            }
            // Only the user's values are told by a flag: what is written out belongs to the command.
            let flag = match (word.first(), index.checked_sub(1)) {
                (Some(Piece::Text(text)), _) if text.starts_with('-') && text.ends_with('=') => {
                    text.trim_end_matches('=').to_owned()
                }
                (Some(Piece::Slot(..)), Some(before)) => {
                    literal(&words[before]).unwrap_or_default().to_owned()
                }
                (Some(Piece::Slot(..)), None) => String::new(),
                _ => continue,
            };
            if !flag.starts_with('-') || told_by_flag(&flag).is_none() {
                if let [Piece::Slot(slot, Form::Whole)] = word.as_slice()
                    && self.slot_names_reads(*slot)
                {
                    self.use_word(word, (Direction::Reads, RULE), None, Confidence::Likely, at);
                }
                continue;
            }
            let skip = match word.first() {
                Some(Piece::Text(text)) => text.len(),
                _ => 0,
            };
            let value = without(word, skip);
            // `-i` and `-o` of a command that nobody knows say little of a value that is not known to be a path.
            let says_little = flag.trim_start_matches('-').len() == 1;
            if let Some(direction) = told_by_flag(&flag)
                && (!says_little || self.may_be_path(&value, direction))
            {
                self.use_word(&value, (direction, RULE), None, Confidence::Likely, at);
            }
        }
    }

    /// Whether a word is a value that is named like a path, or told to be one.
    fn may_be_path(&self, word: &[Piece<'a>], direction: Direction) -> bool {
        let [Piece::Slot(slot, _), ..] = word else {
            return true;
        };
        self.slot_names_path(*slot, direction) || self.slot_is_told_path(*slot)
    }

    /// Whether a slot belongs to a parameter that is named after a format of sequencing data, and not as what is written.
    fn slot_names_reads(&self, slot: usize) -> bool {
        let Owner::Param(param) = self.slots.all[slot].owner else {
            return false;
        };
        let param = &self.slots.params[param];
        let is_text = matches!(
            super::verdict::item_type(param.value_type.as_ref()),
            Some(ValueType::String | ValueType::Path) | None
        );
        let mut words = param.dest.split(['_', '-']);
        let named = words.any(|word| {
            let word = word.to_lowercase();
            FORMATS.contains(&word.trim_end_matches(|c: char| c.is_ascii_digit()))
        });
        is_text && param.choices.is_none() && named && !hints::names_output(&param.dest)
    }

    fn use_word(
        &mut self,
        word: &[Piece<'a>],
        (direction, rule): (Direction, &'static str),
        data_type: Option<DataType>,
        surest: Confidence,
        at: At,
    ) {
        let value = self.text_of(word.to_vec());
        let before = self.confidence;
        self.confidence = before.min(surest);
        self.use_path(&value, direction, data_type, at, rule);
        self.confidence = before;
    }
}

/// The direction of a path behind a flag of an unknown command.
fn told_by_flag(flag: &str) -> Option<Direction> {
    let name = flag.trim_start_matches('-');
    let kind = match name {
        "o" | "out" | "output" | "O" | "outdir" | "out_dir" | "out-dir" | "outfile" | "prefix"
        | "out-prefix" | "out_prefix" => Some(Kind::Output),
        "i" | "in" | "input" | "infile" | "indir" => Some(Kind::Input),
        _ if name.len() > 2 => hints::direction(name, None, None),
        _ => None,
    };
    kind.map(|kind| match kind {
        Kind::Output => Direction::Writes,
        _ => Direction::Reads,
    })
}

fn hints_shell(name: &str) -> bool {
    matches!(
        name.rsplit('/').next(),
        Some("sh" | "bash" | "zsh" | "dash")
    )
}

/// The text of a word, where all of it is known.
fn literal<'w>(word: &'w [Piece<'_>]) -> Option<&'w str> {
    match word {
        [Piece::Text(text)] => Some(text),
        _ => None,
    }
}

/// The text that a word begins with.
fn leading<'w>(word: &'w [Piece<'_>]) -> &'w str {
    match word.first() {
        Some(Piece::Text(text)) => text,
        _ => "",
    }
}

/// A word of a list.
fn word_of<'a>(value: &Value<'a>) -> Vec<Piece<'a>> {
    let value = value
        .alternatives()
        .iter()
        .find(|value| matches!(value, Value::Pieces(_)))
        .unwrap_or(&value.alternatives()[0]);
    value.pieces().unwrap_or_else(|| vec![Piece::Unknown])
}

/// A word without its first bytes.
fn without<'a>(word: &[Piece<'a>], skip: usize) -> Vec<Piece<'a>> {
    match word.split_first() {
        Some((Piece::Text(text), rest)) if skip > 0 => {
            let left = text.get(skip..).unwrap_or_default().to_owned();
            let first = (!left.is_empty()).then(|| Piece::Text(left.into()));
            first.into_iter().chain(rest.iter().cloned()).collect()
        }
        _ => word.to_vec(),
    }
}

/// The words of a line; quotes hold a word together.
pub(super) fn split<'a>(line: &[Piece<'a>]) -> Vec<Vec<Piece<'a>>> {
    let mut words: Vec<Vec<Piece<'a>>> = Vec::new();
    let mut word: Vec<Piece<'a>> = Vec::new();
    let mut text = String::new();
    let mut quote = None;
    let flush = |text: &mut String, word: &mut Vec<Piece<'a>>| {
        if !text.is_empty() {
            word.push(Piece::Text(std::mem::take(text).into()));
        }
    };
    // How many parentheses of `<(command)` are open: what stands in them is a word of its own that nobody reads.
    let mut inside = 0_usize;
    for piece in line {
        let Piece::Text(part) = piece else {
            if inside > 0 {
                continue;
            }
            flush(&mut text, &mut word);
            word.push(match piece {
                Piece::Slot(slot, Form::Whole) => Piece::Slot(*slot, Form::Whole),
                other => other.clone(),
            });
            continue;
        };
        let mut rest = part.chars().peekable();
        while let Some(c) = rest.next() {
            if inside > 0 {
                inside = match c {
                    '(' => inside + 1,
                    ')' => inside - 1,
                    _ => inside,
                };
                continue;
            }
            match (c, quote) {
                ('<' | '>', None) if rest.peek() == Some(&'(') => {
                    flush(&mut text, &mut word);
                    word.push(Piece::Unknown);
                    rest.next();
                    inside = 1;
                }
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (c, None) if c.is_whitespace() || matches!(c, ';' | '|') => {
                    flush(&mut text, &mut word);
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    if !c.is_whitespace() || c == '\n' {
                        words.push(vec![Piece::Text(if c == '|' { "|" } else { ";" }.into())]);
                    }
                    if words.len() > WORDS {
                        return words;
                    }
                }
                (c @ ('>' | '<'), None)
                    if !text.ends_with(['>', '&', '1', '2']) || text.is_empty() =>
                {
                    flush(&mut text, &mut word);
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    let doubled = rest.next_if_eq(&c).is_some();
                    // `>&2` goes to a channel that is open already, `>& file` to a file.
                    let joined = rest.next_if_eq(&'&').is_some();
                    let to_channel = joined && rest.next_if(char::is_ascii_digit).is_some();
                    let sign = match (c, doubled, to_channel) {
                        (_, _, true) => ">&2",
                        ('>', true, _) => ">>",
                        ('>', ..) => ">",
                        _ => "<",
                    };
                    words.push(vec![Piece::Text(sign.into())]);
                }
                (c, _) => text.push(c),
            }
        }
    }
    flush(&mut text, &mut word);
    if !word.is_empty() {
        words.push(word);
    }
    words
}
