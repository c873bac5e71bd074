//! The command `cargo runtime-test`.
fn main() {}
