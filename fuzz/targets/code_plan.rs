//! Any texts as a plan or a state of Terraform as JSON: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["plan.json"]));
