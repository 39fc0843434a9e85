use std::time::Duration;

use slotwire::{HostAddress, SignalSpy, TcpServer, TcpSocket};

fn address(text: &str) -> HostAddress {
    text.parse().unwrap()
}

#[test]
fn an_address_is_written_as_qt_writes_it() {
    let texts = [
        (HostAddress::Null, ""),
        (HostAddress::Any, "0.0.0.0"),
        (HostAddress::AnyIPv4, "0.0.0.0"),
        (HostAddress::AnyIPv6, "::"),
        (HostAddress::LocalHost, "127.0.0.1"),
        (HostAddress::LocalHostIPv6, "::1"),
        (HostAddress::Broadcast, "255.255.255.255"),
        (address("::ffff:192.0.2.1"), "::ffff:192.0.2.1"),
    ];
    for (address, text) in texts {
        assert_eq!(address.to_string(), text);
    }
}

#[test]
fn what_is_written_is_read_again() {
    for text in ["0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::7"] {
        assert_eq!(address(text).to_string(), text);
    }
}

#[test]
fn what_is_no_address_is_not_read() {
    for text in
        ["", "localhost", "1.2.3.256", "1.2.3.", "1.2.65536", "08.1", "::g", "[::1]", "127.0.0.1/8", "::1%%"]
    {
        assert!(text.parse::<HostAddress>().is_err(), "{text}");
    }
}

#[test]
fn an_address_is_read_as_qt_reads_it() {
    let texts = [
        ("127.1", "127.0.0.1"),
        ("0x7f.0.0.1", "127.0.0.1"),
        (" 0177.1\n", "127.0.0.1"),
        ("1.2.65535", "1.2.255.255"),
        ("::1.2.3.4", "::1.2.3.4"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("fe80::1%", "fe80::1"),
    ];
    for (text, written) in texts {
        assert_eq!(address(text).to_string(), written, "{text}");
    }
}

#[test]
fn a_socket_connects_and_listens_at_an_address_with_a_scope_identifier() {
    let server = TcpServer::new();
    if server.listen(address("::1%lo"), 0).is_err() {
        return; // This host has no IPv6.
    }
    let client = TcpSocket::new();
    client.connect_to_host("::1%lo", server.server_port());
    assert!(SignalSpy::new(client.connected()).wait(Duration::from_secs(5)));
    assert_eq!(client.peer_address().to_ip(), HostAddress::LocalHostIPv6.to_ip());
}

#[test]
fn the_special_addresses_differ() {
    assert_eq!(HostAddress::default(), HostAddress::Null);
    assert_ne!(HostAddress::Any, HostAddress::AnyIPv4);
    assert_ne!(HostAddress::Any, HostAddress::AnyIPv6);
    assert_ne!(HostAddress::LocalHost, address("::ffff:127.0.0.1"));
    assert!(HostAddress::Null.is_null() && !HostAddress::Any.is_null());
}

#[test]
fn addresses_are_classified() {
    type Test = fn(HostAddress) -> bool;
    let tests: [(Test, &[&str]); 7] = [
        (HostAddress::is_loopback, &["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]),
        (HostAddress::is_multicast, &["224.0.0.1", "ff02::1"]),
        (HostAddress::is_broadcast, &["255.255.255.255"]),
        (HostAddress::is_link_local, &["169.254.1.1", "fe80::1"]),
        (HostAddress::is_unique_local_unicast, &["fd00::1"]),
        (HostAddress::is_private_use, &["10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1"]),
        (
            HostAddress::is_global,
            &["10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "8.8.8.8", "2001:4860::8888"],
        ),
    ];
    let all = tests.iter().flat_map(|(_, texts)| *texts).chain(&["0.0.0.0", "::", "0.1.2.3"]);
    for text in all {
        for (index, (test, texts)) in tests.iter().enumerate() {
            assert_eq!(test(address(text)), texts.contains(text), "{text}, test {index}");
        }
    }
}

#[test]
fn an_ipv4_mapped_address_converts_both_ways() {
    assert_eq!(address("::ffff:192.0.2.1").to_ipv4_address(), Some([192, 0, 2, 1].into()));
    assert_eq!(address("::1").to_ipv4_address(), None);
    assert_eq!(
        address("192.0.2.1").to_ipv6_address().map(HostAddress::from),
        Some(address("::ffff:192.0.2.1"))
    );
    assert_eq!(HostAddress::Null.to_ipv6_address(), None);
}

#[test]
fn an_address_is_in_its_subnets() {
    let cases = [
        ("192.168.7.3", "192.168.0.0/16", true),
        ("192.169.7.3", "192.168.0.0/16", false),
        ("8.8.8.8", "0.0.0.0/0", true),
        ("8.8.8.8", "8.8.8.8", true),
        ("8.8.8.9", "8.8.8.8", false),
        ("2001:db8:1::1", "2001:db8::/32", true),
        ("2001:db9:1::1", "2001:db8::/32", false),
        ("::1", "::/0", true),
        ("::1", "0.0.0.0/0", false),
    ];
    for (text, subnet, expected) in cases {
        let (subnet, length) = HostAddress::parse_subnet(subnet).unwrap();
        assert_eq!(address(text).is_in_subnet(subnet, length), expected, "{text} in {subnet}/{length}");
    }
    assert!(!HostAddress::LocalHost.is_in_subnet(HostAddress::LocalHost, 33));
}

#[test]
fn a_subnet_is_read_in_all_of_qts_forms() {
    let cases = [
        ("192.168.7.9/16", "192.168.0.0", 16),
        ("192.168.7.9", "192.168.7.9", 32),
        ("192.168.7.9/0", "0.0.0.0", 0),
        ("192.168/16", "192.168.0.0", 16),
        ("192.168.", "192.168.0.0", 16),
        ("10", "10.0.0.0", 8),
        ("10./9", "10.0.0.0", 9),
        ("172.31.9.9/255.240.0.0", "172.16.0.0", 12),
        ("10/255.0.0.0", "10.0.0.0", 8),
        ("2001:db8:1::1/32", "2001:db8::", 32),
        ("::1", "::1", 128),
        ("::1/0", "::", 0),
    ];
    for (text, subnet, length) in cases {
        assert_eq!(HostAddress::parse_subnet(text), Some((address(subnet), length)), "{text}");
    }
}

#[test]
fn what_is_no_subnet_is_refused() {
    let texts = [
        "",
        ".",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/x",
        "10.0.0.0/",
        "10.0.0.0/-1",
        "10.0.0.0/8/8",
        "10..0",
        "10.0.0.0.0",
        "256.0.0.0/8",
        "10.0.0.0/255.0.255.0",
        "2001:db8/32",
        "10.0.0.0/255",
        "ten/8",
    ];
    for text in texts {
        assert_eq!(HostAddress::parse_subnet(text), None, "{text}");
    }
}
