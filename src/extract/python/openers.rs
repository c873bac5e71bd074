//! Owns functions that open files and archives like `open` does: their mode tells the direction.

use super::call::Args;
use super::engine::Engine;
use super::value::Value;
use crate::requirement::DataType;

/// Functions, what they open, and the mode they take without one.
const OPENERS: &[(&str, Option<DataType>, &str)] = &[
    ("aifc.open", None, "r"),
    ("aiofiles.open", None, "r"),
    ("blobfile.BlobFile", None, "r"),
    ("fiona.open", None, "r"),
    ("h5py.File", Some(DataType::Hdf5), "r"),
    ("indexed_gzip.IndexedGzipFile", Some(DataType::Gzip), "r"),
    ("jsonlines.open", Some(DataType::Jsonl), "r"),
    ("laspy.open", None, "r"),
    ("lmdb.open", Some(DataType::Folder), "r"),
    ("lz4.frame.open", None, "r"),
    ("netCDF4.Dataset", None, "r"),
    ("pandas.HDFStore", Some(DataType::Hdf5), "r"),
    ("py7zr.SevenZipFile", None, "r"),
    ("pyBigWig.open", None, "r"),
    ("pynwb.NWBHDF5IO", Some(DataType::Hdf5), "r"),
    ("pysam.AlignmentFile", None, "r"),
    ("pysam.Samfile", None, "r"),
    ("pysam.VariantFile", None, "r"),
    ("pyzipper.AESZipFile", Some(DataType::Zip), "r"),
    ("rasterio.open", None, "r"),
    ("soundfile.SoundFile", None, "r"),
    ("tables.File", Some(DataType::Hdf5), "r"),
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
    ("zstandard.open", None, "r"),
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
        let path = args.first().or_else(|| args.path_kw()).cloned()?;
        let mode = args.get(1, "mode").cloned().unwrap_or(Value::str(mode));
        let files = ["tensorflow", "aiofiles", "blobfile", "lz4", "zstandard"];
        let is_file = files.iter().any(|library| name.starts_with(library));
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
