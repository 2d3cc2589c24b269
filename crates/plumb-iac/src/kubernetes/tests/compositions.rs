//! What compositions make.

use super::{check, shown};

const RESOURCES: &str = "patchSets:
  - name: common
    patches: [ { fromFieldPath: spec.region, toFieldPath: spec.forProvider.region } ]
  resources:
  - name: vpc
    base: { apiVersion: ec2.aws.upbound.io/v1beta1, kind: VPC, spec: { forProvider: { cidrBlock: 10.0.0.0/16, region: x } } }
    patches: [ { type: PatchSet, patchSetName: common }, { type: ToCompositeFieldPath, fromFieldPath: status.x, toFieldPath: spec.forProvider.cidrBlock } ]
  - name: subnet
    base:
      apiVersion: ec2.aws.upbound.io/v1beta1
      kind: Subnet
      spec:
        forProvider:
          vpcIdSelector: { matchControllerRef: true }
          mapPublicIpOnLaunch: true
    patches:
    - { type: CombineFromComposite, combine: {}, toFieldPath: spec.forProvider.cidrBlock }
    - { fromFieldPath: 'spec.forProvider.tags[\"a.b\"]' }
  - name: bucket
    base: { apiVersion: s3.aws.upbound.io/v1beta1, kind: Bucket, metadata: { annotations: { crossplane.io/external-name: vpc-logs } }, spec: { forProvider: {} } }
  - name: pod
    base: { apiVersion: v1, kind: Pod }
";

const BODIES: &str = "
  Bucket.s3.net.bucket aws_s3_bucket {bucket: \"vpc-logs\"}
  Subnet.ec2.net.subnet aws_subnet {cidr_block: ?(a patch of the composition `net` sets it), map_public_ip_on_launch: true, tags: {a.b: ?(a patch of the composition `net` sets it)}, vpc_id: ?(`id` of `VPC.ec2.net.vpc` is known only after apply)}
  VPC.ec2.net.vpc aws_vpc {cidr_block: \"10.0.0.0/16\", region: ?(a patch of the composition `net` sets it)}
";

fn composition(spec: &str) -> String {
    format!(
        "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {{ name: net }}\nspec:\n  {spec}"
    )
}

#[test]
fn parts_are_judged_with_what_patches_set_unknown() {
    check(&composition(RESOURCES), &format!("crossplane a.yaml{BODIES}"));
}

#[test]
fn parts_stand_in_the_input_of_a_function() {
    let input = RESOURCES.replace("\n  ", "\n      ");
    let text = composition(&format!(
        "mode: Pipeline\n  pipeline:\n  - step: x\n    functionRef: {{ name: f }}\n    input:\n      {input}"
    ));
    check(&text, &format!("crossplane a.yaml{BODIES}"));
}

#[test]
fn siblings_are_those_of_one_composition() {
    let other = composition(RESOURCES).replace("name: net", "name: other");
    let text = format!("{}---\n{other}", composition(RESOURCES));
    let shown = shown(&[("a.yaml", &text)]);
    for name in ["net", "other"] {
        assert!(
            shown.contains(&format!(
                "vpc_id: ?(`id` of `VPC.ec2.{name}.vpc` is known only after apply)"
            )),
            "{shown}"
        );
    }
}

#[test]
fn of_a_part_with_too_many_or_too_deep_patches_less_is_known() {
    let part = |patches: &str| {
        composition(&format!(
            "resources:\n  - name: vpc\n    base: {{ apiVersion: ec2.aws.upbound.io/v1beta1, kind: VPC, spec: {{ forProvider: {{ cidrBlock: x }} }} }}\n    patches: [ {patches} ]\n"
        ))
    };
    let many = "{ toFieldPath: spec.forProvider.x }, ".repeat(201);
    let deep = format!("{{ toFieldPath: spec.forProvider{} }}", ".x".repeat(100_000));
    for (patches, expected) in [
        (many, "aws_vpc { ...?("),
        (deep, "aws_vpc {cidr_block: \"x\", x: {x: {"),
    ] {
        let shown = shown(&[("a.yaml", &part(&patches))]);
        assert!(shown.contains(expected), "{shown}");
    }
}
