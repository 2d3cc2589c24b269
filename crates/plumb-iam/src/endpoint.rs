//! `Endpoint`: a VPC endpoint, by which requests reach a service from inside of a network, and whose policy binds them.
//!
//! Facts: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>,
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use plumb_model::resource::Resource;
use plumb_model::value::{Text, Value};

use crate::answer::{Answer, Decision, Layer};
use crate::attribute::text;
use crate::document::{Effect, Listing, Statement};
use crate::keys::Context;
use crate::layer::{Audience, Hit, Verdict};
use crate::policy::NamedPolicy;
use crate::principal::{Membership, PrincipalKind};
use crate::principal_pattern::{Named, PrincipalPattern};
use crate::request::Request;
use crate::truth::Truth;
use crate::vantage::{
    self, SOURCE_VPC, SOURCE_VPC_ARN, SOURCE_VPCE, VPCE_ACCOUNT, VPCE_ORG_ID, VPCE_ORG_PATHS,
};

/// The resource type of endpoints.
pub(crate) const TYPE: &str = "aws_vpc_endpoint";

/// The attribute that holds the policy.
const POLICY: &str = "policy_document";

/// How requests get to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndpointKind {
    /// By the routes of subnets.
    Gateway,
    /// By an address of its own in subnets.
    Interface,
}

/// A VPC endpoint for a service of AWS.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The uid of its resource.
    pub uid: Text,
    /// What policies call it: `vpce-…`.
    pub id: Text,
    /// The network it is in; an error says why it is not known.
    pub network: Result<Text, Text>,
    /// The account that owns it.
    pub account: Text,
    /// The region whose service it leads to.
    pub region: Text,
    /// How requests get to it.
    pub kind: EndpointKind,
    /// Its policy.
    pub policy: NamedPolicy,
    /// The service, for example `com.amazonaws.eu-west-1.s3`; an error says why it is not known.
    service: Result<Text, Text>,
    /// The organization of its account.
    pub(crate) membership: Membership,
}

/// Services by the last part of their name at endpoints, where actions call them otherwise.
///
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html>
const OTHERWISE_CALLED: [(&str, &str); 7] = [
    ("email-smtp", "ses"),
    ("git-codecommit", "codecommit"),
    ("kinesis-firehose", "firehose"),
    ("kinesis-streams", "kinesis"),
    ("monitoring", "cloudwatch"),
    ("sync-states", "states"),
    ("bedrock-runtime", "bedrock"),
];

/// Services whose endpoints have the prefix of their actions in their name, so that another one is certainly none of them.
const CALLED_ALIKE: [&str; 24] = [
    "athena",
    "autoscaling",
    "cloudformation",
    "codebuild",
    "dynamodb",
    "ec2",
    "ec2messages",
    "ecr",
    "ecs",
    "events",
    "glue",
    "iam",
    "kms",
    "lambda",
    "logs",
    "organizations",
    "rds",
    "s3",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "sts",
];

/// What stands in the name of a service that is none of AWS.
const OF_OTHERS: &str = "vpce";

/// Services of which it is documented that their requests tell whose the endpoint is.
///
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-aws.html>,
/// <https://aws.amazon.com/about-aws/whats-new/2025/08/aws-iam-new-vpc-endpoint-condition-keys/>
const TELL_THE_OWNER: [&str; 2] = ["kms", "s3"];

impl Endpoint {
    /// Reads an endpoint; `None` where it is of a kind that leads to no service of AWS, or has no id.
    pub fn read(resource: &Resource) -> Option<Self> {
        let kind = match text(resource.get("vpc_endpoint_type")).ok()?.as_str() {
            "Gateway" => EndpointKind::Gateway,
            "Interface" => EndpointKind::Interface,
            _ => return None,
        };
        let service = text(resource.get("service_name"));
        let region = text(resource.get("service_region")).unwrap_or_else(|_| resource.region.clone());
        let policy = match resource.get(POLICY) {
            // Services that know no such policies let everything through, as the policy does that nobody replaced.
            Some(Value::Null) => NamedPolicy::read(resource.uid.clone(), POLICY, &everything()),
            Some(document) => NamedPolicy::read(resource.uid.clone(), POLICY, document),
            None => NamedPolicy::unread(resource.uid.clone(), POLICY, "not collected by the scan"),
        };
        Some(Self {
            uid: resource.uid.clone(),
            id: text(resource.get("vpc_endpoint_id")).ok()?,
            network: text(resource.get("vpc_id")),
            account: text(resource.get("owner_id")).unwrap_or_else(|_| resource.account.clone()),
            region,
            kind,
            policy,
            service,
            membership: Membership::Unspecified,
        })
    }

    /// The service that it leads to, as the cloud calls it, where that is known.
    pub fn service(&self) -> Option<&Text> {
        self.service.as_ref().ok()
    }

    /// Whether requests for an action can go through it.
    pub fn serves(&self, action: &str) -> Truth {
        let service = action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let Some(prefix) = self.prefix() else {
            return Truth::Unknown;
        };
        let is_alias = || OTHERWISE_CALLED.iter().any(|(_, known)| *known == prefix);
        if prefix == service {
            Truth::True
        } else if prefix == OF_OTHERS || CALLED_ALIKE.contains(&prefix) || is_alias() {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// The prefix of the actions of its service, as far as the name of the service tells it.
    fn prefix(&self) -> Option<&str> {
        let name = called(self.service.as_ref().ok()?)?;
        let alias = OTHERWISE_CALLED.iter().find(|(known, _)| *known == name);
        Some(alias.map_or(name, |(_, prefix)| *prefix))
    }

    /// What a request for an action says of where it comes from, when it comes through the endpoint.
    ///
    /// The address within the network stays open.
    pub fn context(&self, action: &str) -> Context {
        let mut context = vantage::through_some_endpoint().with(SOURCE_VPCE, self.id.clone());
        if let Ok(network) = &self.network {
            let partition = self.uid.split(':').nth(1).unwrap_or("aws");
            let region = self.uid.split(':').nth(3).unwrap_or(&self.region);
            let arn = format!("arn:{partition}:ec2:{region}:{}:vpc/{network}", self.account);
            context = context
                .with(SOURCE_VPC, network.clone())
                .with(SOURCE_VPC_ARN, arn);
        }
        let service = action.split(':').next().unwrap_or_default();
        if !TELL_THE_OWNER.contains(&service.to_ascii_lowercase().as_str()) {
            return context;
        }
        context = context.with(VPCE_ACCOUNT, self.account.clone());
        match &self.membership {
            Membership::Unspecified => context,
            Membership::Outside => context.without(VPCE_ORG_ID).without(VPCE_ORG_PATHS),
            Membership::Of { id, path } => {
                let context = context.with(VPCE_ORG_ID, id.clone());
                match path {
                    Some(path) => context.with(VPCE_ORG_PATHS, path.clone()),
                    None => context,
                }
            }
        }
    }

    /// What the policy says of a request that comes through the endpoint.
    ///
    /// It neither replaces nor adds to what the policies of principal and resource say.
    pub fn admits(&self, request: &Request<'_>) -> Answer {
        let action = request.action.to_ascii_lowercase();
        let mut verdict = Verdict::of(
            Layer::Endpoint,
            Audience::Stated,
            [&self.policy],
            request,
            &action,
        );
        let counts = |hit: &Hit| self.counts(hit, request);
        verdict.allows.retain(counts);
        verdict.denies.retain(counts);
        let allow = verdict.allow_by_any();
        let decision = Decision::of(allow, verdict.deny());
        let statements = |hits: &[Hit], truth: Truth| {
            let hits = hits.iter().filter(|hit| hit.truth == truth);
            hits.map(|hit| hit.statement.clone()).collect::<Vec<_>>()
        };
        let depending = |hits: &[Hit]| {
            let hits = hits.iter().filter(|hit| hit.truth == Truth::Depends);
            hits.map(Hit::condition).collect::<Vec<_>>()
        };
        let mut answer = Answer {
            decision,
            conditions: Vec::new(),
            deciding: Vec::new(),
            limits: Vec::new(),
            unknown: Vec::new(),
            caveats: Vec::new(),
        };
        match decision {
            Decision::DeniedExplicit => answer.deciding = statements(&verdict.denies, Truth::True),
            Decision::DeniedImplicit => answer.limits.push(Layer::Endpoint),
            Decision::Unknown => answer.unknown = verdict.unknown,
            Decision::Allowed | Decision::AllowedIf => {
                answer.deciding = statements(&verdict.allows, allow);
                if allow == Truth::Depends {
                    answer.conditions = depending(&verdict.allows);
                }
                answer.conditions.extend(depending(&verdict.denies));
                answer.unknown = verdict.unknown;
            }
        }
        answer
    }

    /// Whether the policy lets everything through, as the one does that nobody replaced.
    pub fn admits_everything(&self) -> Truth {
        let Some(document) = self.policy.document() else {
            return Truth::Unknown;
        };
        // Of a service that is known its own actions are all that can be asked for.
        let own = self
            .prefix()
            .map(|prefix| [format!("{prefix}:a"), format!("{prefix}:z")]);
        let unlike = own
            .as_ref()
            .map_or(["a:a", "z:z"], |[a, z]| [a.as_str(), z.as_str()]);
        let statements = document.statements();
        let denies = |statement: &Statement| statement.effect == Effect::Deny;
        let is_for_everybody = |statement: &Statement| {
            statement.permits_everything(unlike)
                && statement.principals.as_ref().is_some_and(|principals| {
                    principals.listing == Listing::Only
                        && principals.patterns.contains(&PrincipalPattern::Everyone)
                })
        };
        if !statements.iter().any(is_for_everybody) || statements.iter().any(denies) {
            return Truth::False;
        }
        if document.unread().is_empty() {
            Truth::True
        } else {
            Truth::Unknown
        }
    }

    /// At a gateway endpoint the number of an account stands for its root user alone.
    fn counts(&self, hit: &Hit, request: &Request<'_>) -> bool {
        let by_account = hit.named == Some(Named::ByAccount);
        match self.kind {
            EndpointKind::Gateway => !by_account || request.principal.kind == PrincipalKind::Root,
            EndpointKind::Interface => true,
        }
    }
}

/// What a service is called after provider and region: `s3` of `com.amazonaws.eu-west-1.s3`, `ecr` of
/// `com.amazonaws.eu-west-1.ecr.api`, `iam` of `com.amazonaws.iam`, `vpce` of a service of somebody else.
fn called(name: &str) -> Option<&str> {
    let name = name.strip_prefix("cn.").unwrap_or(name);
    let mut parts = name.strip_prefix("com.amazonaws.")?.split('.');
    let first = parts.next()?;
    let found = if first == OF_OTHERS {
        first
    } else {
        parts.next().unwrap_or(first)
    };
    Some(found.strip_suffix("-fips").unwrap_or(found))
}

/// The policy that an endpoint has until it gets another.
fn everything() -> Value {
    let text = |text: &'static str| Value::String(Text::new_static(text));
    let statement = [
        ("Effect", "Allow"),
        ("Principal", "*"),
        ("Action", "*"),
        ("Resource", "*"),
    ];
    let statement = statement.map(|(key, value)| (Text::new_static(key), text(value)));
    let statements = Value::List(vec![Value::Map(statement.into_iter().collect())]);
    Value::Map(
        [(Text::new_static("Statement"), statements)]
            .into_iter()
            .collect(),
    )
}
