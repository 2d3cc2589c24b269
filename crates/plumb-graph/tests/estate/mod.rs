//! A small estate as a graph, for tests.

use plumb_graph::graph::{Builder, NodeId, Step};
use plumb_graph::security::{NodeInfo, SecurityGraph};
use plumb_model::account::Provider;
use plumb_model::graph::{NodeKind, Sensitivity};
use plumb_model::path::{Certainty, EdgeKind};
use plumb_model::risk::ExposureLevel;

/// A step without evidence.
pub(crate) fn step(kind: EdgeKind, how: Option<&str>, certainty: Certainty, cost: u8) -> Step {
    Step {
        kind,
        how: how.map(Into::into),
        certainty,
        conditions: Vec::new(),
        caveats: Vec::new(),
        proofs: Vec::new(),
        cost,
    }
}

/// The internet, a web server with its role, another role that may become administrator, two buckets, a key, a class and a selector.
pub(crate) fn estate() -> SecurityGraph {
    let nodes = [
        ("internet", "outside", NodeKind::Other, "internet"),
        ("i-web", "aws_ec2_instance", NodeKind::Workload, "web"),
        ("r-web", "aws_iam_role", NodeKind::Identity, "web-role"),
        ("r-ops", "aws_iam_role", NodeKind::Identity, "ops"),
        ("r-admin", "aws_iam_role", NodeKind::Identity, "admin"),
        ("b-cards", "aws_s3_bucket", NodeKind::Data, "cards"),
        ("b-logs", "aws_s3_bucket", NodeKind::Data, "logs"),
        ("k-1", "aws_kms_key", NodeKind::Key, "data key"),
        ("", "", NodeKind::Other, ""),
        ("", "", NodeKind::Other, ""),
    ];
    let mut builder = Builder::default();
    let ids: Vec<NodeId> = nodes.iter().map(|_| builder.node()).collect();
    let certain = Certainty::Certain;
    for (from, to, kind, how, certainty, cost) in [
        (0, 1, EdgeKind::Reaches, Some("HTTPS open"), certain, 2),
        (1, 2, EdgeKind::RunsAs, None, certain, 1),
        (2, 3, EdgeKind::CanAssume, None, Certainty::Conditional, 5),
        (
            3,
            4,
            EdgeKind::CanEscalateTo,
            Some("attaches a policy"),
            certain,
            3,
        ),
        (5, 7, EdgeKind::Relation, Some("encrypted_with"), certain, 0),
        // The web role and the administrator are one class, which may read all buckets.
        (2, 8, EdgeKind::In, None, certain, 0),
        (4, 8, EdgeKind::In, None, certain, 0),
        (8, 9, EdgeKind::CanRead, None, certain, 0),
        (9, 5, EdgeKind::Covers, None, certain, 0),
        (9, 6, EdgeKind::Covers, None, certain, 0),
    ] {
        let step = builder.step(step(kind, how, certainty, cost));
        builder.edge(ids[from], ids[to], step);
    }
    let infos = nodes.map(|(uid, resource_type, kind, name)| NodeInfo {
        uid: uid.into(),
        resource_type: resource_type.into(),
        title: resource_type.into(),
        name: name.into(),
        account: (kind != NodeKind::Other).then_some(0),
        region: if kind == NodeKind::Other {
            "".into()
        } else {
            "eu-central-1".into()
        },
        kind,
        sensitivity: match name {
            "cards" => Some(Sensitivity::Restricted),
            "logs" => Some(Sensitivity::Internal),
            _ => None,
        },
        label: (name == "cards").then(|| "payment data".into()),
        exposure: match name {
            "web" => ExposureLevel::Wide,
            "logs" => ExposureLevel::Unknown,
            _ => ExposureLevel::None,
        },
    });
    SecurityGraph::new(
        builder.build(),
        infos.into(),
        vec![(Provider::Aws, "111122223333".into())],
        Vec::new(),
    )
}
