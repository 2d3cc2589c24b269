//! Reading what `git diff --unified=0` writes: which lines of which files are new, and after which lines others went.

use std::collections::BTreeMap;

use super::Touched;

/// The most files of one change.
const MAX_FILES: usize = 200_000;

/// Why a text is no diff.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DiffError {
    /// A line that says where a hunk stands is not understood.
    #[error("line {0} of the diff is not understood")]
    Line(usize),
    /// Too many files changed.
    #[error("more than {MAX_FILES} files changed")]
    TooManyFiles,
}

/// The files of a diff with prefixes `a/` and `b/`.
pub(super) fn read(diff: &str) -> Result<BTreeMap<String, Touched>, DiffError> {
    let mut files: BTreeMap<String, Touched> = BTreeMap::new();
    let mut before: Option<String> = None;
    let mut path: Option<String> = None;
    // Content is counted, as a removed line `-- x` looks like the head of a file.
    let mut left = (0_u32, 0_u32);
    for (number, line) in diff.lines().enumerate() {
        if left != (0, 0) {
            match line.as_bytes().first() {
                Some(b'-') => left.0 = left.0.saturating_sub(1),
                Some(b'+') => left.1 = left.1.saturating_sub(1),
                _ => {}
            }
        } else if line.starts_with("diff --git ") {
            (before, path) = (None, None);
        } else if let Some(name) = line.strip_prefix("--- ") {
            before = name_of(name, "a/");
        } else if let Some(name) = line.strip_prefix("+++ ") {
            path = name_of(name, "b/").or_else(|| before.take());
            if let Some(path) = &path {
                if files.len() >= MAX_FILES {
                    return Err(DiffError::TooManyFiles);
                }
                files.entry(path.clone()).or_default();
            }
        } else if let Some(rest) = line.strip_prefix("@@ ") {
            let (removed, added) = hunk(rest).ok_or(DiffError::Line(number + 1))?;
            left = (removed.1, added.1);
            let Some(touched) = path.as_ref().and_then(|path| files.get_mut(path)) else {
                return Err(DiffError::Line(number + 1));
            };
            match added {
                (after, 0) => touched.gaps.push(after),
                (first, count) => touched.lines.push((first, first.saturating_add(count - 1))),
            }
        }
    }
    Ok(files)
}

/// Line and count of the old and the new text in `-a,b +c,d @@ …`.
fn hunk(text: &str) -> Option<((u32, u32), (u32, u32))> {
    let mut parts = text.split(' ');
    let removed = parts.next()?.strip_prefix('-')?;
    let added = parts.next()?.strip_prefix('+')?;
    let range = |text: &str| match text.split_once(',') {
        Some((line, count)) => Some((line.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    };
    Some((range(removed)?, range(added)?))
}

/// The path of a head line; `None` for `/dev/null`. Git quotes some names as C does, and ends others with a tab.
fn name_of(text: &str, prefix: &str) -> Option<String> {
    let text = text.trim_end_matches('\t');
    let name = match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => unquoted(quoted),
        None => text.to_owned(),
    };
    name.strip_prefix(prefix).map(str::to_owned)
}

fn unquoted(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'a') => bytes.push(7),
            Some(b'b') => bytes.push(8),
            Some(b'v') => bytes.push(11),
            Some(b'f') => bytes.push(12),
            Some(digit @ b'0'..=b'3') => {
                let octal = |byte: Option<u8>| byte.map_or(0, |byte| byte.wrapping_sub(b'0') & 7);
                let (second, third) = (octal(rest.next()), octal(rest.next()));
                bytes.push((digit - b'0') << 6 | second << 3 | third);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_gaps_are_told_by_file() {
        let diff = "\
diff --git a/main.tf b/main.tf
index 1..2 100644
--- a/main.tf
+++ b/main.tf
@@ -3 +3,2 @@ resource
-old
+new
+++ b/not a head
@@ -9,2 +10,0 @@
--- a/not a head
-resource \"aws_s3_bucket\" \"gone\" {
diff --git a/gone.tf b/gone.tf
deleted file mode 100644
--- a/gone.tf
+++ /dev/null
@@ -1 +0,0 @@
-x
\\ No newline at end of file
diff --git \"a/w\\303\\244 \\\"x\\\".tf\" \"b/w\\303\\244 \\\"x\\\".tf\"
--- /dev/null
+++ \"b/w\\303\\244 \\\"x\\\".tf\"
@@ -0,0 +1,3 @@
+a
+b
+c
diff --git a/with space.tf b/with space.tf
--- a/with space.tf\t
+++ b/with space.tf\t
@@ -1 +1 @@
-a
+b
diff --git a/picture.png b/picture.png
Binary files a/picture.png and b/picture.png differ
";
        let shown: Vec<String> = read(diff)
            .unwrap()
            .into_iter()
            .map(|(path, touched)| format!("{path}: {:?} {:?}", touched.lines, touched.gaps))
            .collect();
        assert_eq!(
            shown,
            [
                "gone.tf: [] [0]",
                "main.tf: [(3, 4)] [10]",
                "with space.tf: [(1, 1)] []",
                "wä \"x\".tf: [(1, 3)] []",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(---|\\+\\+\\+|@@|[-+ab/0-9,\" \\\\]|\n){0,60}") {
            let _ = read(&text);
        }
    }

    #[test]
    fn what_is_not_understood_is_told() {
        assert_eq!(read("@@ -1 +1 @@\n"), Err(DiffError::Line(1)));
        assert_eq!(read("--- a/x\n+++ b/x\n@@ x @@\n"), Err(DiffError::Line(3)));
        assert_eq!(read(""), Ok(BTreeMap::new()));
    }

    #[test]
    fn a_gap_lies_within_what_stands_on_both_sides_of_it() {
        let touched = Touched {
            gaps: vec![5],
            ..Touched::default()
        };
        for (first, last, expected) in [
            (5, 6, true),
            (1, 5, false),
            (6, 9, false),
            (5, 5, false),
            (1, 9, true),
        ] {
            assert_eq!(touched.within(first, last), expected, "{first} to {last}");
        }
    }
}
