//! Owns commands that start another: which of their words stand before it, and which of those are files.

use super::commands::{Role, Word, base_name};
use super::spec;

/// Commands that start another, and those of their commands that do, with what their own words are (see `spec`); sorted
/// by name.
#[rustfmt::skip]
const LAUNCHERS: &[(&str, &str)] = &[
    ("apptainer exec", "-B. --bind. --pwd. --env. --env-file< -H. --home. -W. --overlay. --mount. --fakeroot. <"),
    ("apptainer run", "-B. --bind. --pwd. --env. --env-file< -H. --home. -W. --overlay. --mount. <"),
    ("apptainer shell", "-B. --bind. --pwd. --env. --env-file< -H. --home. -W. --overlay. <"),
    ("aprun", "@nNdSjb"),
    ("builtin", ""),
    ("bundle exec", ""),
    ("caffeinate", "@tw"),
    ("catchsegv", ""),
    ("chpst", "@uUbem/"),
    ("chronic", ""),
    ("chroot", "--userspec. --groups. ."),
    ("command", ""),
    ("conda run", "-n. -p. --name. --prefix. --cwd."),
    ("dbus-run-session", ""),
    ("doas", "@uC"),
    ("env", "-u. --unset. -C. --chdir. -S."),
    ("eval", ""),
    ("exec", "@a"),
    ("gosu", "."),
    ("horovodrun", "-np. -H. --hostfile<"),
    ("ibrun", "@no"),
    ("ionice", "@cnpP"),
    ("jsrun", "@npacgrbdEl"),
    ("mamba run", "-n. -p. --name. --prefix. --cwd."),
    ("micromamba run", "-n. -p. --name. --prefix. --cwd."),
    ("mpiexec", "-n. -np. -N. -ppn. -hosts. -host. --host. -machinefile< -f< --hostfile< -hostfile< --map-by. --bind-to. -x. -env. -genv. --mca. -mca. -c."),
    ("mpirun", "-n. -np. -N. -ppn. -hosts. -host. --host. -H. -machinefile< -f< --hostfile< -hostfile< --map-by. --bind-to. -x. -env. -genv. --mca. -mca. -c."),
    ("nice", "--adjustment. @n"),
    ("noglob", ""),
    ("nohup", ""),
    ("nsys profile", "-o> --output> @tswfcdey"),
    ("numactl", "--cpunodebind. --membind. --interleave. --physcpubind. --preferred. @NmCip"),
    ("parallel", "-a< --arg-file< --joblog> --results>d --jobs. --colsep. --tmpdir. --halt. --delay. --timeout. --retries. --memfree. --load. --nice. --env. --sshlogin. --sshloginfile< --tagstring. --header. --rpl. --workdir. --wd. --max-args. --max-procs. --delimiter. @jaCNnLPSId"),
    ("perf record", "-o> @gFec"),
    ("perf stat", "-o> @erx"),
    ("pipenv run", ""),
    ("pixi run", "-e. --environment. --manifest-path<"),
    ("poetry run", ""),
    ("runuser", "@ugG"),
    ("s6-setuidgid", "."),
    ("setsid", ""),
    ("singularity exec", "-B. --bind. --pwd. --env. --env-file< -H. --home. -W. --overlay. --mount. <"),
    ("singularity run", "-B. --bind. --pwd. --env. --env-file< -H. --home. -W. --overlay. --mount. <"),
    ("singularity shell", "-B. --bind. --pwd. --env. --env-file< -H. --home. -W. --overlay. <"),
    ("srun", "--container-image< --container-mounts. --container-name. --container-workdir. --nodes. --ntasks. --ntasks-per-node. --cpus-per-task. --gres. --gpus. --gpus-per-node. --gpus-per-task. --mem. --mem-per-cpu. --time. --partition. --account. --job-name. --jobid. --nodelist. --exclude. --constraint. --qos. --output> --error> --input< --mpi. --export. --chdir. --distribution. --label. --cpu-bind. --cpu_bind. --cpu-freq. --hint. --multi-prog< -o> -e> -i< @nNcpwAtJxCqGmDB"),
    ("stdbuf", "@ioe"),
    ("strace", "-o> @epsSE"),
    ("su-exec", "."),
    ("sudo", "--user. --group. @ugpChTrt"),
    ("taskset", "@cp"),
    ("time", "-f. --format. -o> --output>"),
    ("timeout", "@sk ."),
    ("ts", ""),
    ("unbuffer", ""),
    ("uv run", "--with. --python. -p. --env-file< --project. --extra. --group. --directory. --with-requirements<"),
    ("valgrind", "--log-file> --suppressions<"),
    ("watch", "@n"),
    ("xargs", "-a< --arg-file< --delimiter. --max-args. --max-procs. --replace. --max-lines. @IdPnLsE"),
    ("xvfb-run", "-s. --server-args. -n. --server-num. -e> --error-file>"),
];

/// What stands before the command that another starts.
pub struct Before {
    /// How many words.
    pub words: usize,
    /// Those that are files: the index, what is done with them, how many bytes of an option stand before them.
    pub files: Vec<(usize, Role, usize)>,
}

/// What stands before the command that this one starts; none where it starts none.
pub fn before(command: &str, words: &[Word<'_>]) -> Option<Before> {
    let name = base_name(command);
    let find = |wanted: &str| {
        let at = LAUNCHERS.binary_search_by_key(&wanted, |(launcher, _)| launcher);
        Some(LAUNCHERS.get(at.ok()?)?.1)
    };
    let (line, skip) = match find(name) {
        Some(line) => (line, 0),
        None => {
            let starts = |at: usize| {
                LAUNCHERS
                    .get(at)
                    .and_then(|(launcher, _)| launcher.strip_prefix(name))
                    .is_some_and(|rest| rest.starts_with(' '))
            };
            // Few commands have such ones: only those look at their words.
            if !starts(LAUNCHERS.partition_point(|(launcher, _)| *launcher <= name)) {
                return None;
            }
            let verb = words
                .iter()
                .position(|word| !word.prefix.starts_with('-'))?;
            let line = find(&format!("{name} {}", words[verb].text?))?;
            (line, verb + 1)
        }
    };
    let mut files = Vec::new();
    let taken = spec::leading(line, &words[skip..], &mut files);
    files.iter_mut().for_each(|(at, ..)| *at += skip);
    Some(Before {
        words: skip + taken,
        files,
    })
}

/// Whether a command is a shell that may be handed its code as a word or on its standard input.
pub fn is_shell(command: &str) -> bool {
    matches!(
        base_name(command),
        "ash" | "bash" | "dash" | "ksh" | "sh" | "zsh"
    )
}

/// Whether a command runs the script on its standard input where it is named none.
pub fn takes_script(command: &str) -> bool {
    is_shell(command) || matches!(base_name(command), "bsub" | "qsub" | "sbatch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_as_the_search_needs_it() {
        assert!(LAUNCHERS.is_sorted_by_key(|(launcher, _)| *launcher));
    }

    #[test]
    fn what_stands_before_a_command_is_told_from_it() {
        for (line, words, files) in [
            ("nohup cat a", 0, ""),
            ("sudo -u me A=1 cat a", 3, ""),
            ("timeout -s KILL 5m cat a", 3, ""),
            ("xargs -0 -I{} -P 4 cat", 4, ""),
            ("gosu user cat a", 1, ""),
            ("mpirun -np 4 --hostfile hosts ./x", 4, "Read hosts"),
            ("srun -n 4 --container-image=a.sqsh ./x", 3, "Read a.sqsh"),
            ("singularity exec --nv -B /a:/b c.sif cat", 5, "Read c.sif"),
            ("conda run -n tools samtools view", 3, ""),
            ("/usr/bin/time -v -o log cat", 3, "Write log"),
        ] {
            let texts: Vec<&str> = line.split(' ').collect();
            let seen: Vec<Word<'_>> = texts[1..]
                .iter()
                .map(|text| Word {
                    text: Some(text),
                    prefix: text,
                    remote: false,
                })
                .collect();
            let found = before(texts[0], &seen).expect("it starts another");
            let told: Vec<String> = found
                .files
                .iter()
                .map(|(at, role, cut)| format!("{role:?} {}", &texts[at + 1][*cut..]))
                .collect();
            assert_eq!(
                (found.words, told.join(" ")),
                (words, files.to_owned()),
                "{line}"
            );
        }
        for line in ["cat", "conda", "conda install", "singularity pull x"] {
            let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
            let words: Vec<Word<'_>> = rest
                .split_whitespace()
                .map(|text| Word {
                    text: Some(text),
                    prefix: text,
                    remote: false,
                })
                .collect();
            assert!(before(name, &words).is_none(), "{line}");
        }
    }
}
