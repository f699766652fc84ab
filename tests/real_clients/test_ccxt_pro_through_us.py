"""The unmodified ccxt.pro with a virtual key, through the proxy to the paper exchange's streams.

Scenario 78: whatever works on the paper exchange with a real key works through us with a virtual
one. The tests are the very same; only addresses and keys are others. What everybody may see is
looked at once here, because it was compared with REST there.
"""

import asyncio
import json
from collections.abc import Iterator

import ccxt
import pytest
import requests
from websockets.asyncio.client import connect

from drawbridge.virtual_keys.wishes import Wish
from tests.kit.proxied import Proxied, found_proxied
from tests.real_clients.bench import Bench
from tests.real_clients.pro import Watched, pro_of, streaming_ids
from tests.real_clients.test_ccxt_pro_on_paper import (
    soon,
    test_a_watched_balance_is_what_the_ledger_holds,
    test_a_watched_book_is_the_one_that_is_asked_for,
    test_an_order_is_watched_from_its_beginning_to_its_end,
    test_nobody_watches_a_balance_with_a_wrong_secret,
    test_own_trades_are_watched_as_they_are_asked_for,
    watching,
)

__all__ = [
    "test_a_watched_balance_is_what_the_ledger_holds",
    "test_a_watched_book_is_the_one_that_is_asked_for",
    "test_an_order_is_watched_from_its_beginning_to_its_end",
    "test_nobody_watches_a_balance_with_a_wrong_secret",
    "test_own_trades_are_watched_as_they_are_asked_for",
]

# Those over whose streams this client places orders.
ORDERING = ("binance", "gate", "kraken", "poloniex")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """Stand in for the paper exchange: the proxy before one."""
    with found_proxied(tmp_path_factory.mktemp("proxied")) as proxied:
        yield proxied


@pytest.fixture(scope="module")
def keys(paper: Proxied) -> Proxied:
    """Make virtual keys where the others make real ones."""
    return paper


@pytest.fixture
def bench(paper: Proxied, exchange_id: str) -> Bench:
    return Bench(paper, paper, exchange_id)


@pytest.mark.parametrize("exchange_id", streaming_ids())
async def test_prices_trades_and_candles_are_watched(bench: Bench) -> None:
    symbol, lacks = bench.table.symbol, pro_of(bench.exchange_id).lacks
    async with watching(bench) as client:
        ticker, trades = await asyncio.gather(
            soon(client.watch_ticker(symbol)), soon(client.watch_trades(symbol))
        )
        assert ticker["symbol"] == symbol
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        assert trades[-1]["symbol"] == symbol
        if Watched.CANDLES not in lacks:
            *_, candle = await soon(client.watch_ohlcv(symbol, "1m"))
            assert candle[3] <= candle[4] <= candle[2]


@pytest.mark.parametrize("exchange_id", ORDERING)
async def test_orders_are_placed_and_cancelled_over_a_socket(bench: Bench) -> None:
    symbol = bench.table.symbol
    key = await asyncio.to_thread(bench.key)
    desk = await asyncio.to_thread(bench.desk)
    amount, price = (
        float(bench.table.amount),
        float(await asyncio.to_thread(lambda: desk.far_price)),
    )
    async with watching(bench, key) as client:
        placed = await client.create_order_ws(symbol, "limit", "buy", amount, price)
        known = await asyncio.to_thread(desk.client.fetch_order, placed["id"], symbol)
        assert (known["status"], known["amount"], known["price"]) == ("open", amount, price)
        # Kraken's class takes an id alone.
        await client.cancel_order_ws(
            placed["id"], None if bench.exchange_id == "kraken" else symbol
        )
        known = await asyncio.to_thread(desk.client.fetch_order, placed["id"], symbol)
        assert known["status"] == "canceled"


@pytest.mark.parametrize("exchange_id", ORDERING)
async def test_what_a_virtual_key_is_held_to_holds_over_a_socket(
    paper: Proxied, bench: Bench
) -> None:
    """Scenario 81: as over REST, and the exchange never hears of it."""
    table = bench.table
    real = await asyncio.to_thread(paper.real_key, bench.exchange_id, "held")
    wish = Wish(scopes=("read", "trade_spot"), pairs=(table.symbol,), largest_order="1")
    key = (await asyncio.to_thread(paper.virtual_key, real, wish)).fields
    desk = await asyncio.to_thread(bench.desk, key)
    price = float(await asyncio.to_thread(lambda: desk.far_price))
    async with watching(bench, key) as client:
        with pytest.raises(ccxt.BaseError):
            await client.create_order_ws(table.symbol, "limit", "buy", float(table.amount), price)
        assert await client.fetch_open_orders(table.symbol) == []


@pytest.mark.parametrize("exchange_id", ["binance"])
async def test_a_key_that_is_revoked_elsewhere_ends_its_open_sockets(
    paper: Proxied, bench: Bench
) -> None:
    """Scenario 84: revoked in this process, and its socket is in another."""
    real = await asyncio.to_thread(paper.real_key, bench.exchange_id, "revoked")
    made = await asyncio.to_thread(paper.virtual_key, real, Wish(scopes=("read", "trade_spot")))
    async with watching(bench, made.fields) as client:
        watched = asyncio.ensure_future(client.watch_balance())
        await soon(client.watch_ticker(bench.table.symbol))
        revoking = paper.virtual_keys.revoke(paper.owner, made.virtual.id)
        await asyncio.to_thread(paper.runner.run, revoking)
        with pytest.raises(ccxt.NetworkError):
            await soon(watched)


async def test_below_its_path_an_exchange_leads_its_clients_back_to_that_path(
    paper: Proxied,
) -> None:
    base = paper.exchanges["kucoin"]["path"]
    answer = await asyncio.to_thread(requests.post, f"{base}/api/v1/bullet-public", timeout=10)
    told = answer.json()["data"]
    address = told["instanceServers"][0]["endpoint"]
    assert address == base.replace("http", "ws", 1) + "/endpoint"
    async with connect(f"{address}?token={told['token']}&connectId=a", proxy=None) as socket:
        assert json.loads(await soon(socket.recv())) == {"id": "a", "type": "welcome"}
