"""The unmodified ccxt.pro on the paper exchange's streams, with nothing set but addresses and key.

Scenario 87: what it makes of the streams is what REST tells of the same moment. What is compared
moves with the market, so all that a stream tells is kept, and REST's answer is to be among it.
"""

import asyncio
import builtins
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import ccxt
import ccxt.pro
import pytest

from drawbridge.catalogue.drawing import draw_secrets
from drawbridge.catalogue.registry import get_card
from tests.real_clients.bench import Bench, Key
from tests.real_clients.pro import Watched, pro_of, streaming_ids

Client = Any
T = TypeVar("T")
Numbers = list[float]
Levels = tuple[list[list[float]], list[list[float]]]

_TRIES = 25
_WITHIN_S = 20
# Prices move every second, and what is done is told at once.
_SEEN_WITHIN_S = 2


def every(watched: Watched | None = None) -> pytest.MarkDecorator:
    """Run a test for every exchange with streams that does not lack this."""
    chosen = [it for it in streaming_ids() if watched not in pro_of(it).lacks]
    return pytest.mark.parametrize("exchange_id", chosen)


@contextlib.asynccontextmanager
async def watching(bench: Bench, key: Key | None = None) -> AsyncIterator[Client]:
    """Give a client that knows the markets; its sockets are closed afterwards.

    Without a key given it has one of its own: clients that share a key burn each other's nonces.
    """
    if key is None:
        key = await asyncio.to_thread(bench.key)
    client = bench.streaming_client(key)
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()


async def soon(waited: Awaitable[Any]) -> Any:  # noqa: ANN401  whatever the client gives
    return await asyncio.wait_for(waited, _WITHIN_S)


def is_among(known: object, told: Sequence[object]) -> bool:
    """Tell whether exactly this was told."""
    return known in told


def is_passed(known: Numbers, told: Sequence[Numbers]) -> bool:
    """Tell whether numbers that glide were passed: exactly told, or between two in a row.

    Why: a stream tells of prices several times a second, and they move by their least step in
    milliseconds. What does not move between the two must be equal.
    """
    return any(
        all(min(pair) <= value <= max(pair) for value, *pair in zip(known, *both, strict=True))
        for both in pairwise(told)
    )


async def agree(
    watched: Callable[[], Awaitable[T]],
    asked: Callable[[], Awaitable[T]],
    is_told: Callable[[T, Sequence[T]], bool],
) -> None:
    """Make sure that what REST tells is told by the stream as well.

    Why the stream is heard all the time: prices move while REST is asked, so that its answer is
    what the stream told just before, or is about to tell. Not every state is told by both.
    """

    async def told() -> list[T]:
        return [await watched()]

    known: list[T] = []
    async with following(told) as seen:
        for _ in range(_TRIES):
            known.append(await soon(asked()))
            with contextlib.suppress(TimeoutError):
                was_told = seen.has_all(lambda rows: any(is_told(it, rows) for it in known))
                await asyncio.wait_for(was_told, _SEEN_WITHIN_S)
                return
    message = f"none of {known[-3:]} is among {seen.rows[-3:]}"
    raise AssertionError(message)


@every(Watched.TICKER)
async def test_a_watched_ticker_is_the_one_that_is_asked_for(bench: Bench) -> None:
    symbol = bench.table.symbol
    async with watching(bench) as client:

        async def watched() -> Numbers:
            ticker = await client.watch_ticker(symbol)
            assert ticker["symbol"] == symbol
            return [ticker["last"]]

        async def asked() -> Numbers:
            return [(await client.fetch_ticker(symbol))["last"]]

        await agree(watched, asked, is_passed)
        ticker = await soon(client.watch_ticker(symbol))
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        if ticker["bid"] is not None:
            assert ticker["bid"] < ticker["ask"]


@every(Watched.CANDLES)
async def test_watched_candles_are_those_that_are_asked_for(bench: Bench) -> None:
    symbol = bench.table.symbol
    async with watching(bench) as client:

        async def watched() -> Numbers:
            return [*(await client.watch_ohlcv(symbol, "1m"))[-1][:5]]

        async def asked() -> Numbers:
            return [*(await client.fetch_ohlcv(symbol, "1m", limit=2))[-1][:5]]

        await agree(watched, asked, is_passed)


@every(Watched.BOOK)
async def test_a_watched_book_is_the_one_that_is_asked_for(bench: Bench) -> None:
    symbol, depth = bench.table.symbol, pro_of(bench.exchange_id).depth
    async with watching(bench) as client:
        # The client's own checks of sequences and sums run with every change that it takes up.
        for _ in range(3):
            book = await soon(client.watch_order_book(symbol, depth))
            assert book["bids"][0][0] < book["asks"][0][0]

        async def watched() -> Levels:
            # Some exchanges tell a change level by level: what stands then may be half of it.
            return top(await client.watch_order_book(symbol, depth))

        async def asked() -> Levels:
            return top(await client.fetch_order_book(symbol, depth))

        await agree(watched, asked, is_among)


def top(book: Any) -> Levels:  # noqa: ANN401  ccxt is published without types
    return [row[:2] for row in book["bids"][:5]], [row[:2] for row in book["asks"][:5]]


@every(Watched.TRADES)
async def test_watched_trades_are_those_that_are_asked_for(bench: Bench) -> None:
    symbol = bench.table.symbol
    async with watching(bench) as client:
        watched = [*await soon(client.watch_trades(symbol))]
        watched += await soon(client.watch_trades(symbol))
        known = {told(trade) for trade in await soon(client.fetch_trades(symbol, limit=100))}
        assert watched
        assert {told(trade) for trade in watched} <= known


def told(trade: dict[str, Any]) -> tuple[object, ...]:
    return tuple(trade[name] for name in ("side", "price", "amount", "timestamp"))


@every(Watched.ORDERS)
async def test_an_order_is_watched_from_its_beginning_to_its_end(bench: Bench) -> None:
    symbol = bench.table.symbol
    async with (
        watching(bench) as client,
        following(lambda: client.watch_orders(symbol)) as seen,
    ):
        desk = await asyncio.to_thread(bench.desk)
        placed = await seen.after(desk.place, lambda done, it: is_at(it, done, "open"))
        await asyncio.to_thread(desk.client.cancel_order, placed["id"], symbol)
        await soon(seen.has(lambda it: is_at(it, placed, "canceled")))
        bought = await asyncio.to_thread(desk.trade, "buy", bench.table.amount)
        await soon(seen.has(lambda it: is_at(it, bought, "closed")))
        known = await asyncio.to_thread(desk.client.fetch_order, bought["id"], symbol)
        last = [it for it in seen.rows if it["id"] == bought["id"]][-1]
        # A class of ccxt may hand on the exchange's own capitals, and sums as texts.
        assert (last["symbol"], last["side"].lower()) == (symbol, "buy")
        assert float(last["filled"]) == known["filled"]


def is_at(row: dict[str, Any], order: dict[str, Any], status: str) -> bool:
    told: tuple[str, str] = row["id"], row["status"]
    return told == (order["id"], status)


@every(Watched.OWN_TRADES)
async def test_own_trades_are_watched_as_they_are_asked_for(bench: Bench) -> None:
    symbol, amount = bench.table.symbol, bench.table.amount
    async with (
        watching(bench) as client,
        following(lambda: client.watch_my_trades(symbol)) as seen,
    ):
        desk = await asyncio.to_thread(bench.desk)
        bought = await seen.after(
            lambda: desk.trade("buy", amount), lambda done, it: it["order"] == done["id"]
        )
        known = await asyncio.to_thread(desk.client.fetch_my_trades, symbol)
        mine = {own(it) for it in known if it["order"] == bought["id"]}
        await soon(
            seen.has(lambda _: {own(it) for it in seen.rows if it["order"] == bought["id"]} == mine)
        )


def own(trade: dict[str, Any]) -> tuple[object, ...]:
    return tuple(trade[name] for name in ("id", "side", "price", "amount"))


@every(Watched.BALANCE)
async def test_a_watched_balance_is_what_the_ledger_holds(bench: Bench) -> None:
    money, amount = bench.table.money, bench.table.amount
    # Nobody else trades there: what open contracts are worth moves with the market.
    account = f"watched-at-{bench.exchange_id}"
    # Two keys: clients that share one burn each other's nonces.
    first, second = [await asyncio.to_thread(bench.key, account=account) for _ in range(2)]
    async with watching(bench, first) as client:

        async def watched() -> list[dict[str, Any]]:
            return [await client.watch_balance()]

        def trade_and_ask() -> dict[str, Any]:
            desk.trade("buy", amount)
            if bench.table.is_contract:
                desk.trade("sell", amount)
            balance: dict[str, Any] = desk.client.fetch_balance()
            return balance

        desk = await asyncio.to_thread(bench.desk, second)
        async with following(watched) as seen:
            await seen.after(
                trade_and_ask,
                lambda known, it: money in it and it[money]["total"] == known[money]["total"],
            )


@pytest.mark.parametrize(
    "exchange_id", [it for it in streaming_ids() if pro_of(it).bad_secret_raises]
)
async def test_nobody_watches_a_balance_with_a_wrong_secret(bench: Bench) -> None:
    good = await asyncio.to_thread(bench.key)
    drawn = draw_secrets(get_card(bench.exchange_id).paper_key, lambda count: b"\x07" * count)
    assert drawn.api_secret is not None
    name = pro_of(bench.exchange_id).bad_secret_raises
    async with watching(bench, good) as client:
        client.secret = drawn.api_secret.reveal()
        with pytest.raises(getattr(ccxt, name, None) or getattr(builtins, name)):
            await soon(client.watch_balance())


@contextlib.asynccontextmanager
async def following(watch: Callable[[], Awaitable[Any]]) -> AsyncIterator["Seen"]:
    """Watch in the background, again and again."""
    seen = Seen()
    task = asyncio.create_task(seen.follow(watch))
    try:
        yield seen
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Seen:
    """Everything that a watch gave so far."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.rows: list[Any] = []
        self._news = asyncio.Event()

    async def follow(self, watch: Callable[[], Awaitable[Any]]) -> None:
        """Watch until cancelled."""
        while True:
            # The client goes on writing in what it gave.
            self.rows += [dict(row) if isinstance(row, dict) else row for row in await watch()]
            self._news.set()

    async def has(self, is_it: Callable[[Any], bool]) -> None:
        """Wait until something like this was seen."""
        await self.has_all(lambda rows: any(map(is_it, rows)))

    async def has_all(self, are_they: Callable[[list[Any]], bool]) -> None:
        """Wait until what was seen is together like this."""
        while not are_they(self.rows):
            self._news.clear()
            await self._news.wait()

    async def after(
        self,
        act: Callable[[], dict[str, Any]],
        shows: Callable[[dict[str, Any], dict[str, Any]], bool],
    ) -> dict[str, Any]:
        """Act until what was done is seen: nobody is told of what was before the log-in."""
        for _ in range(_TRIES):
            done = await asyncio.to_thread(act)
            try:
                await asyncio.wait_for(self.has(partial(shows, done)), _SEEN_WITHIN_S)
            except TimeoutError:
                continue
            return done
        message = f"nobody told of it: {self.rows[-3:]}"
        raise AssertionError(message)
