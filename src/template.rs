//! Owns `${inputs.x}` and its like: places in a text where a resolved value goes. Everything else in the text, a shell's
//! own `$NAME` and `${NAME}` included, is left as it is.

use crate::diagnostic::nearest;
use crate::requirement::Kind;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// To be taken as it is.
    Text(&'t str),
    /// The value of a requirement of the same step.
    Value {
        /// The requirement's kind.
        kind: Kind,
        /// The requirement's name.
        name: &'t str,
        /// The whole `${…}`, for messages.
        written: &'t str,
    },
}

/// Cuts a text into its pieces.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(start) = text[from..].find("${").map(|at| from + at) {
        let Some(length) = text[start..].find('}') else {
            break;
        };
        let written = &text[start..=start + length];
        from = start + 2;
        let inner = &written[2..written.len() - 1];
        let Some((section, name)) = inner.split_once('.') else {
            continue;
        };
        let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.section() == section) else {
            continue;
        };
        if done < start {
            pieces.push(Piece::Text(&text[done..start]));
        }
        pieces.push(Piece::Value {
            kind,
            name: name.trim(),
            written,
        });
        done = start + written.len();
        from = done;
    }
    if done < text.len() {
        pieces.push(Piece::Text(&text[done..]));
    }
    pieces
}

/// What is nearly a reference to a requirement, and stays as it is written: as it is, and as it was meant.
///
/// ```
/// # use runtime_test::template::almost;
/// let meant = |text: &str| almost(text).map(|(_, meant)| meant);
/// assert_eq!(meant("cat ${inputs.x"), Some("${inputs.x}".to_owned()));
/// assert_eq!(meant("cat ${input.x}"), Some("${inputs.x}".to_owned()));
/// assert_eq!(meant("cat ${ inputs.x }"), Some("${inputs.x}".to_owned()));
/// assert_eq!([meant("${inputs.x} ${HOME} ${a:-b.c}"), meant("${row.x}"), meant("${x")], [None, None, None]);
/// ```
pub fn almost(text: &str) -> Option<(&str, String)> {
    let name = |text: &str| {
        let other = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'));
        text.find(other).unwrap_or(text.len())
    };
    text.match_indices("${").find_map(|(start, _)| {
        let inside = text[start + 2..].trim_start();
        let (section, after) = inside.split_at(name(inside));
        let after = after.strip_prefix('.')?;
        let (name, after) = after.split_at(name(after));
        let mut kinds = Kind::ALL.into_iter().map(Kind::section);
        let exact = kinds.clone().find(|known| *known == section);
        let meant = exact.or_else(|| nearest(section, &mut kinds))?;
        let rest = after.trim_start();
        let end = text.len() - rest.len();
        let (written, is_closed) = match rest.strip_prefix('}') {
            Some(_) => (&text[start..=end], true),
            None => (&text[start..text.len() - after.len()], false),
        };
        let meant = format!("${{{meant}.{name}}}");
        (!name.is_empty() && (meant != written) && (is_closed || !after.starts_with('.')))
            .then_some((written, meant))
    })
}

/// Puts values into their places. `value` gives the text of a requirement; nothing where it has none.
pub fn fill(text: &str, value: &dyn Fn(Kind, &str) -> Option<String>) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Value { kind, name, .. } => value(kind, name).unwrap_or_default(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_references_to_requirements_are_replaced() {
        let filled = |text: &str| {
            fill(text, &|kind, name| {
                Some(format!("<{} {name}>", kind.section()))
            })
        };
        for (text, expected) in [
            (
                "cp ${inputs.a} ${outputs.b.c}",
                "cp <inputs a> <outputs b.c>",
            ),
            (
                "$HOME ${HOME} ${HOME:-x.y} $$ ${",
                "$HOME ${HOME} ${HOME:-x.y} $$ ${",
            ),
            ("${${env.X}}", "${<env X>}"),
            ("", ""),
        ] {
            assert_eq!(filled(text), expected, "{text}");
        }
    }
}
