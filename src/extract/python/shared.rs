//! Owns what the scripts of one project share while they are read: its modules, each parsed once however many scripts
//! import it, and the names of which it is known that no module has them.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use ruff_python_ast as ast;

use super::outline::Outline;
use super::value::QuickBuilder;
use crate::extract::Files;
use crate::source::{Source, Span};

/// How large a module may be that a script only imports, in bytes.
const LARGEST: usize = 600_000;

/// A parsed module.
pub(super) struct Module {
    /// Its text.
    pub(super) source: Source,
    /// Its statements.
    pub(super) body: ast::Suite,
    /// The first error, where it does not parse as a whole.
    pub(super) error: Option<(Span, String)>,
    outline: OnceLock<Outline>,
}

impl Module {
    pub(super) fn parse(source: Source) -> Self {
        let (body, error) = super::parse(source.text());
        Self {
            source,
            body,
            error,
            outline: OnceLock::new(),
        }
    }

    /// What can be told of it without walking it.
    pub(super) fn outline(&self) -> &Outline {
        self.outline.get_or_init(|| Outline::of(&self.body))
    }
}

/// A module that is there, or is known not to be.
type Place = Arc<OnceLock<Option<Arc<Module>>>>;

/// Names at whose top no module lies in some folders.
pub(super) type Absent = Arc<Mutex<HashSet<String>>>;

/// What the scripts of one project share.
#[derive(Default)]
pub struct Shared {
    modules: Mutex<HashMap<OsString, Place, QuickBuilder>>,
    absent: Mutex<HashMap<Vec<PathBuf>, Absent>>,
}

impl Shared {
    /// The module in a file; parsed where nobody asked before.
    pub(super) fn module(&self, path: &Path, files: Files<'_>) -> Option<Arc<Module>> {
        let place = self.place(path)?;
        let module = place.get_or_init(|| {
            let source = files(path).filter(|source| source.text().len() <= LARGEST)?;
            Some(Arc::new(Module::parse(source)))
        });
        module.clone()
    }

    /// The script itself: as a module, where another script imported it. Few are, so that its tree is let go once it
    /// was read rather than kept for them.
    pub(super) fn script(&self, source: &Source) -> Arc<Module> {
        let known = self.modules.lock().ok().and_then(|modules| {
            let place = modules.get(source.path().as_os_str())?;
            place.get()?.clone()
        });
        known
            .filter(|module| module.source == *source)
            .unwrap_or_else(|| Arc::new(Module::parse(source.clone())))
    }

    /// Names known to be absent for scripts that look into these folders.
    pub(super) fn absent(&self, folders: &[PathBuf]) -> Absent {
        let Ok(mut absent) = self.absent.lock() else {
            return Absent::default();
        };
        match absent.get(folders) {
            Some(known) => known.clone(),
            None => absent.entry(folders.to_vec()).or_default().clone(),
        }
    }

    fn place(&self, path: &Path) -> Option<Place> {
        let mut modules = self.modules.lock().ok()?;
        Some(match modules.get(path.as_os_str()) {
            Some(place) => place.clone(),
            None => modules
                .entry(path.as_os_str().to_owned())
                .or_default()
                .clone(),
        })
    }
}

impl Drop for Shared {
    /// Syntax trees are deep: they are taken apart where there is stack enough.
    fn drop(&mut self) {
        let modules = std::mem::take(&mut self.modules);
        crate::extract::with_stack(move || drop(modules));
    }
}
