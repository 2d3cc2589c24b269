//! `Replay`: a transport that answers from a recording.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use plumb_api::wire::{Endpoint, Request, Response};
use plumb_collect::transport::{BoxFuture, Transport, TransportError};

use crate::recording::{Header, Line, RecordedEndpoint, RecordedRequest, RecordedResponse, VERSION};

/// Answers requests as a recording has them, in any order.
///
/// Where the same request was recorded several times, its answers come in the order of the recording and the last one
/// stays.
#[derive(Debug)]
pub struct Replay {
    endpoints: BTreeMap<(String, String), RecordedEndpoint>,
    answers: BTreeMap<RecordedRequest, Answers>,
}

#[derive(Debug, Default)]
struct Answers {
    recorded: Vec<RecordedResponse>,
    given: Mutex<usize>,
}

/// A recording cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RecordingError {
    /// The first line is not that of a recording.
    #[error("line 1 is not the head of a recording: {0}")]
    Header(String),
    /// The recording was written by a newer version.
    #[error("the recording has version {0}, and this program reads up to version {VERSION}")]
    Version(u32),
    /// A line is malformed.
    #[error("line {line} of the recording is malformed: {reason}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl Replay {
    /// Reads a recording.
    ///
    /// # Errors
    /// At the first line that is malformed.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut lines = text.lines().enumerate();
        let (_, first) = lines
            .next()
            .ok_or_else(|| RecordingError::Header("it is empty".to_owned()))?;
        let header: Header =
            serde_json::from_str(first).map_err(|error| RecordingError::Header(error.to_string()))?;
        if header.recording != "plumb" {
            return Err(RecordingError::Header(format!(
                "it is a recording of `{}`",
                header.recording
            )));
        }
        if header.version > VERSION {
            return Err(RecordingError::Version(header.version));
        }
        let mut replay = Self {
            endpoints: BTreeMap::new(),
            answers: BTreeMap::new(),
        };
        for (position, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
            let malformed = |error: serde_json::Error| RecordingError::Line {
                line: position + 1,
                reason: error.to_string(),
            };
            match serde_json::from_str(line).map_err(malformed)? {
                Line::Endpoint(endpoint) => {
                    let key = (endpoint.service.clone(), endpoint.region.clone());
                    replay.endpoints.insert(key, endpoint);
                }
                Line::Exchange(exchange) => {
                    let answers = replay.answers.entry(exchange.request).or_default();
                    answers.recorded.push(exchange.response);
                }
            }
        }
        Ok(replay)
    }

    fn answer(&self, request: &Request) -> Result<Response, TransportError> {
        let key = RecordedRequest::new(request);
        let unrecorded =
            || TransportError::Invalid(format!("the recording has no answer to {}", key.label()));
        let answers = self.answers.get(&key).ok_or_else(unrecorded)?;
        let mut given = answers.given.lock().unwrap_or_else(PoisonError::into_inner);
        let position = (*given).min(answers.recorded.len().saturating_sub(1));
        *given = position + 1;
        answers
            .recorded
            .get(position)
            .map(RecordedResponse::response)
            .ok_or_else(unrecorded)
    }
}

impl Transport for Replay {
    fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
        let key = (service.to_owned(), region.to_owned());
        match self.endpoints.get(&key) {
            Some(endpoint) => Ok(endpoint.endpoint()),
            None => Err(TransportError::NoSuchEndpoint {
                service: key.0,
                region: key.1,
            }),
        }
    }

    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(std::future::ready(self.answer(request)))
    }
}

#[cfg(test)]
mod tests {
    use plumb_api::wire::{Method, Signing};

    use super::*;
    use crate::record::{AccountIds, Record};

    /// Answers every request with its number.
    #[derive(Default)]
    struct Counting(Mutex<u16>);

    impl Transport for Counting {
        fn endpoint(&self, service: &str, region: &str) -> Result<Endpoint, TransportError> {
            Ok(Endpoint {
                scheme: "https".into(),
                host: format!("{service}.{region}.amazonaws.com"),
                base_path: String::new(),
                signing_name: service.into(),
                signing_region: region.into(),
                custom: false,
            })
        }

        fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
            let mut count = self.0.lock().unwrap();
            *count += 1;
            let headers = [
                ("set-cookie", "secret"),
                ("content-type", "text/xml"),
                ("date", "today"),
            ];
            Box::pin(std::future::ready(Ok(Response {
                status: 200 + *count,
                headers: headers
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .to_vec(),
                body: b"<Account>999988887777</Account>".to_vec(),
            })))
        }
    }

    fn request(query: &[(&str, &str)], body: &str) -> Request {
        Request {
            service: "sts".into(),
            operation: "Any".into(),
            method: Method::Post,
            scheme: "https".into(),
            host: "sts.eu-west-1.amazonaws.com".to_owned(),
            path: "/".to_owned(),
            query: query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            headers: vec![("authorization".to_owned(), "AWS4 secret".to_owned())],
            body: body.as_bytes().to_vec(),
            signing: Signing {
                name: "sts".into(),
                region: "eu-west-1".into(),
                s3: false,
                unsigned: false,
            },
        }
    }

    async fn record(account_ids: AccountIds, requests: &[Request]) -> String {
        let record = Record::new(Counting::default(), Vec::new(), account_ids);
        record.endpoint("sts", "eu-west-1").unwrap();
        record.endpoint("sts", "eu-west-1").unwrap();
        for request in requests {
            record.send(request).await.unwrap();
        }
        String::from_utf8(record.finish().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_recording_answers_the_same_requests_in_any_order_and_no_others() {
        let asked = request(&[("a", "1"), ("b", "2")], r#"{"x":1,"y":2}"#);
        let text = record(AccountIds::Keep, &[asked.clone(), request(&[], "other"), asked]).await;
        assert_eq!(text.lines().count(), 5, "{text}");
        let replay = Replay::parse(&text).unwrap();
        assert_eq!(replay.send(&request(&[], "other")).await.unwrap().status, 202);
        for status in [201, 203, 203] {
            let again = request(&[("b", "2"), ("a", "1")], r#"{"y":2,"x":1}"#);
            let response = replay.send(&again).await.unwrap();
            assert_eq!(response.status, status);
            assert_eq!(
                response.headers,
                [("content-type".to_owned(), "text/xml".to_owned())]
            );
            assert_eq!(response.body, b"<Account>999988887777</Account>");
        }
        let unknown = replay.send(&request(&[], "new")).await.unwrap_err().to_string();
        assert!(
            unknown.contains("`sts:Any` in eu-west-1 (POST sts.eu-west-1.amazonaws.com/)"),
            "{unknown}"
        );
        assert_eq!(
            replay.endpoint("sts", "eu-west-1"),
            Counting::default().endpoint("sts", "eu-west-1")
        );
        assert!(replay.endpoint("s3", "eu-west-1").is_err());
    }

    #[tokio::test]
    async fn a_recording_holds_no_credentials_and_masks_accounts_when_asked() {
        let asked = [request(&[("role", "arn:aws:iam::999988887777:role/a")], "")];
        let kept = record(AccountIds::Keep, &asked).await;
        assert!(
            !kept.contains("secret") && kept.contains("999988887777"),
            "{kept}"
        );
        let masked = record(AccountIds::Mask, &asked).await;
        assert!(
            !masked.contains("999988887777") && masked.contains("100000000001"),
            "{masked}"
        );
        let replay = Replay::parse(&masked).unwrap();
        let asked = request(&[("role", "arn:aws:iam::100000000001:role/a")], "");
        assert_eq!(
            replay.send(&asked).await.unwrap().body,
            b"<Account>100000000001</Account>"
        );
    }

    #[tokio::test]
    async fn a_sink_that_fails_does_not_stop_the_requests_and_is_told_at_the_end() {
        let mut room = [0; 10];
        let record = Record::new(Counting::default(), &mut room[..], AccountIds::Keep);
        assert_eq!(record.send(&request(&[], "")).await.unwrap().status, 201);
        assert!(record.finish().is_err());
    }

    #[test]
    fn malformed_recordings_are_refused_with_the_line() {
        const HEAD: &str = r#"{"recording":"plumb","version":1}"#;
        for (text, message) in [
            (String::new(), "empty"),
            ("x".to_owned(), "line 1"),
            (HEAD.replace('1', "2"), "version 2"),
            (HEAD.replace("plumb", "other"), "`other`"),
            (format!("{HEAD}\n\n{{\"exchange\":{{}}}}"), "line 3"),
            (format!("{HEAD}\n{{\"secret\":1}}"), "line 2"),
        ] {
            let error = Replay::parse(&text).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
