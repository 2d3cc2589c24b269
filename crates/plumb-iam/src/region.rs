//! The region that a request is sent to: that of its resource, that of the only endpoint of a service, or the choice of who asks.

use plumb_model::value::Text;

use crate::answer::{Answer, Decision};
use crate::directory::{Asset, Directory, Member};
use crate::keys::Context;

/// The services that answer in one region alone, as prefixes of actions ...
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html>
const ONE_ENDPOINT: [&str; 5] = ["cloudfront", "iam", "organizations", "route53", "support"];

/// ... which in the partition `aws` is this one.
pub(crate) const ENDPOINT_OF_ALL: &str = "us-east-1";

/// Whether a service answers in one region alone, so that who asks has no choice.
pub(crate) fn has_one_endpoint(action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    ONE_ENDPOINT.iter().any(|own| own.eq_ignore_ascii_case(service))
}

impl Directory {
    /// The same where who asks may turn to any of some regions, unless the resource lives in one.
    ///
    /// The answer is the one without a region, or one without conditions.
    pub fn can_somewhere(
        &self,
        member: &Member,
        action: &str,
        asset: &Asset,
        context: &Context,
        regions: &[Text],
    ) -> Answer {
        let answer = self.can(member, action, asset, context);
        let hangs_on_region = answer.decision == Decision::AllowedIf
            && !has_one_endpoint(action)
            && answer
                .conditions
                .iter()
                .flat_map(|condition| &condition.tests)
                .any(|test| {
                    let test = test.to_ascii_lowercase();
                    test.contains("`aws:requestedregion`")
                });
        if !hangs_on_region {
            return answer;
        }
        let mut elsewhere = regions.iter().map(|region| {
            let there = context.clone().with("aws:RequestedRegion", region.clone());
            self.can(member, action, asset, &there)
        });
        let free = elsewhere.find(|answer| answer.decision == Decision::Allowed);
        free.unwrap_or(answer)
    }
}
