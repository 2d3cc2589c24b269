//! Any bytes as a snapshot: they are read to their closing line or refused, and what was read is written the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_model::snapshot::{AccountSnapshot, Header, ReadError, Reader, Writer};

fuzz_target!(|input: &[u8]| {
    let Ok((header, accounts)) = read(input) else {
        return;
    };
    let mut writer = Writer::new(Vec::new(), &header).expect("memory does not fail");
    for account in &accounts {
        writer.account(account).expect("memory does not fail");
    }
    let written = writer.finish().expect("memory does not fail");
    let (again_header, again) = read(&written).expect("what was written can be read");
    assert_eq!(header, again_header);
    assert_eq!(accounts, again);
});

fn read(bytes: &[u8]) -> Result<(Header, Vec<AccountSnapshot>), ReadError> {
    let mut reader = Reader::new(bytes)?;
    let header = reader.header().clone();
    let mut accounts = Vec::new();
    while let Some(raw) = reader.next_account()? {
        accounts.push(raw.parse()?);
    }
    Ok((header, accounts))
}
