//! Owns the question whether the modules that Python scripts import can be found by their interpreter: on its path, as far
//! as folders and files tell it. Runs nothing, so what a module does to the path while it is loaded is not known. (io)

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity, misspelling};
use crate::disk;
use crate::extract::python;
use crate::file;
use crate::manifest::Runs;
use crate::script::Language;
use crate::source::Place;

use super::values::working_folder;
use super::{images, interpreters, programs};

/// Modules of Python itself, those of older and newer versions included.
const STANDARD: &str = "\
    __future__ __main__ _thread abc aifc annotationlib antigravity argparse array ast asynchat \
    asyncio asyncore atexit audioop base64 bdb binascii binhex bisect builtins bz2 cProfile calendar \
    cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression \
    concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses dataclasses \
    datetime dbm decimal difflib dis distutils doctest dummy_threading email encodings ensurepip \
    enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc \
    genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib \
    imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache \
    locale logging lzma macpath mailbox mailcap marshal math mimetypes mmap modulefinder msilib \
    msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse \
    os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform plistlib poplib \
    posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue \
    quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors \
    shelve shlex shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 \
    sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess \
    sunau symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios textwrap \
    this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle \
    turtledemo types typing unicodedata unittest urllib uu uuid venv warnings wave weakref \
    webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo";

/// Packages whose modules are called otherwise.
const PACKAGES: &[(&str, &str)] = &[
    ("Bio", "biopython"),
    ("PIL", "Pillow"),
    ("bs4", "beautifulsoup4"),
    ("cv2", "opencv-python"),
    ("dateutil", "python-dateutil"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("git", "GitPython"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("yaml", "PyYAML"),
];

/// How many entries of a folder are looked at.
const ENTRIES: usize = 20_000;

/// Where an interpreter finds modules.
struct Site {
    /// Folders with modules in them.
    folders: Vec<PathBuf>,
    /// The modules that are there.
    modules: BTreeSet<String>,
}

/// Looks for every module that the Python scripts of the selected steps import.
pub fn check(analysis: &Analysis, selected: &[usize]) -> Diagnostics {
    let mut problems = Diagnostics::new();
    let mut sites: HashMap<PathBuf, Option<Site>> = HashMap::new();
    let mut told: Vec<Place> = Vec::new();
    for &index in selected {
        let (step, analysed) = (&analysis.manifest.steps[index], &analysis.steps[index]);
        let script = &analysed.script;
        let program = interpreters::program(&script.launcher);
        let (Some(program), Some(source), Language::Python) =
            (program, &script.source, script.language)
        else {
            continue;
        };
        // What an image has is known to nobody who does not start it.
        if images::image_of(analysis, index).is_some() {
            continue;
        }
        let cwd = working_folder(analysis, step);
        // A program that is not there is a finding of its own.
        let Some(found) = programs::find(program, &cwd) else {
            continue;
        };
        let found = interpreters::chosen_by_shim(&found, &cwd).unwrap_or(found);
        let site = sites
            .entry(found.clone())
            .or_insert_with(|| site_of(&found));
        let shown = file::display(Path::new(program), &analysis.manifest.folder);
        let Some(site) = site else {
            let unknown = unknown_site(source.at(crate::source::Span::default()), &shown);
            problems.push(unknown);
            continue;
        };
        let own = match step.runs {
            Runs::Module(_) => cwd.clone(),
            _ => source.path().parent().unwrap_or(&cwd).to_owned(),
        };
        let given = step.settings.env.get("PYTHONPATH").cloned();
        let given = given.or_else(|| std::env::var("PYTHONPATH").ok());
        let given = given.iter().flat_map(std::env::split_paths);
        let mut near: Vec<PathBuf> = given.map(|path| file::resolve(&cwd, path)).collect();
        near.push(own);
        for source in std::iter::once(source).chain(&analysed.local_files) {
            for (module, span) in python::imports(source) {
                let place = source.at(span);
                let is_there = is_standard(&module)
                    || site.modules.contains(&module)
                    || near
                        .iter()
                        .chain(&site.folders)
                        .any(|folder| holds(folder, &module));
                if !is_there && !told.contains(&place) {
                    told.push(place.clone());
                    problems.push(not_found(&module, &shown, place, site));
                }
            }
        }
    }
    problems
}

fn is_standard(module: &str) -> bool {
    module.starts_with('_') || STANDARD.split(' ').any(|known| known == module)
}

/// Whether a module lies in a folder.
fn holds(folder: &Path, module: &str) -> bool {
    disk::is_dir(folder.join(module)) || disk::is_file(folder.join(format!("{module}.py")))
}

/// Where a Python finds modules; nothing where its folders are not those that are known.
fn site_of(program: &Path) -> Option<Site> {
    let above = |path: &Path| Some(path.parent()?.parent()?.to_owned());
    let mut homes = Vec::new();
    let environment = above(program).filter(|home| disk::is_file(home.join("pyvenv.cfg")));
    let mut is_closed = false;
    if let Some(home) = &environment {
        homes.push(home.clone());
        let text = disk::read_to_string(home.join("pyvenv.cfg")).ok()?;
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let shared = lines.find(|(key, _)| key.trim() == "include-system-site-packages");
        is_closed = shared.is_none_or(|(_, value)| value.trim() != "true");
    }
    if !is_closed {
        homes.extend(above(&disk::canonicalize(program).ok()?));
        let user = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local"));
        homes.extend(user);
    }
    let mut folders = Vec::new();
    for home in &homes {
        let libraries = ["lib", "lib64", "local/lib"].map(|name| home.join(name));
        for library in libraries {
            for name in names(&library).filter(|name| name.starts_with("python")) {
                folders.push(library.join(&name).join("site-packages"));
                folders.push(library.join(&name).join("dist-packages"));
            }
        }
    }
    folders.retain(|folder| disk::is_dir(folder));
    if folders.is_empty() {
        return None;
    }
    let mut modules = BTreeSet::new();
    let mut further = Vec::new();
    for folder in &folders {
        for name in names(folder) {
            match name.rsplit_once('.') {
                Some((stem, "pth")) if !stem.is_empty() => {
                    further.extend(linked(folder, &name, &mut modules));
                }
                Some((stem, "py" | "so" | "pyd")) => {
                    modules.extend(stem.split('.').next().map(str::to_owned));
                }
                Some((_, "dist-info" | "egg-info")) => {}
                _ => {
                    modules.insert(name);
                }
            }
        }
    }
    folders.extend(further);
    Some(Site { folders, modules })
}

fn names(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = disk::read_dir(folder).into_iter().flatten().flatten();
    entries
        .take(ENTRIES)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
}

/// The folders that a `.pth` file adds; modules that an editable install maps to other places go to `modules`.
fn linked(folder: &Path, name: &str, modules: &mut BTreeSet<String>) -> Vec<PathBuf> {
    let Ok(source) = file::read_lossy(&folder.join(name), folder) else {
        return Vec::new();
    };
    let mut added = Vec::new();
    for line in source.text().lines().map(str::trim) {
        match line.strip_prefix("import ") {
            None if line.is_empty() || line.starts_with('#') => {}
            None => added.push(file::resolve(folder, line)),
            Some(rest) => {
                let finder = rest.split([';', ' ']).next().unwrap_or_default();
                let Ok(source) = file::read_lossy(&folder.join(format!("{finder}.py")), folder)
                else {
                    continue;
                };
                // `MAPPING: … = {'package': '/where/it/lies'}`, as setuptools writes it.
                let mapping = source
                    .text()
                    .lines()
                    .find(|line| line.starts_with("MAPPING"));
                let quoted = mapping.into_iter().flat_map(|line| line.split('\''));
                let quoted: Vec<&str> = quoted.collect();
                modules.extend(quoted.chunks_exact(4).map(|part| part[1].to_owned()));
            }
        }
    }
    added
}

fn not_found(module: &str, program: &str, place: Place, site: &Site) -> Diagnostic {
    let package = PACKAGES
        .iter()
        .find(|(known, _)| *known == module)
        .map_or(module, |(_, package)| package);
    let known = site.modules.iter().map(String::as_str);
    let near = misspelling(module, known.chain(STANDARD.split(' ')));
    let near = near.map_or(String::new(), |near| {
        format!("did you mean `{near}`? otherwise ")
    });
    Diagnostic::new(
        Code::ModuleNotFound,
        format!("`{program}` finds no module `{module}`"),
    )
    .at(place, "imported here")
    .help(format!(
        "{near}install it there, `{program} -m pip install {package}`, or name another `interpreter`"
    ))
}

fn unknown_site(place: Place, program: &str) -> Diagnostic {
    let mut finding = Diagnostic::new(
        Code::ModuleNotFound,
        format!("where `{program}` finds modules is not known"),
    )
    .at(place, "imports of this script were not looked for");
    finding.severity = Severity::Advice;
    finding.help("name the interpreter of a virtual environment with `interpreter:`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_where_an_environment_keeps_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            file::write(&folder.path().join(name), text).expect("written");
        };
        let site = "venv/lib/python3.11/site-packages";
        write("venv/pyvenv.cfg", "include-system-site-packages = false\n");
        write("venv/bin/python", "");
        for name in [
            "numpy/__init__.py",
            "six.py",
            "fast.cpython-311-x86_64-linux-gnu.so",
            "numpy-2.0.dist-info/METADATA",
        ] {
            write(&format!("{site}/{name}"), "");
        }
        write(
            &format!("{site}/own.pth"),
            &format!("# mine\n{}\n", folder.path().join("src").display()),
        );
        write("src/mine/__init__.py", "");
        write(
            &format!("{site}/edit.pth"),
            "import __editable___pkg_finder; __editable___pkg_finder.install()\n",
        );
        write(
            &format!("{site}/__editable___pkg_finder.py"),
            "x = 1\nMAPPING: dict[str, str] = {'pkg': '/src/pkg', 'other': '/src/other'}\n",
        );
        let site = site_of(&folder.path().join("venv/bin/python")).expect("a site");
        let is_there = |module: &str| {
            is_standard(module)
                || site.modules.contains(module)
                || site.folders.iter().any(|folder| holds(folder, module))
        };
        for (module, expected) in [
            ("numpy", true),
            ("six", true),
            ("fast", true),
            ("mine", true),
            ("pkg", true),
            ("other", true),
            ("json", true),
            ("pandas", false),
        ] {
            assert_eq!(is_there(module), expected, "{module}");
        }
        write("bare/bin/python", "");
        write("bare/pyvenv.cfg", "");
        assert!(site_of(&folder.path().join("bare/bin/python")).is_none());
    }
}
