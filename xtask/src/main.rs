//! Development commands: `cargo xtask <command>`.

mod managed_policies;
mod models;
mod test;
mod tidy;
mod wheel;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  test [-- ARGS]   every test, including those that need a live AWS wire; ARGS go to the test runner
  tidy             check what compilers do not: layers of crates, heavy dependencies, lengths of files
  models           make crates/plumb-api/models/aws.bin from the pinned botocore wheel
  models --check   make it and compare
  managed-policies [--check]
                   the same of crates/plumb-api/models/aws_managed_policies.bin, from the pinned moto wheel
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["test", rest @ ..] => test::run(rest),
        ["models", rest @ ..] => models::run(rest),
        ["managed-policies", rest @ ..] => managed_policies::run(rest),
        ["tidy"] => tidy::run(),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
