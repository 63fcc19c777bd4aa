//! Applies what `git diff` prints. Nothing is searched for: every line must be where the patch says.

use super::package::Files;

/// The files after the patch.
pub(crate) fn apply(files: &Files, patch: &str) -> Files {
    let mut after = files.clone();
    for part in patch.split("diff --git a/").skip(1) {
        let mut lines = part.lines();
        let (path, other) = lines.next().unwrap().split_once(" b/").unwrap();
        assert_eq!(path, other, "a patch that renames");
        let before = after.remove(path).unwrap_or_default();
        let (text, is_deleted) = apply_to_file(path, &before, lines);
        if !is_deleted {
            after.insert(path.to_owned(), text);
        }
    }
    after
}

/// The file's text after its part of the patch, and whether the file goes.
fn apply_to_file<'p>(path: &str, before: &str, lines: impl Iterator<Item = &'p str>) -> (String, bool) {
    let mut rest = before.split_inclusive('\n');
    let mut taken = 0;
    let mut text = String::new();
    let mut is_deleted = false;
    let mut has_hunks = false;
    for line in lines {
        if let Some(range) = line.strip_prefix("@@ -") {
            has_hunks = true;
            let numbers = range.split([' ', ',']).next().unwrap();
            // A file without lines starts at line 0.
            let unchanged = numbers.parse::<usize>().unwrap().saturating_sub(1) - taken;
            text.extend(rest.by_ref().take(unchanged));
            taken += unchanged;
        } else if !has_hunks {
            is_deleted |= line.starts_with("deleted file mode ");
        } else {
            let (sign, content) = line.split_at(1);
            if sign != "+" {
                taken += 1;
                let old = rest.next().unwrap_or_else(|| panic!("{path} has no line {taken}"));
                assert_eq!(old, format!("{content}\n"), "{path}, line {taken}");
            }
            match sign {
                " " | "+" => text.extend([content, "\n"]),
                "-" => {}
                other => panic!("{path}: a line of a patch starts with {other:?}"),
            }
        }
    }
    text.extend(rest);
    assert!(!is_deleted || text.is_empty(), "{path} is deleted and not empty");
    (text, is_deleted)
}
