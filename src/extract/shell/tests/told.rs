//! Tests of what branches, functions, launchers and other shells tell of a script's words and files.

use super::check;

#[test]
fn branches_tell_what_is_taken_where_a_word_is_missing() {
    for (script, expected) in [
        (
            "X=a; if [[ $# -ge 1 ]]; then X=$1; fi; echo $X",
            "arg X <0 =\"a\"",
        ),
        ("X=a; [ $# -gt 0 ] && X=$1; echo $X", "arg X <0 =\"a\""),
        ("X=a; test $# -lt 1 || X=$1; echo $X", "arg X <0 =\"a\""),
        ("X=a; (( $# > 0 )) && X=$1; echo $X", "arg X <0 =\"a\""),
        ("X=a; [ -n \"$1\" ] && X=$1; echo $X", "arg X <0 =\"a\""),
        (
            "X=a; if [ ! -z \"$1\" ]; then X=$1; fi; echo $X",
            "arg X <0 =\"a\"",
        ),
        (
            "if [ $# -eq 0 ]; then X=a; else X=$1; fi; echo $X",
            "arg X <0 =\"a\"",
        ),
        (
            "if [ -z \"$1\" ]; then X=a; else X=$1; fi; echo $X",
            "arg X <0 =\"a\"",
        ),
        (
            "if [ \"$1\" ]; then X=$1; else X=a; fi; echo $X",
            "arg X <0 =\"a\"",
        ),
        (
            "case $# in 0) X=a;; 1) X=$1;; *) exit 1;; esac; echo $X",
            "arg X <0 =\"a\"",
        ),
        (
            "if [ $# -eq 1 ]; then X=$1; elif [ $# -eq 0 ]; then X=a; else exit 1; fi; echo $X",
            "arg X <0 =\"a\"",
        ),
        // Each branch that goes on takes the word.
        (
            "if [ $# -eq 1 ]; then X=$1; elif [ $# -eq 2 ]; then X=$1; else exit 1; fi; echo $X",
            "arg X <0 required",
        ),
        // What another variable decides is no default of the word.
        (
            "if [ \"$M\" = a ]; then X=$1; else X=b; fi; echo $X $M",
            "arg X <0",
        ),
    ] {
        let claims = super::claims(&super::reading(script));
        assert!(
            claims.contains(&expected.to_owned()),
            "{script}\n{claims:#?}"
        );
    }
}

#[test]
fn variables_are_asked_for_by_functions_and_loops() {
    for script in [
        "need() { [ -n \"${!1}\" ] || exit 1; }\nneed A\nneed B\n",
        "need() { for v in \"$@\"; do if [[ -z \"${!v:-}\" ]]; then exit 1; fi; done; }\nneed A B\n",
        "need() { for v; do test -n \"${!v}\" || exit 2; done; }\nneed A B\n",
        "all() { one \"$@\"; }\none() { for v in \"$@\"; do [ \"${!v}\" ] || exit 1; done; }\nall A B\n",
        "for v in A B; do eval x=\\$$v; if [ -z \"$x\" ]; then exit 1; fi; done\n",
        "for v in A B; do if [ -z \"$(eval echo \\$$v)\" ]; then exit 1; fi; done\n",
        "for v in A B; do [ -n \"$(printenv $v)\" ] || exit 1; done\n",
        "printenv A > /dev/null || exit 1\nif ! printenv B; then exit 1; fi\n",
        "names='A B'\nfor v in $names; do [ -z \"${!v}\" ] && exit 1; done\n",
        "declare -a names=(A B)\nfor v in \"${names[@]}\"; do [[ -n ${!v} ]] || exit 1; done\n",
        "[[ -v A ]] || exit 1\n: \"${B:?}\"\n",
    ] {
        check(&[(script, &["env A $A required", "env B $B required"])]);
    }
}

#[test]
fn functions_that_nothing_calls_are_what_a_file_is_for() {
    check(&[
        (
            "set -eu\nsave() { cp \"$A/x\" \"$B/y\"; }\n",
            &["input A $A folder", "output B $B folder"],
        ),
        // What one of them sources the others need not have.
        (
            "one() { . ./settings.sh; echo $A; }\ntwo() { echo $B; }\n",
            &["env B $B"],
        ),
    ]);
}

#[test]
fn code_for_other_shells_is_read() {
    for script in [
        "bash -c 'cat \"$A\" > out.txt'\n",
        "sudo sh -ec 'cat \"$A\" > out.txt'\n",
        "bash -c \"cat $A > out.txt\"\n",
        "bash <<'END'\ncat \"$A\" > out.txt\nEND\n",
        "sbatch --mem=4G <<END\n#!/bin/bash\ncat $A > out.txt\nEND\n",
        "srun -n 1 bash -lc 'cat $A > out.txt'\n",
        "nohup bash -c 'f() { cat $A; }; f > out.txt' &\n",
    ] {
        let claims = super::claims(&super::reading(script));
        let has = |start: &str| claims.iter().any(|claim| claim.starts_with(start));
        assert!(
            claims.len() == 2 && has("input A $A") && has("output out @out.txt"),
            "{script}\n{claims:#?}"
        );
    }
    // What lies on another machine, or between escapes, is not read.
    check(&[
        ("ssh host <<'END'\ncat /data/x.csv\nEND\n", &[]),
        ("bash -c \"cat \\$A\"\n", &[]),
    ]);
}

#[test]
fn texts_of_here_documents_hold_words() {
    for script in [
        "read -r -d '' words <<END\ntrain.py --data data/a.csv \\\n --output_dir ./run\nEND\npython $words\n",
        "words=$(cat <<'END'\n--data data/a.csv --output_dir ./run\nEND\n)\npython train.py $words\n",
    ] {
        check(&[(
            script,
            &[
                "input a @data/a.csv required csv",
                "output run @run required folder",
            ],
        )]);
    }
}

#[test]
fn launchers_name_files_of_their_own() {
    check(&[
        (
            "srun -n 4 --container-image ./a.sqsh cat \"$A\"\n",
            &["input a @a.sqsh required", "input A $A required"],
        ),
        (
            "singularity exec --bind /x:/y tools.sif samtools sort -o out.bam \"$BAM\"\n",
            &[
                "input tools @tools.sif required",
                "output out @out.bam required",
                "input BAM $BAM required",
            ],
        ),
        (
            "apptainer run docker://org/image cat \"$A\"\ntimeout 5m gzip -c \"$B\" > b.gz\n",
            &[
                "input A $A required",
                "input B $B required",
                "output b @b.gz required gzip",
            ],
        ),
        (
            "parallel -j 4 --joblog log.txt gzip {} ::: x.txt\n",
            &["output log @log.txt required text"],
        ),
    ]);
}

#[test]
fn paths_are_known_by_their_looks_where_the_command_is_not() {
    check(&[
        (
            "score ./model/tokens.txt data/test.csv ../bin/run.sh /opt/x/lib.so name 5 a/b\n",
            &[
                "input tokens @model/tokens.txt required text",
                "input test @data/test.csv required csv",
            ],
        ),
        (
            "score -s \"$1\" -o /data -r ${2:-./data/valid.de}\n",
            &[
                "output data @/data required",
                "arg arg1 <0 required",
                "input arg2 <1 =\"./data/valid.de\"",
            ],
        ),
        (
            "# Usage: score.sh hypothesis.txt\nscore -t \"$1\"\n",
            &["input hypothesis_txt <0 required"],
        ),
        (
            "cp ~/data/x.csv out.csv\n",
            &[
                "output out @out.csv required csv",
                "input x @~/data/x.csv required csv",
            ],
        ),
        (
            "for f in \"$A\"/*.csv \"$B\"/x/*; do echo $f; done\n",
            &["input A $A required folder", "input B $B required folder"],
        ),
    ]);
}

#[test]
fn parts_of_texts_are_known() {
    check(&[
        (
            "URL=https://x.org/a/f.tar.gz\nwget -O $(basename $URL) $URL\ntar xzf ${URL##*/}\n",
            &["output f @f.tar.gz required gzip"],
        ),
        (
            "F=data/x.csv\ncp $F ${F%.csv}.bak\ncp $F $(dirname $F)/$(basename $F .csv).tsv\n",
            &[
                "output x @data/x.bak required",
                "input x @data/x.csv required csv",
                "output x_2 @data/x.tsv required tsv",
            ],
        ),
    ]);
}

#[test]
fn what_must_be_there_is_read_unless_it_is_written() {
    check(&[
        (
            "[ -d \"$D\" ] || exit 1\ncp x \"$D\"/y\n",
            &["output D $D required folder", "input x @x required"],
        ),
        (
            "[ -f \"$F\" ] || exit 1\nwc \"$F\"\necho >> \"$F\"\n",
            &["input F $F required"],
        ),
    ]);
}

#[test]
fn words_passed_on_are_told_once() {
    check(&[
        (
            "if [ \"$1\" = agent ]; then tool --x \"$1\"; fi\nexec \"$@\"\n",
            &["arg args <0 list"],
        ),
        (
            "n=$1\nshift\nwhile true; do \"$@\"; sleep $n; done\n",
            &["arg n <0 required", "arg args <1 list"],
        ),
        (
            "CMD=\"$E $* -x\"\n$CMD\n",
            &["env E $E required", "arg args <0 list"],
        ),
    ]);
}

#[test]
fn options_are_known_by_variables_and_by_their_absence() {
    check(&[
        (
            "f() { local flag=\"--to\"; while [ $# -gt 0 ]; do case $1 in \"$flag\"=*) echo ${1#*=}; return;; \"${flag}\") echo $2; return;; *) shift;; esac; done; }\nd=$(f \"$@\")\n",
            &["arg to --to"],
        ),
        (
            "if [ \"$1\" != --quiet ] && [ \"$2\" != \"--quiet\" ]; then echo x; fi\n",
            &["arg quiet --quiet? =false"],
        ),
    ]);
}

#[test]
fn variables_are_asked_for_by_commands_called_so() {
    for name in [
        "require_env",
        "req_env_vars",
        "check-var",
        "ensure_variable_set",
        "lib::assert_defined",
    ] {
        check(&[(
            &format!("{name} A B\n"),
            &["env A $A required", "env B $B required"],
        )]);
    }
    check(&[(
        "check_status A\nset_var B 1\nrequire_env lower $C\n",
        &["env C $C"],
    )]);
}

#[test]
fn braces_stand_for_several_paths() {
    check(&[
        (
            "mkdir -p out/{a,b}/x\ncat out/c.csv\n",
            &[
                "output x @out/a/x required folder",
                "output x_2 @out/b/x required folder",
                "input c @out/c.csv required csv",
            ],
        ),
        (
            "cp data/{a,b}.{csv,txt} to/\n",
            &[
                "output to @to required folder",
                "input a @data/a.csv required csv",
                "input b @data/b.csv required csv",
                "input a_2 @data/a.txt required text",
                "input b_2 @data/b.txt required text",
            ],
        ),
    ]);
}

#[test]
fn an_empty_beginning_is_no_way_around_a_demand() {
    let options = "IN= OUT=\"\" MODE=fast\nwhile [ $# -gt 0 ]; do case $1 in --in) IN=$2; shift 2;; --out) OUT=$2; shift 2;; --mode) MODE=$2; shift 2;; esac; done\n";
    for (rest, required) in [
        (": \"${IN:?say where from}\" \"${OUT:?}\"", true),
        // Only what is not set is refused.
        (": \"${IN?}\" \"${OUT?}\"", false),
        (
            "if [ -n \"$X\" ]; then : \"${IN:?}\" \"${OUT:?}\"; fi",
            false,
        ),
    ] {
        let script = format!("{options}{rest}; sort \"$IN\" > \"$OUT\"; echo $MODE");
        let claims = super::claims(&super::reading(&script));
        for name in ["--in", "--out"] {
            let is_it = |claim: &&String| claim.contains(name);
            let claim = claims.iter().find(is_it).expect(name);
            assert_eq!(claim.contains(" required"), required, "{script}\n{claim}");
        }
        let mode = claims.iter().find(|claim| claim.contains("--mode"));
        assert!(
            mode.is_some_and(|mode| mode.contains("=\"fast\"")),
            "{claims:#?}"
        );
    }
}
