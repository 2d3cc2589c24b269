//! Which files are read to judge a change.

mod tree;

use plumb_iac::change::Changes;
use plumb_iac::change::affected::affected;
use tree::Tree;

const FILES: [(&str, &str); 12] = [
    ("main.tf", "resource \"a\" \"b\" {}"),
    (
        "envs/prod/main.tf",
        "module \"m\" {\n  source = \"../../modules/outer\"\n}",
    ),
    ("envs/prod/policies/p.json", "{}"),
    (
        "envs/test/main.tf.json",
        "{\"module\": {\"m\": {\"source\": \"../../modules/inner\"}}}",
    ),
    (
        "envs/other/main.tf",
        "module \"m\" {\n  source = \"registry/x\"\n}",
    ),
    (
        "modules/outer/main.tf",
        "module \"m\" {\n  source=\"./../inner\"\n}",
    ),
    ("modules/inner/main.tf", ""),
    ("stacks/root.yaml", "TemplateURL: nested.yaml"),
    ("stacks/nested.yaml", "Resources: {}"),
    ("apps/pod.yaml", "apiVersion: v1\nkind: Pod\n"),
    (
        "apps/bucket.yaml",
        "apiVersion: s3.aws.upbound.io/v1beta1\nkind: Bucket\n",
    ),
    (
        "base/key.yaml",
        "apiVersion: kms.aws.upbound.io/v1beta1\nkind: Key\n",
    ),
];

fn check(changed: &[&str], given: &[&str], expected: &[&str]) {
    let tree = Tree::of(&FILES);
    let mut paths: Vec<String> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    paths.sort();
    let mut changes = Changes::default();
    for path in changed {
        changes.add_file(*path);
    }
    let given: Vec<String> = given.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(affected(&tree, &paths, &changes, &given), expected, "{changed:?}");
}

#[test]
fn a_change_reaches_the_folders_that_call_it() {
    check(
        &["modules/inner/main.tf"],
        &[],
        &[
            "envs/prod/main.tf",
            "envs/test/main.tf.json",
            "modules/inner/main.tf",
            "modules/outer/main.tf",
        ],
    );
    check(
        &["modules/outer/gone.tf"],
        &[],
        &["envs/prod/main.tf", "modules/outer/main.tf"],
    );
    check(
        &["envs/prod/policies/p.json"],
        &[],
        &["envs/prod/main.tf", "envs/prod/policies/p.json"],
    );
    check(&["envs/prod/terraform.tfvars"], &[], &["envs/prod/main.tf"]);
    // What lies in no folder with code belongs to the root, which has some.
    check(&["docs/README.md"], &[], &["main.tf"]);
    check(&[], &[], &[]);
}

#[test]
fn a_template_reaches_those_that_name_it() {
    check(
        &["stacks/nested.yaml"],
        &[],
        &["main.tf", "stacks/nested.yaml", "stacks/root.yaml"],
    );
    check(&["stacks/root.yaml"], &[], &["main.tf", "stacks/root.yaml"]);
}

#[test]
fn an_object_reaches_those_that_may_refer_to_it() {
    let objects = ["apps/bucket.yaml", "base/key.yaml", "main.tf"];
    check(&["base/key.yaml"], &[], &objects);
    check(&["base/gone.yaml"], &[], &objects);
    check(&["apps/pod.yaml"], &[], &["apps/pod.yaml", "main.tf"]);
}

#[test]
fn a_file_of_values_that_every_root_gets_reaches_everything() {
    let mut all: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
    all.sort_unstable();
    check(&["prod.tfvars"], &["prod.tfvars"], &all);
}

#[test]
fn a_diff_that_is_none_is_an_error() {
    assert!(Changes::read("--- a/x\n+++ b/x\n@@ -1 +x @@\n").is_err());
    assert_eq!(Changes::read("").unwrap().files().count(), 0);
}
