//! `Files`: the tree of code, as whoever does the reading hands it over.

/// A folder tree that can be read; paths are below its root, with `/` between their parts, without `.` and `..`.
pub trait Files: Sync {
    /// The names of the files directly in a folder, sorted; `""` is the root.
    ///
    /// # Errors
    /// In words for people.
    fn files_in(&self, folder: &str) -> Result<Vec<String>, String>;

    /// The text of a file.
    ///
    /// # Errors
    /// In words for people: not there, too large, no UTF-8, outside the tree.
    fn read(&self, path: &str) -> Result<String, String>;
}

/// The path that `relative` means from `folder`; `None` when it leaves the tree.
pub fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if relative.starts_with('/') {
        return None;
    }
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::join;

    #[test]
    fn a_path_leaves_its_folder_but_not_the_tree() {
        let cases = [
            ("envs/prod", "../../modules/s3", Some("modules/s3")),
            ("", "./modules//s3/", Some("modules/s3")),
            ("envs", "../..", None),
            ("envs", "/etc/passwd", None),
            ("a", ".", Some("a")),
        ];
        for (folder, relative, expected) in cases {
            assert_eq!(
                join(folder, relative).as_deref(),
                expected,
                "{folder} + {relative}"
            );
        }
    }
}
