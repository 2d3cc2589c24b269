//! What the binary makes of bad input: one diagnostic with cause and help, a documented status, and nothing half done.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests report by panic")]
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long any of these runs may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const HEADER: &str = "{\"plumb_snapshot\":1,\"plumb_version\":\"0\"}\n";
const ACCOUNT: &str = "{\"account\":{\"provider\":\"aws\",\"id\":\"123456789012\"},\"taken_at\":\"2026-01-01T00:00:00Z\",\"regions\":[\"eu-west-1\"]}\n";
const RESOURCE: &str = "{\"resource\":{\"account\":\"123456789012\",\"name\":\"b\",\"region\":\"eu-west-1\",\"resource_type\":\"aws_s3_bucket\",\"tags\":null,\"uid\":\"arn:aws:s3:::b\"}}\n";
const COVERAGE: &str = "{\"coverage\":{\"collected\":[],\"gaps\":[],\"calls\":[]}}\n";
const END: &str = "{\"end\":{\"accounts\":1,\"resources\":1}}\n";

/// A folder that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plumb-bad-input-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn plumb<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Credentials that no message may repeat.
fn with_credentials(command: &mut Command) -> &mut Command {
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "hidden-secret-key")
        .env("AWS_SESSION_TOKEN", "hidden-session-token")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
}

/// Runs to the end, which must come.
fn run(command: &mut Command) -> Output {
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let mut output = (child.stdout.take(), child.stderr.take());
    let reader = |stream: Option<Box<dyn std::io::Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            if let Some(mut stream) = stream {
                stream.read_to_end(&mut bytes).unwrap();
            }
            bytes
        })
    };
    let stdout = reader(output.0.take().map(|stream| Box::new(stream) as Box<_>));
    let stderr = reader(output.1.take().map(|stream| Box::new(stream) as Box<_>));
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("does not end: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Output {
        status,
        stdout: stdout.join().unwrap(),
        stderr: stderr.join().unwrap(),
    }
}

/// Checks that a run ends with `status`, says every one of `words` with an advice, and gives nothing else.
fn refused(command: &mut Command, status: i32, words: &[&str]) {
    let output = run(command);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{command:?}: {stderr}");
    assert!(output.stdout.is_empty(), "{command:?} writes to stdout");
    assert!(stderr.starts_with("error: "), "{command:?}: {stderr}");
    assert!(
        stderr.contains("= help: ") || stderr.contains("try '--help'"),
        "{command:?}: {stderr}"
    );
    for word in words {
        assert!(stderr.contains(word), "{command:?} does not say {word}: {stderr}");
    }
    for never in ["panicked", "hidden", "\u{1b}"] {
        assert!(!stderr.contains(never), "{command:?} says {never:?}: {stderr}");
    }
}

#[test]
fn policies_that_cannot_be_read_are_refused() {
    let folder = Folder::new("policies");
    let fifo = folder.path("fifo.yaml");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let looped = folder.path("loop.yaml");
    std::os::unix::fs::symlink("loop.yaml", &looped).unwrap();
    fs::create_dir(folder.path("empty")).unwrap();
    let cases: &[(String, &[&str])] = &[
        (folder.path("none.yaml"), &["none.yaml", "No such file"]),
        (fifo, &["fifo.yaml", "is not a file"]),
        ("/dev/zero".to_owned(), &["`/dev/zero` is not a file"]),
        (looped, &["loop.yaml"]),
        (folder.path("empty"), &["holds no policy files"]),
        (
            folder.file("bytes.yaml", b"a: 1\nb: \xff\n"),
            &["bytes.yaml", "not UTF-8", "line 2"],
        ),
        (
            folder.file("large.yaml", vec![b'#'; 5 << 20]),
            &["large.yaml", "more than"],
        ),
        (
            folder.file("deep.yaml", "[".repeat(100_000)),
            &["deep.yaml:1:", "recursion limit"],
        ),
        (
            folder.file("escape.yaml", "\"\\e[31m\": 1\n"),
            &["escape.yaml:1:1"],
        ),
        (folder.path("\u{1b}[31m.yaml"), &["\\u{1b}[31m.yaml"]),
    ];
    for (path, words) in cases {
        refused(&mut plumb(&["policy", "lint", path]), 2, words);
        refused(
            &mut plumb(&["scan", "snapshot", "/nonexistent", "--policies", path]),
            2,
            words,
        );
    }
    let name = OsStr::from_bytes(b"/nonexistent/\xff.yaml");
    refused(
        &mut plumb(&[OsStr::new("policy"), OsStr::new("lint"), name]),
        2,
        &["No such file"],
    );
}

#[test]
fn folders_of_policies_do_not_lead_out_of_themselves() {
    let folder = Folder::new("links");
    for name in ["a", "b"] {
        std::os::unix::fs::symlink(".", folder.path(name)).unwrap();
    }
    refused(
        &mut plumb(&["policy", "lint", &folder.path("")]),
        2,
        &["holds no policy files"],
    );
    refused(
        &mut plumb(&["pack", "test", "--knowledge", &folder.path("")]),
        2,
        &["holds no policy files"],
    );
}

#[test]
fn recorded_answers_that_cannot_be_played_are_refused() {
    let folder = Folder::new("answers");
    let own = "own/policies/x.yaml";
    fs::create_dir_all(folder.path("own/policies")).unwrap();
    fs::create_dir_all(folder.path("own/answers/x")).unwrap();
    folder.file(own, "policies: []\n");
    let mut bomb = "  a0: &a0 [x]\n".to_owned();
    for level in 1..12 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("  a{level}: &a{level} [{below}]\n"));
    }
    for case in [
        String::new(),
        "- 1\n".to_owned(),
        "[".repeat(100_000),
        "type: aws_nope\ncalls: []\nexpect: []\n".to_owned(),
        format!("type: aws_nope\ncalls: []\nexpect:\n{bomb}"),
    ] {
        folder.file("own/answers/x/case.yaml", case);
        let mut command = plumb(&["pack", "test", "--knowledge", &folder.path("")]);
        refused(&mut command, 2, &["own/answers/x/case.yaml"]);
    }
}

#[test]
fn snapshots_that_are_not_whole_are_refused() {
    let folder = Folder::new("snapshots");
    let whole = [HEADER, ACCOUNT, RESOURCE, COVERAGE, END].concat();
    let with = |attribute: &str| {
        let resource = RESOURCE.replace("\"tags\":null", &format!("\"tags\":null,\"x\":{attribute}"));
        [HEADER, ACCOUNT, &resource, COVERAGE, END].concat()
    };
    let twice = END.replace(":1", ":2");
    let cases: &[(&str, String, &str)] = &[
        ("empty", String::new(), "line 1 is not the header"),
        (
            "garbage",
            "\u{0}\u{1}\u{2}".repeat(1000),
            "line 1 is not the header",
        ),
        (
            "newer",
            whole.replace("snapshot\":1", "snapshot\":9"),
            "format version 9",
        ),
        (
            "followed by another",
            [&*whole, &whole].concat(),
            "line 6 of the snapshot is malformed: it stands after",
        ),
        (
            "with an account twice",
            [
                HEADER, ACCOUNT, RESOURCE, COVERAGE, ACCOUNT, RESOURCE, COVERAGE, &twice,
            ]
            .concat(),
            "account `123456789012` stands here a second time",
        ),
        (
            "with a blank line",
            [HEADER, ACCOUNT, "\n", COVERAGE, END].concat(),
            "line 3 of the snapshot is malformed: it is empty",
        ),
        (
            "without a time",
            whole.replace("2026-01-01T00:00:00Z", "yesterday"),
            "line 2 of the snapshot",
        ),
        (
            "with other totals",
            whole.replace("resources\":1", "resources\":2"),
            "promises",
        ),
        (
            "of another account",
            whole.replace("account\":\"123456789012", "account\":\"9"),
            "is not of account",
        ),
        (
            "with deep nesting",
            with(&"[".repeat(100_000)),
            "line 3 of the snapshot",
        ),
        ("with a giant number", with("1e999"), "line 3 of the snapshot"),
        ("with NaN", with("NaN"), "line 3 of the snapshot"),
        (
            "with an unknown reason",
            with("{\"$unreadable\":{\"reason\":\"x\"}}"),
            "unknown variant",
        ),
        (
            "with a mixed marker",
            with("{\"$unreadable\":{\"reason\":\"denied\"},\"a\":1}"),
            "stands beside other keys",
        ),
        ("with an unknown marker", with("{\"$ref\":1}"), "unknown marker"),
    ];
    for (name, text, words) in cases {
        let path = folder.file(name, text);
        refused(
            &mut plumb(&["scan", "snapshot", &path, "--format", "json"]),
            2,
            &[name, words],
        );
    }
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    for count in 0..lines.len() {
        let path = folder.file("cut", lines.iter().take(count).copied().collect::<String>());
        refused(&mut plumb(&["scan", "snapshot", &path]), 2, &["cut"]);
    }
    refused(
        &mut plumb(&["scan", "snapshot", &folder.path("")]),
        2,
        &["directory"],
    );
}

#[test]
fn a_decompression_bomb_is_stopped() {
    let folder = Folder::new("bomb");
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.write_all([HEADER, ACCOUNT].concat().as_bytes()).unwrap();
    let line = RESOURCE.repeat(1000);
    for _ in 0..2000 {
        encoder.write_all(line.as_bytes()).unwrap();
    }
    let path = folder.file("bomb.zst", encoder.finish().unwrap());
    refused(
        &mut plumb(&["scan", "snapshot", &path]),
        2,
        &["bomb.zst", "times its size"],
    );
    let cut = folder.file("cut.zst", fs::read(&path).unwrap().get(..200).unwrap());
    refused(&mut plumb(&["scan", "snapshot", &cut]), 2, &["cut.zst"]);
}

#[test]
fn a_file_is_whole_or_not_there() {
    let folder = Folder::new("outputs");
    let snapshot = folder.file("in.jsonl", [HEADER, ACCOUNT, RESOURCE, COVERAGE, END].concat());
    let before = fs::read(&snapshot).unwrap();
    fs::create_dir(folder.path("folder.json")).unwrap();
    let judge = ["scan", "snapshot", &snapshot, "--allow-incomplete"];
    let report = folder.path("report.json");
    // Through a link, because a program that replaces what it writes must not be let loose on the device itself.
    let full = folder.path("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--output", &folder.path("none/report.json")],
            &["there is no folder"],
        ),
        (
            &["--output", &folder.path("folder.json")],
            &["folder.json", "is a folder"],
        ),
        (
            &["--output", &report, "--output", &report],
            &["is given for two files"],
        ),
        (
            &["--format", "json", "--output", &snapshot],
            &["in.jsonl", "is given for two files"],
        ),
        (
            &["--format", "json", "--output", &full],
            &["full", "No space left"],
        ),
        (
            &["--format", "json", "--output", "/proc/report.json"],
            &["/proc/report.json"],
        ),
    ];
    for (more, words) in cases {
        refused(&mut plumb(&[&judge, *more].concat()), 2, words);
    }
    let demo = ["demo", "--accounts", "1"];
    refused(
        &mut plumb(&[&demo[..], &["--snapshot", &full]].concat()),
        2,
        &["No space left"],
    );
    refused(
        &mut plumb(&[&demo[..], &["--snapshot", &report, "--output", &report]].concat()),
        2,
        &["two files"],
    );
    refused(
        &mut plumb(&[&demo[..], &["--snapshot", &folder.path("folder.json")]].concat()),
        2,
        &["is a folder"],
    );
    assert_eq!(folder.names(), ["folder.json", "full", "in.jsonl"]);
    assert_eq!(fs::read(&snapshot).unwrap(), before);
}

#[test]
fn a_pipe_is_written_and_not_replaced() {
    use std::os::unix::fs::FileTypeExt;
    let folder = Folder::new("pipe");
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    let output = run(&mut plumb(&["demo", "--accounts", "1", "--snapshot", &pipe]));
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    assert!(reader.join().unwrap().ends_with("}}\n"));
    assert_eq!(folder.names(), ["pipe"]);
}

#[test]
fn a_report_replaces_what_a_link_leads_to_and_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("links-to-reports");
    let snapshot = folder.file("in.jsonl", [HEADER, ACCOUNT, RESOURCE, COVERAGE, END].concat());
    let (target, link) = (folder.file("target.json", "old"), folder.path("link.json"));
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let new = folder.path("new.json");
    let arguments = [
        "scan",
        "snapshot",
        &snapshot,
        "--allow-incomplete",
        "-o",
        &link,
        "-o",
        &new,
    ];
    let output = run(&mut plumb(&arguments));
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), fs::read(&new).unwrap());
    let mode = |path: &str| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&target), mode(&new)), (0o640, 0o600));
}

#[test]
fn output_that_is_lost_is_told() {
    let folder = Folder::new("stdout");
    let snapshot = folder.file("in.jsonl", [HEADER, ACCOUNT, RESOURCE, COVERAGE, END].concat());
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for arguments in [
        &["policy", "list"][..],
        &["schema"],
        &["plan", "aws"],
        &["scan", "snapshot", &snapshot, "--format", "csv"],
    ] {
        refused(
            plumb(arguments).stdout(full()),
            2,
            &["cannot write to stdout", "No space left"],
        );
        // Nobody hears the diagnostic; the status still tells.
        let output = run(plumb(arguments).stdout(full()).stderr(full()));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    // A reader that goes away has seen enough.
    let mut child = plumb(&["plan", "aws"]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn arguments_out_of_range_are_refused() {
    let long = "a".repeat(101);
    let cases: &[(&[&str], &str)] = &[
        (&["demo", "--accounts", "4294967295"], "--accounts"),
        (&["demo", "--resources", "18446744073709551615"], "--resources"),
        (&["scan", "aws", "--region", "evil.example/"], "eu-central-1"),
        (&["scan", "aws", "--region", ""], "--region"),
        (&["plan", "aws", "--region", "a@b"], "eu-central-1"),
        (&["scan", "aws", "--concurrency", "0"], "--concurrency"),
        (&["plan", "aws", "--json", "--iam-policy"], "cannot be used with"),
        (
            &["policy", "new", "../x", "--resource-type", "aws_s3_bucket"],
            "kebab-case",
        ),
        (
            &["policy", "new", &long, "--resource-type", "aws_s3_bucket"],
            "kebab-case",
        ),
        (&["policy", "show", "\u{1b}[31m"], "\\u{1b}[31m"),
        (&["pack", "test", "--knowledge", "/nonexistent"], "No such file"),
    ];
    for (arguments, words) in cases {
        refused(&mut plumb(arguments), 2, &[words]);
    }
}

#[test]
fn settings_of_aws_that_are_malformed_are_bad_input() {
    let folder = Folder::new("aws");
    let config = folder.file("config", "[profile x\n");
    let scan = ["scan", "aws", "--service", "s3"];
    let set: &[(&str, &[u8], &[&str])] = &[
        (
            "AWS_ENDPOINT_URL",
            b"nonsense",
            &["`nonsense`", "AWS_ENDPOINT_URL"],
        ),
        (
            "AWS_ENDPOINT_URL",
            b"http://\xff",
            &["AWS_ENDPOINT_URL", "not UTF-8"],
        ),
        (
            "AWS_ENDPOINT_URL",
            b"http://u:hidden@127.0.0.1",
            &["user or a password"],
        ),
        (
            "AWS_ENDPOINT_URL",
            b"http://127.0.0.1/?token=hidden",
            &["end with the path"],
        ),
        ("AWS_ENDPOINT_URL_S3", b"::::", &["AWS_ENDPOINT_URL_S3"]),
        ("AWS_REGION", b"evil.example/", &["AWS_REGION"]),
        ("AWS_CONFIG_FILE", config.as_bytes(), &["line 1"]),
        ("AWS_CA_BUNDLE", b"/nonexistent", &["`/nonexistent`"]),
    ];
    for (name, value, words) in set {
        let mut command = plumb(&scan);
        refused(
            with_credentials(&mut command).env(name, OsStr::from_bytes(value)),
            2,
            words,
        );
    }
    for role in [
        "",
        "nope",
        "arn:aws:iam::1:user/x",
        "arn:aws:iam::123456789012:role/a b",
        "\u{1b}[31m",
    ] {
        let mut command = plumb(&[&scan[..], &["--role", role]].concat());
        refused(with_credentials(&mut command), 2, &[]);
    }
    let mut nobody = plumb(&[&scan[..], &["--profile", "\u{1b}[31m"]].concat());
    refused(with_credentials(&mut nobody), 3, &["\\u{1b}[31m"]);
    refused(with_credentials(&mut plumb(&scan)), 3, &["sts:GetCallerIdentity"]);
}

#[test]
fn a_cloud_that_never_ends_its_answer_is_left_when_time_is_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                // An answer that comes before its request breaks the connection.
                let _ = stream.read_exact(&mut [0]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                while stream.write_all(b" ").is_ok() {
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
        }
    });
    let started = Instant::now();
    let mut command = plumb(&[
        "scan",
        "aws",
        "--region",
        "us-east-1",
        "--timeout",
        "1",
        "--snapshot",
    ]);
    let folder = Folder::new("endless");
    let command = with_credentials(&mut command).arg(folder.path("out.jsonl"));
    let output = run(command.env("AWS_ENDPOINT_URL", &url));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains("nothing was read before the end") && stderr.contains("= help: "),
        "{stderr}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "took {:?}",
        started.elapsed()
    );
    assert_eq!(folder.names(), Vec::<String>::new());
    assert!(!Path::new(&folder.path("out.jsonl")).exists());
}
