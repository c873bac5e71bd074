//! The command `completions`: the script by which a shell completes this command line.

use clap_complete::Shell;

use crate::exit_code::Exit;
use crate::ui::Ui;

/// Print the script by which a shell completes commands and options
///
/// For bash: `cargo-runtime-test completions bash > ~/.local/share/bash-completion/completions/cargo-runtime-test`. Other
/// shells have folders of their own.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn main(args: &Args, mut command: clap::Command, ui: &mut Ui) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "cargo-runtime-test", &mut script);
    ui.out(&String::from_utf8_lossy(&script));
    Exit::Done
}
