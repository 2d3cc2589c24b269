//! `Proxy`: stands before a cloud, notes every request, and misbehaves by rule.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::{Fault, refusal};

/// One request as it went by.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// As signed, for example `elasticloadbalancing`.
    pub(crate) service: String,
    /// As signed.
    pub(crate) region: String,
    /// The API's own name, or method, path and query for protocols whose requests do not carry it.
    pub(crate) operation: String,
    /// Whether a header names the operation.
    pub(crate) has_target: bool,
    pub(crate) body: String,
}

/// Which requests suffer what.
pub(crate) struct Rule {
    service: &'static str,
    region: &'static str,
    operation: &'static str,
    fault: Fault,
    left: AtomicU32,
}

impl Rule {
    /// Requests to a service whose operation contains the given text, each time.
    pub(crate) fn new(service: &'static str, operation: &'static str, fault: Fault) -> Self {
        Self {
            service,
            region: "",
            operation,
            fault,
            left: AtomicU32::new(u32::MAX),
        }
    }

    /// All requests to a region.
    pub(crate) fn region(region: &'static str, fault: Fault) -> Self {
        Self {
            region,
            ..Self::new("", "", fault)
        }
    }

    /// Only the first so many.
    pub(crate) fn times(self, times: u32) -> Self {
        Self {
            left: AtomicU32::new(times),
            ..self
        }
    }

    fn strikes(&self, seen: &Seen) -> bool {
        seen.service.contains(self.service)
            && seen.region.contains(self.region)
            && seen.operation.contains(self.operation)
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok()
    }
}

struct Shared {
    upstream: SocketAddr,
    rules: Vec<Rule>,
    seen: Mutex<Vec<Seen>>,
}

/// A proxy that lives until the test's process ends.
pub(crate) struct Proxy {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on a free port of the loopback interface.
    pub(crate) fn start(upstream: SocketAddr, rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            upstream,
            rules,
            seen: Mutex::default(),
        });
        let proxy = Self {
            url,
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // A client that goes away in the middle is what some tests are about.
                thread::spawn(move || serve(client, &shared));
            }
        });
        proxy
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// The services that were asked so far.
    pub(crate) fn services(&self) -> BTreeSet<String> {
        self.seen().into_iter().map(|seen| seen.service).collect()
    }

    /// Requests to a service whose operation contains the given text.
    pub(crate) fn count(&self, service: &str, operation: &str) -> usize {
        self.seen()
            .iter()
            .filter(|seen| seen.service == service && seen.operation.contains(operation))
            .count()
    }

    /// Waits until a request to this service has come.
    pub(crate) fn wait_for(&self, service: &str) {
        self.wait_for_requests(service, 1);
    }

    /// Waits until so many requests to this service have come.
    pub(crate) fn wait_for_requests(&self, service: &str, requests: usize) {
        let started = Instant::now();
        while self.count(service, "") < requests {
            assert!(
                started.elapsed() < Duration::from_secs(60),
                "nobody asks {service}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Serves one connection: one request after the other until an answer ends it.
fn serve(client: TcpStream, shared: &Shared) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut client = client;
    let request = Request::read(&mut reader)?;
    let seen = request.seen();
    shared.seen.lock().unwrap().push(seen.clone());
    let fault = shared
        .rules
        .iter()
        .find(|rule| rule.strikes(&seen))
        .map(|rule| rule.fault);
    if let Some(answer) = fault.and_then(|fault| refusal(fault, &seen)) {
        return client.write_all(&answer).ok();
    }
    if let Some(Fault::Delay(delay)) = fault {
        thread::sleep(delay);
    }
    if let Some(Fault::Cut) = fault {
        return None;
    }
    let mut answer = request.forward(shared.upstream)?;
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")? + 4;
    match fault {
        Some(Fault::Garble) => answer[body..].reverse(),
        Some(Fault::CutBody) => answer.truncate((body + answer.len()) / 2),
        _ => {}
    }
    client.write_all(&answer).ok()
}

/// A request as bytes, with the head's lines apart.
struct Request {
    head: Vec<String>,
    body: Vec<u8>,
}

impl Request {
    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            match line.trim_end() {
                "" if head.is_empty() => return None,
                "" => break,
                line => head.push(line.to_owned()),
            }
        }
        let mut request = Self {
            head,
            body: Vec::new(),
        };
        let length = request
            .header("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.iter().filter_map(|line| line.split_once(':'));
        lines
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    fn seen(&self) -> Seen {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        let target = self
            .header("x-amz-target")
            .and_then(|target| target.rsplit('.').next());
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        let line = self.head[0].trim_end_matches(" HTTP/1.1");
        // `Credential=KEY/20260102/us-east-1/s3/aws4_request`
        let scope = self.header("authorization").unwrap_or_default();
        let scope: Vec<&str> = scope.split(',').next().unwrap_or_default().split('/').collect();
        let part = |index: usize| scope.get(index).copied().unwrap_or_default().to_owned();
        Seen {
            service: part(3),
            region: part(2),
            operation: target.or(action).unwrap_or(line).to_owned(),
            has_target: target.is_some(),
            body,
        }
    }

    /// Sends it on and reads the whole answer.
    fn forward(&self, upstream: SocketAddr) -> Option<Vec<u8>> {
        let mut stream = TcpStream::connect(upstream).ok()?;
        let mut bytes = Vec::new();
        for line in &self.head {
            if !line.to_ascii_lowercase().starts_with("connection:") {
                bytes.extend_from_slice(line.as_bytes());
                bytes.extend_from_slice(b"\r\n");
            }
        }
        bytes.extend_from_slice(b"Connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        stream.write_all(&bytes).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(answer)
    }
}
