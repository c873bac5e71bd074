//! Owns what is known of well-known tools: which operands they read, which options take a value, what they write.
//! Knows nothing of where the words come from.

/// Commands that read each operand; options that take a value are named with their letters.
pub(super) const READERS: &[(&str, &str)] = &[
    ("base64", "w"),
    ("bzcat", ""),
    ("cat", ""),
    ("cksum", ""),
    ("cmp", "n"),
    ("column", "stc"),
    ("comm", ""),
    ("cut", "dfbc"),
    ("diff", "UCI"),
    ("expand", "t"),
    ("fold", "w"),
    ("head", "nc"),
    ("hexdump", "nse"),
    ("join", "12tjoeav"),
    ("less", ""),
    ("md5sum", ""),
    ("more", ""),
    ("nl", "bsw"),
    ("od", "AtNj"),
    ("paste", "d"),
    ("rev", ""),
    ("sha1sum", ""),
    ("sha256sum", ""),
    ("sha512sum", ""),
    ("shuf", "ni"),
    ("strings", "n"),
    ("tac", "s"),
    ("tail", "nc"),
    ("uniq", "fsw"),
    ("wc", ""),
    ("xxd", "lcs"),
    ("xzcat", ""),
    ("zcat", ""),
    ("zstdcat", ""),
    ("gzcat", ""),
    ("unexpand", "t"),
    ("tsort", ""),
];

/// Commands whose first operand is a program or pattern and whose others are read.
pub(super) const FILTERS: &[(&str, &str, &[&str])] = &[
    ("awk", "Fv", &["-f"]),
    ("gawk", "Fv", &["-f"]),
    ("mawk", "Fv", &["-f"]),
    ("nawk", "Fv", &["-f"]),
    ("sed", "l", &["-e", "-f", "--expression", "--file"]),
    ("gsed", "l", &["-e", "-f", "--expression", "--file"]),
    ("grep", "mABCdD", &["-e", "-f", "--regexp", "--file"]),
    ("egrep", "mABC", &["-e", "-f"]),
    ("fgrep", "mABC", &["-e", "-f"]),
    ("zgrep", "mABC", &["-e", "-f"]),
    ("rg", "mABCgt", &["-e", "-f"]),
    ("jq", "", &["-f", "--from-file"]),
    ("yq", "", &["--from-file"]),
    (
        "perl",
        "IMm",
        &[
            "-e", "-E", "-ne", "-pe", "-lne", "-lane", "-i", "-pi", "-n", "-p",
        ],
    ),
];

/// Commands whose last operand is where the others go.
pub(super) const COPIERS: &[(&str, &str)] = &[
    ("cp", "S"),
    ("mv", "S"),
    ("install", "mogS"),
    ("rsync", "ef"),
    ("gcp", ""),
    ("gmv", ""),
    ("ln", "S"),
];

/// Tools of several commands, whose first operand behind the command's name is read; options that take a value are
/// named with their letters.
pub(super) const SUITES: &[(&str, &str)] = &[
    ("bcftools", "OorRsSietTfcCmMqQlupnw@"),
    ("bwa", "tkwdrcDABOELURxTQvIo"),
    ("samtools", "@oqfFLrRtTOlmDdNsGgeQ"),
    ("seqkit", "ojpfnrs"),
    ("seqtk", "slqnL"),
];

/// Commands of those that read all their operands.
pub(super) const OF_MANY: &[&str] = &[
    "cat", "concat", "depth", "isec", "mem", "aln", "mpileup", "multicov", "reheader", "sampe",
    "samse",
];

/// Flags of some tools that read what stands behind them.
pub(super) const READING_FLAGS: &[(&str, &[&str])] = &[
    (
        "bedtools",
        &["-a", "-b", "-i", "-fi", "-bed", "-g", "-ibam", "-abam"],
    ),
    ("bowtie2", &["-x", "-1", "-2", "-U"]),
    (
        "gatk",
        &[
            "-I",
            "-R",
            "-V",
            "-L",
            "--input",
            "--reference",
            "--variant",
        ],
    ),
    ("hisat2", &["-x", "-1", "-2", "-U"]),
    ("kallisto", &["-i"]),
    ("salmon", &["-i", "-1", "-2", "-r"]),
];

/// Tools that write what `-o` names; `-o` means something else to many others.
pub(super) const DASH_O: &[&str] = &[
    "sort",
    "curl",
    "gcc",
    "cc",
    "g++",
    "c++",
    "clang",
    "clang++",
    "ld",
    "rustc",
    "go",
    "pandoc",
    "samtools",
    "bcftools",
    "bedtools",
    "dot",
    "xmllint",
    "xsltproc",
    "protoc",
    "ocamlfind",
    "ghc",
    "as",
    "gfortran",
    "nvcc",
    "xz",
    "zstd",
    "uniq",
    "minimap2",
    "bwa",
    "fastqc",
    "fastp",
    "cutadapt",
    "multiqc",
    "featureCounts",
    "esbuild",
    "tsc",
    "jsonnet",
    "cosign",
    "gpg",
];

/// Commands of which `-o` is no output.
pub(super) const NOT_O: &[&str] = &[
    "aws",
    "chown",
    "column",
    "cp",
    "docker",
    "egrep",
    "find",
    "getopt",
    "grep",
    "groupadd",
    "gunzip",
    "helm",
    "install",
    "ip",
    "journalctl",
    "jq",
    "kubectl",
    "ls",
    "lsblk",
    "mount",
    "nc",
    "oc",
    "openssl",
    "paste",
    "podman",
    "ps",
    "read",
    "rsync",
    "sbatch",
    "scp",
    "sed",
    "set",
    "sftp",
    "shopt",
    "ssh",
    "ssh-keygen",
    "stdbuf",
    "su",
    "systemctl",
    "tar",
    "test",
    "unzip",
    "useradd",
    "usermod",
    "xargs",
];

/// Whether a command is given words that are no files, whatever they are called.
pub fn takes_no_files(command: &str) -> bool {
    matches!(
        command.rsplit('/').next().unwrap_or(command),
        "echo"
            | "printf"
            | "print"
            | "test"
            | "["
            | "expr"
            | "basename"
            | "dirname"
            | "seq"
            | "kill"
            | "wait"
            | "sleep"
            | "exit"
            | "return"
            | "export"
            | "local"
            | "unset"
            | "read"
            | "alias"
            | "type"
            | "which"
            | "command"
            | "chmod"
            | "chown"
            | "ssh"
            | "su"
            | "id"
            | "useradd"
            | "apt-get"
            | "pip"
            | "conda"
            | "log"
            | "logger"
            | "die"
            | "git"
            | "rm"
            | "rmdir"
    )
}
