//! Which addresses strangers may make us connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use clap::{ArgAction, Args};
use ipnet::IpNet;

/// Where requests to addresses that users give may go, beyond https on the public internet.
#[derive(Args, Clone, Debug, Default)]
pub struct OutboundArgs {
    /// Whether webhooks may be plain http.
    #[arg(long, env, default_value_t = false, action = ArgAction::Set)]
    pub outbound_http: bool,

    /// Networks that are not public and that webhooks may be in all the same, comma-separated:
    /// `10.20.0.0/16,fd00:20::/64`. Everybody who may register a webhook can then send requests
    /// there.
    #[arg(long, env, value_delimiter = ',')]
    pub outbound_networks: Vec<IpNet>,
}

impl OutboundArgs {
    /// Whether this address may be connected to.
    pub(super) fn allows(&self, address: IpAddr) -> bool {
        is_public(address) || self.outbound_networks.iter().any(|net| net.contains(&address))
    }
}

/// Whether an address belongs to the internet at large, by IANA's registries of special-purpose
/// addresses (RFC 6890 and what has been added since).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127, ..] => true,  // this network, private, loopback
        [100, 64..=127, ..] => true, // carrier-grade NAT
        [169, 254, ..] => true,      // link-local: metadata of clouds
        [172, 16..=31, ..] => true,  // private
        [192, 168, ..] => true,      // private
        [192, 0, 0 | 2, _] => true,  // protocols, documentation
        [192, 88, 99, _] => true,    // relays of 6to4
        [198, 18 | 19, ..] => true,  // benchmarks
        [198, 51, 100, _] => true,   // documentation
        [203, 0, 113, _] => true,    // documentation
        [224..=255, ..] => true,     // multicast, reserved, broadcast
        _ => false,
    };
    !special
}

/// Only global unicast (2000::/3), so neither mapped IPv4 (::ffff:0:0/96) nor NAT64 (64:ff9b::/96),
/// loopback, link-local, unique local or multicast; without what in it leads to other addresses.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let special = match segments {
        [0x2001, 0..=0x01ff, ..] => true, // protocols: Teredo, ORCHID, benchmarks
        [0x2001, 0x0db8, ..] => true,     // documentation
        [0x2002, ..] => true,             // 6to4 carries IPv4 addresses
        [0x3fff, 0..=0x0fff, ..] => true, // documentation
        _ => false,
    };
    segments[0] & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internet_is_public_and_nothing_else() {
        for address in [
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450:4001::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_configured_network_is_allowed_as_it_is_written() {
        let args = OutboundArgs {
            outbound_networks: vec!["127.0.0.0/8".parse().unwrap()],
            ..OutboundArgs::default()
        };
        assert!(args.allows("127.0.0.1".parse().unwrap()));
        assert!(!args.allows("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!args.allows("10.0.0.1".parse().unwrap()));
    }
}
