//! Owns what launchers, systems and cloud platforms set by themselves: variables nobody is asked for.

use crate::requirement::Kind;

/// Variables that launchers, systems and platforms set; sorted.
const WELL_KNOWN: &[&str] = &[
    "APPDATA",
    "AWS_BATCH_JOB_ARRAY_INDEX",
    "AWS_BATCH_JOB_ID",
    "AWS_EXECUTION_ENV",
    "AWS_REGION",
    "CI",
    "CLOUD_ML_JOB_ID",
    "CLUSTER_SPEC",
    "COLAB_GPU",
    "COLORTERM",
    "COLUMNS",
    "CONDA_DEFAULT_ENV",
    "CONDA_PREFIX",
    "CUDA_HOME",
    "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES",
    "DISPLAY",
    "EDITOR",
    "GITHUB_ACTIONS",
    "GPU_NUM_DEVICES",
    "GROUP_RANK",
    "HOME",
    "HOSTNAME",
    "JPY_PARENT_PID",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LINES",
    "LOCALAPPDATA",
    "LOCAL_RANK",
    "LOCAL_WORLD_SIZE",
    "LOGNAME",
    "MASTER_ADDR",
    "MASTER_PORT",
    "MPI_LOCALNRANKS",
    "MPI_LOCALRANKID",
    "NCCL_ASYNC_ERROR_HANDLING",
    "NODE_RANK",
    "NVIDIA_VISIBLE_DEVICES",
    "OMPI_COMM_WORLD_LOCAL_RANK",
    "OMPI_COMM_WORLD_LOCAL_SIZE",
    "OMPI_COMM_WORLD_RANK",
    "OMPI_COMM_WORLD_SIZE",
    "OMP_NUM_THREADS",
    "OS",
    "PATH",
    "PMIX_RANK",
    "PMI_RANK",
    "PMI_SIZE",
    "PS1",
    "PWD",
    "PYTHONHASHSEED",
    "PYTHONPATH",
    "RANK",
    "ROLE_RANK",
    "SHELL",
    "SHLVL",
    "SLURMD_NODENAME",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_CPUS_PER_TASK",
    "SLURM_GPUS_ON_NODE",
    "SLURM_JOBID",
    "SLURM_JOB_ID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_NODELIST",
    "SLURM_JOB_NUM_NODES",
    "SLURM_LOCALID",
    "SLURM_NNODES",
    "SLURM_NODEID",
    "SLURM_NODELIST",
    "SLURM_NPROCS",
    "SLURM_NTASKS",
    "SLURM_NTASKS_PER_NODE",
    "SLURM_PROCID",
    "SLURM_STEP_NODELIST",
    "SLURM_SUBMIT_DIR",
    "SLURM_TASKS_PER_NODE",
    "TEMP",
    "TERM",
    "TF_CONFIG",
    "TMP",
    "TMPDIR",
    "TORCHELASTIC_MAX_RESTARTS",
    "TORCHELASTIC_RESTART_COUNT",
    "TORCHELASTIC_RUN_ID",
    "TPU_NAME",
    "TRAINING_JOB_NAME",
    "TZ",
    "USER",
    "USERNAME",
    "USERPROFILE",
    "VIRTUAL_ENV",
    "WORLD_SIZE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XRT_TPU_CONFIG",
];

/// Beginnings of the names of variables that training platforms set, and nobody else.
const PREFIXES: &[&str] = &["SM_", "AIP_", "AZUREML_", "AZ_BATCH_", "KUBERNETES_"];

/// Whether a launcher or the system sets this variable by itself, here as elsewhere.
pub(super) fn is_well_known(name: &str) -> bool {
    WELL_KNOWN.binary_search(&name).is_ok()
}

/// Whether a training platform sets this variable, which elsewhere nobody does.
pub(super) fn is_of_platform(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a platform's variable names a folder to read or to write.
pub(super) fn folder_of_platform(name: &str) -> Option<Kind> {
    match name {
        "SM_MODEL_DIR"
        | "SM_OUTPUT_DATA_DIR"
        | "SM_OUTPUT_DIR"
        | "AIP_MODEL_DIR"
        | "AIP_CHECKPOINT_DIR"
        | "AIP_TENSORBOARD_LOG_DIR" => Some(Kind::Output),
        "SM_INPUT_DIR" | "SM_INPUT_CONFIG_DIR" => Some(Kind::Input),
        _ if name.starts_with("SM_CHANNEL_") => Some(Kind::Input),
        _ => None,
    }
}
