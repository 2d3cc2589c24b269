//! Any text as an estate file: it is read, or its diagnostics say what is wrong, and what it says of accounts fits or does not.

#![no_main]

mod code;

use code::{are_shown, pack};
use libfuzzer_sys::fuzz_target;
use plumb_model::account::{Account, Provider};
use plumb_pack::estate::Estate;
use plumb_pack::pack::SourceFile;

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let file = SourceFile {
        path: "estate.yaml".to_owned(),
        text: text.to_owned(),
    };
    match Estate::read(&file, pack()) {
        Ok(estate) => {
            let mut account = Account::new(Provider::Aws, "111122223333");
            account.name = Some("production".into());
            estate.describe(&mut account);
            let _ = estate.crown_jewel(
                "aws_s3_bucket",
                "arn:aws:s3:::customer-records",
                "customer-records",
            );
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            are_shown(&problems);
        }
    }
});
