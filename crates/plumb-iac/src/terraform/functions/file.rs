//! Functions of files and paths. Only files of the tree are read; any other is unknown, and so is what depends on the machine.

use plumb_model::value::Text;

use super::arguments::{Arguments, Function, Stop, Take};
use super::encoding;
use super::glob::{alternatives, matches_name};
use crate::files;
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abspath", 1, abspath),
    Function::new("basename", 1, basename),
    Function::new("dirname", 1, dirname),
    Function::new("file", 1, file),
    Function::new("filebase64", 1, filebase64),
    Function::new("fileexists", 1, fileexists),
    Function::new("fileset", 2, fileset),
    Function::new("pathexpand", 1, pathexpand),
    Function::new("templatefile", 2, templatefile),
    Function::new("templatestring", 2, templatestring),
];

/// The text of the file that the first argument names.
pub(super) fn read(arguments: &Arguments<'_>) -> Take<String> {
    let path = arguments.text(0)?;
    let text = arguments
        .context
        .files
        .read(&inside(arguments, &path)?)
        .map_err(|error| Stop::Unknown(format!("`{path}` is not read: {error}").into()))?;
    arguments.spend_text(text.len())?;
    Ok(text)
}

fn file(arguments: &Arguments<'_>) -> Take<Val> {
    Ok(Val::string(read(arguments)?))
}

fn filebase64(arguments: &Arguments<'_>) -> Take<Val> {
    Ok(encoding::base64(read(arguments)?.as_bytes()))
}

fn templatefile(arguments: &Arguments<'_>) -> Take<Val> {
    template(arguments, &read(arguments)?)
}

fn templatestring(arguments: &Arguments<'_>) -> Take<Val> {
    template(arguments, &arguments.text(0)?)
}

fn template(arguments: &Arguments<'_>, text: &str) -> Take<Val> {
    arguments.map(1)?;
    Ok((arguments.context.template)(text, arguments.value(1)?))
}

fn fileexists(arguments: &Arguments<'_>) -> Take<Val> {
    let path = arguments.text(0)?;
    let inside = inside(arguments, &path)?;
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", &inside));
    let names = list(arguments, folder, &path)?;
    Ok(Val::new(Kind::Bool(names.iter().any(|found| found == name))))
}

/// The files of a folder that match a pattern. Folders are not listed, so a pattern can have wildcards in its last part only.
fn fileset(arguments: &Arguments<'_>) -> Take<Val> {
    let (path, pattern) = (arguments.text(0)?, arguments.text(1)?);
    let mut found = std::collections::BTreeSet::new();
    for pattern in alternatives(&pattern)? {
        let (folders, name) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
        if folders.contains(['*', '?', '[']) || name.contains("**") {
            return Err(Stop::Unknown(
                format!("the folders that `{pattern}` matches are not listed").into(),
            ));
        }
        let below = clean(&format!("{path}/{folders}"));
        let folder = inside(arguments, &below)?;
        for file in list(arguments, &folder, &below)? {
            arguments.spend(name.len() / 8 + file.len() / 8 + 1)?;
            if matches_name(name, &file)? {
                let path = if folders.is_empty() {
                    file
                } else {
                    clean(&format!("{folders}/{file}"))
                };
                found.insert(Text::from(path));
            }
        }
    }
    Ok(Val::list(found.into_iter().map(Val::string).collect()))
}

fn basename(arguments: &Arguments<'_>) -> Take<Val> {
    let path = arguments.text(0)?;
    let trimmed = path.trim_end_matches('/');
    Ok(Val::string(match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".",
        (false, true) => "/",
        (false, false) => trimmed.rsplit_once('/').map_or(trimmed, |(_, name)| name),
    }))
}

fn dirname(arguments: &Arguments<'_>) -> Take<Val> {
    let path = arguments.text(0)?;
    Ok(match path.rsplit_once('/') {
        Some(("", _)) => Val::string("/"),
        Some((folder, _)) => Val::string(clean(folder)),
        None => Val::string("."),
    })
}

fn abspath(arguments: &Arguments<'_>) -> Take<Val> {
    let path = arguments.text(0)?;
    if path.starts_with('/') {
        return Ok(Val::string(clean(&path)));
    }
    Err(Stop::Unknown(
        format!("where `{path}` lies depends on the machine").into(),
    ))
}

fn pathexpand(arguments: &Arguments<'_>) -> Take<Val> {
    let path = arguments.text(0)?;
    if path.starts_with('~') {
        return Err(Stop::Unknown(
            format!("where `{path}` lies depends on the machine").into(),
        ));
    }
    Ok(Val::string(path))
}

/// Where a path leads below the root of the tree.
fn inside(arguments: &Arguments<'_>, path: &str) -> Take<String> {
    let within = if path.starts_with('~') {
        None
    } else {
        files::join(arguments.context.folder, path)
    };
    within.ok_or_else(|| Stop::Unknown(format!("`{path}` lies outside of the tree that is scanned").into()))
}

fn list(arguments: &Arguments<'_>, folder: &str, path: &str) -> Take<Vec<String>> {
    let names = arguments
        .context
        .files
        .files_in(folder)
        .map_err(|error| Stop::Unknown(format!("the folder of `{path}` is not read: {error}").into()))?;
    arguments.spend_items(names.len())?;
    Ok(names)
}

/// The shortest path that means the same.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", _) if rooted => {}
            (part, _) => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, json, map, shown, unknown};

    #[test]
    fn files_of_the_tree_are_read() {
        check(&[
            ("file", r#"["files/a.txt"]"#, r#""Hello World""#),
            (
                "file",
                r#"["./../shared/policy.json"]"#,
                r#""{\"Version\": \"2012-10-17\"}""#,
            ),
            ("filebase64", r#"["files/a.txt"]"#, r#""SGVsbG8gV29ybGQ=""#),
            (
                "file",
                r#"["lambda.zip"]"#,
                "?(`lambda.zip` is not read: there is no such file)",
            ),
            (
                "file",
                r#"["../../etc/passwd"]"#,
                "?(`../../etc/passwd` lies outside of the tree that is scanned)",
            ),
            (
                "file",
                r#"["/etc/passwd"]"#,
                "?(`/etc/passwd` lies outside of the tree that is scanned)",
            ),
            (
                "file",
                r#"["~/.ssh/id.pub"]"#,
                "?(`~/.ssh/id.pub` lies outside of the tree that is scanned)",
            ),
            ("fileexists", r#"["main.tf"]"#, "true"),
            ("fileexists", r#"["other.tf"]"#, "false"),
            (
                "fileexists",
                r#"["no/such"]"#,
                "?(the folder of `no/such` is not read: there is no such folder)",
            ),
            (
                "templatefile",
                r#"["user data.tpl", {"name": "Ann"}]"#,
                r#""hello Ann\n""#,
            ),
            (
                "templatefile",
                r#"["user data.tpl", "Ann"]"#,
                "!argument 2 is a string, not a map",
            ),
            (
                "templatestring",
                r#"["dear ${name}", {"name": "Ann"}]"#,
                r#""dear Ann""#,
            ),
        ]);
    }

    #[test]
    fn folders_are_listed() {
        check(&[
            ("fileset", r#"["files", "*.txt"]"#, r#"["a.txt","b.txt"]"#),
            (
                "fileset",
                r#"[".", "files/{a,c}.*"]"#,
                r#"["files/a.txt","files/c.md"]"#,
            ),
            ("fileset", r#"["files", "nothing"]"#, "[]"),
            (
                "fileset",
                r#"["files", "**"]"#,
                "?(the folders that `**` matches are not listed)",
            ),
            (
                "fileset",
                r#"["files", "*/x"]"#,
                "?(the folders that `*/x` matches are not listed)",
            ),
            (
                "fileset",
                r#"["files", "{a"]"#,
                "!the braces of the pattern do not pair",
            ),
            (
                "fileset",
                r#"["files", "[a"]"#,
                "!a class of the pattern does not end",
            ),
            (
                "fileset",
                r#"["../..", "*"]"#,
                "?(`../..` lies outside of the tree that is scanned)",
            ),
        ]);
    }

    #[test]
    fn paths() {
        check(&[
            ("basename", r#"["foo/bar/baz.txt"]"#, r#""baz.txt""#),
            ("basename", r#"["a/b/"]"#, r#""b""#),
            ("basename", r#"[""]"#, r#"".""#),
            ("basename", r#"["//"]"#, r#""/""#),
            ("basename", r#"["a/.."]"#, r#""..""#),
            ("dirname", r#"["foo/bar/baz.txt"]"#, r#""foo/bar""#),
            ("dirname", r#"["./a/../b/c"]"#, r#""b""#),
            ("dirname", r#"["a"]"#, r#"".""#),
            ("dirname", r#"["/a"]"#, r#""/""#),
            ("dirname", r#"["../a"]"#, r#""..""#),
            ("abspath", r#"["/a/../b"]"#, r#""/b""#),
            ("abspath", r#"["a"]"#, "?(where `a` lies depends on the machine)"),
            ("pathexpand", r#"["a/b"]"#, r#""a/b""#),
            (
                "pathexpand",
                r#"["~/b"]"#,
                "?(where `~/b` lies depends on the machine)",
            ),
        ]);
        assert_eq!(shown("file", vec![unknown()]), "?(`var.x` has no value)");
        let vars = map(&[("name", unknown()), ("a", json("1"))]);
        assert_eq!(
            shown("templatestring", vec![json(r#""x ${name}""#), vars]),
            r#""x nobody""#
        );
    }
}
