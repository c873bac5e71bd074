//! Owns what well-known commands do with their operands: which are files they read, which they write.
//! Knows nothing of where the words come from.

use super::tools::{COPIERS, DASH_O, FILTERS, NOT_O, OF_MANY, READERS, READING_FLAGS, SUITES};

/// What a command does with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads the file.
    Read,
    /// Reads a folder, or something in it.
    ReadFolder,
    /// Reads a file or a folder.
    ReadAny,
    /// Writes the file.
    Write,
    /// Makes the folder, or something in it.
    WriteFolder,
    /// Writes a file or a folder.
    WriteAny,
    /// Takes it away.
    Remove,
}

/// One word of a command, as far as it is known: its literal text where all of it is, or what it begins with.
pub struct Word<'a> {
    /// The whole text, where it is literal.
    pub text: Option<&'a str>,
    /// The literal text it begins with.
    pub prefix: &'a str,
}

/// The role of each operand, by its index among `words` (the command's name left out); the last number is how
/// many bytes of an option (`--output=`) stand before the path.
pub fn roles(command: &str, words: &[Word<'_>]) -> Vec<(usize, Role, usize)> {
    let name = command.rsplit('/').next().unwrap_or(command);
    let mut found = Vec::new();
    if let Some((_, takes)) = READERS.iter().find(|(reader, _)| *reader == name) {
        each(words, takes, &[], &mut found, Role::Read);
    } else if name == "sort" {
        each(
            words,
            "ktSTo",
            &["--key", "--output"],
            &mut found,
            Role::Read,
        );
    } else if let Some((_, takes, programs)) = FILTERS.iter().find(|(filter, ..)| *filter == name) {
        filter(name, words, takes, programs, &mut found);
    } else if let Some((_, takes)) = COPIERS.iter().find(|(copier, _)| *copier == name) {
        copy(name, words, takes, &mut found);
    } else {
        match name {
            "bgzip" | "tabix" | "fastqc" | "minimap2" | "ls" => {
                let takes = match name {
                    "tabix" => "psbecSRTr",
                    "bgzip" => "bsIl@",
                    _ => "pSbecIRToftxkw@",
                };
                let files = operands(words, takes, &[]);
                let many = matches!(name, "fastqc" | "minimap2" | "ls");
                let role = match name {
                    "ls" => Role::ReadFolder,
                    _ => Role::Read,
                };
                let files = files.into_iter().take(if many { usize::MAX } else { 1 });
                found.extend(files.map(|at| (at, role, 0)));
            }
            "git" if words.first().is_some_and(|word| word.text == Some("clone")) => {
                let files = operands(&words[1..], "bcjo", &["--branch", "--depth", "--origin"]);
                if let [_, folder] = files.as_slice() {
                    found.push((folder + 1, Role::WriteFolder, 0));
                }
            }
            _ if SUITES.iter().any(|(suite, _)| *suite == name) => suite(name, words, &mut found),
            "tee" => each(words, "", &[], &mut found, Role::Write),
            "touch" => each(words, "drt", &[], &mut found, Role::Write),
            "truncate" => each(words, "sr", &[], &mut found, Role::Write),
            "mkdir" => each(words, "m", &["--mode"], &mut found, Role::WriteFolder),
            "rm" | "rmdir" | "unlink" | "shred" => {
                each(words, "", &[], &mut found, Role::Remove);
            }
            "gunzip" | "bunzip2" | "unxz" | "unzstd" | "gzip" | "bzip2" | "xz" | "zstd"
            | "pigz" => {
                each(words, "ST", &[], &mut found, Role::Read);
            }
            "tar" | "gtar" | "bsdtar" => tar(words, &mut found),
            "unzip" => unzip(words, &mut found),
            "zip" => zip(words, &mut found),
            "dd" => dd(words, &mut found),
            "find" => {
                for (index, word) in words.iter().enumerate() {
                    if word.prefix.starts_with(['-', '(', '!']) {
                        break;
                    }
                    found.push((index, Role::ReadFolder, 0));
                }
            }
            "cd" | "pushd" => {
                if let Some(first) = operands(words, "", &[]).first() {
                    found.push((*first, Role::ReadFolder, 0));
                }
            }
            "sh" | "bash" | "zsh" | "dash" if !words.iter().any(|word| word.prefix == "-c") => {
                // A program named in the script is the project's own; one that is given is read.
                let first = operands(words, "O", &[]).into_iter().next();
                found.extend(
                    first
                        .filter(|at| words[*at].text.is_none_or(|text| text.contains('*')))
                        .map(|at| (at, Role::Read, 0)),
                );
            }
            _ => {}
        }
    }
    flags(name, words, &mut found);
    outputs(name, words, &mut found);
    found
}

/// The names of files and folders that a command fetches from elsewhere into the working folder.
pub fn fetches(command: &str, words: &[Word<'_>]) -> Vec<String> {
    let name = command.rsplit('/').next().unwrap_or(command);
    let has = |letter: char, long: &str| {
        words.iter().any(|word| {
            let flag = word.prefix;
            flag == long
                || flag.starts_with('-') && !flag.starts_with("--") && flag.contains(letter)
        })
    };
    let fetched = match name {
        "wget" => !has('O', "--output-document") && !has('P', "--directory-prefix"),
        "curl" => has('O', "--remote-name"),
        "git" => words.first().is_some_and(|word| word.text == Some("clone")),
        // What is built here is nobody's to give.
        "cargo" => return vec!["target".to_owned()],
        _ => false,
    };
    if !fetched {
        return Vec::new();
    }
    let addresses = words.iter().filter_map(|word| word.text);
    addresses
        .filter(|text| text.contains("://") || name == "git" && text.contains('@'))
        .filter_map(|text| {
            let plain = text.split(['?', '#']).next()?.trim_end_matches('/');
            let last = plain.rsplit('/').next()?;
            Some(last.strip_suffix(".git").unwrap_or(last).to_owned())
        })
        .collect()
}

/// `samtools sort FILE`, `bcftools concat FILE…`.
fn suite(name: &str, words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    let takes = SUITES
        .iter()
        .find(|(suite, _)| *suite == name)
        .map_or("", |(_, takes)| takes);
    let Some(command) = words.first().and_then(|word| word.text) else {
        return;
    };
    let is_file = |word: &Word<'_>| match word.text {
        Some(text) => text.contains(['.', '/']) && !text.contains(':'),
        None => true,
    };
    const LONG: &[&str] = &[
        "--exclude",
        "--fasta-ref",
        "--genotype",
        "--include",
        "--output",
        "--output-file",
        "--output-tags",
        "--output-type",
        "--positions",
        "--reference",
        "--regions",
        "--regions-file",
        "--samples",
        "--samples-file",
        "--targets",
        "--threads",
    ];
    let mut files = operands(&words[1..], takes, LONG)
        .into_iter()
        .map(|at| at + 1)
        .filter(|at| is_file(&words[*at]));
    if command == "merge" && name == "samtools" {
        let out = words.iter().any(|word| word.text == Some("-o"));
        if !out && let Some(target) = files.next() {
            found.push((target, Role::Write, 0));
        }
    }
    let many = OF_MANY.contains(&command) || command == "merge";
    let files = files.take(if many { usize::MAX } else { 1 });
    found.extend(files.map(|at| (at, Role::Read, 0)));
}

/// What the flags of some tools name.
fn flags(name: &str, words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    let Some((_, flags)) = READING_FLAGS.iter().find(|(tool, _)| *tool == name) else {
        return;
    };
    for (index, word) in words.iter().enumerate() {
        if word.text.is_some_and(|text| flags.contains(&text)) && index + 1 < words.len() {
            found.push((index + 1, Role::Read, 0));
        }
    }
}

/// Indices of the words that are no options and no options' values.
fn operands(words: &[Word<'_>], takes: &str, long: &[&str]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut index = 0;
    let mut only_operands = false;
    while let Some(word) = words.get(index) {
        let prefix = word.prefix;
        if only_operands || !prefix.starts_with('-') || prefix == "-" && word.text.is_some() {
            if word.text != Some("-") {
                found.push(index);
            }
        } else if word.text == Some("--") {
            only_operands = true;
        } else if prefix.starts_with("--") {
            index += usize::from(long.contains(&prefix) && word.text.is_some());
        } else if word.text.is_some()
            && let Some(at) = prefix[1..].find(|letter| takes.contains(letter))
            && at + 2 == prefix.len()
        {
            index += 1;
        }
        index += 1;
    }
    found
}

fn each(
    words: &[Word<'_>],
    takes: &str,
    long: &[&str],
    found: &mut Vec<(usize, Role, usize)>,
    role: Role,
) {
    found.extend(
        operands(words, takes, long)
            .into_iter()
            .map(|index| (index, role, 0)),
    );
}

/// `awk PROGRAM FILE…`, `sed -e PROGRAM FILE…`.
fn filter(
    name: &str,
    words: &[Word<'_>],
    takes: &str,
    programs: &[&str],
    found: &mut Vec<(usize, Role, usize)>,
) {
    let mut in_place = false;
    let mut program_given = false;
    let mut skip = Vec::new();
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let text = word.prefix;
        if text == "--" {
            break;
        }
        if text.starts_with('-') && word.text.is_some() {
            in_place |= name.ends_with("sed") && (text.starts_with("-i") || text == "--in-place");
            if programs.contains(&text)
                || programs
                    .iter()
                    .any(|p| p.starts_with("--") && text.starts_with(&format!("{p}=")))
            {
                program_given = true;
                if !text.contains('=') && !matches!(text, "-i" | "-pi" | "-n" | "-p") {
                    // A program named in the script is the project's own; one that is given is read.
                    let from_file = matches!(text, "-f" | "--file" | "--from-file");
                    if from_file && words.get(index + 1).is_some_and(|word| word.text.is_none()) {
                        found.push((index + 1, Role::Read, 0));
                    }
                    skip.push(index + 1);
                    index += 1;
                }
            } else if programs.contains(&"-e")
                && !text.starts_with("--")
                && text.len() > 2
                && text.ends_with('e')
                && name != "perl"
            {
                program_given = true;
                skip.push(index + 1);
                index += 1;
            } else if name == "jq"
                && matches!(text, "--arg" | "--argjson" | "--slurpfile" | "--rawfile")
            {
                skip.extend([index + 1, index + 2]);
                index += 2;
            } else if name == "jq" && text == "--indent" {
                skip.push(index + 1);
                index += 1;
            }
        }
        index += 1;
    }
    let mut files: Vec<usize> = operands(words, takes, &[])
        .into_iter()
        .filter(|index| !skip.contains(index))
        .collect();
    if !program_given && !files.is_empty() {
        files.remove(0);
    }
    if name == "perl" && !program_given {
        return;
    }
    // `awk` takes assignments among its files.
    if name.ends_with("awk") {
        files.retain(|&index| !words[index].prefix.contains('='));
    }
    let recursive = name.ends_with("grep")
        && words.iter().any(|word| {
            word.prefix.starts_with('-')
                && !word.prefix.starts_with("--")
                && word.prefix.contains(['r', 'R'])
        });
    let role = if recursive { Role::ReadAny } else { Role::Read };
    found.extend(
        files
            .into_iter()
            .map(|index| (index, if in_place { Role::Read } else { role }, 0)),
    );
}

/// `cp FROM… TO`, `cp -t TO FROM…`.
fn copy(name: &str, words: &[Word<'_>], takes: &str, found: &mut Vec<(usize, Role, usize)>) {
    let has = |flag: &str| words.iter().any(|word| word.text == Some(flag));
    if name == "install" && (has("-d") || has("--directory")) {
        return each(
            words,
            takes,
            &["--mode", "--owner", "--group"],
            found,
            Role::WriteFolder,
        );
    }
    if name == "rsync" && words.iter().any(|word| word.prefix.contains(':')) {
        return;
    }
    let target = words
        .iter()
        .position(|word| word.text == Some("-t"))
        .filter(|_| name != "rsync")
        .map(|at| at + 1);
    let long = [
        "--mode",
        "--owner",
        "--group",
        "--exclude",
        "--include",
        "--rsh",
        "--suffix",
    ];
    let mut files = operands(words, takes, &long);
    if let Some(target) = target {
        files.retain(|&index| index != target);
        found.push((target, Role::WriteFolder, 0));
    } else if files.len() >= 2
        && let Some(last) = files.pop()
    {
        let many = files.len() > 1;
        found.push((
            last,
            if many {
                Role::WriteFolder
            } else {
                Role::WriteAny
            },
            0,
        ));
    } else {
        return;
    }
    found.extend(files.into_iter().map(|index| (index, Role::ReadAny, 0)));
}

/// `tar -xzf ARCHIVE -C FOLDER`, `tar czf ARCHIVE FILE…`.
fn tar(words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    let mut mode = None;
    let mut archive = None;
    let mut folder = None;
    let mut others = Vec::new();
    let mut index = 0;
    while let Some(word) = words.get(index) {
        let text = word.prefix;
        let bundle = text.strip_prefix('-').or((index == 0).then_some(text));
        match bundle {
            Some(letters)
                if !letters.starts_with('-') && !letters.is_empty() && word.text.is_some() =>
            {
                for letter in letters.chars() {
                    match letter {
                        'x' | 'c' | 't' | 'r' | 'u' => {
                            mode.get_or_insert(letter);
                        }
                        _ => {}
                    }
                }
                if letters.ends_with('f') {
                    archive = Some((index + 1, 0));
                    index += 1;
                } else if letters.ends_with('C') {
                    folder = Some((index + 1, 0));
                    index += 1;
                } else if letters.ends_with(['T', 'X', 'I']) {
                    index += 1;
                }
            }
            _ if text.starts_with("--") => match text {
                "--extract" | "--get" => mode = Some('x'),
                "--create" => mode = Some('c'),
                "--file" => {
                    archive = Some((index + 1, 0));
                    index += 1;
                }
                "--directory" => {
                    folder = Some((index + 1, 0));
                    index += 1;
                }
                _ if text.starts_with("--file=") => archive = Some((index, "--file=".len())),
                _ if text.starts_with("--directory=") => {
                    folder = Some((index, "--directory=".len()))
                }
                _ => {}
            },
            _ => others.push(index),
        }
        index += 1;
    }
    let Some(mode) = mode else { return };
    let reads = matches!(mode, 'x' | 't');
    if let Some((index, cut)) =
        archive.filter(|(index, _)| words.get(*index).is_some_and(|w| w.text != Some("-")))
    {
        found.push((index, if reads { Role::Read } else { Role::Write }, cut));
    }
    if let Some((index, cut)) = folder {
        found.push((
            index,
            if reads {
                Role::WriteFolder
            } else {
                Role::ReadFolder
            },
            cut,
        ));
    }
    if !reads && folder.is_none() {
        found.extend(others.into_iter().map(|index| (index, Role::ReadAny, 0)));
    }
}

/// `unzip ARCHIVE -d FOLDER`.
fn unzip(words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    let folder = words.iter().position(|word| word.text == Some("-d"));
    if let Some(first) = operands(words, "dxP", &[]).first() {
        found.push((*first, Role::Read, 0));
    }
    if let Some(at) = folder {
        found.push((at + 1, Role::WriteFolder, 0));
    }
}

/// `zip ARCHIVE FILE…`.
fn zip(words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    let files = operands(words, "xiPn", &[]);
    for (place, index) in files.into_iter().enumerate() {
        found.push((
            index,
            if place == 0 {
                Role::Write
            } else {
                Role::ReadAny
            },
            0,
        ));
    }
}

/// `dd if=FROM of=TO`.
fn dd(words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    for (index, word) in words.iter().enumerate() {
        if word.prefix.starts_with("if=") {
            found.push((index, Role::Read, 3));
        } else if word.prefix.starts_with("of=") {
            found.push((index, Role::Write, 3));
        }
    }
}

/// What `-o`, `-O` and `--output` name.
fn outputs(name: &str, words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    for (index, word) in words.iter().enumerate() {
        let flag = word.prefix;
        let next = index + 1;
        let takes_next = match flag {
            // What is given there and not written into the script is hardly a setting.
            "-o" => {
                DASH_O.contains(&name)
                    || !NOT_O.contains(&name)
                        && words.get(next).is_some_and(|word| {
                            word.text
                                .is_none_or(|text| text.contains(['.', '/']) && !text.contains('='))
                        })
            }
            // `az … --output tsv` asks for a format.
            "--output" => {
                DASH_O.contains(&name)
                    || words
                        .get(next)
                        .is_some_and(|word| word.text.is_none_or(|text| text.contains(['.', '/'])))
            }
            "-O" => name == "wget",
            "--output-file" | "--output-document" | "--out-file" => true,
            _ => false,
        };
        if takes_next && word.text.is_some() && words.get(next).is_some_and(|w| w.text != Some("-"))
        {
            found.retain(|(at, ..)| *at != next);
            found.push((next, Role::Write, 0));
        }
        for long in ["--output=", "--output-file=", "--output-document="] {
            if flag.starts_with(long) {
                found.push((index, Role::Write, long.len()));
            }
        }
        // `curl -sSLo FILE`
        if name == "curl"
            && flag.len() > 2
            && !flag.starts_with("--")
            && flag.starts_with('-')
            && flag.ends_with('o')
            && words.get(next).is_some()
        {
            found.push((next, Role::Write, 0));
        }
        if name == "wget"
            && flag.len() > 2
            && !flag.starts_with("--")
            && flag.starts_with('-')
            && flag.ends_with('O')
            && words.get(next).is_some_and(|w| w.text != Some("-"))
        {
            found.push((next, Role::Write, 0));
        }
        if name == "curl" && matches!(flag, "-T" | "--upload-file") && words.get(next).is_some() {
            found.push((next, Role::Read, 0));
        }
    }
}
