//! The services that rules of security groups and network ACLs name.

use plumb_model::value::Value;

use super::look;
use crate::model::Known;
use crate::service::{ICMP, ICMPV6, ServiceSet, TCP, UDP, protocol_number};

/// The services of a security group's rule. For protocols other than TCP, UDP and ICMP the ports have no meaning.
pub(super) fn permission_services(permission: &Value) -> Known<ServiceSet> {
    let ports = (
        look::look(permission, "from_port").int(),
        look::look(permission, "to_port").int(),
    );
    let ports = match ports {
        (Known::Read(from), Known::Read(to)) => (from, to),
        (Known::Unread(note), _) | (_, Known::Unread(note)) => return Known::Unread(note),
    };
    match look::look(permission, "ip_protocol").text() {
        Known::Read(Some(protocol)) => services(protocol, ports),
        Known::Read(None) => Known::Unread("`ip_protocol` is missing".into()),
        Known::Unread(note) => Known::Unread(note),
    }
}

/// The services of a network ACL's entry.
pub(super) fn entry_services(entry: &Value) -> Known<ServiceSet> {
    let protocol = match look::look(entry, "protocol").text() {
        Known::Read(Some(protocol)) => protocol,
        Known::Read(None) => return Known::Unread("`protocol` is missing".into()),
        Known::Unread(note) => return Known::Unread(note),
    };
    let icmp = matches!(protocol_number(protocol), Some(ICMP | ICMPV6));
    let keys = if icmp {
        ("icmp_type_code.type", "icmp_type_code.code")
    } else {
        ("port_range.from", "port_range.to")
    };
    match (look::look(entry, keys.0).int(), look::look(entry, keys.1).int()) {
        (Known::Read(from), Known::Read(to)) => services(protocol, (from, to)),
        (Known::Unread(note), _) | (_, Known::Unread(note)) => Known::Unread(note),
    }
}

/// A protocol (`-1` for all) with two numbers: first and last port, or ICMP type and code, of which -1 means all.
fn services(protocol: &str, (from, to): (Option<i64>, Option<i64>)) -> Known<ServiceSet> {
    if protocol == "-1" || protocol == "all" {
        return Known::Read(ServiceSet::all());
    }
    let Some(number) = protocol_number(protocol) else {
        return Known::Unread(format!("`{protocol}` is not a protocol").into());
    };
    let bad = || {
        let words =
            |number: Option<i64>| number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let what = match number {
            ICMP | ICMPV6 => "an ICMP type and code",
            _ => "a range of ports",
        };
        Known::Unread(format!("{} to {} is not {what}", words(from), words(to)).into())
    };
    match number {
        TCP | UDP => match (from.unwrap_or(-1), to.unwrap_or(-1)) {
            (-1, -1) => Known::Read(ServiceSet::protocol(number)),
            (from, to) => match (u16::try_from(from), u16::try_from(to)) {
                (Ok(from), Ok(to)) => Known::Read(ServiceSet::ports(number, from, to)),
                (Ok(_) | Err(_), Ok(_) | Err(_)) => bad(),
            },
        },
        ICMP | ICMPV6 => match (from.unwrap_or(-1), to.unwrap_or(-1)) {
            (-1, _) => Known::Read(ServiceSet::protocol(number)),
            (kind, -1) => match u8::try_from(kind) {
                Ok(kind) => Known::Read(ServiceSet::ports(
                    number,
                    u16::from(kind) << 8,
                    u16::from(kind) << 8 | 0xff,
                )),
                Err(_) => bad(),
            },
            (kind, code) => match (u8::try_from(kind), u8::try_from(code)) {
                (Ok(kind), Ok(code)) => {
                    let point = u16::from(kind) << 8 | u16::from(code);
                    Known::Read(ServiceSet::ports(number, point, point))
                }
                (Ok(_) | Err(_), Ok(_) | Err(_)) => bad(),
            },
        },
        other => Known::Read(ServiceSet::protocol(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, expected: &str) {
        let Ok(permission) = serde_json::from_str::<Value>(json) else {
            panic!("{json} is no JSON");
        };
        match permission_services(&permission) {
            Known::Unread(note) => assert_eq!(note, expected),
            Known::Read(services) => panic!("{json} is read: {services:?}"),
        }
    }

    #[test]
    fn what_is_no_range_of_ports_is_told_in_words() {
        check(
            r#"{"ip_protocol": "tcp", "from_port": -5, "to_port": 99999}"#,
            "-5 to 99999 is not a range of ports",
        );
        check(
            r#"{"ip_protocol": "tcp", "from_port": 22}"#,
            "22 to none is not a range of ports",
        );
        check(
            r#"{"ip_protocol": "icmp", "from_port": 900, "to_port": 0}"#,
            "900 to 0 is not an ICMP type and code",
        );
        check(
            r#"{"ip_protocol": "tcp", "from_port": 22.5}"#,
            "`from_port` is a number with a fraction instead of a whole number",
        );
    }
}
