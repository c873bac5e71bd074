//! The command `cargo runtime-test`: calls the library and passes its exit code on.

use std::process::ExitCode;

/// Reading scripts and answers makes and drops thousands of small values on several threads.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    runtime_test::cli::main(std::env::args_os()).into()
}
