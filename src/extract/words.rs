//! Owns the variables that the shell and the system set by themselves, so that nobody is asked for them.

/// Names known by themselves, sorted.
const SYSTEM: &[&str] = &[
    "APPDATA",
    "BASH",
    "BASHOPTS",
    "BASHPID",
    "BASH_ALIASES",
    "BASH_ARGC",
    "BASH_ARGV",
    "BASH_ARGV0",
    "BASH_CMDS",
    "BASH_COMMAND",
    "BASH_ENV",
    "BASH_EXECUTION_STRING",
    "BASH_LINENO",
    "BASH_REMATCH",
    "BASH_SOURCE",
    "BASH_SUBSHELL",
    "BASH_VERSINFO",
    "BASH_VERSION",
    "CDPATH",
    "COLUMNS",
    "COMPREPLY",
    "COMP_CWORD",
    "COMP_KEY",
    "COMP_LINE",
    "COMP_POINT",
    "COMP_TYPE",
    "COMP_WORDBREAKS",
    "COMP_WORDS",
    "COMSPEC",
    "COPROC",
    "DBUS_SESSION_BUS_ADDRESS",
    "DIRSTACK",
    "DISPLAY",
    "DYLD_LIBRARY_PATH",
    "EDITOR",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FPATH",
    "FUNCNAME",
    "GID",
    "GROUPS",
    "HISTCMD",
    "HISTCONTROL",
    "HISTFILE",
    "HISTFILESIZE",
    "HISTSIZE",
    "HOME",
    "HOST",
    "HOSTNAME",
    "HOSTTYPE",
    "IFS",
    "INFOPATH",
    "KSH_VERSION",
    "LANG",
    "LANGUAGE",
    "LD_LIBRARY_PATH",
    "LINENO",
    "LINES",
    "LOCALAPPDATA",
    "LOGNAME",
    "LS_COLORS",
    "MACHTYPE",
    "MAIL",
    "MAILCHECK",
    "MANPATH",
    "MAPFILE",
    "OLDPWD",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PAGER",
    "PATH",
    "PATHEXT",
    "PIPESTATUS",
    "POSIXLY_CORRECT",
    "PPID",
    "PROGRAMFILES",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PWD",
    "ProgramData",
    "RANDOM",
    "READLINE_LINE",
    "READLINE_POINT",
    "REPLY",
    "SECONDS",
    "SHELL",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "SSH_AUTH_SOCK",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "SUDO_COMMAND",
    "SUDO_GID",
    "SUDO_UID",
    "SUDO_USER",
    "SYSTEMROOT",
    "SystemRoot",
    "TEMP",
    "TERM",
    "TERMINFO",
    "TIMEFORMAT",
    "TMOUT",
    "TMP",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "VISUAL",
    "XAUTHORITY",
    "ZDOTDIR",
    "ZSH_ARGZERO",
    "ZSH_EVAL_CONTEXT",
    "ZSH_NAME",
    "ZSH_VERSION",
    "_",
    "argv",
    "fpath",
    "funcfiletrace",
    "funcstack",
    "functions",
    "match",
    "mbegin",
    "mend",
    "options",
    "path",
    "pipestatus",
    "signals",
    "status",
    "windir",
    "words",
];

/// Beginnings of such names.
const SYSTEM_PREFIXES: &[&str] = &["LC_", "XDG_", "SLURM_", "PBS_", "SGE_", "LSB_"];

/// Whether a variable is set by the shell, the system or the batch system it runs under.
pub fn is_system(name: &str) -> bool {
    SYSTEM.binary_search(&name).is_ok()
        || SYSTEM_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// Whether a word can be the name of a variable.
pub fn is_name(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_as_the_search_needs_it() {
        assert!(SYSTEM.is_sorted());
        assert!(is_system("RANDOM") && is_system("LC_ALL") && !is_system("DATA"));
    }
}
