//! Owns what well-known commands do with their operands: which are files they read, which they write.
//! Knows nothing of where the words come from.

use super::spec;
use super::tools::{COPIERS, FILTERS, INTERPRETERS, NOT_O, line_of};

/// What a command does with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads the file.
    Read,
    /// Reads a folder, or something in it.
    ReadFolder,
    /// Reads a file or a folder.
    ReadAny,
    /// Reads files whose names begin so.
    ReadNamed,
    /// Writes the file.
    Write,
    /// Makes the folder, or something in it.
    WriteFolder,
    /// Writes a file or a folder.
    WriteAny,
    /// Writes files whose names begin so.
    WriteNamed,
    /// Takes it away.
    Remove,
}

impl Role {
    /// Whether something is read.
    pub fn reads(self) -> bool {
        matches!(
            self,
            Self::Read | Self::ReadFolder | Self::ReadAny | Self::ReadNamed
        )
    }

    /// Whether something is written.
    pub fn writes(self) -> bool {
        matches!(
            self,
            Self::Write | Self::WriteFolder | Self::WriteAny | Self::WriteNamed
        )
    }

    /// The same of the folder around.
    pub fn of_folder(self) -> Self {
        match self {
            role if role.reads() => Self::ReadFolder,
            role if role.writes() => Self::WriteFolder,
            role => role,
        }
    }
}

/// One word of a command, as far as it is known: its literal text where all of it is, or what it begins with.
pub struct Word<'a> {
    /// The whole text, where it is literal.
    pub text: Option<&'a str>,
    /// The literal text it begins with.
    pub prefix: &'a str,
    /// Whether it names another machine or a store: a part of it has a colon.
    pub remote: bool,
}

/// A command's name without the folder it lies in.
pub fn base_name(command: &str) -> &str {
    command.rsplit('/').next().unwrap_or(command)
}

/// The role of each operand, by its index among `words` (the command's name left out); the last number is how
/// many bytes of an option (`--output=`) stand before the path.
pub fn roles(command: &str, words: &[Word<'_>]) -> Vec<(usize, Role, usize)> {
    let name = base_name(command);
    let mut found = Vec::new();
    let first = words.first().and_then(|word| word.text);
    if transfer(name, words, &mut found) {
        return found;
    }
    if let Some((_, takes, programs)) = FILTERS.iter().find(|(filter, ..)| *filter == name) {
        filter(name, words, takes, programs, &mut found);
    } else if let Some((_, takes)) = COPIERS.iter().find(|(copier, _)| *copier == name) {
        copy(name, words, takes, &mut found);
    } else if let Some((line, skip)) = line_of(name, first) {
        spec::roles(line, &words[skip..], &mut found);
        found.iter_mut().for_each(|(at, ..)| *at += skip);
        special(name, words, &mut found);
        return found;
    } else {
        special(name, words, &mut found);
    }
    outputs(name, words, &mut found);
    found
}

/// Commands with ways of their own.
fn special(name: &str, words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    match name {
        "git" if words.first().is_some_and(|word| word.text == Some("clone")) => {
            let files = operands(&words[1..], "bcjo", &["--branch", "--depth", "--origin"]);
            if let [_, folder] = files.as_slice() {
                found.push((folder + 1, Role::WriteFolder, 0));
            }
        }
        // `samtools merge OUT IN…`
        "samtools" if words.first().is_some_and(|word| word.text == Some("merge")) => {
            found.clear();
            let given = words.iter().position(|word| word.text == Some("-o"));
            let line = match given {
                Some(_) => "-o> -b< -L< -R. -h< @@lts *<",
                None => "-b< -L< -R. -h< @@lts > *<",
            };
            spec::roles(line, &words[1..], found);
            found.iter_mut().for_each(|(at, ..)| *at += 1);
        }
        // The genome's folder is made where it is built.
        "STAR" if words.iter().any(|word| word.text == Some("genomeGenerate")) => {
            for (_, role, _) in found
                .iter_mut()
                .filter(|(_, role, _)| *role == Role::ReadFolder)
            {
                *role = Role::WriteFolder;
            }
        }
        "rm" | "rmdir" | "unlink" | "shred" => {
            each(words, "", &[], found, Role::Remove);
        }
        _ if packer(name).is_some() => each(words, "ST", &["--threads"], found, Role::Read),
        "tar" | "gtar" | "bsdtar" => tar(words, found),
        "unzip" => unzip(words, found),
        "zip" => zip(words, found),
        "dd" => dd(words, found),
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
        _ => {
            // A program named in the script is the project's own; one that is given is read.
            let program = program(name, words).filter(|_| name.ends_with("sh"));
            found.extend(
                program
                    .filter(|at| words[*at].text.is_none_or(|text| text.contains('*')))
                    .map(|at| (at, Role::Read, 0)),
            );
        }
    }
}

/// Which word names the script that an interpreter runs.
pub fn program(command: &str, words: &[Word<'_>]) -> Option<usize> {
    let name = base_name(command);
    if !INTERPRETERS.contains(&name) {
        return None;
    }
    let first = operands(words, "OWX", &[]).into_iter().next()?;
    let inline = words[..first].iter().any(|word| {
        matches!(
            word.prefix,
            "-c" | "-e" | "-m" | "-E" | "-ne" | "-pe" | "-lane"
        )
    });
    (!inline).then_some(first)
}

/// What a compressing program adds to names, and whether it takes that away.
fn packer(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "gzip" | "pigz" | "bgzip" => (".gz", false),
        "gunzip" | "unpigz" => (".gz", true),
        "bzip2" | "pbzip2" => (".bz2", false),
        "bunzip2" => (".bz2", true),
        "xz" => (".xz", false),
        "unxz" => (".xz", true),
        "zstd" => (".zst", false),
        "unzstd" => (".zst", true),
        _ => return None,
    })
}

/// The files that a command makes beside those it is given: what it is given (a path written out), what it makes of
/// that, and whether that takes the former's place.
pub fn makes(command: &str, words: &[Word<'_>]) -> Vec<(String, String, bool)> {
    let name = base_name(command);
    let has = |letter: char, long: &str| has_flag(words, letter, long);
    let texts = || {
        operands(words, "ST@", &["--threads"])
            .into_iter()
            .filter_map(|at| words[at].text)
    };
    if let Some((ending, undone)) = packer(name) {
        if has('c', "--stdout") {
            return Vec::new();
        }
        let undone = undone || has('d', "--decompress");
        let kept = has('k', "--keep") || name.contains("zst");
        return texts()
            .filter_map(|text| {
                let made = match undone {
                    true => text.strip_suffix(ending)?.to_owned(),
                    false => format!("{text}{ending}"),
                };
                Some((text.to_owned(), made, !kept))
            })
            .collect();
    }
    // Indices lie beside what they are of.
    let endings: &[&str] = match (name, words.first().and_then(|word| word.text)) {
        ("samtools", Some("index")) => &[".bai", ".csi", ".crai"],
        ("samtools", Some("faidx")) => &[".fai"],
        ("bcftools", Some("index")) | ("tabix", _) => &[".tbi", ".csi"],
        ("bwa", Some("index")) => &[".bwt", ".amb", ".ann", ".pac", ".sa"],
        _ => return Vec::new(),
    };
    let beside = |text: &str, ending: &&str| (text.to_owned(), format!("{text}{ending}"), false);
    texts()
        .flat_map(|text| endings.iter().map(move |ending| beside(text, ending)))
        .collect()
}

/// What an archive that is unpacked into the working folder is called.
pub fn unpacks(
    command: &str,
    words: &[Word<'_>],
    found: &[(usize, Role, usize)],
) -> Option<String> {
    let name = base_name(command);
    if !matches!(name, "tar" | "gtar" | "bsdtar" | "unzip" | "7z" | "7za") {
        return None;
    }
    let into_folder = found.iter().any(|(_, role, _)| role.writes());
    let (at, ..) = found.iter().find(|(_, role, _)| *role == Role::Read)?;
    let text = words.get(*at)?.text?;
    (!into_folder).then(|| base_name(text).to_owned())
}

fn has_flag(words: &[Word<'_>], letter: char, long: &str) -> bool {
    words.iter().any(|word| {
        let flag = word.prefix;
        flag == long || flag.starts_with('-') && !flag.starts_with("--") && flag.contains(letter)
    })
}

/// The names of files and folders that a command fetches from elsewhere into the working folder.
pub fn fetches(command: &str, words: &[Word<'_>]) -> Vec<String> {
    let name = base_name(command);
    let has = |letter: char, long: &str| has_flag(words, letter, long);
    let first = words.first().and_then(|word| word.text);
    let fetched = match name {
        "wget" => !has('O', "--output-document") && !has('P', "--directory-prefix"),
        "curl" => has('O', "--remote-name"),
        "aria2c" | "axel" => !has('o', "--out") && !has('d', "--dir"),
        "git" | "svn" => matches!(first, Some("clone" | "checkout" | "export")),
        "kaggle" => {
            let file = words
                .iter()
                .position(|word| matches!(word.text, Some("-f" | "--file")));
            let named = |at: usize| words.get(at)?.text;
            let archive = words
                .iter()
                .position(|word| {
                    matches!(word.text, Some("-c" | "-d" | "--competition" | "--dataset"))
                })
                .and_then(|at| named(at + 1))
                .map(|text| format!("{}.zip", base_name(text)));
            let file = file.and_then(|at| named(at + 1)).map(str::to_owned);
            return file.into_iter().chain(archive).collect();
        }
        "dvc" => {
            let path = words.get(2).and_then(|word| word.text);
            let gets = matches!(first, Some("get" | "import" | "get-url" | "import-url"));
            return path
                .filter(|_| gets)
                .map(|path| base_name(path).to_owned())
                .into_iter()
                .collect();
        }
        // What is built here is nobody's to give.
        "cargo" | "cross" => return vec!["target".to_owned()],
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

/// Copies to or from elsewhere: `aws s3 cp s3://bucket/file FILE`, `scp FILE host:folder`; only what lies here is a path.
/// Whether the command is one of these.
fn transfer(name: &str, words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) -> bool {
    const LONG: &[&str] = &[
        "--acl",
        "--content-type",
        "--endpoint-url",
        "--exclude",
        "--filter",
        "--include",
        "--metadata",
        "--numworkers",
        "--page-size",
        "--port",
        "--profile",
        "--region",
        "--request-payer",
        "--rsh",
        "--storage-class",
        "--sse",
        "--transfers",
    ];
    let text = |at: usize| words.get(at).and_then(|word| word.text).unwrap_or_default();
    let verb = |verb: &str| {
        matches!(
            verb,
            "cp" | "mv" | "sync" | "rsync" | "copy" | "copyto" | "move"
        )
    };
    let skip = match name {
        "aws" if text(0) == "s3" && verb(text(1)) => 2,
        "gcloud" if text(0) == "storage" && verb(text(1)) => 2,
        "gsutil" | "azcopy" | "rclone" | "s5cmd" => {
            match (0..words.len().min(5)).find(|at| verb(text(*at))) {
                Some(at) => at + 1,
                None => return true,
            }
        }
        "scp" => 0,
        "rsync" if words.iter().any(|word| word.remote) => 0,
        _ => return false,
    };
    let takes = match name {
        "scp" => "iPoFclJS",
        "rsync" => "ef",
        _ => "x",
    };
    let mut operands: Vec<usize> = operands(&words[skip..], takes, LONG)
        .into_iter()
        .map(|at| at + skip)
        .collect();
    // Of two words that may lie anywhere it is not known which is here.
    if operands.len() < 2 || !operands.iter().any(|at| words[*at].remote) {
        return true;
    }
    let last = operands.pop();
    let here = |at: &usize| !words[*at].remote;
    found.extend(
        operands
            .into_iter()
            .filter(here)
            .map(|at| (at, Role::ReadAny, 0)),
    );
    found.extend(last.filter(here).map(|at| (at, Role::WriteAny, 0)));
    true
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
                if text.ends_with("file") && index + 2 < words.len() {
                    found.push((index + 2, Role::Read, 0));
                }
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
    // Where a symbolic link leads need not be there.
    let links = name == "ln" && has_flag(words, 's', "--symbolic");
    files.retain(|at| !links || words[*at].prefix.is_empty());
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
    let folder = words.iter().position(|word| {
        word.text
            .is_some_and(|text| text.starts_with('-') && text.ends_with('d'))
    });
    if let Some(first) = operands(words, "dxP", &[]).first() {
        found.push((*first, Role::Read, 0));
    }
    if let Some(at) = folder.filter(|at| at + 1 < words.len()) {
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

/// What `-o` and `--output` name where no more is known of a tool; `-o` means something else to many. `-i` beside it
/// is read.
fn outputs(name: &str, words: &[Word<'_>], found: &mut Vec<(usize, Role, usize)>) {
    let is_path = |at: usize| {
        words.get(at).is_some_and(|word| {
            word.text
                .is_none_or(|text| text.contains(['.', '/']) && !text.contains('='))
        })
    };
    let mut written = false;
    for (index, word) in words.iter().enumerate() {
        let flag = word.prefix;
        let next = index + 1;
        let takes_next = match flag {
            // What is given there and not written into the script is hardly a setting.
            "-o" => !NOT_O.contains(&name) && is_path(next),
            // `az … --output tsv` asks for a format.
            "--output" => is_path(next),
            "--output-file" | "--output-document" | "--out-file" => true,
            _ => false,
        };
        if takes_next && word.text.is_some() && words.get(next).is_some_and(|w| w.text != Some("-"))
        {
            found.retain(|(at, ..)| *at != next);
            found.push((next, Role::WriteAny, 0));
            written = true;
        }
        for long in ["--output=", "--output-file=", "--output-document="] {
            if flag.starts_with(long) {
                found.push((index, Role::WriteAny, long.len()));
            }
        }
    }
    let given = words.iter().position(|word| word.text == Some("-i"));
    if let Some(at) = given.filter(|at| written && is_path(at + 1))
        && found.iter().all(|(known, ..)| *known != at + 1)
    {
        found.push((at + 1, Role::ReadAny, 0));
    }
}
