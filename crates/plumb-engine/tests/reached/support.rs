//! A small account, policies on it, and what they say.

use std::sync::{Arc, LazyLock};

use plumb_engine::{Analyzer, Config};
use plumb_graph::knowledge::Knowledge;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage, Gap};
use plumb_model::report::Report;
use plumb_model::resource::Resource;
use plumb_model::snapshot::{AccountSnapshot, Header, Snapshot};
use plumb_model::value::{Map, Reason, Text, Unreadable};
use plumb_pack::load::Base;
use plumb_pack::pack::{Pack, SourceFile};

pub(crate) const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

pub(crate) const DENIED: &str = r#"{"$unreadable":{"reason":"denied","call":"s3:GetX","action":"s3:GetX"}}"#;

const POLICIES: &str = r#"
policies:
- { name: own-ssh, provider: aws, resource_type: aws_ec2_instance, severity: HIGH, rule: 'exposure(resource).ports.all(port, !ports_include(port.from, port.to, 22))' }
- { name: own-internet, provider: aws, resource_type: aws_ec2_instance, severity: HIGH, rule: 'exposure(resource).internet == "none"' }
- { name: own-function, provider: aws, resource_type: aws_lambda_function, severity: HIGH, rule: 'exposure(resource).level == "none"' }
- { name: own-topic, provider: aws, resource_type: aws_sns_topic, severity: HIGH, rule: 'exposure(resource).level == "none"' }
- { name: own-vpc, provider: aws, resource_type: aws_vpc, severity: HIGH, rule: 'exposure(resource).level == "none"' }
- { name: own-restricted, provider: aws, resource_type: aws_s3_bucket, severity: HIGH, when: 'resource.name != "skipped"', path: { from: internet, sensitivity: restricted } }
- { name: own-any, provider: aws, resource_type: aws_s3_bucket, severity: HIGH, path: { from: any } }
- { name: own-external, provider: aws, resource_type: aws_s3_bucket, severity: HIGH, path: { from: external } }
- { name: own-possible, provider: aws, resource_type: aws_s3_bucket, severity: HIGH, path: { from: internet, certainty: possible } }
- { name: own-risky, provider: aws, resource_type: aws_s3_bucket, severity: HIGH, path: { from: internet, min_risk: 100 } }
- { name: own-administrator, provider: aws, resource_type: aws_iam_role, severity: HIGH, path: { from: any } }
"#;

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let own = SourceFile {
        path: "own.yaml".to_owned(),
        text: POLICIES.to_owned(),
    };
    let loaded = Pack::load(Base::BuiltIn, &[own]);
    let errors: Vec<String> = loaded.diagnostics.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{errors:?}");
    loaded.pack
});

static KNOWLEDGE: LazyLock<Arc<Knowledge>> =
    LazyLock::new(|| Arc::new(Knowledge::new(&PACK, Arc::default()).unwrap()));

/// An analyzer of these policies, with the security graph.
pub(crate) fn with_graph(policies: &[&str]) -> Analyzer {
    analyzer(policies, Some(Arc::clone(&KNOWLEDGE)))
}

/// An analyzer of these policies, without the security graph.
pub(crate) fn without_graph(policies: &[&str]) -> Analyzer {
    analyzer(policies, None)
}

fn analyzer(policies: &[&str], graph: Option<Arc<Knowledge>>) -> Analyzer {
    let compiled = policies
        .iter()
        .map(|name| PACK.compile(PACK.policy(name).unwrap()).unwrap())
        .collect();
    let config = Config {
        graph,
        ..Config::default()
    };
    Analyzer::new(&PACK, compiled, Vec::new(), config).unwrap()
}

pub(crate) fn resource(resource_type: &str, uid: &str, attributes: &str) -> Resource {
    resource_in(REGION, resource_type, uid, attributes)
}

fn resource_in(region: &str, resource_type: &str, uid: &str, attributes: &str) -> Resource {
    let attributes: Map =
        serde_json::from_str(attributes).unwrap_or_else(|error| panic!("{attributes}: {error}"));
    let name = uid.rsplit([':', '/']).next().unwrap_or(uid);
    Resource::new(uid, resource_type, name, ACCOUNT, region, attributes)
}

/// A bucket with a policy and further attributes.
pub(crate) fn bucket(name: &str, policy: &str, tags: &str) -> Resource {
    let uid = format!("arn:aws:s3:::{name}");
    let attributes = format!(
        r#"{{"policy":{policy},"tags":{tags},"acl":null,"public_access_block":null,"ownership_controls":null}}"#
    );
    resource("aws_s3_bucket", &uid, &attributes)
}

/// A role with that trust policy and one policy of its own.
pub(crate) fn role(name: &str, principal: &str, allowed: &str) -> Resource {
    let trust = format!(
        r#"{{"Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}]}}"#
    );
    let own = format!(r#"{{"Statement":[{{"Effect":"Allow","Action":"{allowed}","Resource":"*"}}]}}"#);
    let uid = format!("arn:aws:iam::{ACCOUNT}:role/{name}");
    let attributes = format!(
        r#"{{"arn":"{uid}","path":"/","role_name":"{name}","assume_role_policy_document":{trust},
        "role_policy_list":[{{"policy_name":"own","policy_document":{own}}}]}}"#
    );
    resource_in("global", "aws_iam_role", &uid, &attributes)
}

/// An account of which everything was read.
pub(crate) fn account(resources: Vec<Resource>) -> AccountSnapshot {
    account_called(ACCOUNT, resources)
}

pub(crate) fn account_called(id: &str, resources: Vec<Resource>) -> AccountSnapshot {
    let collected = PACK.resource_types().into_iter().map(|name| {
        let resource_type = PACK.resource_type(&name).unwrap();
        CollectedType {
            facts: resource_type
                .recipe
                .facts
                .iter()
                .map(|fact| fact.name.clone())
                .collect(),
            regions: vec![REGION.into(), "global".into()],
            resource_type: name,
        }
    });
    let coverage = Coverage {
        collected: collected.collect(),
        ..Coverage::default()
    };
    let mut account = Account::new(Provider::Aws, id);
    account.partition = Some("aws".into());
    AccountSnapshot {
        account,
        taken_at: "2026-01-01T00:00:00Z".into(),
        regions: vec![REGION.into()],
        resources,
        coverage,
    }
}

/// Listing resources of that type was refused.
pub(crate) fn unlisted(mut snapshot: AccountSnapshot, resource_type: &str) -> AccountSnapshot {
    snapshot
        .resources
        .retain(|resource| resource.resource_type != resource_type);
    snapshot.coverage.gaps.push(Gap {
        resource_type: resource_type.into(),
        region: REGION.into(),
        attribute: None,
        unreadable: Unreadable {
            action: Some(Text::from(format!("list:{resource_type}"))),
            ..Unreadable::new(Reason::Denied)
        },
        count: 1,
    });
    snapshot.coverage.sort();
    snapshot
}

pub(crate) fn report(analyzer: &Analyzer, accounts: Vec<AccountSnapshot>) -> Report {
    analyzer.analyze(&Snapshot {
        header: Header::new("0", None),
        accounts,
    })
}

/// `policy resource verdict` of all findings.
pub(crate) fn verdicts(report: &Report) -> Vec<String> {
    report
        .findings()
        .map(|view| {
            format!(
                "{} {} {}",
                view.policy.name, view.resource.name, view.finding.verdict
            )
        })
        .collect()
}

/// Why the only finding of that resource is what it is.
pub(crate) fn because(report: &Report, resource: &str) -> String {
    report
        .findings()
        .find(|view| view.resource.name == resource)
        .and_then(|view| view.finding.evidence.as_ref())
        .map(|evidence| evidence.message.to_string())
        .unwrap()
}
