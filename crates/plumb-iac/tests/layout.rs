//! Corrections of templates in the layout of what is around them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod tree;

use plumb_iac::fix::{Corrector, apply};
use plumb_iac::mapping::UsedPaths;
use plumb_iac::scan::{Options, scan};
use plumb_pack::mapping::Language;
use plumb_pack::pack::Pack;
use tree::Tree;

/// The text after the correction of the first resource for a policy.
fn corrected(policy: &str, file: &str, text: &str) -> String {
    let pack = Pack::builtin().unwrap();
    let (fixes, _) = pack.fixes();
    let tree = Tree::of(&[(file, text)]);
    let scanned = scan(
        &pack,
        &tree,
        &[file.to_owned()],
        &UsedPaths::default(),
        &Options::default(),
    );
    let stack = scanned.stacks.first().unwrap();
    let (_, places) = stack.mapped.resources.first().unwrap();
    let corrector = Corrector::new(&scanned.sources, &fixes);
    let language = match file.ends_with(".tf") {
        true => Language::Terraform,
        false => Language::CloudFormation,
    };
    let correction = corrector.correct(policy, language, &[&places.origin]).unwrap();
    let edits = correction.edits.iter();
    let edits = edits.map(|edit| (edit.place.range(), edit.text.as_str()));
    apply(file, text, edits.collect())
}

#[test]
fn properties_are_written_as_their_surroundings_are() {
    let versioning = "s3-bucket-versioning-enabled";
    for (file, before, after) in [
        (
            "t.yaml",
            "Resources:\n  B:\n    Type: AWS::S3::Bucket # why\n    DeletionPolicy: Retain\n",
            "Resources:\n  B:\n    Type: AWS::S3::Bucket # why\n    Properties:\n      VersioningConfiguration:\n        Status: Enabled\n    DeletionPolicy: Retain\n",
        ),
        (
            "t.yaml",
            "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties: {}\n",
            "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      VersioningConfiguration:\n        Status: Enabled\n",
        ),
        (
            "t.yaml",
            "Resources:\n  B: { Type: \"AWS::S3::Bucket\", Properties: { BucketName: b } }\n",
            "Resources:\n  B: { Type: \"AWS::S3::Bucket\", Properties: { VersioningConfiguration: { Status: Enabled }, BucketName: b } }\n",
        ),
        (
            "t.yaml",
            "Resources:\n  B: { Type: \"AWS::S3::Bucket\" }\n",
            "Resources:\n  B: { Type: \"AWS::S3::Bucket\", Properties: { VersioningConfiguration: { Status: Enabled } } }\n",
        ),
        (
            "t.yaml",
            "Resources:\n  B: { Type: \"AWS::S3::Bucket\", Properties: {} }\n",
            "Resources:\n  B: { Type: \"AWS::S3::Bucket\", Properties: { VersioningConfiguration: { Status: Enabled } } }\n",
        ),
        (
            "t.json",
            "{\n    \"Resources\": {\n        \"B\": {\n            \"Type\": \"AWS::S3::Bucket\",\n            \"Properties\": {}\n        }\n    }\n}\n",
            "{\n    \"Resources\": {\n        \"B\": {\n            \"Type\": \"AWS::S3::Bucket\",\n            \"Properties\": {\n                \"VersioningConfiguration\": {\n                    \"Status\": \"Enabled\"\n                }\n            }\n        }\n    }\n}\n",
        ),
        (
            "t.json",
            "{\n  \"Resources\": {\n    \"B\": {\n      \"Type\": \"AWS::S3::Bucket\"\n    }\n  }\n}\n",
            "{\n  \"Resources\": {\n    \"B\": {\n      \"Type\": \"AWS::S3::Bucket\",\n      \"Properties\": {\n        \"VersioningConfiguration\": {\n          \"Status\": \"Enabled\"\n        }\n      }\n    }\n  }\n}\n",
        ),
        (
            "t.json",
            "{ \"Resources\": { \"B\": { \"Type\": \"AWS::S3::Bucket\", \"Properties\": { \"BucketName\": \"b\" } } } }",
            "{ \"Resources\": { \"B\": { \"Type\": \"AWS::S3::Bucket\", \"Properties\": { \"VersioningConfiguration\": { \"Status\": \"Enabled\" }, \"BucketName\": \"b\" } } } }",
        ),
    ] {
        assert_eq!(corrected(versioning, file, before), after, "{before}");
    }
}

#[test]
fn arguments_are_aligned_as_terraform_fmt_does() {
    let policy = "ec2-subnet-no-public-ip-by-default";
    let subnet = |body: &str| format!("resource \"aws_subnet\" \"s\" {{\n{body}}}\n");
    let no_address = "rds-instance-not-publicly-accessible";
    for (policy, before, after) in [
        (
            policy,
            subnet("  map_public_ip_on_launch = true\n  vpc_id = \"v\"\n"),
            subnet("  map_public_ip_on_launch = false\n  vpc_id                  = \"v\"\n"),
        ),
        (
            no_address,
            "resource \"aws_db_instance\" \"d\" {\n  publicly_accessible = true\n  tags = {\n    a = 1\n  }\n}\n".to_owned(),
            "resource \"aws_db_instance\" \"d\" {\n  publicly_accessible = false\n  tags = {\n    a = 1\n  }\n}\n".to_owned(),
        ),
    ] {
        assert_eq!(corrected(policy, "main.tf", &before), after, "{before}");
    }
}
