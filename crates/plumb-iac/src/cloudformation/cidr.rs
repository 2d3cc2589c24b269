//! `Fn::Cidr`: blocks of addresses cut out of a larger one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How many blocks may be asked for; CloudFormation's own limit.
const MAX_COUNT: u64 = 256;

/// The first `count` blocks with `host_bits` bits for hosts in `block`.
///
/// # Errors
/// Says what does not fit.
pub(super) fn split(block: &str, count: u64, host_bits: u64) -> Result<Vec<String>, String> {
    let malformed = || format!("`{block}` is no block of addresses");
    let (address, length) = block.split_once('/').ok_or_else(malformed)?;
    let address: IpAddr = address.parse().map_err(|_| malformed())?;
    let length: u32 = length.parse().map_err(|_| malformed())?;
    let (bits, first) = match address {
        IpAddr::V4(address) => (32, u128::from(address.to_bits())),
        IpAddr::V6(address) => (128, address.to_bits()),
    };
    if length > bits {
        return Err(malformed());
    }
    let host_bits = u32::try_from(host_bits).unwrap_or(u32::MAX);
    let free = (bits - length)
        .checked_sub(host_bits)
        .ok_or("the blocks would be larger than the whole")?;
    if !(1..=MAX_COUNT).contains(&count) || u128::from(count) > 1_u128.checked_shl(free).unwrap_or(u128::MAX)
    {
        return Err(format!(
            "{count} blocks of {host_bits} bits do not fit into `{block}`"
        ));
    }
    let size = 1_u128.checked_shl(host_bits).unwrap_or(0);
    let network = first & u128::MAX.checked_shl(bits - length).unwrap_or(0);
    let blocks = (0..u128::from(count)).map(|index| {
        let start = network.wrapping_add(index.wrapping_mul(size));
        let address = match address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits(
                u32::try_from(start & u128::from(u32::MAX)).unwrap_or(0),
            )),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(start)),
        };
        format!("{address}/{}", bits - host_bits)
    });
    Ok(blocks.collect())
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn blocks_are_cut_in_order() {
        let cut = |block, count, bits| split(block, count, bits).map(|blocks| blocks.join(" "));
        let cases = [
            (
                ("192.168.0.0/24", 6, 5),
                Ok(
                    "192.168.0.0/27 192.168.0.32/27 192.168.0.64/27 192.168.0.96/27 192.168.0.128/27 192.168.0.160/27",
                ),
            ),
            (("10.0.0.9/16", 2, 8), Ok("10.0.0.0/24 10.0.1.0/24")),
            (("2001:db8::/56", 2, 64), Ok("2001:db8::/64 2001:db8:0:1::/64")),
            (("0.0.0.0/0", 1, 32), Ok("0.0.0.0/0")),
            (("::/0", 1, 128), Ok("::/0")),
        ];
        for ((block, count, bits), expected) in cases {
            assert_eq!(
                cut(block, count, bits).as_deref(),
                expected.map_err(|e: &String| e),
                "{block}"
            );
        }
        for (block, count, bits) in [
            ("10.0.0.0/24", 3, 7),
            ("10.0.0.0/24", 0, 4),
            ("10.0.0.0/24", 257, 1),
            ("10.0.0.0/24", 1, 9),
            ("10.0.0.0/33", 1, 1),
            ("10.0.0.0", 1, 1),
            ("x/8", 1, 1),
            ("10.0.0.0/8", u64::MAX, u64::MAX),
        ] {
            assert!(cut(block, count, bits).is_err(), "{block} {count} {bits}");
        }
    }
}
