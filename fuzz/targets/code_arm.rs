//! Any texts as an ARM template, one that it may link as `linked.json`, and a file of parameters: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["main.json", "linked.json", "main.parameters.json"]));
