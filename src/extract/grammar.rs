//! Owns parsing by the grammars of tree-sitter, in bounded time.

use std::ops::ControlFlow;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tree_sitter::{Language, ParseOptions, ParseState, Parser, Tree};

/// Larger scripts are not read: people do not write them. In bytes.
const LARGEST: usize = 2 * 1024 * 1024;
/// How long one parse may work, as this thread's own time counts it: the largest of ordinary scripts take a fifth of
/// it, whatever else the machine does. Steps of the parser cannot be counted instead, for one of them may look over
/// all of a line.
const LONGEST: Duration = Duration::from_secs(3);

/// Parses a text; none where it is binary, too large, or takes too long.
pub(super) fn parse(language: &Language, text: &str) -> Option<Tree> {
    if text.len() > LARGEST || text.bytes().take(8_192).any(|b| b == 0) {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let start = worked();
    let mut watch = |_: &ParseState| match worked().saturating_sub(start) > LONGEST {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(options),
    )
}

/// How long this thread has worked until now.
fn worked() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .unwrap_or_default()
}
