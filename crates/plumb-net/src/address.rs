//! `AddressSet`: a set of IPv4 and IPv6 addresses, and how much of the internet it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ranges::RangeSet;

/// IPv4 addresses stand on the same axis as IPv6 addresses, in the block `::ffff:0:0/96` that exists for this purpose
/// (RFC 4291, 2.5.5.2) and is on no wire.
const MAPPED: (u128, u128) = (0xffff_0000_0000, 0xffff_ffff_ffff);

/// A set of IPv4 addresses counts as wide from as many addresses as a /8 has.
pub const WIDE_IPV4: u128 = 1 << 24;

/// A set of IPv6 addresses counts as wide from as many addresses as a /16 has: registries give a single network less.
pub const WIDE_IPV6: u128 = 1 << 112;

/// IPv4 blocks that no packet from the internet comes from (IANA's special-purpose registry, RFC 6890).
///
/// The three documentation blocks are not among them: no real network uses them, and examples are written with them.
const RESERVED_IPV4: [&str; 11] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// The blocks that private networks use (RFC 1918, RFC 4193, and RFC 6598, which clouds allow in private networks).
const PRIVATE: [&str; 5] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
];

/// As many prefixes are told as they are.
const FEW_PREFIXES: usize = 4;

/// The most ranges that are looked through for shorter prefixes.
const MAX_MERGED: usize = 64;

/// What IANA has given out for use on the IPv6 internet.
const GLOBAL_IPV6: &str = "2000::/3";

/// A set of addresses with exact algebra.
pub type AddressSet = RangeSet<u128>;

/// How much of the internet a set of addresses is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// At least [`WIDE_IPV4`] or [`WIDE_IPV6`] public addresses: as good as anybody.
    Wide,
    /// Some public addresses.
    Narrow,
    /// No public address.
    None,
}

impl AddressSet {
    /// All IPv4 addresses.
    pub fn ipv4() -> Self {
        Self::range(MAPPED.0, MAPPED.1)
    }

    /// All IPv6 addresses.
    pub fn ipv6() -> Self {
        Self::ipv4().complement()
    }

    /// The addresses of the public internet.
    pub fn internet() -> Self {
        let reserved = RESERVED_IPV4
            .iter()
            .filter_map(|text| Prefix::parse(text))
            .map(|prefix| prefix.range());
        let global = Prefix::parse(GLOBAL_IPV6).map(|prefix| prefix.range());
        Self::ipv4()
            .difference(&Self::from_ranges(reserved))
            .union(&Self::from_ranges(global))
    }

    /// The addresses that private networks use.
    pub fn private() -> Self {
        let blocks = PRIVATE.iter().filter_map(|text| Prefix::parse(text));
        Self::from_ranges(blocks.map(|prefix| prefix.range()))
    }

    /// One address.
    pub fn one(address: IpAddr) -> Self {
        let point = point(address);
        Self::range(point, point)
    }

    /// The addresses of a prefix such as `10.0.0.0/8`, or of a single address; `None` when the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        Prefix::parse(text).map(|prefix| prefix.addresses())
    }

    /// Whether `address` is an element.
    pub fn has(&self, address: IpAddr) -> bool {
        self.contains(point(address))
    }

    /// The lowest of the addresses.
    pub fn first(&self) -> Option<IpAddr> {
        self.ranges().first().map(|(first, _)| address(*first))
    }

    /// How much of the internet this is.
    pub fn width(&self) -> Width {
        let public = self.intersection(&Self::internet());
        let count = |family: &Self| {
            public
                .intersection(family)
                .ranges()
                .iter()
                .fold(0_u128, |sum, (first, last)| {
                    sum.saturating_add((last - first).saturating_add(1))
                })
        };
        if public.is_empty() {
            Width::None
        } else if count(&Self::ipv4()) >= WIDE_IPV4 || count(&Self::ipv6()) >= WIDE_IPV6 {
            Width::Wide
        } else {
            Width::Narrow
        }
    }

    /// The shortest list of prefixes that make up the set, sorted.
    pub fn prefixes(&self) -> Vec<Prefix> {
        let mut prefixes = Vec::new();
        for family in [Self::ipv4(), Self::ipv6()] {
            for (first, last) in self.intersection(&family).ranges() {
                cut(*first, *last, &mut prefixes);
            }
        }
        prefixes
    }

    /// Few prefixes that hold exactly those addresses of the internet that the set holds, and maybe some that are not on it:
    /// `128.0.0.0/1` rather than what is left of it without the private blocks.
    pub fn public_prefixes(&self) -> Vec<Prefix> {
        let exact = self.prefixes();
        if exact.len() <= FEW_PREFIXES || self.ranges().len() > MAX_MERGED {
            return exact;
        }
        let internet = Self::internet();
        let mut found = Vec::new();
        let mut open = vec![Prefix { first: 0, fixed: 0 }, Prefix::IPV4];
        while let Some(prefix) = open.pop() {
            let public = prefix.addresses().intersection(&internet);
            if !self.intersects(&public) {
                continue;
            }
            match prefix.halves().filter(|_| !public.is_subset(self)) {
                None => found.push(prefix),
                // The family of IPv4 begins on its own.
                Some(halves) => open.extend(halves.into_iter().filter(|half| *half != Prefix::IPV4)),
            }
        }
        found.sort_unstable_by_key(|prefix| prefix.first);
        found
    }

    /// A readable clause: prefixes up to a number, or what it is as a whole.
    pub fn describe(&self) -> String {
        let public = self.intersection(&Self::internet());
        let all_ipv4 = Self::internet().intersection(&Self::ipv4()).is_subset(&public);
        let all_ipv6 = Self::internet().intersection(&Self::ipv6()).is_subset(&public);
        match (all_ipv4, all_ipv6) {
            (true, true) => return "0.0.0.0/0 and ::/0".to_owned(),
            (true, false) if public.is_subset(&Self::ipv4()) => return "0.0.0.0/0".to_owned(),
            (false, true) if public.is_subset(&Self::ipv6()) => return "::/0".to_owned(),
            (true | false, true | false) => {}
        }
        let prefixes = self.prefixes();
        let shown: Vec<String> = prefixes.iter().take(4).map(Prefix::to_string).collect();
        match prefixes.len().checked_sub(shown.len()) {
            None | Some(0) => shown.join(", "),
            Some(more) => format!("{} and {more} more prefixes", shown.join(", ")),
        }
    }
}

/// A block of addresses whose first bits are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    first: u128,
    /// Bits of 128 that are fixed; an IPv4 prefix has 96 more than it is written with.
    fixed: u8,
}

impl Prefix {
    const IPV4: Self = Self {
        first: MAPPED.0,
        fixed: 96,
    };

    /// The two prefixes of one bit more; `None` for a single address.
    fn halves(self) -> Option<[Self; 2]> {
        let fixed = self.fixed.checked_add(1).filter(|fixed| *fixed <= 128)?;
        let bit = 1_u128.checked_shl(u32::from(128 - fixed))?;
        Some([
            Self {
                first: self.first,
                fixed,
            },
            Self {
                first: self.first | bit,
                fixed,
            },
        ])
    }

    /// Parses `10.0.0.0/8`, `fd00::/8` or a single address. Bits after the prefix are ignored, as the clouds do.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.trim().split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text.trim(), None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits: u8 = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let length = match length {
            Some(length) if length.len() <= 3 => length.parse().ok().filter(|length| *length <= bits)?,
            Some(_) => return None,
            None => bits,
        };
        let fixed = 128 - bits + length;
        let free = u128::MAX.checked_shr(u32::from(fixed)).unwrap_or(0);
        let prefix = Self {
            first: point(address) & !free,
            fixed,
        };
        // Mapped addresses written as IPv6 are on no wire, so nothing can be concluded from them.
        (prefix.is_ipv4() == address.is_ipv4()).then_some(prefix)
    }

    /// The number of fixed bits as it is written: up to 32 for IPv4, up to 128 for IPv6.
    pub fn length(&self) -> u8 {
        if self.is_ipv4() {
            self.fixed - 96
        } else {
            self.fixed
        }
    }

    /// The number of fixed bits on the common axis: of two prefixes that overlap the one with more is longer.
    pub(crate) fn fixed_bits(&self) -> u8 {
        self.fixed
    }

    /// The addresses. The IPv6 prefixes that cover the block of mapped IPv4 addresses hold no IPv4 address.
    pub fn addresses(&self) -> AddressSet {
        let (first, last) = self.range();
        let all = AddressSet::range(first, last);
        if self.is_ipv4() {
            all
        } else {
            all.intersection(&AddressSet::ipv6())
        }
    }

    fn range(&self) -> (u128, u128) {
        let free = u128::MAX.checked_shr(u32::from(self.fixed)).unwrap_or(0);
        (self.first, self.first | free)
    }

    fn is_ipv4(&self) -> bool {
        self.fixed >= 96 && (MAPPED.0..=MAPPED.1).contains(&self.first)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", address(self.first), self.length())
    }
}

fn point(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => MAPPED.0 | u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

fn address(point: u128) -> IpAddr {
    match u32::try_from(point.wrapping_sub(MAPPED.0)) {
        Ok(bits) => IpAddr::V4(Ipv4Addr::from(bits)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(point)),
    }
}

/// Cuts a range into prefixes: each is as large as its first address and the rest of the range allow.
fn cut(first: u128, last: u128, prefixes: &mut Vec<Prefix>) {
    let mut next = Some(first);
    while let Some(start) = next.filter(|start| *start <= last) {
        let mut free = start.trailing_zeros().min(128);
        loop {
            let mask = u128::MAX.checked_shr(128 - free).unwrap_or(0);
            if start | mask <= last {
                // `free` is at most 128, so the difference fits.
                let fixed = u8::try_from(128 - free).unwrap_or(0);
                prefixes.push(Prefix { first: start, fixed });
                next = (start | mask).checked_add(1);
                break;
            }
            free -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(texts: &[&str]) -> AddressSet {
        texts.iter().fold(AddressSet::empty(), |set, text| {
            set.union(&AddressSet::parse(text).unwrap())
        })
    }

    fn written(set: &AddressSet) -> String {
        let texts: Vec<String> = set.prefixes().iter().map(Prefix::to_string).collect();
        texts.join(" ")
    }

    #[test]
    fn two_halves_are_everything() {
        assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"]), AddressSet::ipv4());
        assert_eq!(set(&["::/1", "8000::/1"]), set(&["::/0"]));
        assert_eq!(written(&set(&["0.0.0.0/1", "128.0.0.0/1"])), "0.0.0.0/0");
    }

    #[test]
    fn the_families_are_apart() {
        assert!(!set(&["::/0"]).intersects(&set(&["0.0.0.0/0"])));
        assert!(!set(&["0.0.0.0/0"]).has("2001:db8::1".parse().unwrap()));
        assert_eq!(set(&["0.0.0.0/0", "::/0"]), AddressSet::full());
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/-1",
            "10.0.0.0/ 8",
            "x",
            "10.0.0.0/8/8",
            "::ffff:0:0/96",
        ] {
            assert_eq!(AddressSet::parse(text), None, "{text}");
        }
        assert_eq!(written(&set(&["10.1.2.3/8"])), "10.0.0.0/8");
        assert_eq!(written(&set(&["10.1.2.3"])), "10.1.2.3/32");
    }

    #[test]
    fn only_public_addresses_have_width() {
        let width = |texts: &[&str]| set(texts).width();
        assert_eq!(width(&["0.0.0.0/0"]), Width::Wide);
        assert_eq!(width(&["0.0.0.0/1", "128.0.0.0/1"]), Width::Wide);
        assert_eq!(width(&["::/0"]), Width::Wide);
        assert_eq!(width(&["2000::/3"]), Width::Wide);
        assert_eq!(width(&["52.0.0.0/8"]), Width::Wide);
        assert_eq!(width(&["52.0.0.0/9"]), Width::Narrow);
        assert_eq!(width(&["2a00::/17"]), Width::Narrow);
        assert_eq!(
            width(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]),
            Width::None
        );
        assert_eq!(width(&["fc00::/7", "fe80::/10"]), Width::None);
    }

    #[test]
    fn what_is_not_on_the_internet_does_not_cut_prefixes() {
        let public = |texts: &[&str]| {
            let found = set(texts).intersection(&AddressSet::internet()).public_prefixes();
            found.iter().map(Prefix::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(public(&["128.0.0.0/1"]), "128.0.0.0/1");
        assert_eq!(public(&["0.0.0.0/1"]), "0.0.0.0/1");
        assert_eq!(public(&["0.0.0.0/0"]), "0.0.0.0/0");
        assert_eq!(public(&["::/0"]), "2000::/3");
        assert_eq!(public(&["203.0.113.0/24"]), "203.0.113.0/24");
        assert_eq!(public(&["128.0.0.0/1", "8.8.8.8"]), "8.8.8.8/32 128.0.0.0/1");
    }

    #[test]
    fn wholes_are_described_as_wholes() {
        assert_eq!(set(&["0.0.0.0/1", "128.0.0.0/1"]).describe(), "0.0.0.0/0");
        assert_eq!(AddressSet::internet().describe(), "0.0.0.0/0 and ::/0");
        assert_eq!(set(&["203.0.113.0/24"]).describe(), "203.0.113.0/24");
    }

    proptest! {
        #[test]
        fn prefixes_make_up_the_set_again(ranges in prop::collection::vec((any::<u128>(), any::<u128>()), 0..4),
                                          small in prop::collection::vec((any::<u32>(), any::<u32>()), 0..4)) {
            let small = small.iter().map(|(a, b)| (MAPPED.0 + u128::from(*a), MAPPED.0 + u128::from(*b)));
            let set = AddressSet::from_ranges(ranges.into_iter().chain(small));
            let again = set.prefixes().iter().fold(AddressSet::empty(), |all, prefix| {
                all.union(&AddressSet::parse(&prefix.to_string()).unwrap())
            });
            prop_assert_eq!(again, set);
        }
    }
}
