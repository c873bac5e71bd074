//! Owns functions that open files and archives like `open` does: their mode tells the direction.

use super::call::Args;
use super::engine::Engine;
use super::value::Value;
use crate::requirement::DataType;

/// Functions, what they open, and the mode they take without one.
const OPENERS: &[(&str, Option<DataType>, &str)] = &[
    ("aiofiles.open", None, "r"),
    ("fiona.open", None, "r"),
    ("h5py.File", Some(DataType::Hdf5), "r"),
    ("jsonlines.open", Some(DataType::Jsonl), "r"),
    ("lmdb.open", Some(DataType::Folder), "r"),
    ("netCDF4.Dataset", None, "r"),
    ("pandas.HDFStore", Some(DataType::Hdf5), "r"),
    ("pyBigWig.open", None, "r"),
    ("pysam.AlignmentFile", None, "r"),
    ("pysam.Samfile", None, "r"),
    ("pysam.VariantFile", None, "r"),
    ("rasterio.open", None, "r"),
    ("soundfile.SoundFile", None, "r"),
    ("tables.open_file", Some(DataType::Hdf5), "r"),
    ("tarfile.TarFile", Some(DataType::Tar), "r"),
    ("tarfile.TarFile.open", Some(DataType::Tar), "r"),
    ("tarfile.open", Some(DataType::Tar), "r"),
    ("tensorflow.gfile.FastGFile", None, "r"),
    ("tensorflow.gfile.GFile", None, "r"),
    ("tensorflow.gfile.Open", None, "r"),
    ("tensorflow.io.gfile.GFile", None, "r"),
    ("wave.open", None, "r"),
    ("zarr.open", Some(DataType::Folder), "r"),
    ("zipfile.ZipFile", Some(DataType::Zip), "r"),
];

/// What a function of this name opens, and in which mode.
pub(super) fn opener(name: &str) -> Option<(Option<DataType>, &'static str)> {
    let found = OPENERS.iter().find(|(known, ..)| *known == name)?;
    Some((found.1, found.2))
}

impl<'a> Engine<'a> {
    /// Opens a file or archive.
    pub(super) fn call_container(&mut self, name: &str, args: &Args<'a>) -> Option<Value<'a>> {
        let (data_type, mode) = opener(name)?;
        let path = args
            .pos
            .first()
            .or_else(|| args.kw("name"))
            .or_else(|| args.kw("file"))
            .cloned()?;
        let mode = args.get(1, "mode").cloned().unwrap_or(Value::str(mode));
        let is_file = name.starts_with("tensorflow") || name.starts_with("aiofiles");
        let opened = self.open(&path, Some(&mode), data_type, args.at, "open");
        if is_file {
            return Some(opened);
        }
        let class = if name.starts_with("tarfile") {
            "tarfile.TarFile"
        } else {
            name
        };
        Some(self.keep(Value::object(class.to_owned(), args.pos.clone())))
    }
}
