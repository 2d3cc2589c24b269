//! Any texts as a Bicep file, a module that it may deploy as `m.bicep`, and a file of parameters: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["main.bicep", "m.bicep", "main.bicepparam"]));
