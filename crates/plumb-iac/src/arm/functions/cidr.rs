//! Ranges of IPv4 addresses: <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-cidr>.

use std::net::Ipv4Addr;

use plumb_model::value::Text;

use super::arguments::{int, only, text, two, wrong_count};
use super::{Outcome, Stop};
use crate::val::{Kind, Val};

pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    Some(match name {
        "parsecidr" => parse(arguments),
        "cidrsubnet" => subnet(arguments),
        "cidrhost" => host(arguments),
        _ => return None,
    })
}

/// The first address and the length of the prefix.
fn range(value: &Val) -> Result<(u32, u32), Stop> {
    let text = text(value)?;
    if text.contains(':') {
        return Err(Stop::Unknown("IPv6 ranges are not followed".into()));
    }
    let wrong = || Stop::Wrong(format!("`{text}` is no range of addresses"));
    let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    let prefix: u32 = prefix
        .parse()
        .ok()
        .filter(|prefix| *prefix <= 32)
        .ok_or_else(wrong)?;
    Ok((u32::from(address) & mask(prefix), prefix))
}

fn mask(prefix: u32) -> u32 {
    u32::MAX.checked_shl(32 - prefix.min(32)).unwrap_or(0)
}

fn address(address: u32) -> Val {
    Val::string(Ipv4Addr::from(address).to_string())
}

fn parse(arguments: &[Val]) -> Outcome {
    let (first, prefix) = range(only(arguments)?)?;
    let last = first | !mask(prefix);
    let (usable_first, usable_last) = match prefix {
        31 | 32 => (first, last),
        _ => (first + 1, last - 1),
    };
    let entries = [
        ("network", address(first)),
        ("netmask", address(mask(prefix))),
        ("broadcast", address(last)),
        ("firstUsable", address(usable_first)),
        ("lastUsable", address(usable_last)),
        ("cidr", Val::new(Kind::Int(prefix.into()))),
    ];
    Ok(Val::map(
        entries
            .into_iter()
            .map(|(name, value)| (Text::new_static(name), value))
            .collect(),
    ))
}

fn subnet(arguments: &[Val]) -> Outcome {
    let [of, new_prefix, index] = arguments else {
        return Err(wrong_count("3", arguments));
    };
    let (first, prefix) = range(of)?;
    let too_far = || Stop::Wrong("there is no such part of the range".to_owned());
    let new_prefix = u32::try_from(int(new_prefix)?)
        .ok()
        .filter(|new| (prefix..=32).contains(new))
        .ok_or_else(too_far)?;
    let index = u64::try_from(int(index)?).map_err(|_| too_far())?;
    if index >= 1_u64 << (new_prefix - prefix) {
        return Err(too_far());
    }
    let start = u64::from(first) + (index << (32 - new_prefix));
    let start = u32::try_from(start).map_err(|_| too_far())?;
    Ok(Val::string(format!("{}/{new_prefix}", Ipv4Addr::from(start))))
}

/// The address after the first usable one.
fn host(arguments: &[Val]) -> Outcome {
    let (of, index) = two(arguments)?;
    let (first, prefix) = range(of)?;
    let too_far = || Stop::Wrong("there is no such address in the range".to_owned());
    let index = u32::try_from(int(index)?).map_err(|_| too_far())?;
    let skipped = u32::from(prefix < 31);
    let found = first
        .checked_add(index)
        .and_then(|found| found.checked_add(skipped))
        .ok_or_else(too_far)?;
    match found <= first | !mask(prefix) {
        true => Ok(address(found)),
        false => Err(too_far()),
    }
}
