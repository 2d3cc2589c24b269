//! Any texts as Terraform source: a root module, a module that it may call as `./m`, and values: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["main.tf", "m/main.tf", "terraform.tfvars"]));
