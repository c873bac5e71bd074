//! Owns `report.html`: one page that holds all of a run, with nothing to load from anywhere. The only folder that names
//! minijinja.

mod page;

use std::io;

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;

use super::log::without_controls;
use super::record::Record;

/// The page of a run; logs are read from its folder.
///
/// # Errors
/// The template does not fit, which is a bug.
pub fn render(record: &Record) -> io::Result<String> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(io::Error::other)?;
    environment.set_syntax(syntax);
    // The name ends in `.html`, so all that is put in is escaped.
    let page = environment
        .add_template("page.html", include_str!("html/page.html"))
        .and_then(|()| environment.get_template("page.html"))
        .and_then(|template| template.render(Serde(page::page(record))))
        .map_err(io::Error::other)?;
    // Whoever opens the file in a terminal is not to be harmed either.
    Ok(without_controls(&page))
}

#[cfg(test)]
mod tests;
