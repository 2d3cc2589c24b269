//! `Prefix`: a block of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::arguments::{Take, wrong};
use super::text::about;

/// A block of addresses: the first, and how many of the bits all of them share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) first: u128,
    pub(super) length: u32,
    /// 32 or 128.
    pub(super) bits: u32,
}

impl Prefix {
    /// Of a text such as `10.0.0.0/16`; bits beyond the length are dropped.
    pub(super) fn parse(text: &str) -> Take<Self> {
        let parsed = || {
            let (address, length) = text.split_once('/')?;
            let (address, bits) = parse_address(address)?;
            let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            let length: u32 = digits.then(|| length.parse().ok())??;
            (length <= bits).then(|| {
                let whole = Self {
                    first: address,
                    length,
                    bits,
                };
                Self {
                    first: address & !whole.hosts(),
                    ..whole
                }
            })
        };
        parsed().ok_or_else(|| about(text, "is no prefix such as `10.0.0.0/16`"))
    }

    /// The highest number of an address within the block, which is also the mask of the bits that differ.
    pub(super) fn hosts(self) -> u128 {
        ones(self.bits - self.length)
    }

    /// The last address.
    pub(super) fn last(self) -> u128 {
        self.first | self.hosts()
    }

    /// In the usual notation.
    pub(super) fn text(self) -> String {
        format!("{}/{}", show(self.first, self.bits), self.length)
    }

    /// The length of a prefix that is longer by so many bits.
    pub(super) fn longer(self, by: i64) -> Take<u32> {
        u32::try_from(by)
            .ok()
            .and_then(|by| self.length.checked_add(by))
            .filter(|length| *length <= self.bits)
            .ok_or_else(|| wrong(format!("`{}` cannot be longer by {by} bits", self.text())))
    }
}

/// A number of which so many bits, the lowest, are set.
pub(super) fn ones(count: u32) -> u128 {
    u128::MAX.checked_shr(128 - count.min(128)).unwrap_or(0)
}

/// An address and how many bits it has; parts of IPv4 can have leading zeros, which mean nothing.
pub(super) fn parse_address(text: &str) -> Option<(u128, u32)> {
    if text.contains(':') {
        return text
            .parse::<Ipv6Addr>()
            .ok()
            .map(|address| (address.to_bits(), 128));
    }
    let parts: Vec<&str> = text
        .split('.')
        .map(|part| match part.trim_start_matches('0') {
            "" if !part.is_empty() => "0",
            part => part,
        })
        .collect();
    let address = parts.join(".").parse::<Ipv4Addr>().ok()?;
    Some((u128::from(address.to_bits()), 32))
}

/// An address in the usual notation.
pub(super) fn show(address: u128, bits: u32) -> String {
    match u32::try_from(address) {
        Ok(address) if bits == 32 => IpAddr::from(Ipv4Addr::from_bits(address)).to_string(),
        Ok(_) | Err(_) => IpAddr::from(Ipv6Addr::from_bits(address)).to_string(),
    }
}
