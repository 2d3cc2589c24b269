//! Who in the networks can use a VPC endpoint, and whether its policy narrows what goes through.

use std::collections::BTreeSet;

use plumb_iam::endpoint::Endpoint;
use plumb_iam::truth::Truth;
use plumb_model::answer::{ExposureWay, SourceKind};
use plumb_model::path::{EdgeKind, Proof};
use plumb_model::value::Text;

use super::{called, certainty_of};
use crate::assemble::Assembled;

/// What is said of a VPC endpoint.
pub(super) struct Entry {
    /// What its policy lets through, and whereto it leads.
    pub(super) notes: Vec<Text>,
    /// Who gets to it.
    pub(super) ways: Vec<ExposureWay>,
}

/// The VPC endpoint with this uid; `None` where it is none for a service of the cloud.
pub(super) fn of(assembled: &Assembled, uid: &str) -> Option<Entry> {
    let mut endpoints = assembled.directory.endpoints().all().iter();
    let endpoint = endpoints.find(|endpoint| endpoint.uid == uid)?;
    Some(Entry {
        notes: notes(endpoint),
        ways: ways(assembled, endpoint),
    })
}

fn notes(endpoint: &Endpoint) -> Vec<Text> {
    let service = endpoint
        .service()
        .map_or("a service that was not read", Text::as_str);
    let network = endpoint
        .network
        .as_ref()
        .map_or("a network that was not read", Text::as_str);
    let policy = match endpoint.admits_everything() {
        Truth::True => {
            "its policy is the one that every endpoint has at first: it lets through whatever anybody asks for"
        }
        Truth::False => "its policy narrows who may ask for what through it",
        Truth::Depends | Truth::Unknown => "what its policy lets through was not read",
    };
    vec![
        Text::from(format!("it leads from {network} to {service}")),
        Text::new_static(policy),
    ]
}

fn ways(assembled: &Assembled, endpoint: &Endpoint) -> Vec<ExposureWay> {
    let mut seen = BTreeSet::new();
    let mut ways = Vec::new();
    let uses = assembled.network.entry_uses();
    for found in uses.iter().filter(|found| found.entry == endpoint.uid) {
        let group = assembled.network.groups().get(found.group);
        for member in group.iter().flat_map(|group| &group.members) {
            if member.uid == endpoint.uid || !seen.insert(&member.uid) {
                continue;
            }
            let (certainty, conditions) = certainty_of(&found.certainty);
            let proofs = found.proofs.iter().map(|proof| Proof {
                resource: proof.resource.clone(),
                attribute: proof.attribute.clone(),
                detail: proof.detail.clone(),
            });
            ways.push(ExposureWay {
                from: Text::from(format!(
                    "{} ({})",
                    called(&assembled.graph, &member.uid),
                    member.uid
                )),
                source: SourceKind::Inside,
                prefixes: Vec::new(),
                kind: EdgeKind::Reaches,
                ports: vec![Text::new_static("tcp 443")],
                how: None,
                certainty,
                conditions,
                proofs: proofs.collect(),
            });
        }
    }
    ways
}
