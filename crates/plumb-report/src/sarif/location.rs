//! Where a SARIF result lies: a live resource has no file, so it gets an address made of its identity.

use std::fmt::Write as _;

use plumb_model::report::FindingView;
use serde::Serialize;

/// A physical location, which code scanning requires, and the logical one, which is the truth.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation<'a>; 1],
}

impl<'a> Location<'a> {
    pub(super) fn new(view: &FindingView<'a>) -> Self {
        Self {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: address(view) },
                region: Region { start_line: 1 },
            },
            logical_locations: [LogicalLocation {
                name: &view.resource.name,
                fully_qualified_name: &view.resource.uid,
                kind: "resource",
            }],
        }
    }
}

/// A relative URI that names one resource: `aws/123456789012/us-east-1/aws_s3_bucket/arn%3Aaws%3As3%3A%3A%3Alogs`.
fn address(view: &FindingView<'_>) -> String {
    let account = &view.account.account;
    let resource = view.resource;
    let segments = [
        account.provider.name(),
        &account.id,
        &resource.region,
        &resource.resource_type,
        &resource.uid,
    ];
    segments.map(segment).join("/")
}

/// Percent-encodes all but RFC 3986's unreserved characters; a segment of dots only is encoded whole.
fn segment(text: &str) -> String {
    let only_dots = text.bytes().all(|byte| byte == b'.');
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut out, byte| {
            if byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'_' | b'~')
                || (byte == b'.' && !only_dots)
            {
                out.push(char::from(byte));
            } else {
                // Writing into a `String` cannot fail.
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: &'a str,
    fully_qualified_name: &'a str,
    kind: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        for (text, expected) in [
            ("us-east-1", "us-east-1"),
            ("a.b", "a.b"),
            ("..", "%2E%2E"),
            ("../../etc", "..%2F..%2Fetc"),
            ("a b\n?#é", "a%20b%0A%3F%23%C3%A9"),
        ] {
            assert_eq!(segment(text), expected);
        }
    }
}
