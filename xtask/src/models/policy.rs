//! Which operations of the API models are configuration reads, and which members of their answers are withheld.
//!
//! The policy fails closed: an operation is kept only when its verb reads, its service is not a data plane, nobody
//! refused it, and its name has none of the words that stand for secrets, unless a person has reviewed it.

use std::collections::BTreeSet;

use super::policy_lists::{
    DATA_PLANES, EXCEPTIONS, READ_VERBS, REFUSED, REVIEWED, SEARCHES, SECRET_ENDINGS, SUSPICIOUS_WORDS,
    WITHHELD,
};

/// What the policy says about one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It reads configuration.
    Read,
    /// It does not, for the reason given.
    Refused(&'static str),
}

/// Decides on an operation by the folder of its service and its name without an API date.
pub(crate) fn decide(service: &str, operation: &str) -> Decision {
    let is_it = |(listed_service, listed): &(&str, &str)| *listed_service == service && *listed == operation;
    if let Some((_, reason)) = DATA_PLANES.iter().find(|(listed, _)| *listed == service) {
        return Decision::Refused(reason);
    }
    if EXCEPTIONS.iter().any(|(listed, name, _)| is_it(&(listed, name))) {
        return Decision::Read;
    }
    if let Some((_, _, reason)) = REFUSED.iter().find(|(listed, names, _)| {
        (*listed == service || *listed == "*") && names.split_ascii_whitespace().any(|name| name == operation)
    }) {
        return Decision::Refused(reason);
    }
    if operation.starts_with("Search") {
        return if SEARCHES.iter().any(is_it) {
            Decision::Read
        } else {
            Decision::Refused("searches data")
        };
    }
    let is_read_verb = READ_VERBS.iter().any(|verb| {
        operation
            .strip_prefix(verb)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    });
    if !is_read_verb {
        return Decision::Refused("its verb does not read");
    }
    let is_reviewed = REVIEWED.iter().any(|(listed, names)| {
        *listed == service && names.split_ascii_whitespace().any(|name| name == operation)
    });
    if !is_reviewed && SUSPICIOUS_WORDS.iter().any(|word| operation.contains(word)) {
        return Decision::Refused("its name speaks of secrets and nobody has reviewed it");
    }
    Decision::Read
}

/// Whether a member of a structure in an answer is left out of the condensed model, so that it is never decoded.
pub(crate) fn is_withheld(service: &str, structure: &str, member: &str, sensitive: Sensitivity) -> bool {
    if WITHHELD
        .iter()
        .any(|(listed, path, _)| *listed == service && path.split_once('.') == Some((structure, member)))
    {
        return true;
    }
    let lower = member.to_ascii_lowercase();
    match sensitive {
        Sensitivity::NotText | Sensitivity::Enumerated => false,
        Sensitivity::Plain => SECRET_ENDINGS.iter().any(|ending| lower.ends_with(ending)),
        Sensitivity::Marked => {
            SECRET_ENDINGS.iter().any(|ending| lower.ends_with(ending))
                || ["url", "token", "credentials", "key"]
                    .iter()
                    .any(|ending| lower.ends_with(ending))
                    && !["nexttoken", "clienttoken", "pagetoken"]
                        .iter()
                        .any(|paging| lower.ends_with(paging))
        }
    }
}

/// The entries of the lists that match nothing in the models, for which there is no reason to exist.
///
/// `operations` holds every operation of every service as `service:Operation`, `structures` every member of every
/// structure as `service:Structure.member`.
pub(crate) fn stale_entries(operations: &BTreeSet<String>, structures: &BTreeSet<String>) -> Vec<String> {
    let mut stale = Vec::new();
    let mut expect = |service: &str, name: &str, is_used: bool| {
        if service != "*" && !is_used {
            stale.push(format!("{service}:{name}"));
        }
    };
    let is_kept = |service: &str, name: &str| {
        operations.contains(&format!("{service}:{name}")) && decide(service, name) == Decision::Read
    };
    for (service, name, _) in EXCEPTIONS {
        expect(service, name, is_kept(service, name));
    }
    for (service, name) in SEARCHES {
        expect(service, name, is_kept(service, name));
    }
    for (service, names) in REVIEWED {
        names
            .split_ascii_whitespace()
            .for_each(|name| expect(service, name, is_kept(service, name)));
    }
    for (service, names, _) in REFUSED {
        for name in names.split_ascii_whitespace() {
            let has_read_verb = READ_VERBS.iter().any(|verb| name.starts_with(verb));
            expect(
                service,
                name,
                has_read_verb && operations.contains(&format!("{service}:{name}")),
            );
        }
    }
    for (service, path, _) in WITHHELD {
        expect(service, path, structures.contains(&format!("{service}:{path}")));
    }
    for (service, _) in DATA_PLANES {
        let prefix = format!("{service}:");
        expect(
            service,
            "*",
            operations
                .range(prefix.clone()..)
                .next()
                .is_some_and(|name| name.starts_with(&prefix)),
        );
    }
    stale
}

/// What a model says about the values of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sensitivity {
    /// They are not text and not a blob.
    NotText,
    /// They are any text.
    Plain,
    /// They are one of a few fixed words.
    Enumerated,
    /// They are sensitive.
    Marked,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_read(operation: &str) -> bool {
        let (service, name) = operation.split_once(':').unwrap();
        decide(service, name) == Decision::Read
    }

    #[test]
    fn configuration_reads_are_kept() {
        for operation in [
            "sts:GetCallerIdentity",
            "iam:GetAccountAuthorizationDetails",
            "iam:GetCredentialReport",
            "iam:GenerateCredentialReport",
            "iam:GetAccessKeyLastUsed",
            "iam:GetAccountPasswordPolicy",
            "iam:GetLoginProfile",
            "iam:ListServiceSpecificCredentials",
            "s3:HeadBucket",
            "s3:GetBucketPolicy",
            "kms:GetPublicKey",
            "kms:ListGrants",
            "ecr:BatchGetImage",
            "lambda:GetFunctionConfiguration",
            "lambda:GetFunctionUrlConfig",
            "lambda:ListFunctions",
            "secretsmanager:DescribeSecret",
            "secretsmanager:ListSecrets",
            "ssm:DescribeParameters",
            "config:SelectResourceConfig",
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeKeyPairs",
            "ec2:SearchTransitGatewayRoutes",
            "cloudfront:GetDistributionConfig",
        ] {
            assert!(is_read(operation), "{operation}");
        }
    }

    #[test]
    fn secrets_credentials_data_and_writes_are_refused() {
        for operation in [
            "secretsmanager:GetSecretValue",
            "secretsmanager:BatchGetSecretValue",
            "secretsmanager:GetRandomPassword",
            "ec2:GetPasswordData",
            "ec2:GetConsoleOutput",
            "ec2:GetConsoleScreenshot",
            "ssm:GetParameter",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
            "ssm:GetParameterHistory",
            "ssm:GetAccessToken",
            "sts:GetSessionToken",
            "sts:GetFederationToken",
            "sts:GetWebIdentityToken",
            "sts:AssumeRole",
            "sso:GetRoleCredentials",
            "cognito-identity:GetCredentialsForIdentity",
            "cognito-identity:GetOpenIdToken",
            "ecr:GetAuthorizationToken",
            "ecr:GetDownloadUrlForLayer",
            "codeartifact:GetAuthorizationToken",
            "redshift:GetClusterCredentials",
            "redshift-serverless:GetCredentials",
            "s3:GetObject",
            "s3:GetObjectAcl",
            "s3:SelectObjectContent",
            "s3:PutBucketPolicy",
            "s3:DeleteBucket",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:BatchGetItem",
            "kinesis:GetRecords",
            "sqs:ReceiveMessage",
            "logs:GetLogEvents",
            "logs:FilterLogEvents",
            "logs:GetQueryResults",
            "kms:Decrypt",
            "kms:GenerateDataKey",
            "kms:GenerateRandom",
            "lambda:GetFunction",
            "lambda:GetLayerVersion",
            "lambda:Invoke",
            "apigateway:GetApiKey",
            "apigateway:GetApiKeys",
            "lightsail:GetRelationalDatabaseMasterUserPassword",
            "lightsail:GetInstanceAccessDetails",
            "rds:DownloadDBLogFilePortion",
            "codecommit:GetBlob",
            "codecommit:GetFile",
            "ivs:GetStreamKey",
            "bedrock-runtime:Converse",
            "networkflowmonitor:StartQueryWorkloadInsightsTopContributors",
            "signin:IntrospectOAuth2TokenWithIAM",
            "ec2:GetawayPlan",
            "ec2:GetSecretsOfAFutureVersion",
        ] {
            assert!(!is_read(operation), "{operation}");
        }
    }

    #[test]
    fn secret_members_are_withheld_and_their_neighbours_kept() {
        use Sensitivity::{Enumerated, Marked, NotText, Plain};
        for (service, member, sensitive, expected) in [
            ("cognito-idp", "ClientSecret", Marked, true),
            ("cognito-idp", "AccessToken", Enumerated, false),
            ("rds", "MasterUserPassword", Plain, true),
            ("rds", "NextToken", Marked, false),
            ("rds", "SecretArn", Plain, false),
            ("iam", "PasswordLastUsed", Plain, false),
            ("ec2", "PreSharedKey", Plain, true),
            ("ec2", "VpnConnection.CustomerGatewayConfiguration", Plain, true),
            ("ec2", "UserData", Marked, false),
            ("ec2", "KeyName", Plain, false),
            ("appsync", "ApiKey.id", Plain, true),
            ("acm", "Certificate", Plain, false),
            ("appstream", "RotatePassword", NotText, false),
        ] {
            let (structure, member) = member.split_once('.').unwrap_or(("Any", member));
            assert_eq!(
                is_withheld(service, structure, member, sensitive),
                expected,
                "{service} {member}"
            );
        }
    }

    #[test]
    fn lists_have_no_duplicates_and_every_line_has_a_reason() {
        let mut seen = std::collections::BTreeSet::new();
        for (service, names, reason) in REFUSED {
            assert!(!reason.is_empty());
            for name in names.split_ascii_whitespace() {
                assert!(seen.insert((*service, name)), "{service}:{name} stands twice");
            }
        }
        for (service, name, reason) in EXCEPTIONS {
            assert!(
                !reason.is_empty() && seen.insert((*service, *name)),
                "{service}:{name}"
            );
        }
    }
}
