//! Owns the table of frameworks: which imported library shows which.

/// Library and framework, the more telling first.
const FRAMEWORKS: &[(&str, &str)] = &[
    ("xgboost", "xgboost"),
    ("lightgbm", "lightgbm"),
    ("catboost", "catboost"),
    ("pytorch_lightning", "lightning"),
    ("lightning", "lightning"),
    ("transformers", "transformers"),
    ("sentence_transformers", "transformers"),
    ("diffusers", "diffusers"),
    ("ultralytics", "pytorch"),
    ("torch", "pytorch"),
    ("torchvision", "pytorch"),
    ("jax", "jax"),
    ("flax", "jax"),
    ("tensorflow", "tensorflow"),
    ("keras", "keras"),
    ("paddle", "paddle"),
    ("mxnet", "mxnet"),
    ("pyspark", "spark"),
    ("awsglue", "spark"),
    ("sklearn", "sklearn"),
    ("statsmodels", "statsmodels"),
    ("dask", "dask"),
    ("ray", "ray"),
    ("polars", "polars"),
    ("pandas", "pandas"),
    ("scanpy", "scanpy"),
    ("Bio", "biopython"),
    ("numpy", "numpy"),
];

/// The framework that a script's imports show, and which of them shows it.
pub(super) fn framework<'i>(
    imports: impl Iterator<Item = &'i str> + Clone,
) -> Option<(&'static str, usize)> {
    FRAMEWORKS.iter().find_map(|(library, framework)| {
        let at = imports
            .clone()
            .position(|name| name.split('.').next() == Some(library))?;
        Some((*framework, at))
    })
}
