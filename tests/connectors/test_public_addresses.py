"""Which addresses count as public; feeds, pages and deliveries share the answer."""

import socket
from ipaddress import IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.delivery.outgoing import Outgoing
from connectors.public_addresses import SPECIAL_4, SPECIAL_6, refusal


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "fd00:ec2::254", "garbage",
        "::127.0.0.1", "::ffff:0:7f00:1", "64:ff9b:1::a00:1", "64:ff9b::808:808", "fec0::1", "192.88.99.1", "5f00::1",
        "2002:808:808::1", "3fff::1", "2001:20::1", "100::1", "4000::1", "192.175.48.6", "::ffff:192.88.99.1",
        "::ffff:8.8.8.8",
    ],
)  # fmt: skip
def test_addresses_that_are_never_dialled(address):
    assert refusal(address, ())


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "2001:4860:4860::8888"])
def test_addresses_that_may_be_dialled(address):
    assert refusal(address, ()) is None


@given(st.one_of(st.ip_addresses(), *(st.ip_addresses(network=str(net)) for net in (*SPECIAL_4, *SPECIAL_6))))
def test_what_is_no_global_unicast_address_is_never_dialled(address):
    if refusal(str(address), ()) is None:
        assert address.is_global and not address.is_multicast
        assert address.version == 4 or address in ip_network("2000::/3")


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_is_reached_in_the_form_of_an_ipv6_address(address):
    number = int(address)
    assert refusal(f"::ffff:{address}", ())
    ways = (number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80, 0xFFFF << 48 | number, 0xFE8 << 116 | number)
    for way in ways:
        assert refusal(str(IPv6Address(way)), ())


def test_the_operators_own_network_may_be_dialled():
    assert refusal("10.1.2.3", (ip_network("10.0.0.0/8"),)) is None
    assert refusal("::ffff:10.1.2.3", (ip_network("10.0.0.0/8"),)) is None
    assert refusal("10.1.2.3", (ip_network("10.2.0.0/16"),))


@pytest.mark.parametrize("address", ["::ffff:8.8.8.8", "192.88.99.1", "169.254.169.254", "10.0.0.1"])
def test_a_delivery_is_refused_what_a_fetch_is_refused(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with (
        socket.socket(family) as dialling,
        Outgoing([], 5),
        pytest.raises(PermissionError, match=f"is {refusal(address)}, and the route"),
    ):
        dialling.connect((address, 9))
