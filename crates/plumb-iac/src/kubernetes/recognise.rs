//! Which files are manifests, told from their text without reading it as YAML.

/// What a file has to do with Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manifests {
    /// Some of its objects may declare cloud resources.
    Declaring,
    /// It says how manifests are put together.
    Kustomization,
    /// So many objects, none of which does.
    Others(u64),
}

/// What the groups of controllers that declare cloud resources end in.
const GROUPS: [&str; 3] = [".services.k8s.aws/", ".aws.upbound.io/", ".aws.m.upbound.io/"];

/// What a file is; other files are `Others(0)`.
pub fn recognise(path: &str, text: &str) -> Manifests {
    if !text.contains("apiVersion") {
        return match is_kustomization(path) {
            true => Manifests::Kustomization,
            false => Manifests::Others(0),
        };
    }
    if is_kustomization(path) {
        Manifests::Kustomization
    } else if GROUPS.iter().any(|group| text.contains(group)) {
        Manifests::Declaring
    } else {
        Manifests::Others(count(text))
    }
}

fn is_kustomization(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["kustomization.yaml", "kustomization.yml"].contains(&name)
}

/// The objects of a text: documents that say `apiVersion` and `kind` at their top level.
fn count(text: &str) -> u64 {
    // What a template engine fills in may stand first in YAML.
    if text.trim_start().starts_with('{') && !text.trim_start().starts_with("{{") {
        let is_object = text.contains("\"kind\"")
            && serde_json::from_str::<serde_json::Value>(text).is_ok_and(|root| {
                let has_version = root.get("apiVersion").is_some_and(serde_json::Value::is_string);
                has_version && root.get("kind").is_some()
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
    use super::{Manifests, recognise};

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
            ("{{- if x }}\napiVersion: v1\nkind: Pod\n{{- end }}\n", 1),
            ("", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(recognise("a.yaml", text), Manifests::Others(expected), "{text}");
        }
    }

    #[test]
    fn groups_of_controllers_tell_what_declares_cloud_resources() {
        let cases = [
            (
                "a.yaml",
                "apiVersion: s3.services.k8s.aws/v1alpha1\n",
                Manifests::Declaring,
            ),
            (
                "a.yaml",
                "apiVersion: s3.aws.upbound.io/v1beta2\n",
                Manifests::Declaring,
            ),
            (
                "a.json",
                r#"{"apiVersion": "s3.aws.m.upbound.io/v1beta1"}"#,
                Manifests::Declaring,
            ),
            ("a.yaml", "group: s3.services.k8s.aws/x\n", Manifests::Others(0)),
            (
                "x/kustomization.yaml",
                "resources: []\n",
                Manifests::Kustomization,
            ),
            (
                "kustomization.yml",
                "apiVersion: s3.aws.upbound.io/v1\n",
                Manifests::Kustomization,
            ),
        ];
        for (path, text, expected) in cases {
            assert_eq!(recognise(path, text), expected, "{path}: {text}");
        }
    }
}
