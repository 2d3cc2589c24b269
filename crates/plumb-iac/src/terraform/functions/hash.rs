//! Hashes of texts and files. Files are read as text, so that a file of other bytes has no hash here and is unknown.

use std::fmt::Write;

use md5::Md5;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::{Sha256, Sha512};

use super::arguments::{Arguments, Function, Stop, Take};
use super::encoding::base64;
use super::file::read;
use super::text::about;
use crate::val::Val;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("base64sha256", 1, |arguments| {
        Ok(base64(&text::<Sha256>(arguments)?))
    }),
    Function::new("base64sha512", 1, |arguments| {
        Ok(base64(&text::<Sha512>(arguments)?))
    }),
    Function {
        name: "bcrypt",
        least: 1,
        most: Some(2),
        run: |_| unknown("`bcrypt` gives another text each time"),
    },
    Function::new("filebase64sha256", 1, |arguments| {
        Ok(base64(&file::<Sha256>(arguments)?))
    }),
    Function::new("filebase64sha512", 1, |arguments| {
        Ok(base64(&file::<Sha512>(arguments)?))
    }),
    Function::new("filemd5", 1, |arguments| Ok(hex(&file::<Md5>(arguments)?))),
    Function::new("filesha1", 1, |arguments| Ok(hex(&file::<Sha1>(arguments)?))),
    Function::new("filesha256", 1, |arguments| Ok(hex(&file::<Sha256>(arguments)?))),
    Function::new("filesha512", 1, |arguments| Ok(hex(&file::<Sha512>(arguments)?))),
    Function::new("md5", 1, |arguments| Ok(hex(&text::<Md5>(arguments)?))),
    Function::new("rsadecrypt", 2, |_| unknown("nothing is decrypted")),
    Function::new("sha1", 1, |arguments| Ok(hex(&text::<Sha1>(arguments)?))),
    Function::new("sha256", 1, |arguments| Ok(hex(&text::<Sha256>(arguments)?))),
    Function::new("sha512", 1, |arguments| Ok(hex(&text::<Sha512>(arguments)?))),
    Function::new("uuid", 0, |_| unknown("`uuid` gives another text each time")),
    Function::new("uuidv5", 2, uuidv5),
];

fn unknown(why: &str) -> Take<Val> {
    Err(Stop::Unknown(why.into()))
}

fn text<D: Digest>(arguments: &Arguments<'_>) -> Take<Vec<u8>> {
    Ok(D::digest(arguments.text(0)?.as_bytes()).to_vec())
}

fn file<D: Digest>(arguments: &Arguments<'_>) -> Take<Vec<u8>> {
    Ok(D::digest(read(arguments)?.as_bytes()).to_vec())
}

fn hex(bytes: &[u8]) -> Val {
    Val::string(hex_text(bytes))
}

fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The identifier of RFC 9562, section 5.5, that a name has within a namespace.
fn uuidv5(arguments: &Arguments<'_>) -> Take<Val> {
    let (namespace, name) = (arguments.text(0)?, arguments.text(1)?);
    let namespace = match namespace.as_str() {
        "dns" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "url" => "6ba7b811-9dad-11d1-80b4-00c04fd430c8",
        "oid" => "6ba7b812-9dad-11d1-80b4-00c04fd430c8",
        "x500" => "6ba7b814-9dad-11d1-80b4-00c04fd430c8",
        other => other,
    };
    let bytes = parse_uuid(namespace).ok_or_else(|| about(namespace, "is no namespace"))?;
    let mut id: Vec<u8> = Sha1::new()
        .chain_update(bytes)
        .chain_update(name.as_bytes())
        .finalize()
        .into_iter()
        .take(16)
        .collect();
    if let Some(version) = id.get_mut(6) {
        *version = (*version & 0x0f) | 0x50;
    }
    if let Some(variant) = id.get_mut(8) {
        *variant = (*variant & 0x3f) | 0x80;
    }
    let mut parts = Vec::new();
    let mut rest = id.as_slice();
    for length in [4, 2, 2, 2, 6] {
        let (part, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        parts.push(hex_text(part));
        rest = after;
    }
    Ok(Val::string(parts.join("-")))
}

fn parse_uuid(text: &str) -> Option<Vec<u8>> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    if lengths != [8, 4, 4, 4, 12] {
        return None;
    }
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|char| *char != '-')
        .map(|char| char.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    Some(
        digits?
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::testing::{all, check, shown};

    #[test]
    fn hashes() {
        check(&[
            (
                "md5",
                r#"["hello world"]"#,
                r#""5eb63bbbe01eeed093cb22bb8f5acdc3""#,
            ),
            (
                "sha1",
                r#"["hello world"]"#,
                r#""2aae6c35c94fcfb415dbe95f408b9ce91ee846ed""#,
            ),
            (
                "sha256",
                r#"["hello world"]"#,
                r#""b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9""#,
            ),
            (
                "base64sha256",
                r#"["hello world"]"#,
                r#""uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=""#,
            ),
            (
                "filemd5",
                r#"["files/a.txt"]"#,
                r#""b10a8db164e0754105b7a99be72e3fe5""#,
            ),
            (
                "filesha256",
                r#"["lambda.zip"]"#,
                "?(`lambda.zip` is not read: there is no such file)",
            ),
        ]);
        for name in [
            "sha512",
            "base64sha512",
            "filesha512",
            "filebase64sha512",
            "filesha1",
            "filebase64sha256",
        ] {
            let argument = if name.starts_with("file") {
                r#"["files/a.txt"]"#
            } else {
                r#"["Hello World"]"#
            };
            let plain = name.strip_prefix("file").unwrap_or(name);
            assert_eq!(
                shown(name, all(argument)),
                shown(plain, all(r#"["Hello World"]"#)),
                "{name}"
            );
        }
        assert!(
            shown("sha512", all(r#"["hello world"]"#))
                .starts_with(r#""309ecc489c12d6eb4cc40f50c902f2b4d0ed77ee"#)
        );
    }

    #[test]
    fn identifiers() {
        check(&[
            (
                "uuidv5",
                r#"["dns", "www.example.com"]"#,
                r#""2ed6657d-e927-568b-95e1-2665a8aea6a2""#,
            ),
            (
                "uuidv5",
                r#"["6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"]"#,
                r#""2ed6657d-e927-568b-95e1-2665a8aea6a2""#,
            ),
            ("uuidv5", r#"["tls", "x"]"#, "!`tls` is no namespace"),
            ("uuid", "[]", "?(`uuid` gives another text each time)"),
            (
                "bcrypt",
                r#"["x", 10]"#,
                "?(`bcrypt` gives another text each time)",
            ),
            ("rsadecrypt", r#"["x", "y"]"#, "?(nothing is decrypted)"),
        ]);
    }
}
