"""One signal, many orders: bounded, none delayed by another's trouble, and none without a row."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.errors import (
    BadInput,
    Conflict,
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    Forbidden,
    NotFound,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import Order, OrderType, Side
from drawbridge.trading.fanout import FanOut, Fate, Outcome, Wish
from tests.gateway.setting import OWNER
from tests.gateway.stub_exchange import Fault
from tests.kit.turns import a_turn
from tests.trading.setting import ORIGIN, Desk, desk

_SOON_S = 10


@dataclass
class Exchanges:
    """Two places at which orders are placed as a test decides."""

    errors: dict[str, Exception] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    under_way: dict[str, int] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    placed: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    known: frozenset[tuple[str, str]] = frozenset()
    broken: bool = False

    async def place_of(self, key_id: str) -> tuple[str, str]:
        if key_id == "nobody":
            raise NotFound("unknown_key")
        return key_id.partition("-")[0], "live"

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        if self.broken:
            raise Corrupted("database_failed")
        return frozenset(intentions) & self.known

    async def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Order:
        assert origin == ORIGIN
        assert is_new is (not self.broken and (key_id, order.client_id) not in self.known)
        place, _ = await self.place_of(key_id)
        self.under_way[place] = self.under_way.get(place, 0) + 1
        self.most[place] = max(self.most.get(place, 0), self.under_way[place])
        try:
            await a_turn()
            if place in self.down:
                await asyncio.Event().wait()
            if key_id in self.errors:
                raise self.errors[key_id]
        except asyncio.CancelledError:
            self.cancelled.append(key_id)
            raise
        finally:
            self.under_way[place] -= 1
        self.placed.append(key_id)
        return order.as_order(f"order-of-{key_id}")


def _wish(key_id: str) -> Wish:
    order = PlaceOrder("BTC/USDT", Side.BUY, OrderType.MARKET, Decimal(1), client_id=f"db{key_id}")
    return Wish(key_id, ORIGIN, order)


async def _all(fan_out: FanOut, wishes: list[Wish]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    async with fan_out.place_each(wishes) as outcomes:
        async for outcome in outcomes:
            assert outcome.wish.key_id not in found
            found[outcome.wish.key_id] = outcome
    return found


# ------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("error", "fate"),
    [
        (ExchangeRefused("insufficient_funds"), Fate.REFUSED),
        (NotProven("bad_key"), Fate.REFUSED),
        (Forbidden("key_not_usable", rule="status"), Fate.REFUSED),
        (BadInput("too_small", field="quantity"), Fate.REFUSED),
        (Conflict("order_already_intended"), Fate.REFUSED),
        (ExchangeDown("unreachable"), Fate.DOWN),
        (OutcomeUnknown("answer_lost"), Fate.UNKNOWN),
        # It may have been sent before the disk gave way.
        (Corrupted("database_failed"), Fate.UNKNOWN),
    ],
)
async def test_what_went_wrong_is_an_outcome_and_touches_no_other(
    error: DrawbridgeError, fate: Fate
) -> None:
    exchanges = Exchanges(errors={"a-1": error})
    found = await _all(FanOut(exchanges, exchanges), [_wish(f"a-{n}") for n in range(4)])
    assert (found["a-1"].fate, found["a-1"].error, found["a-1"].order) == (fate, error, None)
    assert sorted(exchanges.placed) == ["a-0", "a-2", "a-3"]
    order = found["a-3"].order
    assert order is not None
    assert (order.order_id, found["a-3"].fate) == ("order-of-a-3", Fate.PLACED)


async def test_a_key_that_is_not_there_is_refused_alone() -> None:
    exchanges = Exchanges()
    names = ["nobody", "a-1", "a-2"]
    found = await _all(FanOut(exchanges, exchanges), [_wish(name) for name in names])
    assert [found[name].fate for name in names] == [Fate.REFUSED, Fate.PLACED, Fate.PLACED]


@pytest.mark.parametrize("broken", [False, True])
async def test_what_was_placed_before_is_looked_for_and_what_is_new_is_not(broken: bool) -> None:  # noqa: FBT001 - a parameter of a test
    exchanges = Exchanges(known=frozenset({("a-1", "dba-1"), ("a-2", "other")}), broken=broken)
    found = await _all(FanOut(exchanges, exchanges), [_wish(f"a-{n}") for n in range(4)])
    assert {outcome.fate for outcome in found.values()} == {Fate.PLACED}


async def test_no_wishes_are_no_outcomes() -> None:
    exchanges = Exchanges()
    assert await _all(FanOut(exchanges, exchanges), []) == {}


async def test_an_exchange_that_does_not_answer_keeps_no_other_waiting() -> None:
    exchanges = Exchanges(down={"a"})
    names = [f"{place}-{number}" for number in range(50) for place in "aab"]
    wishes = {name: _wish(name) for name in names}
    async with FanOut(exchanges, exchanges, in_flight=4).place_each(wishes.values()) as outcomes:
        told = [(await asyncio.wait_for(anext(outcomes), _SOON_S)).wish.key_id for _ in range(50)]
    assert sorted(told) == sorted(name for name in wishes if name.startswith("b"))
    assert exchanges.most == {"a": 4, "b": 4}
    assert len(exchanges.cancelled) == 4, "what was under way when the block was left"


async def test_a_mistake_of_ours_is_told_when_the_others_are_done() -> None:
    exchanges = Exchanges(errors={"a-1": ZeroDivisionError("a mistake")})
    with pytest.raises(ZeroDivisionError):
        await _all(FanOut(exchanges, exchanges, in_flight=2), [_wish(f"a-{n}") for n in range(9)])
    assert len(exchanges.placed) == 8


# ------------------------------------------------------------------------ bounded and lazy


async def test_the_first_order_leaves_before_the_last_wish_is_made() -> None:
    exchanges, placed_when_drawn = Exchanges(), []

    def wishes() -> Iterator[Wish]:
        for number in range(300):
            placed_when_drawn.append(len(exchanges.placed))
            yield _wish(f"a-{number}")

    async with FanOut(exchanges, exchanges, in_flight=3).place_each(wishes()) as outcomes:
        assert len([outcome async for outcome in outcomes]) == 300
    assert placed_when_drawn[-1] > 0
    assert exchanges.most == {"a": 3}


async def test_who_stops_listening_ends_what_is_under_way() -> None:
    exchanges = Exchanges()
    async with FanOut(exchanges, exchanges, in_flight=4).place_each(
        [_wish(f"a-{n}") for n in range(100)]
    ) as outcomes:
        await anext(outcomes)
    placed = len(exchanges.placed)
    for _ in range(10):
        await a_turn()
    assert len(exchanges.placed) == placed < 20
    assert exchanges.under_way == {"a": 0}


# --------------------------------------------------------------------- over the real road


@pytest.fixture
async def trading(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, "binance") as trading:
        yield trading


def _signal(trading: Desk, number: int, count: int = 20) -> list[Wish]:
    orders = [trading.order(f"db{number}x{it}") for it in range(count)]
    return [Wish(trading.house.key, ORIGIN, order) for order in orders]


async def test_the_same_signal_again_places_nothing(trading: Desk) -> None:
    """Scenario 60: a signal acts at most once, whoever delivers it again."""
    fan_out = FanOut(trading.broker, trading.house.gateway)
    told: list[list[Outcome]] = []
    for _ in range(2):
        async with fan_out.place_each(_signal(trading, 1)) as outcomes:
            told.append([outcome async for outcome in outcomes])
    for outcomes_ in told:
        assert {outcome.fate for outcome in outcomes_} == {Fate.PLACED}
    ids = [{it.order.order_id for it in outcomes_ if it.order} for outcomes_ in told]
    assert ids[0] == ids[1]
    assert len(ids[0]) == trading.house.stub.count(PlaceOrder) == 20


async def test_a_lost_answer_is_looked_up_and_found(trading: Desk) -> None:
    """Scenario 61."""
    trading.house.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    async with FanOut(trading.broker, trading.house.gateway).place_each(
        _signal(trading, 1)
    ) as outcomes:
        told = [outcome async for outcome in outcomes]
    [lost] = [outcome for outcome in told if outcome.fate is not Fate.PLACED]
    assert lost.fate is Fate.UNKNOWN
    assert await trading.broker.look_up(lost.wish.key_id, lost.wish.order.client_id) is not None
    assert trading.house.stub.count(PlaceOrder) == 20


@dataclass
class SwitchedOff:
    """The desk's broker; before the sixth order, a page switches the key off."""

    trading: Desk
    asked: int = 0

    async def known_among(
        self, intentions: Iterable[tuple[str, str]]
    ) -> frozenset[tuple[str, str]]:
        return await self.trading.broker.known_among(intentions)

    async def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Order:
        self.asked += 1
        if self.asked == 6:
            await self.trading.house.vault.disable(OWNER, key_id)
        return await self.trading.broker.place(key_id, origin, order, is_new=is_new)


async def test_a_key_switched_off_in_the_middle_places_no_more(trading: Desk) -> None:
    """Scenario 40."""
    fan_out = FanOut(SwitchedOff(trading), trading.house.gateway, in_flight=1)
    async with fan_out.place_each(_signal(trading, 1)) as outcomes:
        fates = [outcome.fate async for outcome in outcomes]
    assert fates == [Fate.PLACED] * 5 + [Fate.REFUSED] * 15
    assert trading.house.stub.count(PlaceOrder) == 5


async def test_whoever_is_cancelled_leaves_a_row_of_every_order_that_was_sent(
    trading: Desk,
) -> None:
    """Scenario 60: the worker is stopped at any step."""
    house, heard = trading.house, asyncio.Event()

    async def listen() -> None:
        fan_out = FanOut(trading.broker, house.gateway, in_flight=8)
        async with fan_out.place_each(_signal(trading, 1, 200)) as outcomes:
            async for _ in outcomes:
                heard.set()

    task = asyncio.create_task(listen())
    await asyncio.wait_for(heard.wait(), _SOON_S)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    sent = {order.client_id for order in house.stub.orders.values()}
    rows = {row["client_order_id"] for row in await house.rows("orders")}
    assert sent
    assert sent <= rows
    assert len(rows) < 200
    house.clock.advance(120_000)
    await trading.reconciliation.reconcile()
    known = {
        order.client_id
        for order in await trading.store.orders_of(ORIGIN)
        if order.order_id in house.stub.orders
    }
    assert known == {order.client_id for order in house.stub.orders.values()}
