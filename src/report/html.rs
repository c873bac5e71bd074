//! Owns `report.html`: one page that holds all of a run, with nothing to load from anywhere. The only folder that names
//! minijinja.

mod draw;
mod page;
mod steps;
mod timeline;

use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, escape_formatter};

use self::draw::Markup;
use super::log::{has_controls, without_controls};
use super::record::Record;

/// The page of a run; logs are read from its folder.
///
/// # Errors
/// The template does not fit, which is a bug.
pub fn render(record: &Record) -> io::Result<String> {
    let mut page = Vec::new();
    write(record, &mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}

/// Writes the page of a run as it comes together.
///
/// # Errors
/// It cannot be written, or the template does not fit, which is a bug.
pub fn write(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(io::Error::other)?;
    environment.set_syntax(syntax);
    environment.set_formatter(|out, state, value| match value.as_str() {
        // The usual formatter also escapes slashes, of which paths are full.
        Some(text) if !value.is_safe() => {
            let mut markup = Markup::default();
            markup.text(text);
            out.write_str(&markup.whole()).map_err(Into::into)
        }
        _ => escape_formatter(out, state, value),
    });
    environment.add_filter("message", |text: &str| {
        let mut markup = Markup::default();
        markup.message(text);
        Value::from_safe_string(markup.whole())
    });
    // The name ends in `.html`, so all that is put in is escaped, numbers and lists by the usual formatter.
    environment
        .add_template("page.html", include_str!("html/page.html"))
        .and_then(|()| environment.get_template("page.html"))
        .and_then(|template| {
            template.render_captured_to(Serde(page::page(record)), Harmless(out))?;
            Ok(())
        })
        .map_err(io::Error::other)
}

/// Leaves control characters out: whoever opens the file in a terminal is not to be harmed either. It is given whole
/// characters.
struct Harmless<W>(W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match str::from_utf8(bytes) {
            Ok(text) if has_controls(text) => {
                self.0.write_all(without_controls(text).as_bytes())?
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests;
