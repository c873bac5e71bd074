//! draft
pub mod diagnostic;
pub mod event;
pub mod extract;
pub mod plan;
pub mod requirement;
pub mod script;
pub mod source;
pub mod yaml;
