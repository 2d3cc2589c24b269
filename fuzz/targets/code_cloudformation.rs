//! Any texts as a template of CloudFormation or SAM in YAML or JSON, and one that it may nest as `nested.yaml`: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["template.yaml", "nested.yaml"]));
