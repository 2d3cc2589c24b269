//! The fixtures of Terraform as objects of Crossplane: what is written in one way or in the other is judged alike.

use std::collections::{BTreeMap, BTreeSet};

use plumb_iac::declared::Declared;
use plumb_iac::val::{Kind, Val};
use plumb_model::value::Text;
use plumb_pack::kubernetes::ObjectKind;
use plumb_pack::mapping::Language;
use serde_json::{Map, Value as Json, json};

use crate::world::{about, documents, evaluated, scanned, world};

/// What no text tells: quoted parts of a template are unknown.
const UNKNOWN: &str = "{{ unknown }}";

/// Blocks of Terraform for which the providers of Crossplane have no kind, by the list of
/// <https://github.com/crossplane-contrib/provider-upjet-aws>.
const WITHOUT_KIND: [&str; 27] = [
    "aws_alb",
    "aws_alb_listener",
    "aws_alb_listener_rule",
    "aws_alb_target_group",
    "aws_alb_target_group_attachment",
    "aws_ami_from_instance",
    "aws_autoscaling_traffic_source_attachment",
    "aws_cloudwatch_log_data_protection_policy",
    "aws_ebs_snapshot_block_public_access",
    "aws_ec2_image_block_public_access",
    "aws_ec2_instance_metadata_defaults",
    "aws_elasticache_user_group_association",
    "aws_glue_dev_endpoint",
    "aws_guardduty_detector_feature",
    "aws_iam_group_policy",
    "aws_iam_organizations_features",
    "aws_iam_policy_attachment",
    "aws_iam_role_policy_attachments_exclusive",
    "aws_iam_user_policy",
    "aws_internet_gateway_attachment",
    "aws_kms_key_policy",
    "aws_network_acl_association",
    "aws_redshift_logging",
    "aws_sns_topic_data_protection_policy",
    "aws_vpc_block_public_access_exclusion",
    "aws_vpc_block_public_access_options",
    "aws_vpc_endpoint_policy",
];

/// The names of arguments as Crossplane writes them, but for keys that are their author's own.
fn written(value: &Val, path: &str, maps: &[Text]) -> Json {
    match &value.kind {
        Kind::Null => Json::Null,
        Kind::Bool(truth) => json!(truth),
        Kind::Int(int) => json!(int),
        Kind::Float(float) => json!(float),
        Kind::String(text) => json!(text.as_str()),
        Kind::Unknown(_) => json!(UNKNOWN),
        Kind::Json(inner) => match inner.why_partly_unknown() {
            Some(_) => json!(UNKNOWN),
            None => json!(written(inner, "", &[Text::new_static("*")]).to_string()),
        },
        Kind::List(items) => items.iter().map(|item| written(item, path, maps)).collect(),
        Kind::Map(fields) => {
            let is_free = maps.iter().any(|map| map == "*" || map == path) || path.ends_with("tags");
            let entries = fields.entries.iter().map(|(key, value)| {
                let below = if path.is_empty() {
                    key.to_string()
                } else {
                    format!("{path}.{key}")
                };
                let free = [Text::new_static("*")];
                let value = written(value, &below, if is_free { &free } else { maps });
                (if is_free { key.to_string() } else { camel(key) }, value)
            });
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        camel.push_str(&format!("{}{rest}", first.to_uppercase()));
    }
    camel
}

/// The object that declares what a block of Terraform does; `None` when there is no such kind.
fn object(kinds: &BTreeMap<Text, (Text, ObjectKind)>, at: usize, block: &Declared) -> Option<Json> {
    let (name, kind) = kinds.get(&block.kind)?;
    let (kind_name, service) = name.split_once('.')?;
    // What Terraform calls by an id that the cloud makes is called so here, so that joins hold.
    let mut annotations = Map::new();
    if kind.name.is_none() {
        let id = block
            .body
            .get("id")
            .and_then(Val::as_str)
            .unwrap_or(&block.address);
        annotations.insert("crossplane.io/external-name".to_owned(), json!(id));
    }
    Some(json!({
        "apiVersion": format!("{service}.aws.upbound.io/v1beta1"),
        "kind": kind_name,
        "metadata": { "name": format!("o{at}"), "annotations": annotations },
        "spec": { "forProvider": written(&block.body, "", &kind.maps) },
    }))
}

#[test]
fn objects_of_crossplane_are_judged_as_blocks_of_terraform_are() {
    let world = world();
    let kinds: BTreeMap<Text, (Text, ObjectKind)> = world
        .pack
        .object_kinds()
        .iter()
        .filter(|((language, _), _)| *language == Language::Crossplane)
        .map(|((_, name), kind)| (kind.block.clone(), (name.clone(), kind.clone())))
        .collect();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for case in &world.cases {
        let Some(text) = case.text("terraform") else {
            continue;
        };
        let terraform = evaluated(world, case, "main.tf", text);
        let blocks: Vec<Declared> = terraform
            .stacks
            .iter()
            .flat_map(|stack| stack.stack.blocks.clone())
            .collect();
        let terraform = terraform.map(&world.pack, &world.used);
        let objects: Option<Vec<Json>> = blocks
            .iter()
            .enumerate()
            .map(|(at, block)| object(&kinds, at, block))
            .collect();
        // A case with a block that Crossplane has no kind for says something else without it.
        let Some(objects) = objects.filter(|_| blocks.iter().all(|block| block.perhaps.is_none())) else {
            continue;
        };
        let list = json!({ "apiVersion": "v1", "kind": "List", "items": objects }).to_string();
        let crossplane = scanned(world, case, "objects.json", &list);
        let problems = crossplane
            .problems
            .iter()
            .map(|problem| format!("{case}: {problem}"));
        wrong.extend(problems);
        let (before, after) = (documents(&terraform), documents(&crossplane));
        for policy in about(world, &case.resource_type) {
            let verdicts = [&before, &after].map(|side| side.verdict(policy, &case.resource_type));
            if verdicts[0] != verdicts[1] {
                wrong.push(format!(
                    "{case}: {} is {verdicts:?} in\n{list}",
                    policy.policy.name
                ));
            }
            compared += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared > 400, "{compared} verdicts were compared");
}

#[test]
fn every_block_of_terraform_has_a_kind_or_is_known_to_have_none() {
    let world = world();
    let kinds = world.pack.object_kinds();
    let declared: BTreeSet<&str> = kinds
        .iter()
        .filter(|((language, _), _)| *language == Language::Crossplane)
        .map(|(_, kind)| kind.block.as_str())
        .collect();
    let mappings = world.pack.mappings(Language::Terraform);
    let blocks: BTreeSet<&str> = mappings
        .blocks()
        .map(|block| block.block.as_str())
        .filter(|block| block.starts_with("aws_"))
        .collect();
    let without: BTreeSet<&str> = WITHOUT_KIND.into_iter().collect();
    let lacking: Vec<&&str> = blocks
        .iter()
        .filter(|block| !declared.contains(**block) && !without.contains(**block))
        .collect();
    assert!(lacking.is_empty(), "no kind in kubernetes.yaml: {lacking:?}");
    let idle: Vec<&&str> = without
        .iter()
        .filter(|block| declared.contains(**block) || !blocks.contains(**block))
        .collect();
    assert!(idle.is_empty(), "listed for nothing: {idle:?}");
}
