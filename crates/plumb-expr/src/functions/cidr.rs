//! Address blocks of IPv4 and IPv6 in CIDR notation.

use std::net::IpAddr;

use crate::machine::{Machine, out_of_budget};
use crate::val::{Kleene, Val};

/// An address block, as the first and last address of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    family: Family,
    first: u128,
    last: u128,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
}

/// Blocks of IPv4 that are not routed on the internet, in order: IANA's special-purpose registry
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>) and multicast.
const V4_NOT_PUBLIC: [(u32, u32); 14] = [
    (0x0000_0000, 0x00ff_ffff), // 0.0.0.0/8
    (0x0a00_0000, 0x0aff_ffff), // 10.0.0.0/8
    (0x6440_0000, 0x647f_ffff), // 100.64.0.0/10
    (0x7f00_0000, 0x7fff_ffff), // 127.0.0.0/8
    (0xa9fe_0000, 0xa9fe_ffff), // 169.254.0.0/16
    (0xac10_0000, 0xac1f_ffff), // 172.16.0.0/12
    (0xc000_0000, 0xc000_00ff), // 192.0.0.0/24
    (0xc000_0200, 0xc000_02ff), // 192.0.2.0/24
    (0xc0a8_0000, 0xc0a8_ffff), // 192.168.0.0/16
    (0xc612_0000, 0xc613_ffff), // 198.18.0.0/15
    (0xc633_6400, 0xc633_64ff), // 198.51.100.0/24
    (0xcb00_7100, 0xcb00_71ff), // 203.0.113.0/24
    (0xe000_0000, 0xefff_ffff), // 224.0.0.0/4
    (0xf000_0000, 0xffff_ffff), // 240.0.0.0/4
];

/// Blocks of IPv6 that are not routed on the internet, in order: everything outside global unicast
/// (2000::/3) and NAT64, and the special-purpose blocks inside
/// (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
const V6_NOT_PUBLIC: [(u128, u128); 6] = [
    (0, 0x0064_ff9b_0000_0000_0000_0000_0000_0000 - 1),
    (
        0x0064_ff9b_0000_0000_0000_0001_0000_0000,
        0x2000_0000_0000_0000_0000_0000_0000_0000 - 1,
    ),
    (
        0x2001_0000_0000_0000_0000_0000_0000_0000,
        0x2001_01ff_ffff_ffff_ffff_ffff_ffff_ffff,
    ), // 2001::/23
    (
        0x2001_0db8_0000_0000_0000_0000_0000_0000,
        0x2001_0db8_ffff_ffff_ffff_ffff_ffff_ffff,
    ), // 2001:db8::/32
    (
        0x3fff_0000_0000_0000_0000_0000_0000_0000,
        0x3fff_0fff_ffff_ffff_ffff_ffff_ffff_ffff,
    ), // 3fff::/20
    (0x4000_0000_0000_0000_0000_0000_0000_0000, u128::MAX),
];

impl Block {
    /// Reads a block such as `10.0.0.0/8`, or a single address; bits behind the prefix are ignored.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text.trim(), None),
        };
        let (family, bits, address) = match address.parse().ok()? {
            IpAddr::V4(address) => (Family::V4, 32, u128::from(address.to_bits())),
            IpAddr::V6(address) => (Family::V6, 128, address.to_bits()),
        };
        let length = match length {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse::<u32>().ok()?,
            Some(_) => return None,
            None => bits,
        };
        let free = bits.checked_sub(length)?;
        let mask = u128::MAX.checked_shr(128 - free).unwrap_or(0);
        Some(Self {
            family,
            first: address & !mask,
            last: address | mask,
        })
    }

    pub(crate) fn contains(&self, inner: &Self) -> bool {
        self.family == inner.family && self.first <= inner.first && inner.last <= self.last
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.family == other.family && self.first <= other.last && other.first <= self.last
    }

    /// Whether it is all of its family.
    pub(crate) fn is_any(&self) -> bool {
        self.first == 0 && self.last == self.family.last()
    }

    /// Whether an address in it is routed on the internet.
    pub(crate) fn is_public(&self) -> bool {
        let mut next = self.first;
        let mut private = |first: u128, last: u128| {
            // The blocks are in order, so what lies before the first that holds `next` is public.
            if first <= next && next <= last {
                match last.checked_add(1) {
                    Some(after) => next = after,
                    None => return true,
                }
            }
            next > self.last
        };
        let is_private = match self.family {
            Family::V4 => V4_NOT_PUBLIC
                .iter()
                .any(|(first, last)| private(u128::from(*first), u128::from(*last))),
            Family::V6 => V6_NOT_PUBLIC.iter().any(|(first, last)| private(*first, *last)),
        };
        !is_private
    }
}

impl Family {
    fn last(self) -> u128 {
        match self {
            Self::V4 => u128::from(u32::MAX),
            Self::V6 => u128::MAX,
        }
    }
}

/// Whether `test` holds for a block; false when the text is no block.
pub(crate) fn tested<'a>(block: &Val<'a>, test: impl Fn(&Block) -> bool) -> Val<'a> {
    Val::Bool(
        block
            .as_text()
            .and_then(Block::parse)
            .is_some_and(|block| test(&block)),
    )
}

/// Whether `test` holds for two blocks; false when either text is no block.
pub(crate) fn related<'a>(left: &Val<'a>, right: &Val<'a>, test: impl Fn(&Block, &Block) -> bool) -> Val<'a> {
    let block = |val: &Val<'a>| val.as_text().and_then(Block::parse);
    Val::Bool(
        block(left)
            .zip(block(right))
            .is_some_and(|(left, right)| test(&left, &right)),
    )
}

/// Whether the blocks of a list together are all of IPv4 or all of IPv6; other elements do not count.
pub(crate) fn cover_any<'a>(machine: &mut Machine<'a>, list: &Val<'a>) -> Val<'a> {
    let Val::List(list) = list else {
        return Val::Bool(false);
    };
    if !machine.charge(list.len() as u64) {
        return Val::Unknown(out_of_budget());
    }
    let mut blocks: Vec<Block> = list
        .iter()
        .filter_map(|block| block.as_text().and_then(Block::parse))
        .collect();
    blocks.sort_by_key(|block| (block.first, block.last));
    let covers = |family: Family| {
        let mut next = Some(0_u128);
        for block in blocks.iter().filter(|block| block.family == family) {
            match next {
                Some(address) if block.first <= address && address <= block.last => {
                    next = block.last.checked_add(1)
                }
                Some(address) if block.first > address => return false,
                _ => {}
            }
        }
        next.is_none_or(|address| address > family.last())
    };
    if covers(Family::V4) || covers(Family::V6) {
        return Val::Bool(true);
    }
    list.unknown_within(list.len())
        .map_or(Kleene::False, Kleene::Unknown)
        .into_val()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        Block::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn blocks_contain_and_overlap() {
        for (outer, inner, contains, overlaps) in [
            ("10.0.0.0/8", "10.1.2.3", true, true),
            ("10.0.0.0/8", "11.0.0.0/8", false, false),
            ("10.1.0.0/16", "10.0.0.0/8", false, true),
            ("0.0.0.0/0", "255.255.255.255/32", true, true),
            ("0.0.0.0/0", "::/0", false, false),
            ("::/0", "2001:db8::/32", true, true),
            ("10.9.9.9/8", "10.0.0.0/8", true, true),
        ] {
            assert_eq!(block(outer).contains(&block(inner)), contains, "{outer} {inner}");
            assert_eq!(block(outer).overlaps(&block(inner)), overlaps, "{outer} {inner}");
        }
    }

    #[test]
    fn malformed_blocks_are_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "pl-123",
            "a/b",
            "1.2.3.4/8/9",
        ] {
            assert_eq!(Block::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_block_is_public_when_one_address_is() {
        for (text, expected) in [
            ("0.0.0.0/0", true),
            ("10.0.0.0/8", false),
            ("10.0.0.0/7", true),
            ("8.8.8.8", true),
            ("172.16.0.0/12", false),
            ("172.0.0.0/8", true),
            ("192.168.4.0/24", false),
            ("100.64.0.0/10", false),
            ("224.0.0.0/3", false),
            ("255.255.255.255", false),
            ("::/0", true),
            ("fc00::/7", false),
            ("fe80::1", false),
            ("2600::/16", true),
            ("2001:db8::/32", false),
            ("2000::/3", true),
            ("::1", false),
        ] {
            assert_eq!(block(text).is_public(), expected, "{text}");
        }
    }

    #[test]
    fn only_the_empty_prefix_is_any() {
        for (text, expected) in [
            ("0.0.0.0/0", true),
            ("1.2.3.4/0", true),
            ("::/0", true),
            ("0.0.0.0/1", false),
            ("::/1", false),
        ] {
            assert_eq!(block(text).is_any(), expected, "{text}");
        }
    }
}
