//! Changes: what they touch is asked about, and what they cannot touch is not read.

use std::process::{Command, Stdio};

use crate::{Folder, bucket, failures};

impl Folder {
    pub(crate) fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=x",
                "-c",
                "user.email=x@example.com",
                "-c",
                "init.defaultBranch=main",
            ])
            .args(arguments)
            .current_dir(&self.0)
            .env("HOME", "/nonexistent")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    /// A repository with everything that is there committed.
    pub(crate) fn committed(self) -> Self {
        self.git(&["init"]);
        self.commit();
        self
    }

    /// The last commit of a branch of its origin.
    fn fetched(self, branch: &str) {
        self.git(&["fetch", "--depth", "1", "origin", branch]);
        std::mem::forget(self);
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--message", "x"]);
    }

    #[track_caller]
    pub(crate) fn touched(&self, base: &str, expected: &[&str]) {
        for arguments in [&["--diff", base][..], &["--diff", base, "--changed"]] {
            let (_, report) = self.report(arguments);
            let touched: Vec<String> = failures(&report)
                .into_iter()
                .filter_map(|failure| failure.strip_suffix(" asked").map(str::to_owned))
                .collect();
            assert_eq!(touched, expected, "{arguments:?}");
        }
    }
}

#[test]
fn blocks_with_changed_lines_are_touched_and_others_are_not() {
    let folder = Folder::new("blocks");
    folder.file(
        "main.tf",
        &format!("{}{}", bucket("a", "", ""), bucket("b", "", "")),
    );
    let folder = folder.committed();
    folder.scan(&["--diff", "main"]).ends(0, &[]);
    let text = folder.text("main.tf");
    // Not committed yet.
    folder.file("main.tf", &text.replace("bucket = \"b\"", "bucket = \"bb\""));
    folder.touched("main", &["b"]);
    folder.git(&["checkout", "-b", "work"]);
    folder.commit();
    folder.touched("main", &["b"]);
    // What happens on the other branch is not of this change.
    folder.git(&["checkout", "main"]);
    folder.file("main.tf", &text.replace("bucket = \"a\"", "bucket = \"aa\""));
    folder.commit();
    folder.git(&["checkout", "work"]);
    folder.touched("main", &["b"]);
    // A file that git does not know yet is new as a whole.
    folder.file("new.tf", &bucket("c", "", ""));
    folder.touched("main", &["b", "c"]);
    let (scan, report) = folder.report(&["--diff", "main"]);
    scan.ends(1, &[]);
    assert_eq!(failures(&report), ["a untouched", "b asked", "c asked"]);
    let change = &report["focus"]["change"];
    assert_eq!((&change["base"], &change["files"]), (&"main".into(), &2.into()));
    assert_eq!((&change["touched"], &change["untouched"]), (&2.into(), &1.into()));
}

#[test]
fn a_block_or_a_line_that_went_touches_what_lacks_it() {
    let folder = Folder::new("gone");
    let versioning = "resource \"aws_s3_bucket_versioning\" \"a\" {\n  bucket = aws_s3_bucket.a.id\n  versioning_configuration {\n    status = \"Enabled\"\n  }\n}\n";
    folder.file(
        "main.tf",
        &format!(
            "{}{}",
            bucket("a", "", ""),
            bucket("b", "", "  versioning {\n    enabled = true\n  }\n")
        ),
    );
    folder.file("versioning.tf", versioning);
    let folder = folder.committed();
    std::fs::remove_file(folder.0.join("versioning.tf")).unwrap();
    folder.touched("HEAD", &["a"]);
    folder.git(&["checkout", "."]);
    folder.file(
        "main.tf",
        &format!("{}{}", bucket("a", "", ""), bucket("b", "", "")),
    );
    folder.touched("HEAD", &["b"]);
}

#[test]
fn a_module_a_call_and_a_value_touch_what_hangs_on_them() {
    let folder = Folder::new("modules");
    let module = "variable \"enabled\" {}\nresource \"aws_s3_bucket\" \"this\" {\n  versioning {\n    enabled = var.enabled\n  }\n}\n";
    folder.file("modules/b/main.tf", module);
    let call = |name: &str, enabled: &str| {
        format!("module \"{name}\" {{\n  source  = \"../../modules/b\"\n  enabled = {enabled}\n}}\n")
    };
    folder.file(
        "envs/prod/main.tf",
        &format!("{}{}", call("one", "false"), call("two", "var.two")),
    );
    folder.file("envs/prod/variables.tf", "variable \"two\" {}\n");
    folder.file("envs/prod/terraform.tfvars", "two = false\n\nother = 1\n");
    folder.file("envs/test/main.tf", &bucket("c", "", ""));
    let folder = folder.committed();
    // The call.
    folder.file(
        "envs/prod/main.tf",
        &format!("{}{}", call("one", "false"), call("two", "var.two")).replacen(
            "../../modules/b\"",
            "../../modules/b\" # x",
            1,
        ),
    );
    folder.touched("HEAD", &["module.one.aws_s3_bucket.this"]);
    folder.git(&["checkout", "."]);
    // The module.
    folder.file(
        "modules/b/main.tf",
        &module.replace("  versioning {", "  # x\n  versioning {"),
    );
    folder.touched(
        "HEAD",
        &["module.one.aws_s3_bucket.this", "module.two.aws_s3_bucket.this"],
    );
    folder.git(&["checkout", "."]);
    // The value.
    folder.file("envs/prod/terraform.tfvars", "two = false # x\n\nother = 1\n");
    folder.touched("HEAD", &["module.two.aws_s3_bucket.this"]);
}

#[test]
fn what_the_change_cannot_touch_is_not_read() {
    let folder = Folder::new("unread");
    folder.file("a/main.tf", &bucket("a", "", ""));
    folder.file("b/main.tf", "this is broken {");
    let folder = folder.committed();
    folder.file("a/main.tf", &bucket("a", "", "  force_destroy = true\n"));
    folder.scan(&["--diff", "HEAD", "--changed"]).ends(1, &[]);
    folder
        .scan(&["--diff", "HEAD"])
        .ends(1, &["this is not valid Terraform"]);
    folder.git(&["checkout", "."]);
    folder.file("README.md", "x\n");
    folder
        .scan(&["--diff", "HEAD", "--changed", "-o", "report.sarif"])
        .ends(0, &["nothing of the code can be touched by the change"]);
    assert!(folder.text("report.sarif").contains("\"results\":["));
}

#[test]
fn a_change_that_cannot_be_told_is_an_error() {
    let folder = Folder::new("errors");
    folder.file("main.tf", &bucket("a", "", ""));
    folder
        .scan(&["--diff", "main"])
        .ends(2, &["lies in no work tree of git", "help: "]);
    folder.scan(&["--changed"]).ends(2, &["--diff"]);
    let folder = folder.committed();
    folder
        .scan(&["--diff", "no-such-branch"])
        .ends(2, &["git knows no commit `no-such-branch`\n", "fetch it first"]);
    for hostile in [
        "--diff=--output=pwned",
        "--diff=a..b",
        "--diff=x y",
        "--diff=$(touch pwned)",
    ] {
        folder.scan(&[hostile]).ends(2, &["names no commit"]);
    }
    assert!(!folder.0.join("pwned").exists());
    folder.git(&["checkout", "--orphan", "other"]);
    folder.file("other.tf", "");
    folder.commit();
    folder
        .scan(&["--diff", "main"])
        .ends(2, &["git cannot tell what changed since `main`", "ancestor"]);
}

#[test]
fn a_missing_git_is_told() {
    let folder = Folder::new("no-git");
    folder.file("main.tf", &bucket("a", "", ""));
    let output = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .args(["scan", "code", "--diff", "main"])
        .current_dir(&folder.0)
        .env_clear()
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("`--diff` needs git, which was not found"),
        "{stderr}"
    );
}

/// A bucket as often as `local.n` says, which another file sets.
fn counted(n: &str) -> [(&'static str, String); 2] {
    let bucket = "resource \"aws_s3_bucket\" \"evil\" {\n  count = local.n\n}\n";
    [
        ("main.tf", bucket.to_owned()),
        ("locals.tf", format!("locals {{\n  n = {n}\n}}\n")),
    ]
}

#[test]
fn nothing_that_a_change_brings_about_is_hidden_from_the_gate() {
    type Files = Vec<(&'static str, Option<String>)>;
    let evil = || Some(bucket("evil", "", ""));
    let some = |files: [(&'static str, String); 2]| -> Files {
        files.into_iter().map(|(name, text)| (name, Some(text))).collect()
    };
    let nul = Some(bucket("evil", "# \0\n", ""));
    let cases: [(&str, Files, Files); 6] = [
        (
            "renamed",
            vec![("evil.tf.disabled", evil())],
            vec![("evil.tf.disabled", None), ("evil.tf", evil())],
        ),
        (
            "moved",
            vec![("off/evil.tf.off", evil())],
            vec![("off/evil.tf.off", None), ("on/evil.tf", evil())],
        ),
        (
            "attributes",
            vec![("main.tf", Some(String::new()))],
            vec![
                (".gitattributes", Some("*.tf binary -diff\n".to_owned())),
                ("main.tf", evil()),
            ],
        ),
        (
            "binary",
            vec![("main.tf", Some(String::new()))],
            vec![("main.tf", nul)],
        ),
        ("counted", some(counted("0")), some(counted("1"))),
        (
            "suppressed",
            vec![(
                "main.tf",
                Some(bucket(
                    "evil",
                    "# plumb:ignore s3-bucket-versioning-enabled reason=x\n",
                    "",
                )),
            )],
            vec![("main.tf", evil())],
        ),
    ];
    for (name, before, after) in cases {
        let folder = Folder::new(name);
        let write = |files: Files| {
            for (path, text) in files {
                match text {
                    Some(text) => folder.file(path, &text),
                    None => std::fs::remove_file(folder.0.join(path)).unwrap(),
                }
            }
        };
        folder.git(&["init"]);
        folder.file("other.tf", &bucket("other", "", ""));
        write(before);
        folder.commit();
        folder.git(&["checkout", "-b", "work"]);
        write(after);
        folder.commit();
        let expected = if name == "counted" { "evil[0]" } else { "evil" };
        folder.touched("main", &[expected]);
    }
}

#[test]
fn links_submodules_and_first_commits_are_part_of_a_change() {
    let folder = Folder::new("link");
    folder.file("evil.tf.disabled", "");
    let folder = folder.committed();
    std::fs::create_dir(folder.0.join("prod")).unwrap();
    std::os::unix::fs::symlink("../evil.tf.disabled", folder.0.join("prod/link.tf")).unwrap();
    folder.commit();
    folder.file("evil.tf.disabled", &bucket("evil", "", ""));
    folder.touched("HEAD", &["evil"]);

    let unborn = Folder::new("unborn");
    unborn.git(&["init"]);
    unborn.file("main.tf", &bucket("first", "", ""));
    unborn.git(&["add", "--all"]);
    unborn.touched("HEAD", &["first"]);

    let other = Folder::new("submodule-of");
    other.file("evil.tf", "");
    let other = other.committed();
    let folder = Folder::new("submodule");
    folder.file("main.tf", &bucket("own", "", ""));
    let folder = folder.committed();
    let address = other.0.to_str().unwrap();
    folder.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "add",
        address,
        "sub",
    ]);
    folder.commit();
    folder.git(&["checkout", "-b", "work"]);
    other.file("evil.tf", &bucket("evil", "", ""));
    other.commit();
    let within = Folder(folder.0.join("sub"));
    within.git(&["pull", "origin", "main"]);
    std::mem::forget(within);
    folder.commit();
    folder.touched("main", &["evil"]);
}

#[test]
fn what_a_clone_lacks_is_told() {
    let origin = Folder::new("clone-of");
    origin.file("main.tf", &bucket("a", "", ""));
    let origin = origin.committed();
    origin.git(&["branch", "feature"]);
    origin.file("b.tf", &bucket("b", "", ""));
    origin.commit();
    let address = format!("file://{}", origin.0.display());
    let shallow = Folder::new("clone-shallow");
    let cloned = |arguments: &[&str]| {
        let folder = shallow.0.join(arguments.join("-").replace('-', ""));
        let path = folder.to_str().unwrap().to_owned();
        shallow.git(&[&["clone"], arguments, &[&address, &path]].concat());
        folder
    };
    let scan = |folder: &std::path::Path, base: &str| {
        let folder = Folder(folder.to_owned());
        let scan = folder.scan(&["--diff", base]);
        std::mem::forget(folder);
        scan
    };
    let folder = cloned(&["--depth", "1"]);
    scan(&folder, "HEAD~1").ends(2, &["git knows no commit `HEAD~1`\n", "`git fetch --unshallow`"]);
    // The branch is fetched, and what both come from is not.
    Folder(folder.clone()).fetched("feature");
    scan(&folder, "FETCH_HEAD").ends(
        2,
        &[
            "git cannot tell what changed since `FETCH_HEAD`",
            "no common ancestor",
            "unshallow",
        ],
    );
    let folder = cloned(&["--no-single-branch"]);
    scan(&folder, "feature").ends(
        2,
        &[
            "git knows no commit `feature`\n",
            "did you mean `origin/feature`?",
        ],
    );
    scan(&folder, "origin/feature").ends(1, &[]);
    let folder = cloned(&["--bare"]);
    scan(&folder, "main").ends(2, &["lies in no work tree of git\n", "help: "]);
    let inside = origin.0.join(".git");
    scan(&inside, "main").ends(2, &["lies in no work tree of git\n"]);
}

#[test]
fn the_change_is_told_on_detached_heads_in_work_trees_and_after_merges() {
    let folder = Folder::new("heads");
    folder.file("main.tf", &bucket("a", "", ""));
    let folder = folder.committed();
    folder.git(&["checkout", "-b", "work"]);
    folder.file("own ü.tf", &bucket("own", "", ""));
    folder.commit();
    folder.git(&["checkout", "main"]);
    folder.file("theirs.tf", &bucket("theirs", "", ""));
    folder.commit();
    folder.git(&["checkout", "work"]);
    folder.git(&["merge", "main", "--no-edit"]);
    folder.touched("main", &["own"]);
    folder.touched("HEAD^1", &["theirs"]);
    folder.git(&["checkout", "--detach"]);
    folder.touched("main", &["own"]);
    let beside = Folder::new("heads-beside");
    let path = beside.0.join("tree");
    folder.git(&["worktree", "add", "-b", "other", path.to_str().unwrap(), "main"]);
    let tree = Folder(path);
    tree.file("new.tf", &bucket("new", "", ""));
    tree.touched("main", &["new"]);
}

#[test]
fn a_module_that_many_roots_call_touches_all_of_them() {
    let folder = Folder::new("hundred");
    folder.file("modules/m/main.tf", &bucket("this", "", ""));
    for root in 0..100 {
        folder.file(
            &format!("roots/{root}/main.tf"),
            "module \"m\" {\n  source = \"../../modules/m\"\n}\n",
        );
    }
    let folder = folder.committed();
    folder.file(
        "modules/m/main.tf",
        &bucket("this", "", "  force_destroy = true\n"),
    );
    folder.touched("HEAD", &["module.m.aws_s3_bucket.this"; 100]);
}

#[test]
fn a_lock_file_alone_touches_nothing_and_line_ends_do() {
    let folder = Folder::new("lines");
    folder.file("main.tf", &bucket("a", "", ""));
    folder.file("b.tf", &bucket("b", "", ""));
    let folder = folder.committed();
    folder.file(
        ".terraform.lock.hcl",
        "provider \"registry.terraform.io/hashicorp/aws\" {\n}\n",
    );
    folder.touched("HEAD", &[]);
    folder.file("main.tf", &bucket("a", "", "").replace('\n', "\r\n"));
    folder.touched("HEAD", &["a"]);
    folder.commit();
    folder.file("main.tf", &format!("{}# the end\r\n", folder.text("main.tf")));
    folder.touched("HEAD", &[]);
}

#[test]
fn one_more_opening_of_what_fails_already_is_touched() {
    let folder = Folder::new("one-more-opening");
    let group = "resource \"aws_security_group\" \"g\" {\n  name = \"g\"\n  ingress {\n    from_port   = 22\n    to_port     = 22\n    protocol    = \"tcp\"\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}\n";
    folder.file("main.tf", group);
    let folder = folder.committed();
    let standings = || {
        let policy = "ec2-security-group-admin-ports-closed-to-ipv4";
        let (_, report) = folder.report(&["--policy", policy, "--diff", "HEAD"]);
        failures(&report)
    };
    let rule = |port: u16| {
        format!(
            "resource \"aws_security_group_rule\" \"more\" {{\n  type = \"ingress\"\n  from_port = {port}\n  to_port = {port}\n  protocol = \"tcp\"\n  cidr_blocks = [\"0.0.0.0/0\"]\n  security_group_id = aws_security_group.g.id\n}}\n"
        )
    };
    folder.file("more.tf", &rule(443));
    assert_eq!(standings(), ["aws_security_group.g untouched"]);
    folder.file("more.tf", &rule(3389));
    assert_eq!(standings(), ["aws_security_group.g asked"]);
}
