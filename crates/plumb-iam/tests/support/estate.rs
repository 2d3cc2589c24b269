//! Resource documents of accounts, and what is read from them.

use plumb_iam::account_iam::AccountIam;
use plumb_iam::answer::Decision;
use plumb_iam::directory::Directory;
use plumb_iam::keys::Context;
use plumb_iam::principal::Tags;
use plumb_model::account::{Account, Provider};
use plumb_model::coverage::{CollectedType, Coverage};
use plumb_model::resource::Resource;
use plumb_model::value::{Map, Value};

use super::value;

pub(crate) const MANAGEMENT: &str = "999900001111";

pub(crate) const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;

pub(crate) fn resource(account: &str, resource_type: &str, uid: &str, attributes: &str) -> Resource {
    let Value::Map(map) = value(attributes) else {
        panic!("attributes are a map");
    };
    let name = uid.rsplit('/').next().unwrap();
    Resource::new(uid, resource_type, name, account, "global", Map::clone(&map))
}

pub(crate) fn role(account: &str, name: &str, attributes: &str) -> Resource {
    let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}"#;
    let uid = format!("arn:aws:iam::{account}:role/{name}");
    let attributes = format!(r#"{{"assume_role_policy_document":{trust},{attributes}}}"#);
    resource(account, "aws_iam_role", &uid, &attributes)
}

pub(crate) fn managed(account: &str, arn: &str, document: &str) -> Resource {
    let attributes = format!(
        r#"{{"policy_version_list":[{{"is_default_version":false,"document":{{}}}},{{"is_default_version":true,"document":{document}}}]}}"#
    );
    resource(account, "aws_iam_policy", arn, &attributes)
}

pub(crate) fn organization(account: &str) -> Resource {
    let attributes = format!(r#"{{"id":"o-1","master_account_id":"{MANAGEMENT}"}}"#);
    resource(
        account,
        "aws_organizations_organization",
        &format!("organization/{account}"),
        &attributes,
    )
}

pub(crate) fn read(account: &str, resources: &[Resource]) -> AccountIam {
    let collected = |name: &str| CollectedType {
        resource_type: name.into(),
        facts: Vec::new(),
        regions: vec!["global".into()],
    };
    let coverage = Coverage {
        collected: vec![collected("aws_iam_role"), collected("aws_iam_user")],
        ..Coverage::default()
    };
    let resources: Vec<_> = resources.iter().collect();
    AccountIam::read(&Account::new(Provider::Aws, account), &resources, &coverage)
}

pub(crate) fn decide(directory: &Directory, principal: &str, action: &str, arn: &str) -> Decision {
    let member = directory.principal(principal).unwrap();
    let account = member.principal.account.clone().unwrap();
    let asset = directory.asset(arn, &account, Tags::Unspecified, None);
    directory.can(member, action, &asset, &Context::new()).decision
}

pub(crate) fn member(account: &str) -> AccountIam {
    let all = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    read(
        account,
        &[
            organization(account),
            role(
                account,
                "all",
                &format!(r#""role_policy_list":[{{"policy_name":"all","policy_document":{all}}}]"#),
            ),
        ],
    )
}
