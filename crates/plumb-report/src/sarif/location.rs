//! Where a SARIF result lies: in a file of code; a live resource has none, so it gets an address made of its identity.

use std::fmt::Write as _;

use plumb_model::code::CodePlace;
use plumb_model::report::FindingView;
use serde::Serialize;

use super::Message;
use crate::options::RenderOptions;

/// What code scanning calls the root of the repository.
const ROOT: &str = "%SRCROOT%";

/// A physical location, which code scanning requires, and the logical one, which is the truth.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation<'a>; 1],
}

impl<'a> Location<'a> {
    pub(super) fn new(view: &FindingView<'a>, options: &RenderOptions) -> Self {
        Self {
            physical_location: match &view.finding.code {
                Some(spot) => PhysicalLocation::of(&spot.place, options),
                None => PhysicalLocation {
                    artifact_location: ArtifactLocation {
                        uri: address(view),
                        uri_base_id: None,
                    },
                    region: Region::default(),
                },
            },
            logical_locations: [LogicalLocation {
                name: &view.resource.name,
                fully_qualified_name: match &view.resource.code {
                    Some(code) => &code.address,
                    None => &view.resource.uid,
                },
                kind: "resource",
            }],
        }
    }
}

/// A relative URI that names one resource: `aws/123456789012/us-east-1/aws_s3_bucket/arn%3Aaws%3As3%3A%3A%3Alogs`.
pub(crate) fn address(view: &FindingView<'_>) -> String {
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

/// Where the value was written and where modules were called, of a finding in code.
pub(super) fn related(view: &FindingView<'_>, options: &RenderOptions) -> Vec<RelatedLocation> {
    let Some(spot) = &view.finding.code else {
        return Vec::new();
    };
    let set = spot.set_at.iter().map(|place| (place, "the value is set here"));
    let calls = view.resource.code.iter().flat_map(|code| code.calls.iter().rev());
    set.chain(calls.map(|place| (place, "the module is called here")))
        .map(|(place, text)| RelatedLocation {
            physical_location: PhysicalLocation::of(place, options),
            message: Message::new(text),
        })
        .collect()
}

/// A further place with what it says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RelatedLocation {
    physical_location: PhysicalLocation,
    message: Message,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

impl PhysicalLocation {
    fn of(place: &CodePlace, options: &RenderOptions) -> Self {
        Self {
            artifact_location: ArtifactLocation::of(place, options),
            region: Region::of(place),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    uri: String,
    /// What the address is relative to; what has no file is nowhere in the repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

impl ArtifactLocation {
    /// The file of a place.
    pub(super) fn of(place: &CodePlace, options: &RenderOptions) -> Self {
        let segments: Vec<String> = options.path(place).split('/').map(segment).collect();
        Self {
            uri: segments.join("/"),
            uri_base_id: Some(ROOT),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    start_line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

impl Region {
    /// The lines and columns of a place.
    pub(super) fn of(place: &CodePlace) -> Self {
        Self {
            start_line: place.line,
            start_column: Some(place.column),
            end_line: Some(place.end_line),
            end_column: Some(place.end_column),
        }
    }
}

/// The first line, of what has no file.
impl Default for Region {
    fn default() -> Self {
        Self {
            start_line: 1,
            start_column: None,
            end_line: None,
            end_column: None,
        }
    }
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
