use super::*;

/// What is wrong with a file of these bytes.
fn wrong(data_type: DataType, bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("a file");
    of_file(&path, data_type).expect("a look")
}

#[test]
fn what_readers_of_a_type_take_is_taken() {
    let zip = b"PK\x03\x04 some files PK\x05\x06 and their list";
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    for (data_type, bytes) in [
        (DataType::Csv, &b"a,b\n1,2\n3,4\n"[..]),
        (DataType::Csv, b"\xef\xbb\xbfa,b\r\n1,2\r\n"),
        (DataType::Csv, b"one column\n1\n2\n"),
        (DataType::Csv, b"# made by hand, by me, today\na,b\n1,2\n"),
        (DataType::Csv, b"a;b\n1,5;2,5\n3,25;1\n"),
        (
            DataType::Csv,
            b"a,b\n\"x, y\",\"two\nlines, \"\"quoted\"\"\"\n1,2\n",
        ),
        (DataType::Csv, b"name,size\npipe,5\" wide\nother,2\n"),
        // R names the rows and not their column.
        (DataType::Csv, b"a,b\n1,2,3\n2,3,4\n"),
        (DataType::Csv, b"a,b,c\n1,2\n"),
        (DataType::Csv, "größe\nzwölf\n".as_bytes()),
        (DataType::Csv, b"gr\xf6\xdfe,b\n1,2\n"),
        (DataType::Csv, b"\xff\xfea\0,\0b\0\n\0"),
        (DataType::Tsv, b"a\tb\n1,2,3\t2\n"),
        (DataType::Json, b"{\"a\": [1, 2.5e3, null, \"\\\"NaN\"]}\n"),
        (
            DataType::Json,
            b"{\"loss\": NaN, \"best\": -Infinity, \"worst\": Infinity}",
        ),
        (DataType::Json, b"\xef\xbb\xbf[]"),
        (DataType::Json, deep.as_bytes()),
        (DataType::Jsonl, b"{\"a\": 1}\n\n[NaN]\n"),
        (DataType::Parquet, b"PAR1 columns PAR1"),
        (DataType::Arrow, b"ARROW1\0\0"),
        (DataType::Npy, b"\x93NUMPY\x01\0"),
        (DataType::Npz, zip),
        (DataType::Zip, b"PK\x05\x06\0\0"),
        (DataType::Torch, zip),
        (DataType::Torch, b"\x80\x02}."),
        (DataType::Excel, zip),
        (DataType::Hdf5, b"\x89HDF\r\n\x1a\n"),
        (DataType::Sqlite, b"SQLite format 3\0..."),
        (DataType::Gzip, b"\x1f\x8b\x08"),
        (DataType::Zstd, b"\x28\xb5\x2f\xfd"),
        (DataType::Pdf, b"%PDF-1.7"),
        (DataType::Tar, &tar),
        (DataType::Image, b"\x89PNG\r\n\x1a\n"),
        (DataType::Image, b"\xff\xd8\xff\xe0"),
        (DataType::Svg, b"<?xml version='1.0'?><svg/>"),
        (DataType::Xml, b"\n<a/>"),
        (DataType::Html, b"<p>"),
        (DataType::Text, b"x"),
        (DataType::Pickle, b"anything"),
        (DataType::File, b"\0"),
    ] {
        assert_eq!(
            wrong(data_type, bytes),
            None,
            "{data_type:?} {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)])
        );
    }
}

#[test]
fn what_no_reader_of_a_type_takes_is_refused() {
    for (data_type, bytes, expected) in [
        (DataType::Csv, &b"\0\0\0"[..], "it is not text"),
        (DataType::Csv, b"\n\n", "it has no header"),
        (
            DataType::Csv,
            b"a,b\n1,2\n1,2,3\n",
            "its header has 2 columns, but row 2 has 3",
        ),
        (
            DataType::Json,
            b"{\"a\": ",
            "its JSON ends too early, in line 1",
        ),
        (
            DataType::Json,
            b"{\"a\": Nothing}",
            "it is not JSON from line 1, column 8 on",
        ),
        (
            DataType::Json,
            b"[1] [2]",
            "it is not JSON from line 1, column 5 on",
        ),
        (DataType::Jsonl, b"{}\n{]\n", "line 2 is not JSON"),
        (DataType::Jsonl, b"\n", "it is blank"),
        (
            DataType::Parquet,
            b"PAR1 half a file",
            "it begins with `PAR1 half a file`",
        ),
        (DataType::Parquet, b"a,b\n1,2\n", "it begins with `a,b`"),
        (
            DataType::Zip,
            b"PK\x03\x04 half a file",
            "it begins with `PK",
        ),
        (DataType::Npy, b"\x00\x01", "it begins with the bytes 00 01"),
        (DataType::Image, b"<html>", "it begins with `<html>`"),
        (
            DataType::Sqlite,
            b"Error: no such table\n",
            "it begins with `Error: no such table`",
        ),
        (DataType::Text, b" \n", "it is blank"),
        (DataType::Tar, &[0; 600], "it begins with the bytes"),
    ] {
        let told = wrong(data_type, bytes).unwrap_or_default();
        assert!(
            told.starts_with(expected) || told.contains(expected),
            "{data_type:?}: {told}"
        );
    }
}

#[test]
fn a_cut_beginning_is_no_proof_against_a_table() {
    let mut text = String::from("a,b\n");
    while text.len() < LOOK * 2 {
        text += "\"a field, in quotes\",2\n";
    }
    assert_eq!(wrong(DataType::Csv, text.as_bytes()), None);
    let open = format!("a,b\n1,\"{}", "x\n".repeat(LOOK));
    assert_eq!(wrong(DataType::Csv, open.as_bytes()), None);
}

proptest::proptest! {
    #[test]
    fn any_bytes_of_any_type_are_judged(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..600)) {
        for &data_type in DataType::ALL {
            wrong(data_type, &bytes);
        }
    }
}
