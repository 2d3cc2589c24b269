//! Paths of folders from one another, as Terraform shows them.

/// The path of a folder from another, as Terraform shows it: `.`, `./modules/a`, `../modules/a`.
pub(crate) fn from_root(root: &str, folder: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    };
    let (from, to) = (parts(root), parts(folder));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from.len() - common;
    let mut steps: Vec<&str> = vec![".."; up];
    if up == 0 {
        steps.push(".");
    }
    steps.extend(to.iter().skip(common).map(String::as_str));
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::from_root;

    #[test]
    fn the_path_of_a_module_counts_from_the_root() {
        for (root, folder, expected) in [
            ("", "", "."),
            ("live", "live", "."),
            ("", "modules/a", "./modules/a"),
            ("live/eu", "modules/a", "../../modules/a"),
            ("live", "live/m", "./m"),
        ] {
            assert_eq!(from_root(root, folder), expected);
        }
    }
}
