"""The unmodified ccxt over https, through the proxy to the paper exchange.

With the authority's file it trades; without it the client itself refuses to say anything.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final

import ccxt
import pytest
import requests

from drawbridge.app.bot_tls import authority_file
from tests.kit.proxied import Proxied, found_proxied
from tests.real_clients.bench import Bench, Desk

_EXCHANGES: Final = ("binance", "kraken")


class OverTls:
    """The proxy as a bot that insists on https finds it."""

    def __init__(self, proxied: Proxied) -> None:
        self.proxied = proxied
        self.trust = {
            name: str(authority_file(proxied.town.settings))
            for name in ("validateServerSsl", "cafile")
        }

    @property
    def exchanges(self) -> dict[str, Any]:
        """Tell where each exchange stands below the address that speaks TLS."""
        address = self.proxied.process.ready["proxy_tls"]["address"]
        told = {}
        for name, at in self.proxied.exchanges.items():
            rest = f"{address}/paper/{name}"
            urls = json.loads(json.dumps(at["ccxt_urls"]).replace(at["rest"], rest))
            told[name] = {**at, "rest": rest, "ccxt_urls": urls}
        return told


@pytest.fixture(scope="module")
def over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OverTls]:
    with found_proxied(tmp_path_factory.mktemp("proxied"), tls=True) as proxied:
        yield OverTls(proxied)


@pytest.fixture(params=_EXCHANGES)
def bench(over_tls: OverTls, request: pytest.FixtureRequest) -> Bench:
    return Bench(over_tls, over_tls.proxied, request.param)


def test_a_client_that_does_not_trust_the_authority_says_nothing(bench: Bench) -> None:
    client = bench.client()
    with pytest.raises(ccxt.BaseError) as refused:
        client.load_markets()
    assert isinstance(refused.value.__cause__, requests.exceptions.SSLError)
    assert "CERTIFICATE_VERIFY_FAILED" in str(refused.value.__cause__)
    assert bench.answers == []


def test_a_client_that_trusts_it_trades(bench: Bench, over_tls: OverTls) -> None:
    client = bench.client()
    client.validateServerSsl = over_tls.trust["validateServerSsl"]
    client.load_markets()
    desk = Desk(bench, client)
    placed = desk.place()
    open_orders = client.fetch_open_orders(desk.symbol)
    assert [it["id"] for it in open_orders] == [placed["id"]]
    client.cancel_order(placed["id"], desk.symbol)
    assert client.fetch_open_orders(desk.symbol) == []
    assert desk.trade("buy", desk.table.amount)["id"]
    assert all(it["difference"] == "0" for it in over_tls.proxied.ledger()["proof"])


def test_the_asynchronous_client_trusts_it_by_its_own_name(bench: Bench, over_tls: OverTls) -> None:
    key = bench.key()

    async def ask() -> None:
        client = bench.asynchronous_client(key)
        client.cafile = over_tls.trust["cafile"]
        try:
            assert await client.load_markets()
            assert "total" in await client.fetch_balance()
        finally:
            await client.close()

    asyncio.run(ask())
