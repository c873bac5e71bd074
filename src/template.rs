//! Owns `${inputs.x}` and its like: places in a text where a resolved value goes. Everything else in the text, a shell's
//! own `$NAME` and `${NAME}` included, is left as it is.

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
