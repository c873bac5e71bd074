//! draft
#![warn(missing_docs)]
pub mod analysis;
pub mod answers;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod discovery;
pub mod event;
pub mod exit_code;
pub mod extract;
pub mod file;
pub mod inspect;
pub mod manifest;
pub mod plan;
pub mod published;
pub mod report;
pub mod requirement;
pub mod run;
pub mod schema;
pub mod script;
pub mod shape;
pub mod source;
pub mod template;
pub mod ui;
pub mod yaml;
