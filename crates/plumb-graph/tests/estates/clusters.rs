//! Estates with Kubernetes clusters: what control of one brings, and who has it.

use serde_json::{Value, json};

use crate::identity::careless;
use crate::world::network::{Way, tcp};
use crate::world::paths::{find, stories};
use crate::world::{FOREIGN, OTHER, OWN, REGION, World, allow, denied, document, iam, inline, trust};

const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/AB12";

fn eks(what: &str) -> String {
    format!("arn:aws:eks:{REGION}:{OWN}:{what}")
}

/// A cluster with a public API, whose nodes run as a role that reads a table, and whose control plane has a role of power.
fn cluster() -> World {
    let mut world = World::default();
    world.organization(&[OWN, OTHER], json!([]));
    world.network(Way::ToInternet);
    world.security_group("sg-cluster", json!([tcp(443, &["10.0.0.0/16"])]));
    let power = json!({ "role_policy_list": inline(json!([allow("*", "*")])) });
    let control = world.role(
        "control-plane",
        trust(json!({ "Service": "eks.amazonaws.com" })),
        power,
    );
    let reads = json!({ "role_policy_list": inline(json!([allow("dynamodb:Scan", "*")])) });
    let nodes = world.role("nodes", trust(json!({ "Service": "ec2.amazonaws.com" })), reads);
    world.put(
        "aws_eks_cluster",
        &eks("cluster/one"),
        json!({
            "cluster_name": "one", "role_arn": control, "compute_config": null, "access_config": { "authentication_mode": "API" },
            "identity": { "oidc": { "issuer": format!("https://{ISSUER}") } },
            "resources_vpc_config": {
                "endpoint_public_access": true, "public_access_cidrs": ["0.0.0.0/0"], "subnet_ids": ["sub-a"],
                "security_group_ids": ["sg-cluster"], "cluster_security_group_id": null,
            },
        }),
    );
    world.put(
        "aws_eks_node_group",
        &eks("nodegroup/one/workers"),
        json!({
            "cluster_name": "one", "node_role": nodes,
        }),
    );
    world.put(
        "aws_dynamodb_table",
        &format!("arn:aws:dynamodb:{REGION}:{OWN}:table/customers"),
        json!({ "policy": null, "sse_description": null, "table_name": "customers" }),
    );
    world
}

#[test]
fn who_reaches_a_cluster_has_its_nodes_with_its_credentials_and_never_its_control_plane() {
    let report = cluster().report();
    let path = find(
        &report,
        "internet -reaches-> one -reaches-> workers -runs_as-> nodes -can_read-> customers (conditional)",
    );
    assert!(
        path.hops[0].conditions[0].contains("Kubernetes"),
        "{:?}",
        path.hops[0]
    );
    assert_eq!(report.paths.len(), 1, "{:#?}", stories(&report));
}

#[test]
fn who_gives_itself_access_to_a_cluster_has_its_nodes() {
    let estate = |actions: &[&str]| {
        let mut world = cluster();
        let statements: Vec<_> = actions.iter().map(|action| allow(action, "*")).collect();
        careless(&mut world, "ann", statements.into());
        world.report()
    };
    let both = ["eks:CreateAccessEntry", "eks:AssociateAccessPolicy"];
    find(
        &estate(&both),
        "credentials -holds-> ann -can_escalate_to-> one -reaches-> workers -runs_as-> nodes -can_read-> customers",
    );
    let one = estate(&["eks:CreateAccessEntry"]);
    assert!(one.paths.iter().all(|path| path.entry.uid == "internet"));
}

/// A role that a token of the cluster is worth, and that reads a bucket of customers.
fn web_role(world: &mut World, account: &str, condition: Value) {
    let provider = format!("arn:aws:iam::{account}:oidc-provider/{ISSUER}");
    let trusted = document(json!([{
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": { "Federated": provider }, "Condition": condition,
    }]));
    world.put_in(
        account,
        "aws_iam_openid_connect_provider",
        &provider,
        json!({ "client_id_list": ["sts.amazonaws.com"] }),
    );
    let reads = inline(json!([allow("s3:GetObject", "arn:aws:s3:::people/*")]));
    world.role_in(account, "pods", trusted, json!({ "role_policy_list": reads }));
    let bucket = json!({
        "policy": null, "acl": { "grants": [] }, "ownership_controls": null, "public_access_block": null, "encryption": null,
        "tags": { "DataClassification": "restricted" },
    });
    world.put_in(account, "aws_s3_bucket", "arn:aws:s3:::people", bucket);
}

const BY_TOKEN: &str = "internet -reaches-> one -can_assume-> pods -can_read-> people (conditional)";

#[test]
fn who_controls_a_cluster_takes_the_roles_of_its_service_accounts() {
    let (sub, aud) = (format!("{ISSUER}:sub"), format!("{ISSUER}:aud"));
    let one = "system:serviceaccount:shop:web";
    for (account, condition, is_open) in [
        (
            OWN,
            json!({ "StringEquals": { &sub: one, &aud: "sts.amazonaws.com" } }),
            true,
        ),
        (
            OWN,
            json!({ "StringLike": { &sub: "system:serviceaccount:shop:*" } }),
            true,
        ),
        (OWN, json!({}), true),
        (OTHER, json!({ "StringEquals": { &sub: one } }), true),
        (
            OWN,
            json!({ "StringEquals": { &sub: one, &aud: "elsewhere" } }),
            false,
        ),
        (
            OWN,
            json!({ "StringEquals": { "oidc.eks.us-east-1.amazonaws.com/id/CD34:sub": one } }),
            false,
        ),
    ] {
        let mut world = cluster();
        web_role(&mut world, account, condition.clone());
        let report = world.report();
        let found = stories(&report);
        assert_eq!(
            found.iter().any(|path| path == BY_TOKEN),
            is_open,
            "{condition}: {found:#?}"
        );
    }
}

#[test]
fn a_role_is_out_of_reach_without_a_provider_in_its_account_or_a_cluster_that_issues() {
    let condition =
        || json!({ "StringEquals": { format!("{ISSUER}:sub"): "system:serviceaccount:shop:web" } });
    let is_open = |world: &World| stories(&world.report()).iter().any(|path| path.contains("pods"));
    let mut world = cluster();
    web_role(&mut world, OWN, condition());
    assert!(is_open(&world));
    world.change(
        &eks("cluster/one"),
        "identity",
        json!({ "oidc": { "issuer": "https://elsewhere.example" } }),
    );
    assert!(!is_open(&world));
    let mut world = cluster();
    web_role(&mut world, OWN, condition());
    world.forget("aws_iam_openid_connect_provider");
    assert!(!is_open(&world));
    world.cannot_list(OWN, "aws_iam_openid_connect_provider");
    find(&world.report(), &BY_TOKEN.replace("conditional", "possible"));
}

/// A user with weak credentials, or somebody else, who has an access entry of the cluster.
fn entry(principal: &str, attributes: Value) -> World {
    let mut world = cluster();
    careless(&mut world, "ann", json!([]));
    let quiet = json!({
        "cluster_name": "one", "cluster_arn": eks("cluster/one"), "principal_arn": principal, "type": "STANDARD",
        "kubernetes_groups": [], "access_policies": [],
    });
    let mut document = quiet;
    for (key, value) in attributes.as_object().unwrap() {
        document[key] = value.clone();
    }
    world.put("aws_eks_access_entry", &eks("access-entry/one/ann"), document);
    world
}

fn policies(name: &str, scope: &str) -> Value {
    let arn = format!("arn:aws:eks::aws:cluster-access-policy/{name}");
    json!({ "access_policies": [{ "policy_arn": arn, "access_scope": { "type": scope, "namespaces": [] } }] })
}

const BY_ENTRY: &str = "credentials -holds-> ann -can_administer-> one -reaches-> workers -runs_as-> nodes -can_read-> customers";

#[test]
fn an_access_entry_gives_control_of_the_cluster() {
    let ann = iam("user/ann");
    for (attributes, expected) in [
        (policies("AmazonEKSClusterAdminPolicy", "cluster"), Some("")),
        (policies("AmazonEKSAdminPolicy", "cluster"), Some("")),
        (policies("AmazonEKSEditPolicy", "cluster"), Some("")),
        (
            policies("AmazonEKSEditPolicy", "namespace"),
            Some(" (conditional)"),
        ),
        (json!({ "kubernetes_groups": ["platform"] }), Some(" (possible)")),
        (json!({ "access_policies": denied() }), Some(" (possible)")),
        (policies("AmazonEKSViewPolicy", "cluster"), None),
        (policies("AmazonEKSAdminViewPolicy", "cluster"), None),
        (
            json!({ "kubernetes_groups": ["system:nodes"], "type": "EC2_LINUX" }),
            Some(" (conditional)"),
        ),
        (
            json!({ "kubernetes_groups": ["system:nodes"], "type": "FARGATE_LINUX" }),
            None,
        ),
        (json!({}), None),
    ] {
        let report = entry(&ann, attributes.clone()).report();
        let found = stories(&report);
        let by_entry: Vec<&str> = found
            .iter()
            .filter_map(|path| path.strip_prefix(BY_ENTRY))
            .collect();
        assert_eq!(
            by_entry,
            expected.into_iter().collect::<Vec<_>>(),
            "{attributes}: {found:#?}"
        );
    }
}

#[test]
fn who_has_an_entry_and_may_give_it_policies_controls_the_cluster() {
    let ann = iam("user/ann");
    let entry_of = |cluster: &str| eks(&format!("access-entry/{cluster}/user/{OWN}/ann/1"));
    let all = eks("access-entry/one/*");
    for (principal, statements, attributes, expected) in [
        (
            &ann,
            json!([allow("eks:AssociateAccessPolicy", &all)]),
            json!({}),
            Some(""),
        ),
        (
            &ann,
            json!([allow("eks:AssociateAccessPolicy", &entry_of("one"))]),
            json!({}),
            Some(" (conditional)"),
        ),
        (
            &ann,
            json!([allow("eks:AssociateAccessPolicy", &entry_of("two"))]),
            json!({}),
            None,
        ),
        (
            &ann,
            json!([allow("eks:UpdateAccessEntry", "*")]),
            json!({}),
            None,
        ),
        (
            &ann,
            json!([allow("eks:*", "*"), { "Effect": "Deny", "Action": "eks:AssociateAccessPolicy", "Resource": "*" },
                { "Effect": "Deny", "Action": "eks:CreatePodIdentityAssociation", "Resource": "*" }]),
            json!({}),
            None,
        ),
        (
            &ann,
            json!([allow("eks:AssociateAccessPolicy", "*")]),
            json!({ "type": "FARGATE_LINUX" }),
            None,
        ),
        // The entry is somebody else's.
        (
            &iam("user/bob"),
            json!([allow("eks:AssociateAccessPolicy", "*")]),
            json!({}),
            None,
        ),
    ] {
        let mut world = entry(principal, attributes.clone());
        world.change(&ann, "user_policy_list", inline(statements.clone()));
        let report = world.report();
        let found = stories(&report);
        let by_entry = found.iter().find_map(|path| path.strip_prefix(BY_ENTRY));
        assert_eq!(by_entry, expected, "{statements} {attributes}: {found:#?}");
    }
}

#[test]
fn who_has_a_node_has_the_roles_of_its_pods() {
    let mut world = cluster();
    careless(
        &mut world,
        "ann",
        json!([allow("sts:AssumeRole", &iam("role/nodes"))]),
    );
    world.change(
        &iam("role/nodes"),
        "assume_role_policy_document",
        trust(json!({ "AWS": format!("arn:aws:iam::{OWN}:root") })),
    );
    web_role(
        &mut world,
        OWN,
        json!({ "StringEquals": { format!("{ISSUER}:sub"): "system:serviceaccount:shop:web" } }),
    );
    let report = world.report();
    let path = find(
        &report,
        "credentials -holds-> ann -can_assume-> nodes -can_administer-> one -can_assume-> pods -can_read-> people (conditional)",
    );
    let hop = &path.hops[2];
    assert_eq!(
        hop.how.as_deref(),
        Some("with the tokens of the pods on its nodes")
    );
    assert_eq!(
        hop.conditions,
        ["pods whose service accounts can do it run on the node"]
    );
    // Whoever has another role of the account has none of it.
    world.change(
        &eks("nodegroup/one/workers"),
        "node_role",
        json!(iam("role/other")),
    );
    let report = world.report();
    assert!(
        !stories(&report)
            .iter()
            .any(|path| path.contains("nodes -can_administer-> one"))
    );
}

#[test]
fn where_the_api_answers_is_part_of_it() {
    let endpoint = |public: bool, cidrs: Value| {
        let mut world = entry(
            &iam("user/ann"),
            policies("AmazonEKSClusterAdminPolicy", "cluster"),
        );
        world.change(
            &eks("cluster/one"),
            "resources_vpc_config",
            json!({
                "endpoint_public_access": public, "endpoint_private_access": true, "public_access_cidrs": cidrs,
                "subnet_ids": ["sub-a"], "security_group_ids": ["sg-cluster"], "cluster_security_group_id": null,
            }),
        );
        world
    };
    let conditional = format!("{BY_ENTRY} (conditional)");
    for world in [
        endpoint(false, json!([])),
        endpoint(true, json!(["198.51.100.0/24"])),
    ] {
        let report = world.report();
        let hop = &find(&report, &conditional).hops[1];
        assert!(hop.conditions[0].starts_with("the request comes from"), "{hop:?}");
    }
    // A cluster that knows the config map only does not look at entries.
    let mut world = endpoint(true, json!(["0.0.0.0/0"]));
    find(&world.report(), BY_ENTRY);
    world.change(
        &eks("cluster/one"),
        "access_config",
        json!({ "authentication_mode": "CONFIG_MAP" }),
    );
    assert!(!stories(&world.report()).iter().any(|path| path.contains("ann")));
}

#[test]
fn entries_name_principals_of_other_accounts_too() {
    let of = |account: &str| {
        entry(
            &format!("arn:aws:iam::{account}:role/deploy"),
            policies("AmazonEKSClusterAdminPolicy", "cluster"),
        )
    };
    let end = "one -reaches-> workers -runs_as-> nodes -can_read-> customers";
    find(
        &of(FOREIGN).report(),
        &format!("account:{FOREIGN} -can_administer-> {end}"),
    );
    // A role of the estate that is not there any more, and one that is.
    let mut world = of(OTHER);
    let report = world.report();
    assert!(
        !stories(&report)
            .iter()
            .any(|path| path.contains("can_administer"))
    );
    world.role_in(
        OTHER,
        "deploy",
        trust(json!({ "AWS": format!("arn:aws:iam::{FOREIGN}:root") })),
        json!({}),
    );
    find(
        &world.report(),
        &format!("account:{FOREIGN} -can_assume-> deploy -can_administer-> {end}"),
    );
}
