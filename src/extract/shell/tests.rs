//! Tests of the shell reader: one script an idiom, and what it must come out as.

mod told;

use std::path::{Path, PathBuf};

use crate::extract::{shell::read, shown};
use crate::requirement::Reading;
use crate::source::Source;

fn source(path: &str, text: &str) -> Source {
    Source::new(path, path, text)
}

fn reading(text: &str) -> Reading {
    read(&source("run.sh", text), &|_: &Path| None)
}

fn claims(reading: &Reading) -> Vec<String> {
    reading.claims.iter().map(shown::with_format).collect()
}

/// Each script, and its claims a line.
fn check(cases: &[(&str, &[&str])]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(script, expected)| (script, expected, claims(&reading(script))))
        .filter(|(_, expected, found)| found != *expected)
        .map(|(script, expected, found)| {
            format!("{script}\n  expected {expected:#?}\n  found {found:#?}")
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_example_is_read_exactly() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/penguins/scripts/summarise.sh");
    let text = std::fs::read_to_string(&path).expect("the example is there");
    let reading = read(&Source::new(path, "summarise.sh", text), &|_: &Path| None);
    assert_eq!(
        claims(&reading),
        [
            "input cleaned <0 required csv \"the cleaned CSV file\"",
            "output summary <1 required \"where to write the summary\"",
            "env GROUP_BY $GROUP_BY required \"the column to group by, such as island or sex\"",
            "env MEASURE $MEASURE =\"body_mass_g\"",
            "env DECIMALS $DECIMALS =\"1\"",
        ]
    );
    assert_eq!(reading.notes, []);
    assert_eq!(reading.syntax_error, None);
}

#[test]
fn variables() {
    check(&[
        (
            "echo ${A:?no a} ${B:-b} ${C-c} ${D:=d} ${E:+x} ${F+x}",
            &[
                "env A $A required \"no a\"",
                "env B $B =\"b\"",
                "env C $C =\"c\"",
                "env D $D =\"d\"",
                "env E $E",
                "env F $F",
            ],
        ),
        ("set -u\necho $A", &["env A $A required"]),
        ("set -euo pipefail\nif x; then echo $A; fi", &["env A $A"]),
        (
            "set -o nounset\necho $A ${B:-}",
            &["env A $A required", "env B $B =null"],
        ),
        ("echo $A", &["env A $A"]),
        ("cat < $A", &["input A $A required"]),
        ("A=1; echo $A $PATH $HOME $RANDOM $LC_ALL", &[]),
        ("for a in 1 2; do echo $a; done; read b; echo $b", &[]),
        (
            "[[ -z $A ]] && { echo no; exit 1; }\necho $A",
            &["env A $A required"],
        ),
        (
            "if [ -z \"$A\" ] || [ -z \"$B\" ]; then exit 1; fi",
            &["env A $A required", "env B $B required"],
        ),
        (
            "if [ -z \"$A\" -a -z \"$B\" ]; then exit 1; fi",
            &["env A $A", "env B $B"],
        ),
        ("[ -n \"$A\" ] || exit 1", &["env A $A required"]),
        ("test -z \"$A\" && die none", &["env A $A required"]),
        (
            "if [ -z \"$A\" ]; then A=5; fi; echo $A",
            &["env A $A =\"5\""],
        ),
        (
            "if [ \"x$A\" = \"x\" ]; then export A=\"-Xmx1G\"; fi; echo $A",
            &["env A $A =\"-Xmx1G\""],
        ),
        (
            "[ -z \"$A\" ] && A=x\n[ -n \"$B\" ] || B=y",
            &["env A $A =\"x\"", "env B $B =\"y\""],
        ),
        (
            "A=${A:-${B:-x}}; D=d; C=${C:-$D}",
            &["env A $A =\"x\"", "env B $B =\"x\"", "env C $C =\"d\""],
        ),
        (
            "export A=${A:-1} # how many",
            &["env A $A =\"1\" \"how many\""],
        ),
        ("FLAGS=$FLAGS:src tool", &["env FLAGS $FLAGS"]),
        ("awk '{ print $a }' <<'E'\n$B\nE\n", &[]),
        ("cat <<E\n$B\nE\n", &["env B $B"]),
        ("f() { local a=$1; echo $a $b; }; b=2; f $C", &["env C $C"]),
        ("for d in 1; do echo $last; last=$d; done", &[]),
        (
            "case $A in x|y) ;; *) echo no; exit 2;; esac",
            &["env A $A {x,y}"],
        ),
        ("echo $((N * 2)); (( M > 1 ))", &["env N $N", "env M $M"]),
        ("a=(x y); echo ${a[@]} ${#a[@]} ${unset[0]}", &[]),
        ("[[ $A =~ ^[0-9]+$ ]] || exit 1", &["env A $A /^[0-9]+$/"]),
        (
            "file_env() { local v=\"$1\"; local d=\"${2:-}\"; val=\"$d\"; if [ \"${!v:-}\" ]; then val=\"${!v}\"; fi; export \"$v\"=\"$val\"; }\nfile_env 'PASSWORD'\n",
            &["env PASSWORD $PASSWORD =null"],
        ),
    ]);
}

#[test]
fn words_of_the_command_line() {
    check(&[
        (
            "input=$1\noutput=$2\ncat $input > $output",
            &["input input <0 required", "output output <1 required"],
        ),
        (
            "n=${2:-10}; x=$1; echo $n $x",
            &["arg n <1 =\"10\"", "arg x <0 required"],
        ),
        (
            "if [ $# -lt 2 ]; then echo usage; exit 1; fi\necho $1 $2 $3",
            &[
                "arg arg1 <0 required",
                "arg arg2 <1 required",
                "arg arg3 <2 required",
            ],
        ),
        (
            "[ $# -eq 1 ] || { echo 'Usage: run.sh <in-file> [out]'; exit; }\nwc -l \"$1\"; echo $2",
            &["input in_file <0 required", "arg out <1"],
        ),
        ("f() { echo $1; }; f a", &[]),
        (
            "main() { local in=$1; cat $in; }\nmain \"$@\"",
            &["input in <0 required"],
        ),
        (
            "a=$1; shift; b=$1; echo $a $b",
            &["arg a <0 required", "arg b <1 required"],
        ),
        ("all=(\"$@\"); cat \"${all[@]}\"", &["input all <0 list"]),
        ("exec \"$@\"", &["arg args <0 list"]),
        (
            "x=$1; shift; for f in \"$@\"; do cat \"$f\"; done; echo $x",
            &["arg x <0 required", "input f <1 list"],
        ),
        (
            "if [ \"$1\" = --fast ]; then fast=1; fi",
            &["arg fast --fast? =false"],
        ),
        (
            "case \"$1\" in start) a;; stop) b;; *) echo no; exit 1;; esac",
            &["arg arg1 <0 required {start,stop}"],
        ),
    ]);
}

#[test]
fn options() {
    check(&[
        (
            "out=out.csv\nverbose=0\nwhile [[ $# -gt 0 ]]; do\n case \"$1\" in\n -o|--out-file) out=\"$2\"; shift 2;;\n -v|--verbose) verbose=1; shift;;\n -h|--help) usage;;\n *) echo bad; exit 1;;\n esac\ndone\necho > $out\n",
            &[
                "output out_file --out-file|-o =\"out.csv\" csv",
                "arg verbose --verbose|-v? =false",
            ],
        ),
        (
            "while :; do case $1 in --in=*) in=${1#*=};; --n) shift; n=$1;; --) shift; break;; -*) die;; *) break;; esac; shift; done; cat $in $1",
            &["input in --in=", "arg n --n", "input arg1 <0 required"],
        ),
        (
            "for i in \"$@\"; do case $i in -e=*|--ext=*) EXT=\"${i#*=}\"; shift;; --all) ALL=YES;; *) ;; esac; done",
            &["arg ext --ext|-e=", "arg all --all? =false"],
        ),
        (
            "while getopts \":hab:c:\" opt; do case $opt in a) A=1;; b) b=$OPTARG;; c) cfg=$OPTARG;; h) usage;; esac; done; shift $((OPTIND-1)); grep x $cfg $1",
            &[
                "arg a -a? =false",
                "arg b -b",
                "input cfg -c",
                "input arg1 <0 required",
            ],
        ),
        (
            "while [ $# -gt 0 ]; do case $1 in --x) x=$2; shift 2;; *) if [ -z \"$in\" ]; then in=$1; else out=$1; fi; shift;; esac; done\n[ -z \"$x\" ] && exit 1\n",
            &[
                "arg x --x required",
                "arg in <0 required",
                "arg out <1 required",
            ],
        ),
        (
            "N=${N:-3}\nwhile [ $# -gt 0 ]; do case $1 in -n) N=$2; shift 2;; esac; done",
            &["arg N -n $N =\"3\""],
        ),
        (
            "usage() {\ncat <<E\nUsage: run.sh [options] INPUT\n  -o, --out FILE   where to write,\n                   in full\n  --fast           be quick\nE\n}\nwhile [ $# -gt 0 ]; do case $1 in -o|--out) o=$2; shift;; --fast) f=1;; *) IN=$1;; esac; shift; done",
            &[
                "arg out --out|-o \"where to write, in full\"",
                "arg fast --fast? =false \"be quick\"",
                "arg IN <0 required",
            ],
        ),
        (
            "nj=4\nwhile [ $# -gt 0 ]; do case \"${1# *}\" in --nj) shift; nj=`check $1`; shift;; install) i=1; shift;; *) break;; esac; done",
            &["arg nj --nj =\"4\"", "arg command <0 {install}"],
        ),
        (
            "parse() { while [ $# -gt 0 ]; do case $1 in --k) K=$2; shift 2;; esac; done; }\nparse \"$@\"; echo $K",
            &["arg k --k"],
        ),
        (
            "nj=4 # how many jobs\nstage=0\n. utils/parse_options.sh\necho $nj",
            &[
                "arg nj --nj =\"4\" \"how many jobs\"",
                "arg stage --stage =\"0\"",
            ],
        ),
    ]);
}

#[test]
fn options_without_which_a_bare_read_ends_the_script() {
    check(&[
        (
            "set -eu\nwhile [ $# -gt 0 ]; do case \"$1\" in --title) TITLE=\"$2\"; shift 2;; --csv) CSV=\"$2\"; shift 2;; --html) HTML=\"$2\"; shift 2;; esac; done\necho \"$TITLE\" > \"$HTML\"; cat \"$CSV\" >> \"$HTML\"",
            &[
                "arg title --title required",
                "input csv --csv required",
                "output html --html required",
            ],
        ),
        (
            "set -o nounset\nwhile getopts 's:d:n:v' o; do case $o in s) src=$OPTARG;; d) dest=$(realpath \"$OPTARG\");; n) n=$OPTARG;; v) v=1;; esac; done\ncp \"$src\" \"$dest\"; echo ${n:-1} ${v:-}",
            &[
                "input src -s required",
                "output dest -d required",
                "arg n -n =\"1\"",
                "arg v -v? =false",
            ],
        ),
        // Read in a function that is called, and the options read in one.
        (
            "set -u\nparse() { while [ $# -gt 0 ]; do case $1 in --k=*) K=${1#*=}; shift;; --j) J=$2; shift 2;; esac; done; }\nmain() { parse \"$@\"; echo \"$K\"; if x; then echo \"$J\"; fi; }\nmain \"$@\"",
            &["arg k --k= required", "arg j --j"],
        ),
        // A default, before or after; two options for one variable; looked for before it is read; without `set -u`.
        (
            "set -u\nB=2\nwhile [ $# -gt 0 ]; do case $1 in --a) A=$2;; --b) B=$2;; --c) C=$2;; esac; shift 2; done\n: ${A:=1}; [ -n \"${C:-}\" ] || C=$(nproc)\necho $A $B $C",
            &["arg a --a =\"1\"", "arg b --b =\"2\"", "arg c --c =null"],
        ),
        (
            "set -u\nwhile [ $# -gt 0 ]; do case $1 in --csv) IN=$2;; --json) IN=$2;; esac; shift 2; done\necho $IN",
            &["arg csv --csv", "arg json --json"],
        ),
        (
            "set -u\nwhile [ $# -gt 0 ]; do case $1 in --a) A=$2;; --b) B=$2;; esac; shift 2; done\nif [ -n \"${A:-}\" ]; then echo $A; fi\nset +u; echo $B",
            &["arg a --a =null", "arg b --b"],
        ),
        (
            "set -u\nwhile [ $# -gt 0 ]; do case $1 in --a) A=$2;; esac; shift 2; done\n[ -z \"${A:-}\" ] || echo given\necho $A",
            &["arg a --a required"],
        ),
        (
            "while [ $# -gt 0 ]; do case $1 in --a) A=$2;; esac; shift 2; done\necho $A",
            &["arg a --a"],
        ),
    ]);
}

#[test]
fn paths() {
    check(&[
        (
            "mkdir -p out && cut -d, -f1 data/in.csv | sort > out/names.txt",
            &[
                "input in @data/in.csv required csv",
                "output names @out/names.txt required text",
            ],
        ),
        (
            "a=$1; b=$2; cp \"$a\" \"$b\"",
            &["input a <0 required", "output b <1 required"],
        ),
        (
            "tar -xzf \"$A\" -C \"$B\"",
            &["input A $A required", "output B $B required folder"],
        ),
        (
            "tar czf \"$A\" \"$B\"",
            &["output A $A required", "input B $B required"],
        ),
        (
            "t=$(mktemp); cat x.csv > $t; wc $t; cat y > z.tmp; cat z.tmp; rm z.tmp",
            &["input x @x.csv required csv", "input y @y required"],
        ),
        (
            "mkdir -p \"$OUT\"; echo > \"$OUT/x.txt\"; cat $OUT/x.txt",
            &["output OUT $OUT required folder"],
        ),
        (
            "sed -n 's/a/b/p' in.txt > /dev/null 2> err.log",
            &["input in @in.txt required text", "output err @err.log text"],
        ),
        ("cat /etc/os-release /proc/cpuinfo; echo > /tmp/x", &[]),
        ("cat \"$(dirname \"$0\")/words.txt\"", &[]),
        ("[ -f \"$F\" ] || exit 1", &["input F $F required"]),
        ("curl -o \"$F\" https://x.org/y", &["output F $F required"]),
        (
            "D=${D:-data}; cat $D/a.csv",
            &["input D $D =\"data\" folder"],
        ),
        (
            "grep -v '^#' \"$1\" | awk -F, '{ print $2 }' | tee \"$2\"",
            &["input arg1 <0 required", "output arg2 <1 required"],
        ),
    ]);
}

#[test]
fn sourced_files_are_read_as_part_of_the_script() {
    let files = |path: &Path| {
        let text = match path.to_str()? {
            "tools/lib/common.sh" => {
                "A=1\nneed() { [ -n \"$B\" ] || exit 1; }\nunused() { echo $Z; }\n"
            }
            _ => return None,
        };
        Some(Source::new(path, path.display().to_string(), text))
    };
    let text = "DIR=\"$(cd \"$(dirname \"${BASH_SOURCE[0]}\")\" && pwd)\"\n. \"$DIR/../lib/common.sh\"\nneed\necho $A $C\n";
    let reading = read(&source("tools/bin/run.sh", text), &files);
    assert_eq!(claims(&reading), ["env B $B required", "env C $C"]);
    assert_eq!(
        reading
            .local_files
            .iter()
            .map(|f| f.path().to_owned())
            .collect::<Vec<_>>(),
        [PathBuf::from("tools/lib/common.sh")]
    );
    // What a file that is not there sets is its own, where it is called after settings.
    let reading = self::reading(". ./gone.env\necho $A ${B:-1}\n");
    assert_eq!(claims(&reading), ["env B $B =\"1\""]);
    let reading = self::reading(". ./gone.sh\necho $A ${B:-1} $c\n");
    assert_eq!(claims(&reading), ["env A $A", "env B $B =\"1\""]);
    assert_eq!(reading.notes[0].code, "sourced-file");
}

#[test]
fn idioms_of_real_scripts() {
    check(&[
        // A word behind `:-` is no difference of variables.
        (
            "A=${A:-redis-server}; B=\"${B:-a-b}\"",
            &["env A $A =\"redis-server\"", "env B $B =\"a-b\""],
        ),
        // Nothing but functions: they are what the file is for.
        (
            "info='text'\nadd() { KEY=\"${KEY:-$(saved KEY)}\"; [ -z \"$KEY\" ] && return 1; post \"$KEY\"; }",
            &["env KEY $KEY"],
        ),
        (
            "if [ $# -lt 1 ]; then echo usage; exit 1; fi\nexec tool \"$@\"",
            &["arg args <0 required list"],
        ),
        (
            "a=${1:-x}; bash launch.sh \"python run.py --a=$a ${@:2}\"",
            &["arg a <0 =\"x\"", "arg args <1 list"],
        ),
        ("echo \"$0 $@\"", &[]),
        // What is asked of a word that is passed on as it is does not make it a requirement of its own.
        (
            "set -eu\nif [ \"$#\" -eq 0 ] || [ \"$1\" != postgres ]; then set -- postgres \"$@\"; fi\nexec \"$@\"",
            &["arg args <0 list"],
        ),
        (
            "case \"${1-}\" in web*) U=${U:-www-data};; esac\nexec \"$@\"",
            &["env U $U =\"www-data\"", "arg args <0 list"],
        ),
        (
            "f() { [[ \"$1\" == run ]] && shift; tool \"$@\"; }\nf \"$@\"",
            &["arg args <0 list"],
        ),
        (
            "[ -f \"$1/.version\" ] && cat \"$1/.version\"; d=$1; echo $d",
            &["input d <0 required folder"],
        ),
        (
            "target=./...\nfor arg in \"$@\"; do case \"$arg\" in --html) html=1;; *) target=\"$arg\";; esac; done; go $target",
            &["arg html --html? =false", "arg target <0 =\"./...\""],
        ),
        (
            "case \"$1\" in -v|--verbose) echo v;; *) tool=$1; shift; exec $tool \"$@\";; esac",
            &[
                "arg verbose --verbose|-v? =false",
                "arg tool <0",
                "arg args <1 list",
            ],
        ),
        (
            ". /etc/os-release\necho $VERSION_CODENAME $UBUNTU_CODENAME $MINE",
            &["env MINE $MINE"],
        ),
        (
            "pushd build >/dev/null; cd $X; popd; echo > out.txt",
            &[
                "input X $X required folder",
                "output out @out.txt required text",
            ],
        ),
        (
            "n=$1; cat data/$n.csv logs/*.txt > out/$n/all.csv",
            &[
                "arg n <0 required",
                "input data @data required folder",
                "input logs @logs required folder",
                "output out @out required folder",
            ],
        ),
        // What a branch may set is the caller's otherwise.
        (
            "if [ -n \"$ACCEL\" ]; then\n  CUDA=$ACCEL\nfi\nCUDA=${CUDA:-no}\necho $CUDA",
            &["env ACCEL $ACCEL", "env CUDA $CUDA =\"no\""],
        ),
        // Every branch sets it: nothing is asked for.
        (
            "if [ -n \"$A\" ]; then B=1; else B=2; fi\necho ${B:-3}",
            &["env A $A"],
        ),
        // Files that a pattern finds lie in its folder, also where they are sourced.
        (
            "for f in /init.d/*; do case $f in *.sh) . \"$f\" ;; esac; done\nfor g in data/*.csv; do wc -l < \"$g\"; done",
            &["input init @/init.d folder", "input data @data folder"],
        ),
        // `cd` up again.
        (
            "mkdir out/train && mv a.tar out/train/ && cd out/train\ncd ../..\ntar -xf b.tar",
            &[
                "output train @out/train required folder",
                "input a @a.tar required tar",
                "input b @b.tar required tar",
            ],
        ),
        // What an option loop leaves over is counted from one again.
        (
            "while [ $# -gt 0 ]; do case $1 in -n) n=$2; shift 2 ;; *) args+=(\"$1\"); shift ;; esac; done\nset -- \"${args[@]}\"\nhead -n $n \"$1\" > \"${2:-out.csv}\"",
            &[
                "arg n -n",
                "input arg1 <0 required",
                "output arg2 <1 =\"out.csv\" csv",
            ],
        ),
        // Programs that are given are read; the project's own are no answers.
        (
            "bash \"$1\"\nsh tools/own.sh\nbash -c \"$2\"\nfor s in /init.d/*; do bash \"$s\"; done",
            &[
                "input arg1 <0 required",
                "arg arg2 <1 required",
                "input init @/init.d folder",
            ],
        ),
        // One branch sets it, another does not.
        (
            "if [ \"$M\" = a ]; then\n  G=1\nelse\n  O=1\nfi\necho ${G:-2}",
            &["env M $M", "env G $G =\"2\""],
        ),
        // The word that is asked for may stand first.
        (
            "if [[ \"--config\" == \"$1\" ]]; then\n  shift\n  folder=$1\n  shift\nfi\necho $folder",
            &["arg config --config"],
        ),
        // A word that is only told apart from another.
        (
            "if [[ ${1} != \"slurm\" ]]; then echo run; fi",
            &["arg arg1 <0"],
        ),
        (
            "if [ -z \"${TOKEN+x}\" ]; then exit 1; fi\necho $TOKEN",
            &["env TOKEN $TOKEN required"],
        ),
        // Back to where `cd` came from.
        (
            "cd ./sub\nmake\ncd -\ncp docs/a.ldif sub/x.ldif",
            &[
                "output x @sub/x.ldif required",
                "input a @docs/a.ldif required",
            ],
        ),
        // A word that a loop puts into a variable first may be an option.
        (
            "while [[ $# -gt 0 ]]; do\n  key=\"$1\"\n  case \"$key\" in\n    -n) dry=true ;;\n    *) echo \"what is $key?\"; exit 1 ;;\n  esac\n  shift\ndone",
            &["arg n -n? =false"],
        ),
        (
            "while (( $# )); do\n  key=$1\n  shift\n  case $key in\n    --out) out=$1; shift ;;\n    *) input=$key ;;\n  esac\ndone\nsort \"$input\" > \"$out\"",
            &["output out --out", "input input <0 required"],
        ),
        // What a command in a loop is given is used.
        (
            "for f in a b; do n=$(grep -c \"$1\" list.txt); done\necho $n",
            &["input list @list.txt text", "arg arg1 <0"],
        ),
        // What is only named when the script gives up is not asked for.
        (
            "name=$1\nshift\nif [ $# -ne 0 ]; then\n  printf 'too many: %s\\n' \"$@\"\n  exit 1\nfi\n[ $# -lt 2 ] || { echo \"what is $2?\"; exit 1; }\necho $name",
            &["arg name <0 required"],
        ),
        // Variables that are asked for by a list of their names.
        (
            "for name in DB_HOST DB_PORT; do [ -n \"${!name}\" ] || { echo \"$name?\"; exit 1; }; done",
            &[
                "env DB_HOST $DB_HOST required",
                "env DB_PORT $DB_PORT required",
            ],
        ),
        (
            "names=(ALPHA BETA)\nfor v in \"${names[@]}\"; do if [ -z \"${!v}\" ]; then exit 1; fi; done",
            &["env ALPHA $ALPHA required", "env BETA $BETA required"],
        ),
    ]);
}

#[test]
fn words_behind_a_sourced_file_are_its_own() {
    let files = |path: &Path| {
        let text = "stage=1\n. parse_options.sh\necho $1\n";
        (path == Path::new("prepare.sh")).then(|| Source::new(path, "prepare.sh", text))
    };
    let text = ". prepare.sh --stage 3 || exit 1\nstage=0\n. utils/parse_options.sh\necho $stage\n";
    let reading = read(&source("run.sh", text), &files);
    assert_eq!(claims(&reading), ["arg stage --stage =\"0\""]);
}

#[test]
fn hostile_sources_end_in_a_note_or_in_little() {
    let deep =
        |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    for text in [
        deep("$(echo ", ")", 5_000),
        deep("( ", " )", 5_000),
        deep("if a; then ", "; fi", 3_000),
        deep("${A:-", "}", 5_000),
        "a && ".repeat(20_000),
        format!("x=\"{}\"", "$A ".repeat(200_000)),
        "case $1 in ".repeat(2_000),
        "f() { g; g; }; g() { f; f; }; f".to_owned(),
        "\"$(".repeat(10_000),
        format!("echo {}", "a".repeat(3_000_000)),
        (0..20_000)
            .map(|n| format!("echo $V{n} > out{n}/x\n"))
            .collect(),
    ] {
        let _ = reading(&text);
    }
    let binary = Source::from_bytes("x.sh", "x.sh", b"\x7fELF\0\0\x01");
    assert_eq!(
        read(&binary, &|_: &Path| None).notes[0].code,
        "not-a-script"
    );
}

#[test]
fn only_what_is_surely_unclosed_is_a_syntax_error() {
    for (text, refused) in [
        ("if true; then echo", true),
        ("while true; do echo;", true),
        ("echo \"a\n", true),
        ("echo done", false),
        ("if true; then echo; fi", false),
        ("echo ${(f)x} zsh", false),
    ] {
        assert_eq!(reading(text).syntax_error.is_some(), refused, "{text}");
    }
}

#[track_caller]
fn one(text: &str, expected: &[&str]) {
    check(&[(text, expected)]);
}

#[test]
fn words_that_the_grammar_takes_apart() {
    // `$b` after plain text after another variable is part of the word.
    one(
        "#!/bin/bash\nset -u\ncat data/${A}_$B.gz $C-$D.csv > $E/x_$F.txt\nx=$G.$1\n",
        &[
            "input data @data required folder",
            "env A $A required",
            "env B $B required",
            "env C $C required",
            "env D $D required",
            "output E $E required folder",
            "env F $F required",
            "env G $G required",
            "arg arg1 <0 required",
        ],
    );
}

#[test]
fn what_tools_read_and_write() {
    one(
        "#!/bin/sh\nbam=$1\nsamtools view -b -F 4 $bam > mapped.bam\nbcftools view --output-file calls.vcf $2\n\
         ln -s $3 link\nsome-tool -o $4 --threads 4\nbedtools intersect -a $5 -b regions.bed > both.bed\n",
        &[
            "input bam <0 required",
            "output mapped @mapped.bam required",
            "output calls @calls.vcf required",
            "input arg2 <1 required",
            "output link @link required",
            "input arg3 <2 required",
            "output arg4 <3 required",
            "input regions @regions.bed required",
            "input arg5 <4 required",
            "output both @both.bed required",
        ],
    );
    // What is fetched or built here is nobody's to give.
    one(
        "wget https://x.org/a/model.tgz?dl=1\ntar xzf model.tgz\ngit clone https://x.org/you/tool.git\ncp tool/bin/x x\n\
         git clone -b main https://x.org/you/data.git datasets\n",
        &[
            "output x @x required",
            "output datasets @datasets required folder",
        ],
    );
    // Files of one name in two folders are two.
    one(
        "wget -O a/model.zip https://x.org/1\nwget -O b/model.zip https://x.org/2\n",
        &[
            "output model @a/model.zip required zip",
            "output model_2 @b/model.zip required zip",
        ],
    );
}

#[test]
fn where_a_path_lies() {
    one(
        "#!/bin/sh\nhere=$(pwd)\nmkdir -p tools\ncd tools\necho x > ../list.txt\ncat \"$here\"/in.csv > $PWD/out.csv\n\
         echo y > $here/sums.txt\n",
        &[
            "output list @list.txt required text",
            "input in @in.csv required csv",
            "output out @tools/out.csv required csv",
            "output sums @sums.txt required text",
        ],
    );
    // What the names of files begin with is where they are written.
    one(
        "prefix=$1\nsort $2 > $prefix.sorted.txt\n",
        &["output prefix <0 required", "input arg2 <1 required"],
    );
    // Handed to who knows whom, a path is what it is called, or was looked for.
    one(
        "#!/bin/sh\npython train.py --lr $LR --data $DATA_DIR --to $OUTPUT_DIR/x\nif [ -f \"$1\" ]; then args=\"-f $1\"; fi\nrun $args\n",
        &[
            "env LR $LR",
            "input DATA_DIR $DATA_DIR folder",
            "output OUTPUT_DIR $OUTPUT_DIR folder",
            "input arg1 <0",
        ],
    );
}

#[test]
fn choices_and_options_outside_of_loops() {
    one(
        "usage() { echo usage; exit 1; }\nmode=${1:-fast}\nif [ \"$mode\" != fast ] && [ \"$mode\" != slow ]; then usage; fi",
        &["arg mode <0 =\"fast\" {fast,slow}"],
    );
    // An option whose value is written right behind it.
    one(
        "while [ -n \"$1\" ]; do arg=$1; shift; case $arg in -n*) n=$arg;; -l) l=1;; esac; done; run $n $l\n",
        &["arg n -n_", "arg l -l? =false"],
    );
    // One word that is an option or a mistake is no word of its own.
    one(
        "case \"$1\" in -a|--all) all;; -b) b;; *) echo \"no such option: $1\";; esac\n",
        &["arg all --all|-a? =false", "arg b -b? =false"],
    );
}

#[test]
fn names_put_together_and_marks_of_nothing() {
    one(
        "for key in host port; do var=\"DB_${key^^}\"; echo \"${!var}\"; done\n",
        &["env DB_HOST $DB_HOST", "env DB_PORT $DB_PORT"],
    );
    one(
        "if [ \"${1-none}\" = none ]; then echo usage; exit 1; fi\ncat \"$1\"\n",
        &["input arg1 <0 required"],
    );
    one(
        "while getopts m: o; do case $o in m) method=$OPTARG;; esac; done\n\
         if [ -z \"${method+x}\" ]; then exit 1; fi\nrun $method\n",
        &["arg method -m required"],
    );
    // What runs at the end has what the script sets by then; a port is no file, a format no output.
    one(
        "tidy() { kill \"${server-}\"; }\ntrap tidy EXIT\nrun & server=$!\nmv 127.0.0.1:8000 site\nx=$(az show --output tsv)\n",
        &["output site @site required"],
    );
}

#[test]
fn what_one_branch_shifts_away_the_others_have() {
    one(
        "build() { for f in \"$@\"; do cat \"$f\"; done; }\n\
         case \"$1\" in test) shift; run \"$@\";; push) shift; push \"$@\";; *) build \"$@\";; esac\n",
        &["input f <0 list", "arg args <1 list"],
    );
}

#[test]
fn words_of_arrays_and_of_texts_are_words() {
    one(
        "args=(--input \"$1\" --output \"$2\")\nargs+=(--threads 4)\ntool run \"${args[@]}\"\n\
         opts=\"-i $3 -o $4\"\nother $opts\ncmd=\"sort -o sorted.txt\"\n$cmd $5\n",
        &[
            "input arg1 <0 required",
            "output arg2 <1 required",
            "input arg3 <2 required",
            "output arg4 <3 required",
            "output sorted @sorted.txt required text",
            "input arg5 <4 required",
        ],
    );
    // The words of a text that a loop goes through; where they lie is one folder.
    one(
        "files=\"a.csv b.csv\"\nfor f in $files; do wc -l ../in/$f; done\nfor t in x.txt y.txt; do cat $t; done\n",
        &[
            "input in @../in folder",
            "input x @x.txt text",
            "input y @y.txt text",
        ],
    );
}

#[test]
fn flags_of_commands_that_are_not_known_tell_of_paths() {
    one(
        "python train.py --train_file data/nli.csv --output_dir runs/one --lr 1e-5 --model_name_or_path org/name \\\n\
         --config=configs/base.yaml --seed $SEED\njava -Dconfig.file=../conf/db.conf -jar tool.jar\ncat runs/one/log.txt\n",
        &[
            "input nli @data/nli.csv required csv",
            "output one @runs/one required folder",
            "input base @configs/base.yaml required yaml",
            "env SEED $SEED",
            "input db @../conf/db.conf required",
        ],
    );
    // What only the hub knows, services and keys of settings are no paths; an empty variable leads nowhere.
    one(
        "ROOT=\ntool --dir $ROOT/examples data.dir=here\nkubectl apply --filename deploy/x.yaml\n",
        &[],
    );
}

#[test]
fn what_lies_where_after_it_was_packed_moved_or_unpacked() {
    one(
        "wget https://x.org/tool-1.2.tar.gz\ntar xzf tool-1.2.tar.gz\ncp tool-1.2/bin/x out/x\nrun > calls.vcf\nbgzip calls.vcf\n\
         make > part.txt\nmv part.txt whole.txt\necho 1 > tmp.1\nrm -f tmp.*\nrun 2> log\ncat log\ngunzip data.csv.gz\nwc data.csv\n",
        &[
            "output x @out/x required",
            "output calls @calls.vcf.gz required gzip",
            "output whole @whole.txt required text",
            "output log @log",
            "input data @data.csv.gz required gzip",
        ],
    );
    one(
        "aws s3 cp s3://b/in.csv data/in.csv\nscp out.txt host:/x\naws s3 sync \"$RESULTS\" s3://b/out\nrsync -a host:/d/ \"$LOCAL\"\n",
        &[
            "output in @data/in.csv required csv",
            "input out @out.txt required text",
            "input RESULTS $RESULTS required",
            "output LOCAL $LOCAL required",
        ],
    );
}

#[test]
fn programs_that_are_run_and_commands_that_run_others() {
    one(
        "[ -f bin/tool ] || exit 1\nbin/tool \"$1\" > out.txt\n$SUDO mkdir -p /data/x\n\
         find in -type f -name '*.vcf' -exec cp {} /data/y/ \\;\nls in | xargs -n 1 -I{} cat list.txt\n",
        &[
            "arg arg1 <0 required",
            "output out @out.txt required text",
            "env SUDO $SUDO",
            "output x @/data/x required folder",
            "output y @/data/y folder",
            "input in @in required folder",
            "input list @list.txt required text",
        ],
    );
}

#[test]
fn what_is_given_otherwise() {
    one(
        "#!/bin/bash\nset -eu\nif [[ $# -gt 0 ]]; then\n  TARGET=\"$1\"\nfi\ncase $TARGET in a) echo 1;; b) echo 2;; *) exit 1;; esac\n",
        &["arg TARGET <0", "env TARGET $TARGET"],
    );
    one(
        "HOST=\"${HOST:-0.0.0.0}\"\nwhile true; do ((COUNT = COUNT + 1)); ((N++)); echo $COUNT $N $HOST; done\n",
        &["env HOST $HOST =\"0.0.0.0\""],
    );
    one(
        "dest=$(cd $(dirname $1) && pwd -P)/$(basename $1)\nmkdir -p $dest\ncd $(git rev-parse --show-toplevel)\nwc data/x.csv\n\
         cp /var/lib/app/a b.lic\ncp b.lic /var/lib/app/license\n",
        &[
            "output dest <0 required folder",
            "input x @data/x.csv required csv",
            "output b @b.lic required",
            "output license @/var/lib/app/license required",
        ],
    );
}

#[test]
fn patterns_of_the_files_in_a_folder() {
    let files = |text: &str| {
        let told = reading(text).claims.into_iter();
        told.map(|claim| format!("{} {}", claim.name, claim.files.unwrap_or_default()))
            .collect::<Vec<_>>()
    };
    for (text, expected) in [
        ("for f in \"$1\"/*.csv; do wc \"$f\"; done", ["arg1 *.csv"]),
        ("cat data/part-*.txt", ["data part-*.txt"]),
        ("for f in raw/*.fq; do unknown \"$f\"; done", ["raw *.fq"]),
        ("find \"$DIR\" -name '*.bam'", ["DIR **/*.bam"]),
        (
            "find data -maxdepth 1 -type f -name '*.bam'",
            ["data *.bam"],
        ),
        // Two patterns, or a place that may not be reached: any file will do.
        ("cat data/*.a data/*.b", ["data "]),
        ("if [ -n \"$X\" ]; then cat $Y/*.a; fi; ls $Y", ["X "]),
    ] {
        assert_eq!(files(text)[..1], expected, "{text}");
    }
}

#[test]
fn columns_that_commands_name() {
    let columns = |text: &str| {
        let claims = reading(text).claims;
        let columns = claims
            .iter()
            .flat_map(|claim| claim.columns.iter().flatten());
        columns
            .map(|column| column.name.clone())
            .collect::<Vec<_>>()
    };
    for (text, expected) in [
        ("csvcut -c id,name \"$1\" > out.csv", &["id", "name"][..]),
        ("xsv select id,'body mass' in.csv", &["id", "body mass"]),
        ("qsv search -s species gentoo in.csv", &["species"]),
        (
            "mlr --icsv --ojson cut -f id,year then sort -f other in.csv",
            &["id", "year"],
        ),
        // Numbers, ranges, patterns, tables without a header, and what an earlier verb makes.
        (
            "csvcut -c 1,2 in.csv; xsv select 'a-c' in.csv; cut -d, -f1 in.csv",
            &[],
        ),
        (
            "csvcut -H -c id in.csv; mlr --icsv put '$x=1' then cut -f x in.csv",
            &[],
        ),
        ("cat in.csv | csvcut -c id", &[]),
    ] {
        assert_eq!(columns(text), expected, "{text}");
    }
}

#[test]
fn what_the_grammar_trips_over() {
    // A pipe behind the mark of a here document; a script that ends in a backslash.
    let text = "f() {\n  cat << EOF |\n## $A\nEOF\n  sort > out.txt\n}\nf\nbam=$1\nsamtools index $bam\ntool --x 1 \\\n";
    one(
        text,
        &[
            "env A $A",
            "output out @out.txt required text",
            "input bam <0 required",
        ],
    );
    assert_eq!(reading(text).notes, []);
}

#[test]
fn long_words_tell_where_they_lie() {
    one(
        "tag=\"$1-$2-$3-$4-$5-$6-$7-$8-$9\"\nname=\"$tag.$tag.$tag.$tag\"\nif [ -n \"$X\" ]; then dir=out/$name/a; else dir=out/$name/b; fi\nmkdir -p $dir/{x,y}\n\
         touch here.txt\nfor i in 1 2 3 4; do date >> here.txt; done\n",
        &[
            "arg arg1 <0 required",
            "arg arg2 <1 required",
            "arg arg3 <2 required",
            "arg arg4 <3 required",
            "arg arg5 <4 required",
            "arg arg6 <5 required",
            "arg arg7 <6 required",
            "arg arg8 <7 required",
            "arg arg9 <8 required",
            "env X $X",
            "output out @out required folder",
            "output here @here.txt required text",
        ],
    );
    one(
        "Rscript run.R --bgenFile=./in/x.bgen --SAIGEOutputFile=./out/ld\nmagick -background black a.svg -resize 50% b.png\naws ec2 describe --profile $NAME\n",
        &[
            "input x @in/x.bgen required",
            "output ld @out/ld required",
            "input a @a.svg required svg",
            "output b @b.png required image",
            "env NAME $NAME",
        ],
    );
}

#[test]
fn what_is_gone_with_its_folder_and_what_only_begins_a_name() {
    one(
        "curl -o d.tgz https://x.org/d.tgz\ntar xzf d.tgz\nshuf LJ-1/a.csv > LJ-1/b.csv\nmv LJ-1 data\nrm d.tgz\n",
        &["output data @data required"],
    );
    one(
        "mkdir -p tmp/x\nsort in//z.txt > tmp/x/y.txt\nrm -rf tmp\n",
        &["input z @in/z.txt required text"],
    );
    one(
        "cat $1.txt\ncmd=\"tool --input_file $2 --output_dir $3\"\neval $cmd\n",
        &[
            "arg arg1 <0 required",
            "input arg2 <1 required",
            "output arg3 <2 required folder",
        ],
    );
}
