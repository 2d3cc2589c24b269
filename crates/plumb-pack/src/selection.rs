//! `Selection`: which policies a run applies.

use std::collections::BTreeSet;
use std::sync::Arc;

use plumb_model::account::Provider;
use plumb_model::diagnostic::Diagnostic;
use plumb_model::value::Text;

use crate::pack::Pack;
use crate::policy::Policy;
use crate::suggest::{did_you_mean, glob_matches};

/// Which policies a run applies. An empty list selects everything; all that is given must hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only policies for this cloud.
    pub provider: Option<Provider>,
    /// Names, aliases (`prowler:s3_bucket_default_encryption` or without the tool) or patterns such as `s3-*`.
    pub policies: Vec<String>,
    /// Ids or aliases of frameworks; their policies are selected.
    pub frameworks: Vec<String>,
    /// Knowledge folders such as `s3`.
    pub services: Vec<String>,
}

impl Pack {
    /// The policies that a selection means, sorted by name.
    ///
    /// # Errors
    /// When a name, framework or service of the selection is not known.
    pub fn select(&self, selection: &Selection) -> Result<Vec<Arc<Policy>>, Diagnostic> {
        let named = self.named(&selection.policies)?;
        let framed = self.framed(&selection.frameworks)?;
        self.check_services(&selection.services)?;
        let selected = self.policies().iter().filter(|policy| {
            selection
                .provider
                .is_none_or(|provider| provider == policy.provider)
                && named.as_ref().is_none_or(|names| names.contains(&policy.name))
                && framed.as_ref().is_none_or(|names| names.contains(&policy.name))
                && (selection.services.is_empty()
                    || selection
                        .services
                        .iter()
                        .any(|service| service.eq_ignore_ascii_case(&policy.service)))
        });
        Ok(selected.cloned().collect())
    }

    fn named(&self, wanted: &[String]) -> Result<Option<BTreeSet<Text>>, Diagnostic> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut names = BTreeSet::new();
        for name in wanted {
            let is_pattern = name.contains(['*', '?']);
            let before = names.len();
            let matching = self.policies().iter().filter(|policy| {
                if is_pattern {
                    glob_matches(name, &policy.name)
                } else {
                    policy.is_called(name)
                }
            });
            let matching: Vec<Text> = matching.map(|policy| policy.name.clone()).collect();
            names.extend(matching.iter().cloned());
            if matching.is_empty() && names.len() == before {
                let known = self.policies().iter().flat_map(|policy| {
                    std::iter::once(&policy.name)
                        .chain(&policy.aliases)
                        .map(Text::as_str)
                });
                let help = did_you_mean(name, known)
                    .unwrap_or_else(|| "`plumb policy list` shows all policies".to_owned());
                let what = if is_pattern {
                    "no policy matches"
                } else {
                    "no policy is called"
                };
                return Err(Diagnostic::error(format!("{what} `{name}`")).help(help));
            }
        }
        Ok(Some(names))
    }

    fn framed(&self, wanted: &[String]) -> Result<Option<BTreeSet<Text>>, Diagnostic> {
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut names = BTreeSet::new();
        for id in wanted {
            let Some(framework) = self.framework(id) else {
                let known = self.frameworks().iter().map(|framework| framework.id.as_str());
                let help = did_you_mean(id, known).unwrap_or_else(|| {
                    let known: Vec<&str> = self
                        .frameworks()
                        .iter()
                        .map(|framework| framework.id.as_str())
                        .collect();
                    format!("known frameworks are {}", known.join(", "))
                });
                return Err(Diagnostic::error(format!("no framework is called `{id}`")).help(help));
            };
            names.extend(
                framework
                    .controls
                    .iter()
                    .flat_map(|control| control.policies.iter().cloned()),
            );
        }
        Ok(Some(names))
    }

    fn check_services(&self, wanted: &[String]) -> Result<(), Diagnostic> {
        let known: BTreeSet<&str> = self
            .policies()
            .iter()
            .map(|policy| policy.service.as_str())
            .filter(|service| !service.is_empty())
            .collect();
        match wanted
            .iter()
            .find(|service| !known.iter().any(|known| known.eq_ignore_ascii_case(service)))
        {
            None => Ok(()),
            Some(service) => {
                let help = did_you_mean(service, known.iter().copied()).unwrap_or_else(|| {
                    format!(
                        "services with policies are {}",
                        known.iter().copied().collect::<Vec<_>>().join(", ")
                    )
                });
                Err(Diagnostic::error(format!("no policy is about the service `{service}`")).help(help))
            }
        }
    }
}
