use super::*;

#[test]
fn what_lies_beside_a_missing_file_is_told_if_it_is_like_it() {
    for (beside, expected) in [
        (
            &["resutl.csv", "log.txt", "other.csv"][..],
            &["resutl.csv", "other.csv"][..],
        ),
        (
            &["log.txt", "model.bin", ".hidden.csv"],
            &["log.txt", "model.bin"],
        ),
        (&["result.csv.tmp", "a.json"], &["result.csv.tmp"]),
        (&[], &[]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        for name in beside {
            fs::write(folder.path().join(name), "x").expect("a file");
        }
        fs::create_dir(folder.path().join("results.csv")).expect("a folder");
        let near = near_misses(&folder.path().join("result.csv"), false);
        assert_eq!(near, expected);
    }
}
