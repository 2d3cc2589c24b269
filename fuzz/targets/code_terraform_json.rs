//! Any texts as Terraform source in JSON, and values in JSON: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["main.tf.json", "terraform.tfvars.json"]));
