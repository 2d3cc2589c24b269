//! `Report`: the JSON report as tests ask it.

use std::collections::BTreeSet;

use serde_json::Value;

/// Plumb's JSON report of one account.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")))
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = &Value> {
        self.0["accounts"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|account| account["findings"].as_array().unwrap())
    }

    /// The finding of a policy on the resource with this name or end of uid.
    pub(crate) fn finding(&self, policy: &str, identifier: &str) -> &Value {
        let of_policy = || self.findings().filter(|finding| finding["policy"] == policy);
        let found: Vec<&Value> = of_policy()
            .filter(|finding| {
                let resource = &finding["resource"];
                resource["name"] == identifier || resource["uid"].as_str().unwrap().ends_with(identifier)
            })
            .collect();
        match found.as_slice() {
            [one] => one,
            _ => {
                let names: Vec<&Value> = of_policy().map(|finding| &finding["resource"]["name"]).collect();
                panic!(
                    "{} findings of `{policy}` on `{identifier}`; there are {names:?}",
                    found.len()
                )
            }
        }
    }

    pub(crate) fn verdict(&self, policy: &str, identifier: &str) -> &str {
        self.finding(policy, identifier)["verdict"].as_str().unwrap()
    }

    /// The policies that judged something.
    pub(crate) fn policies(&self) -> BTreeSet<&str> {
        self.findings()
            .map(|finding| finding["policy"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn coverage(&self) -> &Value {
        &self.0["accounts"][0]["coverage"]
    }

    pub(crate) fn gaps(&self) -> &[Value] {
        self.coverage()["gaps"].as_array().unwrap()
    }

    /// The operations that were called, as `service:Operation`.
    pub(crate) fn called(&self) -> BTreeSet<String> {
        let calls = self.coverage()["calls"].as_array().unwrap();
        calls.iter().map(operation).collect()
    }

    /// One number of the calls of an operation, summed over regions: `requests`, `retries` or `throttled`.
    pub(crate) fn count(&self, name: &str, what: &str) -> u64 {
        let calls = self.coverage()["calls"].as_array().unwrap().iter();
        calls
            .filter(|call| operation(call) == name)
            .map(|call| call[what].as_u64().unwrap())
            .sum()
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.0["complete"].as_bool().unwrap()
    }
}

/// `service:Operation` of an entry of the coverage or of a plan.
pub(crate) fn operation(call: &Value) -> String {
    format!(
        "{}:{}",
        call["service"].as_str().unwrap(),
        call["operation"].as_str().unwrap()
    )
}
