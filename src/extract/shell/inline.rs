//! Owns code that a script hands to another shell: `bash -c 'code'`, `sbatch <<EOF`. It is read in place.

use std::collections::HashMap;
use std::rc::Rc;

use tree_sitter::Node;

use super::launchers;
use super::value::{self, Value};
use super::walk::{Frame, Loaded, Walk, text};
use crate::source::Span;

/// As many pieces of code are read.
const MOST: usize = 32;
/// In files longer than this none is: each is parsed with all that stands before it blanked. In bytes.
const LARGEST: usize = 200_000;

impl Walk<'_> {
    /// `bash -c 'code' name word…`: reads the code; whether there was any.
    pub fn inline_argument(
        &mut self,
        file: &Loaded,
        command: &str,
        arguments: &[(Node<'_>, Value)],
    ) -> bool {
        if !launchers::is_shell(command) {
            return false;
        }
        let is_code = |(_, value): &(Node<'_>, Value)| {
            let text = value::prefix_of(value);
            text.starts_with('-') && !text.starts_with("--") && text.ends_with('c')
        };
        let Some(at) = arguments.iter().take(6).position(is_code) else {
            return false;
        };
        let Some((node, _)) = arguments.get(at + 1) else {
            return false;
        };
        let span = Span::from(node.byte_range());
        let quoted = matches!(node.kind(), "raw_string" | "string");
        // Between double quotes, what is escaped is another text to the inner shell.
        let plain = node.kind() == "raw_string" || !text(file, *node).contains(['\\', '`']);
        if !quoted || !plain || span.end < span.start + 2 {
            return false;
        }
        let words = arguments.get(at + 3..).unwrap_or_default();
        let words = words.iter().map(|(_, value)| value.clone()).collect();
        self.inline(file, Span::new(span.start + 1, span.end - 1), words)
    }

    /// `bash <<EOF`, `sbatch <<'EOF'`: reads the here document where the command is given nothing else to run.
    pub fn inline_document(&mut self, file: &Loaded, command: Node<'_>, document: Node<'_>) {
        let mut walker = command.walk();
        let mut words = command
            .children_by_field_name("argument", &mut walker)
            .map(|node| text(file, node));
        let Some(name) = command.child_by_field_name("name") else {
            return;
        };
        // Options and their values; a file would bear an ending.
        let is_file = |word: &str| !word.starts_with('-') && word.contains(['.', '/', '$']);
        if launchers::takes_script(text(file, name)) && !words.any(is_file) {
            self.inline(file, Span::from(document.byte_range()), Vec::new());
        }
    }

    /// Reads code that is part of a file as a shell of its own would run it. Whether it could be read.
    fn inline(&mut self, file: &Loaded, span: Span, words: Vec<Value>) -> bool {
        self.inlined += 1;
        let whole = file.source.text();
        if self.inlined > MOST || whole.len() > LARGEST || !self.enter() {
            return false;
        }
        // All else is blanked, so that places stay what they are.
        let mut shown: Vec<u8> = whole.bytes().map(blank).collect();
        if let (Some(shown), Some(code)) = (
            shown.get_mut(span.range()),
            whole.as_bytes().get(span.range()),
        ) {
            shown.copy_from_slice(code);
        }
        let tree = std::str::from_utf8(&shown).ok().and_then(super::parse);
        let is_read = tree.is_some();
        if let Some(tree) = tree {
            let loaded = Rc::new(Loaded {
                source: file.source.clone(),
                tree,
                comments: HashMap::new(),
            });
            let index = self.loaded.len();
            self.loaded.push(Rc::clone(&loaded));
            self.survey(&loaded, index);
            let frame = Frame {
                words,
                from: None,
                gone: 0,
            };
            let frame = std::mem::replace(&mut self.frame, frame);
            let strict = std::mem::take(&mut self.strict);
            let arm = self.arm.take();
            self.scopes.push(Vec::new());
            self.apart(|walk| walk.statements(&loaded, loaded.tree.root_node()));
            self.scopes.pop();
            self.arm = arm;
            self.strict = strict;
            self.frame = frame;
        }
        self.leave();
        is_read
    }
}

/// A byte that is nothing to a shell; lines end where they did.
fn blank(byte: u8) -> u8 {
    match byte {
        b'\n' => b'\n',
        _ => b' ',
    }
}
