//! draft
pub mod diagnostic;
pub mod event;
pub mod extract;
pub mod plan;
pub mod report;
pub mod requirement;
pub mod run;
pub mod script;
pub mod source;
pub mod ui;
pub mod yaml;
