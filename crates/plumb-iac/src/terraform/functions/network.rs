//! Functions of IP addresses and prefixes.

use super::arguments::{Arguments, Function, Take, wrong};
use super::prefix::{Prefix, ones, parse_address, show};
use crate::val::{Kind, Val};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("cidrcontains", 2, cidrcontains),
    Function::new("cidrhost", 2, cidrhost),
    Function::new("cidrnetmask", 1, cidrnetmask),
    Function::new("cidrsubnet", 3, cidrsubnet),
    Function::variadic("cidrsubnets", 1, cidrsubnets),
];

fn cidrhost(arguments: &Arguments<'_>) -> Take<Val> {
    let prefix = Prefix::parse(&arguments.text(0)?)?;
    let number = arguments.whole(1)?;
    // A negative number counts from the end.
    let distance = if number < 0 {
        number.unsigned_abs() - 1
    } else {
        number.unsigned_abs()
    };
    let distance = u128::from(distance);
    if distance > prefix.hosts() {
        return Err(wrong(format!("`{}` has no address {number}", prefix.text())));
    }
    let address = if number < 0 {
        prefix.last() - distance
    } else {
        prefix.first + distance
    };
    Ok(Val::string(show(address, prefix.bits)))
}

fn cidrnetmask(arguments: &Arguments<'_>) -> Take<Val> {
    let prefix = Prefix::parse(&arguments.text(0)?)?;
    if prefix.bits != 32 {
        return Err(wrong("a prefix of IPv6 has no netmask"));
    }
    Ok(Val::string(show(ones(32) & !prefix.hosts(), 32)))
}

fn cidrsubnet(arguments: &Arguments<'_>) -> Take<Val> {
    let prefix = Prefix::parse(&arguments.text(0)?)?;
    let length = prefix.longer(arguments.whole(1)?)?;
    let number = arguments.whole(2)?;
    let subnet = u128::try_from(number)
        .ok()
        .filter(|number| *number <= ones(length - prefix.length))
        .ok_or_else(|| {
            wrong(format!(
                "`{}` has no subnet {number} of length {length}",
                prefix.text()
            ))
        })?;
    let first = prefix.first | subnet.checked_shl(prefix.bits - length).unwrap_or(0);
    Ok(Val::string(
        Prefix {
            first,
            length,
            ..prefix
        }
        .text(),
    ))
}

/// Subnets one after the other, each at the next address that its length allows.
fn cidrsubnets(arguments: &Arguments<'_>) -> Take<Val> {
    let prefix = Prefix::parse(&arguments.text(0)?)?;
    arguments.spend_items(arguments.all().len())?;
    let mut next = Some(prefix.first);
    let mut subnets = Vec::new();
    for at in 1..arguments.all().len() {
        let by = arguments.whole(at)?;
        if by < 1 {
            return Err(wrong(format!("argument {} must be at least 1, not {by}", at + 1)));
        }
        let length = prefix.longer(by)?;
        let hosts = ones(prefix.bits - length);
        let first = next
            .and_then(|next| next.checked_add(hosts))
            .map(|first| first & !hosts)
            .filter(|first| (prefix.first..=prefix.last()).contains(first))
            .ok_or_else(|| {
                wrong(format!(
                    "`{}` has no room left for a subnet of length {length}",
                    prefix.text()
                ))
            })?;
        subnets.push(Val::string(
            Prefix {
                first,
                length,
                ..prefix
            }
            .text(),
        ));
        next = (first | hosts).checked_add(1);
    }
    Ok(Val::list(subnets))
}

fn cidrcontains(arguments: &Arguments<'_>) -> Take<Val> {
    let (outer, inner) = (Prefix::parse(&arguments.text(0)?)?, arguments.text(1)?);
    let inner = match parse_address(&inner) {
        Some((first, bits)) => Prefix {
            first,
            length: bits,
            bits,
        },
        None => Prefix::parse(&inner)?,
    };
    if outer.bits != inner.bits {
        return Err(wrong("one is of IPv4, the other of IPv6"));
    }
    Ok(Val::new(Kind::Bool(
        outer.first <= inner.first && inner.last() <= outer.last(),
    )))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{all, check, shown, unknown};

    #[test]
    fn hosts_and_masks() {
        check(&[
            ("cidrhost", r#"["10.12.112.0/20", 16]"#, r#""10.12.112.16""#),
            ("cidrhost", r#"["10.12.112.7/20", -1]"#, r#""10.12.127.255""#),
            (
                "cidrhost",
                r#"["fd00:fd12:3456:7890:00a2::/72", 34]"#,
                r#""fd00:fd12:3456:7890::22""#,
            ),
            (
                "cidrhost",
                r#"["10.0.0.0/30", 4]"#,
                "!`10.0.0.0/30` has no address 4",
            ),
            (
                "cidrhost",
                r#"["10.0.0.0/30", -5]"#,
                "!`10.0.0.0/30` has no address -5",
            ),
            ("cidrhost", r#"["10.0.0.0", 1]"#, "!`10.0.0.0` is no prefix"),
            ("cidrhost", r#"["010.0.0.08/+8", 1]"#, "!is no prefix"),
            (
                "cidrhost",
                r#"["::/0", -1]"#,
                r#""ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff""#,
            ),
            ("cidrnetmask", r#"["172.16.0.0/12"]"#, r#""255.240.0.0""#),
            ("cidrnetmask", r#"["0.0.0.0/0"]"#, r#""0.0.0.0""#),
            ("cidrnetmask", r#"["::/64"]"#, "!a prefix of IPv6 has no netmask"),
            ("cidrcontains", r#"["10.0.0.0/8", "10.1.0.0/16"]"#, "true"),
            ("cidrcontains", r#"["10.0.0.0/8", "11.0.0.1"]"#, "false"),
            ("cidrcontains", r#"["10.1.0.0/16", "10.0.0.0/8"]"#, "false"),
            (
                "cidrcontains",
                r#"["10.0.0.0/8", "::1"]"#,
                "!one is of IPv4, the other of IPv6",
            ),
        ]);
    }

    #[test]
    fn subnets() {
        check(&[
            ("cidrsubnet", r#"["172.16.0.0/12", 4, 2]"#, r#""172.18.0.0/16""#),
            ("cidrsubnet", r#"["010.1.2.0/24", 4, 15]"#, r#""10.1.2.240/28""#),
            (
                "cidrsubnet",
                r#"["fd00:fd12:3456:7890::/56", 16, 162]"#,
                r#""fd00:fd12:3456:7800:a200::/72""#,
            ),
            ("cidrsubnet", r#"["10.0.0.0/24", 0, 0]"#, r#""10.0.0.0/24""#),
            (
                "cidrsubnet",
                r#"["10.0.0.0/24", 9, 0]"#,
                "!`10.0.0.0/24` cannot be longer by 9 bits",
            ),
            (
                "cidrsubnet",
                r#"["10.0.0.0/24", 1, 2]"#,
                "!`10.0.0.0/24` has no subnet 2 of length 25",
            ),
            (
                "cidrsubnet",
                r#"["10.0.0.0/24", -1, 0]"#,
                "!cannot be longer by -1 bits",
            ),
            ("cidrsubnet", r#"["10.0.0.0/24", 1, -1]"#, "!has no subnet -1"),
            ("cidrsubnet", r#"["::/0", 128, 5]"#, r#""::5/128""#),
            (
                "cidrsubnets",
                r#"["10.1.0.0/16", 4, 4, 8, 4]"#,
                r#"["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]"#,
            ),
            ("cidrsubnets", r#"["10.1.0.0/16"]"#, "[]"),
            (
                "cidrsubnets",
                r#"["10.0.0.0/31", 1, 1, 1]"#,
                "!`10.0.0.0/31` has no room left for a subnet of length 32",
            ),
            (
                "cidrsubnets",
                r#"["255.255.255.254/31", 1, 1, 1]"#,
                "!has no room left",
            ),
            ("cidrsubnets", r#"["ffff::/1", 1, 1, 1]"#, "!has no room left"),
            (
                "cidrsubnets",
                r#"["10.0.0.0/24", 0]"#,
                "!argument 2 must be at least 1, not 0",
            ),
        ]);
        let mut arguments = all(r#"["10.0.0.0/16", 8]"#);
        arguments.push(unknown());
        assert_eq!(shown("cidrsubnet", arguments), "?(`var.x` has no value)");
    }
}
