//! The command `cargo runtime-test`: calls the library and passes its exit code on.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime_test::cli::main(std::env::args_os()).into()
}
