//! Any texts as manifests of Kubernetes, in one file or several, and as a kustomization of them: they are read to their end.

#![no_main]

mod code;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| code::check(input, &["objects.yaml", "more.json", "kustomization.yaml"]));
