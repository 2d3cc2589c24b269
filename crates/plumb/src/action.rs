//! Actions that somebody may have misspelt.
//!
//! The binary knows the reading operations of every service and the actions that its knowledge speaks of, but not every action
//! that writes: an unknown one is told only where a known one is near.

use std::collections::BTreeSet;

use plumb_api::catalog::Catalog;
use plumb_graph::knowledge::Knowledge;
use plumb_graph::near::misspelt;
use plumb_iam::access_list;
use plumb_model::diagnostic::Diagnostic;

/// A doubt about an action, for people.
pub(crate) fn doubt(knowledge: &Knowledge, action: &str) -> Option<Diagnostic> {
    let (prefix, operation) = action.split_once(':')?;
    let known = Known::of(knowledge, prefix);
    if known.operations.is_empty() {
        let near = misspelt(prefix, known.prefixes.iter().map(String::as_str))?;
        let message = format!("no service whose actions begin with `{prefix}:` is known");
        return Some(Diagnostic::warning(message).help(format!("did you mean `{near}:{operation}`?")));
    }
    let is_known = |own: &&String| own.eq_ignore_ascii_case(operation);
    if known.operations.iter().any(|own| is_known(&own)) {
        return None;
    }
    // `PutBucketPolicy` is no misspelling of `GetBucketPolicy`.
    let verb = first_word(operation);
    let has_verb = known.verbs.contains(&verb);
    let candidates = known.operations.iter().map(String::as_str);
    let near = misspelt(
        operation,
        candidates.filter(|candidate| !has_verb || first_word(candidate) == verb),
    )?;
    let message = format!("`{action}` is not among the actions of `{prefix}` that are known");
    Some(Diagnostic::warning(message).help(format!("did you mean `{prefix}:{near}`?")))
}

/// What is known of the actions of a service.
struct Known {
    operations: BTreeSet<String>,
    /// The first words of all actions of all services, in lower case.
    verbs: BTreeSet<String>,
    prefixes: BTreeSet<String>,
}

impl Known {
    fn of(knowledge: &Knowledge, prefix: &str) -> Self {
        let mut known = Self {
            operations: BTreeSet::new(),
            verbs: BTreeSet::new(),
            prefixes: BTreeSet::new(),
        };
        let mut names = BTreeSet::new();
        for resource_type in knowledge.types() {
            let service = &resource_type.recipe.service;
            if service.iam_prefix.eq_ignore_ascii_case(prefix) {
                names.insert(service.name.to_string());
            }
        }
        for action in knowledge.actions() {
            known.note(&action, prefix);
        }
        for action in access_list::ACTIONS {
            known.note(action, prefix);
        }
        let catalog = Catalog::aws();
        for service in catalog.services() {
            let own = [service.signing_name(), service.name()];
            known.prefixes.extend(own.iter().map(|name| name.to_string()));
            if own.iter().any(|name| name.eq_ignore_ascii_case(prefix)) {
                names.insert(service.name().to_string());
            }
        }
        for model in names.iter().filter_map(|name| catalog.service(name)) {
            known
                .operations
                .extend(model.operation_names().map(str::to_owned));
        }
        known
    }

    fn note(&mut self, action: &str, prefix: &str) {
        let Some((own, operation)) = action.split_once(':') else {
            return;
        };
        self.verbs.insert(first_word(operation));
        self.prefixes.insert(own.to_owned());
        if own.eq_ignore_ascii_case(prefix) {
            self.operations.insert(operation.to_owned());
        }
    }
}

/// What stands before the second capital, in lower case.
fn first_word(operation: &str) -> String {
    let end = operation
        .char_indices()
        .skip(1)
        .find(|(_, letter)| letter.is_uppercase())
        .map_or(operation.len(), |(at, _)| at);
    operation.get(..end).unwrap_or(operation).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use std::sync::Arc;

    use plumb_pack::pack::Pack;

    use super::*;

    #[test]
    fn misspelt_actions_are_doubted_and_actions_that_write_are_not() {
        let pack = Pack::builtin().unwrap_or_else(|errors| panic!("{errors:?}"));
        let knowledge = Knowledge::new(&pack, Arc::default()).unwrap_or_else(|errors| panic!("{errors:?}"));
        let help = |action: &str| {
            let doubt = doubt(&knowledge, action)?;
            Some(doubt.help.map(|help| help.to_string()).unwrap_or_default())
        };
        for (action, meant) in [
            ("s3:GetObjet", "s3:GetObject"),
            ("s3:getobjcet", "s3:GetObject"),
            ("iam:PasRole", "iam:PassRole"),
            ("kms:Decrypr", "kms:Decrypt"),
            ("secretmanager:GetSecretValue", "secretsmanager:GetSecretValue"),
            ("ec2:DescribeInstance", "ec2:DescribeInstances"),
        ] {
            assert_eq!(help(action), Some(format!("did you mean `{meant}`?")), "{action}");
        }
        for action in [
            "s3:GetObject",
            "s3:ListBucket",
            "s3:PutBucketLogging",
            "S3:PUTOBJECTTAGGING",
            "s3:ListAllMyBuckets",
            "iam:DeleteUser",
            "ec2:TerminateInstances",
            "dynamodb:PutItem",
            "kafka-cluster:Connect",
            "lambda:InvokeFunction",
        ] {
            assert_eq!(help(action), None, "{action}");
        }
    }
}
