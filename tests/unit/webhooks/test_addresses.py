"""Where webhooks may call: every spelling of an address that is not public is found out."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

import pytest

from hodei.domain.webhooks.addresses import Allowed, legacy_address, literal, read_allowed

NOBODY = Allowed()


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.3.9", "loopback"),
        ("0.0.0.0", "this machine"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("100.64.0.1", "shared"),
        ("100.100.100.200", "shared"),
        ("169.254.169.254", "metadata"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "reserved"),
        ("192.0.2.1", "documentation"),
        ("198.18.0.1", "measurements"),
        ("224.0.0.1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("::", "this machine"),
        ("::1", "loopback"),
        ("fd00:ec2::254", "private"),
        ("fc00::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "private"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "documentation"),
        ("100::1", "reserved"),
        ("::ffff:127.0.0.1", "stands for 127.0.0.1"),
        ("::ffff:a9fe:a9fe", "stands for 169.254.169.254"),
        ("::127.0.0.1", "reserved"),
        ("64:ff9b::10.0.0.1", "stands for 10.0.0.1"),
        ("2002:7f00:1::1", "stands for 127.0.0.1"),
        ("2002:a00:1::1", "stands for 10.0.0.1"),
    ],
)
def test_what_is_not_public_is_refused_with_what_it_is(address: str, what: str) -> None:
    assert what in NOBODY.refusal("hooks.example.com", ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1"),
        *("126.255.255.255", "128.0.0.1", "172.15.255.255", "172.32.0.1", "223.255.255.255"),
        *("2606:4700::1111", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1", "2002:101:101::1"),
    ],
)
def test_what_is_public_may_be_called(address: str) -> None:
    assert NOBODY.refusal("hooks.example.com", ip_address(address)) == ""


@pytest.mark.parametrize(
    "spelling",
    [
        *("2130706433", "0x7f000001", "017700000001", "127.1", "0x7f.1", "0177.0.0.1"),
        *("127.0.1", "0x7F.0X0.0.1", "127.0.0.1.", "127.0.0x1"),
    ],
)
def test_every_spelling_of_an_address_is_that_address(spelling: str) -> None:
    assert literal(spelling) == IPv4Address("127.0.0.1")
    assert "loopback" in NOBODY.refusal(spelling, literal(spelling) or IPv4Address("1.1.1.1"))


@pytest.mark.parametrize(
    "name",
    ["hooks.example.com", "1.2.3.4.5", "256.1.1.1", "127.0.0.256", "0x", "08.1.1.1", "x1", ""],
)
def test_names_are_no_addresses(name: str) -> None:
    expected = IPv4Address("0.0.0.0") if name == "0x" else None
    assert legacy_address(name) == expected


def test_the_operator_allows_networks_addresses_and_names() -> None:
    allowed = read_allowed("10.1.0.0/16, 127.0.0.1,fd00::/8 , Build.internal")
    for host, address, good in (
        ("a.example", "10.1.9.9", True),
        ("a.example", "10.2.0.1", False),
        ("a.example", "::ffff:10.1.0.1", True),
        ("a.example", "127.0.0.1", True),
        ("a.example", "127.0.0.2", False),
        ("a.example", "fd12::1", True),
        ("build.internal", "192.168.0.9", True),
        ("BUILD.internal.", "192.168.0.9", True),
        ("x.build.internal", "192.168.0.9", False),
    ):
        assert (allowed.refusal(host, ip_address(address)) == "") is good, (host, address)


@pytest.mark.parametrize("text", ["10.1.0.1/16", "10.0.0.0/40", "0x7f.1", "a_b c", "http://x", "*"])
def test_what_is_none_of_these_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="must be a network"):
        read_allowed(text)
