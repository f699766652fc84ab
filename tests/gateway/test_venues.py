"""Where requests may go: the paper exchange on this machine, or a public pinned host."""

from dataclasses import replace

import pytest

from drawbridge.catalogue.card import read_card
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.gateway.venues import (
    Address,
    Venues,
    is_allowed,
    live_address,
    live_stream,
    parse_paper_url,
)
from drawbridge.vault.model import Venue
from drawbridge.wire.endpoints import Endpoint
from tests.catalogue.sealand import SEALAND

LIVE_ADDRESS = Address("api.example.com", 443, tls=True)
PAPER_ADDRESS = parse_paper_url("http://127.0.0.1:8700/x/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8700",
        "ftp://127.0.0.1",
        "http://example.com",
        "http://localhost.example.com:80",
        "http://10.0.0.1:80",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:port",
        "http://127.0.0.1/?x=1",
        "http://[::1",
    ],
)
def test_a_paper_address_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(BadInput, match="bad_paper_url"):
        parse_paper_url(url)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse, not one to bind to
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "not an address",
    ],
)
def test_a_live_exchange_is_never_at_a_private_address(ip: str) -> None:
    assert not is_allowed(LIVE_ADDRESS, ip)


@pytest.mark.parametrize("ip", ["93.184.216.34", "10.0.0.1", "::ffff:10.0.0.1"])
def test_the_paper_exchange_is_nowhere_but_on_this_machine(ip: str) -> None:
    assert not is_allowed(PAPER_ADDRESS, ip)


def test_public_addresses_are_good_for_live_and_loopback_for_paper() -> None:
    assert is_allowed(LIVE_ADDRESS, "93.184.216.34")
    assert is_allowed(LIVE_ADDRESS, "2606:2800:220:1:248:1893:25c8:1946")
    assert is_allowed(PAPER_ADDRESS, "127.0.0.1")
    assert is_allowed(PAPER_ADDRESS, "::1")


def test_an_unknown_venue_or_a_paper_exchange_that_does_not_run_is_not_found() -> None:
    venues = Venues({"one": "http://127.0.0.1:8700"})
    for exchange_id, venue in (("one", "moon"), ("two", Venue.PAPER)):
        with pytest.raises(NotFound, match="unknown_venue"):
            venues.get_address(exchange_id, venue, LIVE_ADDRESS)


def test_each_venue_has_its_address() -> None:
    venues = Venues({"one": "http://127.0.0.1:8700/x/"})
    assert venues.get_address("one", Venue.PAPER, LIVE_ADDRESS) == Address(
        "127.0.0.1", 8700, tls=False, base_path=b"/x", on_this_machine=True
    )
    live = venues.get_address("one", Venue.LIVE, LIVE_ADDRESS)
    assert live == Address("api.example.com", 443, tls=True)


def test_a_stream_is_at_the_first_host_unless_the_card_puts_it_elsewhere() -> None:
    hosts, places = ("one.example:9443", "two.example"), {"/own": "two.example/v2"}
    card = replace(read_card(SEALAND), stream_hosts=hosts, stream_places=places)
    assert live_stream(card, b"/ws?a=b") == (Address("one.example", 9443, tls=True), b"/ws?a=b")
    assert live_stream(card, b"/own?a=b") == (Address("two.example", 443, tls=True), b"/v2?a=b")


def test_a_stream_on_paper_is_below_the_papers_address() -> None:
    card = replace(read_card(SEALAND), stream_hosts=("one.example",))
    venues = Venues({card.id: "http://127.0.0.1:8700/x/"})
    paper = Address("127.0.0.1", 8700, tls=False, base_path=b"/x", on_this_machine=True)
    assert venues.get_stream(card, Venue.PAPER, b"/ws") == (paper, b"/x/ws")
    live = Address("one.example", 443, tls=True)
    assert venues.get_stream(card, Venue.LIVE, b"/ws") == (live, b"/ws")
    with pytest.raises(NotFound, match="unknown_venue"):
        venues.get_stream(card, "elsewhere", b"/ws")


@pytest.mark.parametrize(("row", "host"), [("", "one.example"), ("two.example", "two.example")])
def test_an_endpoint_of_another_host_is_asked_there(row: str, host: str) -> None:
    card = replace(read_card(SEALAND), hosts=("one.example", "two.example"), base_path="/x/")
    found = live_address(card, Endpoint("x", "GET", b"/x", "public", host=row))
    assert found == Address(host, 443, tls=True, base_path=b"/x")
