//! `ServiceSet`: a set of protocols and ports.

use std::fmt;

use plumb_model::value::Text;

use crate::ranges::RangeSet;

/// The protocol number of TCP.
pub const TCP: u8 = 6;
/// The protocol number of UDP.
pub const UDP: u8 = 17;
/// The protocol number of ICMP for IPv4.
pub const ICMP: u8 = 1;
/// The protocol number of ICMP for IPv6.
pub const ICMPV6: u8 = 58;

/// A set of protocols with their ports. For ICMP the "port" is 256 times the type plus the code; for protocols without
/// ports it has no meaning and is always the whole range.
pub type ServiceSet = RangeSet<u32>;

const PORTS: u32 = 1 << 16;

/// The point where the numbers of protocol 256, which does not exist, would begin.
const END: u32 = 256 * PORTS;

/// Ports of one protocol, for reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a protocol number, or `all`.
    pub protocol: Text,
    /// The first port; for ICMP 256 times the type plus the code.
    pub from: u16,
    /// The last port.
    pub to: u16,
}

/// `tcp 22`, `tcp 8000-8080`, `udp` for all its ports, `all` for everything.
impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, from, to } = self;
        let icmp = protocol.starts_with("icmp");
        match (*from, *to) {
            (0, u16::MAX) => f.write_str(protocol),
            (from, to) if icmp && from % 256 == 0 && to - from == 255 => {
                write!(f, "{protocol} type {}", from / 256)
            }
            (from, to) if from == to => write!(f, "{protocol} {from}"),
            (from, to) => write!(f, "{protocol} {from}-{to}"),
        }
    }
}

impl ServiceSet {
    /// Every protocol and port.
    pub fn all() -> Self {
        Self::range(0, END - 1)
    }

    /// Whether every protocol and port is an element.
    pub fn is_all(&self) -> bool {
        self.ranges() == [(0, END - 1)]
    }

    /// All ports of one protocol.
    pub fn protocol(protocol: u8) -> Self {
        Self::ports(protocol, 0, u16::MAX)
    }

    /// The ports from `from` to `to` of one protocol; empty when `from` is larger.
    pub fn ports(protocol: u8, from: u16, to: u16) -> Self {
        let base = u32::from(protocol) * PORTS;
        Self::range(base + u32::from(from), base + u32::from(to))
    }

    /// One TCP port.
    pub fn tcp(port: u16) -> Self {
        Self::ports(TCP, port, port)
    }

    /// Whether the port of the protocol is an element.
    pub fn has(&self, protocol: u8, port: u16) -> bool {
        self.contains(u32::from(protocol) * PORTS + u32::from(port))
    }

    /// The protocols of which at least one port is in the set.
    pub fn protocols(&self) -> Vec<u8> {
        let mut protocols: Vec<u8> = Vec::new();
        for (first, last) in self.ranges() {
            for protocol in (first / PORTS)..=(last / PORTS).min(255) {
                let protocol = u8::try_from(protocol).unwrap_or(u8::MAX);
                if protocols.last() != Some(&protocol) {
                    protocols.push(protocol);
                }
            }
        }
        protocols
    }

    /// The set as ranges per protocol; neighbouring protocols that are in it as a whole stay apart.
    pub fn port_ranges(&self) -> Vec<PortRange> {
        if self.is_all() {
            return vec![PortRange {
                protocol: Text::new_static("all"),
                from: 0,
                to: u16::MAX,
            }];
        }
        let mut ranges = Vec::new();
        for protocol in self.protocols() {
            let base = u32::from(protocol) * PORTS;
            for (first, last) in self.intersection(&Self::protocol(protocol)).ranges() {
                ranges.push(PortRange {
                    protocol: protocol_name(protocol),
                    from: u16::try_from(first - base).unwrap_or(u16::MAX),
                    to: u16::try_from(last - base).unwrap_or(u16::MAX),
                });
            }
        }
        ranges
    }

    /// A readable clause such as `tcp 22 and tcp 443`.
    pub fn describe(&self) -> String {
        let ranges = self.port_ranges();
        let shown: Vec<String> = ranges.iter().take(6).map(PortRange::to_string).collect();
        match ranges.len().checked_sub(shown.len()) {
            None | Some(0) => shown.join(", "),
            Some(more) => format!("{} and {more} more", shown.join(", ")),
        }
    }
}

/// The number of a protocol that is written as a number or a name; `None` when it is neither.
pub fn protocol_number(text: &str) -> Option<u8> {
    match text {
        "tcp" | "TCP" => Some(TCP),
        "udp" | "UDP" => Some(UDP),
        "icmp" | "ICMP" => Some(ICMP),
        "icmpv6" | "icmp6" => Some(ICMPV6),
        number => number.parse().ok(),
    }
}

fn protocol_name(protocol: u8) -> Text {
    match protocol {
        TCP => Text::new_static("tcp"),
        UDP => Text::new_static("udp"),
        ICMP => Text::new_static("icmp"),
        ICMPV6 => Text::new_static("icmpv6"),
        other => Text::from(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_described_shortly() {
        let web = ServiceSet::tcp(80).union(&ServiceSet::tcp(443));
        assert_eq!(web.describe(), "tcp 80, tcp 443");
        assert_eq!(ServiceSet::all().describe(), "all");
        assert_eq!(ServiceSet::protocol(UDP).describe(), "udp");
        assert_eq!(ServiceSet::ports(TCP, 8000, 8080).describe(), "tcp 8000-8080");
        assert_eq!(
            ServiceSet::ports(ICMP, 8 * 256, 8 * 256 + 255).describe(),
            "icmp type 8"
        );
        assert_eq!(ServiceSet::protocol(47).describe(), "47");
    }

    #[test]
    fn a_range_over_two_protocols_is_cut() {
        let both = ServiceSet::ports(TCP, 65535, 65535).union(&ServiceSet::ports(7, 0, 0));
        assert_eq!(both.ranges().len(), 1);
        assert_eq!(both.describe(), "tcp 65535, 7 0");
        assert_eq!(both.protocols(), [6, 7]);
    }

    #[test]
    fn all_protocols_but_one_are_not_all() {
        let rest = ServiceSet::all().difference(&ServiceSet::protocol(TCP));
        assert!(!rest.has(TCP, 22) && rest.has(UDP, 53) && rest.has(255, 0));
        assert_eq!(rest.protocols().len(), 255);
    }
}
