//! Manifests of Kubernetes: they are counted, so that nobody takes them for judged.

use crate::files::Files;

/// How many objects the manifests of a tree declare.
pub(super) fn count(files: &dyn Files, paths: &[String]) -> u64 {
    let endings = [".yaml", ".yml", ".json"];
    let texts = paths
        .iter()
        .filter(|path| endings.iter().any(|ending| path.ends_with(ending)))
        .filter_map(|path| files.read(path).ok());
    texts.map(|text| objects(&text)).sum()
}

/// The objects of a text: documents that say `apiVersion` and `kind` at their top level.
fn objects(text: &str) -> u64 {
    if text.trim_start().starts_with('{') {
        let is_object = serde_json::from_str::<serde_json::Value>(text).is_ok_and(|root| {
            root.get("apiVersion").is_some_and(serde_json::Value::is_string) && root.get("kind").is_some()
        });
        return u64::from(is_object);
    }
    let mut count = 0;
    let (mut has_version, mut has_kind) = (false, false);
    for line in text.lines().chain(["---"]) {
        if line.starts_with("---") {
            count += u64::from(has_version && has_kind);
            (has_version, has_kind) = (false, false);
        }
        has_version |= line.starts_with("apiVersion:");
        has_kind |= line.starts_with("kind:");
    }
    count
}

#[cfg(test)]
mod tests {
    use super::objects;

    #[test]
    fn objects_have_a_version_and_a_kind() {
        let cases = [
            (
                "apiVersion: v1\nkind: Pod\n---\nkind: Service\napiVersion: v1\n",
                2,
            ),
            ("apiVersion: v1\nspec:\n  kind: x\n", 0),
            ("a:\n  apiVersion: v1\n  kind: Pod\n", 0),
            (r#"{"apiVersion": "v1", "kind": "Pod"}"#, 1),
            (r#"{"apiVersion": "2021-04-01"}"#, 0),
            ("", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(objects(text), expected, "{text}");
        }
    }
}
