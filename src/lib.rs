//! draft
#![warn(missing_docs)]
pub mod analysis;
pub mod answers;
pub mod diagnostic;
pub mod discovery;
pub mod event;
pub mod extract;
pub mod file;
pub mod manifest;
pub mod plan;
pub mod requirement;
pub mod schema;
pub mod script;
pub mod shape;
pub mod source;
pub mod template;
pub mod yaml;
