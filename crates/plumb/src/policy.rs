//! `plumb policy`: list, show, check, test and write policies.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use plumb_model::diagnostic::{Diagnostic, Level};
use plumb_model::report::PolicySummary;
use plumb_model::value::Text;
use plumb_pack::inline_test::{TestOutcome, run_tests};
use plumb_pack::pack::Pack;
use plumb_pack::policy::{Policy, Provenance, is_policy_name};
use plumb_pack::requirement::Requirement;
use plumb_pack::scaffold::scaffold;
use plumb_pack::selection::Selection;
use plumb_report::numbers::counted;
use plumb_report::visible::visible;

use crate::arguments::{PolicyCommand, SelectionArguments};
use crate::console::Console;
use crate::exit::{Failed, Status, file_error};
use crate::knowledge;
use crate::output::print;

/// Runs the command.
pub(crate) fn run(console: Console, command: &PolicyCommand) -> Result<Status, Failed> {
    match command {
        PolicyCommand::List { selection, json } => list(console, selection, *json),
        PolicyCommand::Show { name, policies } => show(console, name, policies),
        PolicyCommand::Lint { paths } => lint(console, paths),
        PolicyCommand::Test { paths, policy } => test(console, paths, policy),
        PolicyCommand::New {
            name,
            resource_type,
            output,
        } => new(console, name, resource_type, output.as_deref()),
    }
}

fn list(console: Console, arguments: &SelectionArguments, json: bool) -> Result<Status, Failed> {
    let pack = knowledge::load(console, &arguments.policies)?;
    let policies = pack.select(&Selection {
        provider: None,
        policies: arguments.policy.clone(),
        frameworks: arguments.framework.clone(),
        services: arguments.service.clone(),
    })?;
    let mut text = String::new();
    if json {
        for policy in &policies {
            let summary = policy.summary(pack.controls_of(&policy.name));
            let line =
                serde_json::to_string(&summary).map_err(|error| Diagnostic::error(error.to_string()))?;
            text.push_str(&line);
            text.push('\n');
        }
        print(&text)?;
        return Ok(Status::Clean);
    }
    let name_width = policies.iter().map(|policy| policy.name.len()).max().unwrap_or(0);
    let mut sorted: Vec<&Policy> = policies.iter().map(AsRef::as_ref).collect();
    sorted.sort_by(|a, b| (a.provider, &a.service, &a.name).cmp(&(b.provider, &b.service, &b.name)));
    let mut service: Option<(&str, &str)> = None;
    for policy in &sorted {
        let heading = (policy.provider.title(), policy.service.as_str());
        if service.replace(heading) != Some(heading) {
            let gap = if text.is_empty() { "" } else { "\n" };
            let label = if policy.service.is_empty() {
                "your own"
            } else {
                policy.service.as_str()
            };
            let _ = writeln!(text, "{gap}{} {label}", policy.provider.title());
        }
        let line = format!(
            "  {:13} {:name_width$}  {}",
            policy.severity,
            policy.name,
            visible(&policy.title)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "\n{}; `plumb policy show NAME` tells more",
        counted(sorted.len() as u64, "policies")
    );
    print(&text)?;
    Ok(Status::Clean)
}

fn show(console: Console, name: &str, paths: &[PathBuf]) -> Result<Status, Failed> {
    let pack = knowledge::load(console, paths)?;
    let selection = Selection {
        policies: vec![name.to_owned()],
        ..Selection::default()
    };
    let mut text = String::new();
    for policy in pack.select(&selection)? {
        if !text.is_empty() {
            text.push('\n');
        }
        describe(
            &policy,
            &policy.summary(pack.controls_of(&policy.name)),
            console.width(),
            &mut text,
        );
    }
    print(&text)?;
    Ok(Status::Clean)
}

fn describe(policy: &Policy, summary: &PolicySummary, width: usize, text: &mut String) {
    let own = match policy.provenance {
        Provenance::BuiltIn => "",
        Provenance::User => ", your own",
    };
    let _ = writeln!(text, "{}\n  {}", summary.name, visible(&summary.title));
    let _ = writeln!(
        text,
        "\n  {} severity, judges {}{own}\n",
        summary.severity, summary.resource_type
    );
    paragraph(&summary.description, width, text);
    section(
        "Applies when",
        policy.when.as_ref().map(|rule| rule.text.as_str()),
        text,
    );
    match &policy.requirement {
        Requirement::Rule(rule) => section("Rule", Some(&rule.text), text),
        Requirement::Path(path) => section(
            "Fails where an attack path leads to it",
            Some(&path.to_string()),
            text,
        ),
    }
    if !policy.params.is_empty() {
        let params: Vec<String> = policy
            .params
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        section("Parameters", Some(&params.join("\n")), text);
    }
    let remediation = &summary.remediation;
    section("To mend it", Some(&remediation.summary), text);
    section("In the console", remediation.console.as_deref(), text);
    section("On the command line", remediation.cli.as_deref(), text);
    section("In Terraform", remediation.terraform.as_deref(), text);
    let controls: Vec<String> = summary
        .controls
        .iter()
        .map(|control| format!("{} {}", control.framework, control.control))
        .collect();
    section("Asked for by", Some(&controls.join("\n")), text);
    section("Elsewhere called", Some(&summary.aliases.join("\n")), text);
    section("References", Some(&summary.references.join("\n")), text);
}

fn section(title: &str, body: Option<&str>, text: &mut String) {
    let Some(body) = body.map(str::trim_end).filter(|body| !body.is_empty()) else {
        return;
    };
    let _ = writeln!(text, "\n{title}");
    for line in body.lines() {
        let line = visible(line);
        let _ = writeln!(text, "  {}", line.trim_end());
    }
}

fn paragraph(body: &str, width: usize, text: &mut String) {
    let room = width.clamp(40, 100) - 2;
    let mut line = String::new();
    for word in body.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            let _ = writeln!(text, "  {}", visible(&line));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(text, "  {}", visible(&line));
    }
}

fn lint(console: Console, paths: &[PathBuf]) -> Result<Status, Failed> {
    let pack = knowledge::load(console, paths)?;
    let own: Vec<_> = pack
        .policies()
        .iter()
        .filter(|policy| policy.provenance == Provenance::User)
        .collect();
    let mut diagnostics = Vec::new();
    for policy in &own {
        if let Err(problems) = pack.compile(policy) {
            diagnostics.extend(problems);
        }
        if policy.tests.is_empty() {
            let warning = Diagnostic::warning(format!("policy `{}` has no tests", policy.name))
                .at(&policy.source, policy.name_span.clone(), "no `tests` below")
                .help("a test is a resource and the verdict it must get; `plumb policy new` writes examples");
            diagnostics.push(warning);
        }
    }
    let broken = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.level == Level::Error)
        .count();
    console.show(&diagnostics);
    console.say(&format!(
        "{} checked, {}, {}",
        counted(own.len() as u64, "policies"),
        counted(broken as u64, "errors"),
        counted((diagnostics.len() - broken) as u64, "warnings")
    ));
    Ok(if broken == 0 {
        Status::Clean
    } else {
        Status::BadInput
    })
}

fn test(console: Console, paths: &[PathBuf], names: &[String]) -> Result<Status, Failed> {
    let pack = knowledge::load(console, paths)?;
    let selection = Selection {
        policies: names.to_vec(),
        ..Selection::default()
    };
    let wanted = if paths.is_empty() {
        Provenance::BuiltIn
    } else {
        Provenance::User
    };
    let policies = pack.select(&selection)?;
    let policies = policies.iter().filter(|policy| policy.provenance == wanted);
    let (mut passed, mut failed) = (0, 0);
    for policy in policies {
        for outcome in run_tests(&pack, policy) {
            if outcome.problem.is_some() {
                failed += 1;
                console.say(&told(&policy.name, &outcome));
            } else {
                passed += 1;
            }
        }
    }
    print(&format!("{} passed, {failed} failed\n", counted(passed, "tests")))?;
    Ok(if failed == 0 {
        Status::Clean
    } else {
        Status::Findings
    })
}

/// One failed test, as people read it.
pub(crate) fn told(policy: &Text, outcome: &TestOutcome) -> String {
    let problem = outcome.problem.as_deref().unwrap_or_default();
    format!("FAILED {policy}: {}\n       {problem}", outcome.name)
}

fn new(console: Console, name: &str, resource_type: &str, output: Option<&Path>) -> Result<Status, Failed> {
    if !is_policy_name(name) {
        let message = format!("policy name `{name}` is not in kebab-case");
        return Err(Diagnostic::error(message)
            .help(
                "small letters, digits and hyphens, at most 100, for example `s3-bucket-encryption-required`",
            )
            .into());
    }
    let pack = Pack::builtin()?;
    let text = scaffold(name, &*pack.resource_type(resource_type)?, None);
    let default = PathBuf::from(format!("{name}.yaml"));
    let path = output.unwrap_or(&default);
    if path == Path::new("-") {
        print(&text)?;
        return Ok(Status::Clean);
    }
    let mut file =
        std::fs::File::create_new(path).map_err(|error| Failed::from(file_error("create", path, &error)))?;
    file.write_all(text.as_bytes())
        .map_err(|error| Failed::from(file_error("write", path, &error)))?;
    console.say(&format!(
        "wrote `{0}`; edit it, then `plumb policy lint {0}` and `plumb policy test {0}`",
        path.display()
    ));
    Ok(Status::Clean)
}
