"""What only contracts are watched for, by the unmodified ccxt.pro: marks, positions, stops."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Keys
from tests.real_clients.table import Client

SYMBOL = "BTC/USDT:USDT"
_WITHIN_S = 20


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    paper = Paper(tmp_path_factory.mktemp("paper"), unlimited=True, only=["binance_futures"])
    keys = Keys(paper.state)
    yield Bench(paper, keys, "binance_futures")
    keys.close()
    assert paper.process.stop() == 0


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[Client]:
    key = await asyncio.to_thread(bench.key)
    client = bench.streaming_client(key)
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


async def test_a_watched_mark_price_is_the_one_that_is_asked_for(client: Client) -> None:
    told = await asyncio.wait_for(client.watch_mark_price(SYMBOL), _WITHIN_S)
    known = await client.fetch_funding_rate(SYMBOL)
    assert told["symbol"] == SYMBOL
    assert told["markPrice"] == pytest.approx(known["markPrice"], rel=1e-3)
    assert told["indexPrice"] == pytest.approx(known["indexPrice"], rel=1e-3)


async def test_watched_best_prices_are_those_of_the_book(client: Client) -> None:
    told = (await asyncio.wait_for(client.watch_bids_asks([SYMBOL]), _WITHIN_S))[SYMBOL]
    assert told["bid"] < told["ask"]
    assert told["bidVolume"] > 0


async def test_a_position_is_watched_as_it_opens_and_closes(client: Client) -> None:
    # The first answer is how things stood; what changes is told from then on.
    assert await asyncio.wait_for(client.watch_positions([SYMBOL]), _WITHIN_S) == []
    watching = asyncio.create_task(_watch_until_closed(client))
    # Nobody is told of what was before the log-in, so it is done until it is heard of.
    for _ in range(_WITHIN_S):
        await client.create_order(SYMBOL, "market", "buy", 0.01)
        (known,) = await client.fetch_positions([SYMBOL])
        await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
        done, _ = await asyncio.wait({watching}, timeout=1)
        if done:
            break
    rows = await asyncio.wait_for(watching, 1)
    opened = [row for row in rows if row["contracts"]][-1]
    assert (opened["side"], opened["contracts"], opened["marginMode"]) == ("long", 0.01, "cross")
    assert opened["entryPrice"] == pytest.approx(known["entryPrice"], rel=1e-3)


async def _watch_until_closed(client: Client) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    while not any(row["contracts"] for row in rows) or rows[-1]["contracts"]:
        rows += [dict(row) for row in await client.watch_positions([SYMBOL])]
    return rows


async def test_a_conditional_order_is_watched_until_it_is_cancelled(client: Client) -> None:
    last = (await client.fetch_ticker(SYMBOL))["last"]
    watching = asyncio.create_task(_watch_until_cancelled(client))
    # Nobody is told of what was before the log-in, so it is done until it is heard of.
    for _ in range(_WITHIN_S):
        stop = await client.create_order(
            SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": last * 0.9}
        )
        await client.cancel_order(stop["id"], SYMBOL, {"trigger": True})
        done, _ = await asyncio.wait({watching}, timeout=1)
        if done:
            break
    rows = await asyncio.wait_for(watching, 1)
    assert [row["status"] for row in rows][-1] == "canceled"
    assert all(row["triggerPrice"] == pytest.approx(last * 0.9, rel=1e-4) for row in rows)


async def _watch_until_cancelled(client: Client) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    while not rows or rows[-1]["status"] != "canceled":
        rows += [dict(row) for row in await client.watch_orders(SYMBOL)]
    return rows
