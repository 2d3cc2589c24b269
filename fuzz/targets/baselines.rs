//! Any text as a baseline, or as a report in JSON, JSONL or SARIF that serves as one: it is read, or the reason is told.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_report::baseline::Baseline;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Baseline::read(text) {
        Ok(baseline) => assert_eq!(Baseline::read(text).ok(), Some(baseline)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
