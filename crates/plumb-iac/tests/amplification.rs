//! A little code that would make a lot: what it may make is bounded, and where it ends is told.

#![allow(clippy::unwrap_used, reason = "tests report by panic")]

mod tree;

use plumb_iac::scan::{Evaluated, Options, evaluate};
use plumb_model::diagnostic::Level;
use plumb_pack::load::Base;
use plumb_pack::pack::Pack;
use tree::Tree;

/// A map with 20,000 entries.
const TAGS: &str = "locals {\n  tags = merge([for j in range(20) : { for i in range(1000) : \"${j}-${i}\" => \"v\" }]...)\n}\n";

fn evaluated(files: &[(&str, &str)]) -> Evaluated {
    let pack = Pack::load(Base::BuiltIn, &[]).pack;
    let mut paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
    paths.sort();
    std::thread::scope(|scope| {
        let run = || evaluate(&pack, &Tree::of(files), &paths, &Options::default());
        let thread = std::thread::Builder::new().stack_size(64 << 20);
        thread.spawn_scoped(scope, run).unwrap().join().unwrap()
    })
}

#[track_caller]
fn is_bounded(files: &[(&str, &str)], most_blocks: usize, told: &str) {
    let evaluated = evaluated(files);
    let errors: Vec<String> = evaluated
        .problems
        .iter()
        .filter(|problem| problem.level == Level::Error)
        .map(ToString::to_string)
        .collect();
    assert!(errors.iter().any(|error| error.contains(told)), "{errors:#?}");
    assert!(evaluated.stacks.iter().all(|stack| !stack.complete));
    let blocks: usize = evaluated
        .stacks
        .iter()
        .map(|stack| stack.stack.blocks.len())
        .sum();
    assert!(blocks <= most_blocks, "{blocks} blocks");
}

#[test]
fn blocks_of_modules_that_are_repeated_are_bounded() {
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  count = 50\n  tags  = local.tags\n}\n";
    let module = format!("{TAGS}{bucket}");
    let files = [
        (
            "main.tf",
            "module \"m\" {\n  source = \"./m\"\n  count  = 50\n}\n",
        ),
        ("m/main.tf", &module),
    ];
    is_bounded(&files, 300, "blocks of this root were judged");
}

#[test]
fn what_blocks_share_counts_for_each_of_them() {
    let bucket = "resource \"aws_s3_bucket\" \"b\" {\n  count  = 5000\n  bucket = \"b${count.index}\"\n";
    for code in [
        format!("{TAGS}{bucket}  tags = local.tags\n}}\n"),
        format!(
            "{TAGS}{bucket}}}\nprovider \"aws\" {{\n  default_tags {{\n    tags = local.tags\n  }}\n}}\n"
        ),
    ] {
        is_bounded(&[("main.tf", &code)], 300, "blocks of this root were judged");
    }
}

#[test]
fn texts_of_templates_take_steps() {
    let told = "evaluating the template takes more than 1000000 steps";
    let mut bicep = "var s0 = 'xxxxxxxxxx'\n".to_owned();
    for at in 1..17 {
        bicep += &format!("var s{at} = '${{s{0}}}${{s{0}}}'\n", at - 1);
    }
    bicep += "var made = [for i in range(0, 9999): length('${s16}${i}')]\nresource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: 'x${length(made)}'\n}\n";
    is_bounded(&[("main.bicep", &bicep)], 1, told);
    let replaced = bicep.replace("'${s16}${i}'", "replace(s7, 'x', s6)");
    is_bounded(&[("main.bicep", &replaced)], 1, told);

    let names: Vec<String> = (0..5_000).map(|at| format!("a{at}")).collect();
    let template = |function: &str| {
        format!(
            "Transform: AWS::LanguageExtensions\nParameters: {{ L: {{ Type: CommaDelimitedList, Default: \"{}\" }}, B: {{ Type: String, Default: \"{}\" }} }}\nResources:\n  Fn::ForEach::Loop:\n  - Name\n  - !Ref L\n  - 'Bucket${{Name}}': {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: {function} }} }}\n",
            names.join(","),
            "x".repeat(200_000)
        )
    };
    for function in [
        "!Sub '${Name}-${B}'",
        "!Join ['', [a, !Ref B]]",
        "!Base64 { Ref: B }",
        "!Sub '${AWS::StackId}-${B}'",
    ] {
        is_bounded(&[("template.yaml", &template(function))], 5_000, told);
    }
}

#[test]
fn aliases_that_stand_for_too_much_are_told_once() {
    let mut yaml =
        "Resources:\n  B: { Type: AWS::S3::Bucket }\nMetadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
            .to_owned();
    for at in 1..12 {
        yaml += &format!(
            "  a{at}: &a{at} [{}]\n",
            vec![format!("*a{}", at - 1); 9].join(", ")
        );
    }
    let evaluated = evaluated(&[("template.yaml", &yaml)]);
    let told: Vec<String> = evaluated.problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(
        told.iter()
            .all(|told| told.contains("aliases stand for more than 500000 nodes")),
        "{told:#?}"
    );
    assert_eq!(
        evaluated
            .stacks
            .iter()
            .map(|stack| stack.stack.blocks.len())
            .sum::<usize>(),
        1
    );
}
