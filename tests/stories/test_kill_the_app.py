"""kill -9 of the app in the middle of 1,000 orders: nothing lost, nothing doubled.

Scenarios 60, 61 and 90. Both sides are real processes; what the exchange holds in the end is
read from its own disk and held against our journal, order by order and to the last digit.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from drawbridge.app.asking import ask
from drawbridge.app.build import House, open_house
from drawbridge.app.gateway_process import open_gateway
from drawbridge.app.settings import Settings
from drawbridge.core.money import floor_to_step
from drawbridge.core.operations import GetTicker
from drawbridge.core.orders import Fill, Order, OrderStatus, Side
from drawbridge.paper.state import State
from drawbridge.paper.world import DEMO_BALANCES
from drawbridge.storage.database import Row
from drawbridge.trading.model import OrderState, OwnOrder
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue
from drawbridge.wording.say import say_reason
from tests.kit.gateways import WORKERS
from tests.kit.held_wire import Held, HeldWire, held_wire
from tests.kit.house import (
    ACCOUNT,
    LaterClock,
    Town,
    add_key,
    create_owner,
    enabled,
    found_town,
    lacks_fills,
    read_paper,
    until,
)
from tests.kit.placing import ORIGIN

ORDERS = 1_000
KILLED_AT = (137, 391, 619, 887)
_JOURNALLED = "SELECT count(*) AS number FROM orders WHERE origin = ?"
NEVER_CAME = {OrderState.NEVER_ARRIVED, OrderState.REFUSED}


@dataclass(frozen=True)
class Case:
    """An exchange, with as many keys as its rate limits need for 1,000 orders in a row.

    The clock under which the outcomes are looked up: behind the time in which an order may
    still arrive, or so fast that counters which sink slowly do not keep a test waiting.
    """

    exchange_id: str
    symbol: str
    keys: int
    in_flight: int
    clock: LaterClock


CASES = [
    Case("binance", "BTC/USDT", 12, 32, LaterClock(ahead_ms=90_000)),
    Case("kraken", "BTC/USD", 7, 8, LaterClock(times=400)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.exchange_id)
async def test_after_every_kill_the_journal_and_the_exchange_agree(
    case: Case, tmp_path: Path
) -> None:
    """Scenarios 60, 61, 90."""
    with found_town(tmp_path) as town:
        async with open_house(town.settings) as house:
            keys = await verified_keys(house, town, case)
            arguments = await placing_arguments(town, case, keys)
            for count in KILLED_AT:
                placing = town.start("tests.kit.placing", arguments)
                await until(partial(journalled, house, count), f"{count} orders were meant")
                placing.kill()
            unsure = [order for order in await house.orders.unsettled() if order.state.is_unknown]
            assert unsure, "no kill left an order unknown: none was inside the run"
            assert town.start("tests.kit.placing", arguments).finish() == 0
            orders = await reconciled(house, case)
            fills = await house.orders.fills_of(ORIGIN)
        assert len(orders) == ORDERS
        assert town.paper.ledger()["balanced"] is True
        state = await read_paper(town)
    assert_same_orders(orders, state, case)
    floor = state.floors[case.exchange_id]
    assert {fill.trade_id for fill in fills} == {
        floor.trade_id(fill.trade) for fill in floor.records[ACCOUNT].fills
    }
    assert_same_money(orders, fills, state)


async def verified_keys(house: House, town: Town, case: Case) -> list[str]:
    gateway = town.gateway()
    owner = await create_owner(house)
    keys: list[str] = []
    for _ in range(case.keys):
        key = await add_key(house, town, owner, case.exchange_id)
        keys.append((await enabled(house, key.id)).id)
    stand = Counter(key.status for key in await house.vault.list_keys(owner))
    assert stand == {KeyStatus.ENABLED: case.keys}
    assert gateway.stop() == 0
    return keys


async def placing_arguments(town: Town, case: Case, keys: list[str]) -> list[str]:
    ticker = await ask(town.settings, case.exchange_id, Venue.PAPER, GetTicker(case.symbol))
    price = floor_to_step(ticker.last / 2, Decimal(1))
    return [
        *("--keys", ",".join(keys), "--symbol", case.symbol),
        *("--price", str(price), "--count", str(ORDERS), "--in-flight", str(case.in_flight)),
    ]


async def journalled(house: House, count: int) -> bool:
    found = await house.database.fetch_one(_JOURNALLED, ORIGIN)
    return found is not None and int(found["number"]) >= count


async def reconciled(house: House, case: Case) -> tuple[OwnOrder, ...]:
    """Let the app look everything up, as it does after a start, until nothing is unknown."""
    async with open_gateway(replace(house, clock=case.clock)) as work:

        async def settled() -> tuple[OwnOrder, ...] | None:
            await work.reconciliation.reconcile()
            orders = await house.orders.orders_of(ORIGIN)
            unknown = any(order.state.is_unknown for order in orders)
            return None if unknown or await lacks_fills(house) else orders

        return await until(settled, "every outcome is known")


def assert_same_orders(orders: tuple[OwnOrder, ...], state: State, case: Case) -> None:
    floor = state.floors[case.exchange_id]
    ours = {order.client_id: order for order in orders}
    every = [order.told(()) for order in floor.orders.values()]
    theirs = [order for order in every if order.client_id in ours]
    probes = [order for order in every if order.client_id not in ours]
    assert_all_cancelled([probe.status.value for probe in probes], case.keys)
    names = Counter(order.client_id for order in theirs)
    assert set(names.values()) == {1}, "an order was placed twice"
    came = {name for name, order in ours.items() if order.state not in NEVER_CAME}
    assert set(names) == came
    for order in theirs:
        known = ours[order.client_id]
        assert (known.order_id, known.filled, known.state.value) == (
            order.order_id,
            order.filled,
            order.status.value,
        )


def assert_same_money(orders: tuple[OwnOrder, ...], fills: tuple[Fill, ...], state: State) -> None:
    """Hold what the journal says was bought, paid and charged against the balances."""
    moved: dict[str, Decimal] = defaultdict(Decimal)
    for order in orders:
        base, _, quote = order.symbol.partition("/")
        sign = 1 if order.side is Side.BUY else -1
        moved[base] += sign * order.filled
        moved[quote] -= sign * order.filled_quote
    for fill in fills:
        moved[fill.fee_currency] -= fill.fee
    for balance in state.balances(ACCOUNT):
        change = balance.total - DEMO_BALANCES[balance.currency]
        assert change == moved[balance.currency], balance.currency


# ------------------------------------------------------------------- the probe order of a check

PLACES = {
    "binance": b"POST /binance/api/v3/order",
    "kraken": b"POST /kraken/0/private/AddOrder",
}
CANCELS = {
    "binance": b"DELETE /binance/api/v3/order",
    "kraken": b"POST /kraken/0/private/CancelOrder",
}
MOMENTS = (
    # The order stands at the exchange, and nobody here knows.
    (PLACES, Held.ANSWER, OrderState.INTENDED, OrderStatus.OPEN),
    # It is known, and its cancelling has not left.
    (CANCELS, Held.REQUEST, OrderState.OPEN, OrderStatus.OPEN),
    # It is cancelled, and nobody here knows.
    (CANCELS, Held.ANSWER, OrderState.OPEN, OrderStatus.CANCELLED),
)


@pytest.mark.parametrize("exchange_id", sorted(PLACES))
async def test_a_probe_order_of_a_killed_gateway_is_found_and_cancelled(
    exchange_id: str, tmp_path: Path
) -> None:
    """Scenarios 8 and 9, at each moment between placing and having cancelled."""
    with found_town(tmp_path) as town:
        async with (
            held_wire(town.settings.paper) as wire,
            open_house(led_over(town, wire)) as house,
        ):
            key = await key_of_new_owner(house, town, exchange_id)
            for markers, held, state, status in MOMENTS:
                await killed_while_held(house, town, key, wire, (held, markers[exchange_id]))
                probe = (await probes_of(house))[-1]
                assert probe["state"] == state
                assert (await probe_there(town, exchange_id, probe)).status is status
                wire.hold(Held.REQUEST)
                gateway = town.gateway()
                await assert_shown_as_pending(house, key, probe)
                wire.release()
                await enabled(house, key)
                there = await probe_there(town, exchange_id, probe)
                assert there.status is OrderStatus.CANCELLED
                gateway.stop()
            rows = await probes_of(house)
        state_of_paper = await read_paper(town)
    # For each moment one probe that was left behind and one of the check that was made anew.
    assert_all_cancelled([row["state"] for row in rows], 2 * len(MOMENTS) + 1)
    floor = state_of_paper.floors[exchange_id]
    assert sorted(order.client_id for order in floor.orders.values()) == sorted(
        row["client_order_id"] for row in rows
    )
    assert_nothing_moved(state_of_paper)


@pytest.mark.parametrize("exchange_id", sorted(PLACES))
async def test_a_probe_order_that_never_left_is_pending_until_that_is_certain(
    exchange_id: str, tmp_path: Path
) -> None:
    """Scenario 8: it is looked for, and no second one is placed meanwhile."""
    with found_town(tmp_path) as town:
        async with (
            held_wire(town.settings.paper) as wire,
            open_house(led_over(town, wire)) as house,
        ):
            key = await key_of_new_owner(house, town, exchange_id)
            held = (Held.REQUEST, PLACES[exchange_id])
            await killed_while_held(house, town, key, wire, held)
            probe = (await probes_of(house))[-1]
            assert probe["state"] == OrderState.INTENDED
            wire.hold(Held.REQUEST)
            async with open_gateway(house) as work:
                await work.verification.tell_left_behind()
                await assert_shown_as_pending(house, key, probe)
            wire.release()
            later = LaterClock(ahead_ms=90_000)
            async with open_gateway(replace(house, clock=later)) as work:
                assert await work.verification.clean_up() == 0
            states = [row["state"] for row in await probes_of(house)]
            assert states == [OrderState.CANCELLED, OrderState.NEVER_ARRIVED]
            town.gateway()
            await enabled(house, key)
        state = await read_paper(town)
    came = [order.status.value for order in state.floors[exchange_id].orders.values()]
    # Before the kill, and after the clean-up.
    assert_all_cancelled(came, 2)
    assert_nothing_moved(state)


def assert_all_cancelled(states: Sequence[str], count: int) -> None:
    """See that each probe was; an account that moves in the middle of a check has one more."""
    assert set(states) == {OrderState.CANCELLED}
    assert len(states) == count or (len(states) > count and WORKERS > 1)


def led_over(town: Town, wire: HeldWire) -> Settings:
    """Let the app reach the paper exchange over the wire only."""
    town.settings = replace(town.settings, paper=wire.address)
    return town.settings


async def key_of_new_owner(house: House, town: Town, exchange_id: str) -> str:
    gateway = town.gateway()
    owner = await create_owner(house)
    key = await add_key(house, town, owner, exchange_id)
    await enabled(house, key.id)
    gateway.stop()
    return key.id


async def killed_while_held(
    house: House, town: Town, key_id: str, wire: HeldWire, held: tuple[Held, bytes]
) -> None:
    """Let a gateway check the key, and kill it while the wire holds what it sends or awaits."""
    reached = wire.hold(*held)
    gateway = town.gateway()
    await house.vault.request_check((await house.vault.get_record(key_id)).owner, key_id)
    async with asyncio.timeout(60):
        await reached.wait()
    gateway.kill()
    wire.release(cut=True)


async def probes_of(house: House) -> Sequence[Row]:
    return await house.database.fetch_all(
        "SELECT * FROM orders WHERE origin LIKE 'check:%' ORDER BY intended_ms"
    )


async def probe_there(town: Town, exchange_id: str, probe: Row) -> Order:
    floor = (await read_paper(town)).floors[exchange_id]
    return floor.by_client_id[ACCOUNT, probe["client_order_id"]].told(())


async def assert_shown_as_pending(house: House, key_id: str, probe: Row) -> None:
    """See that the key names the order that waits, before anything is asked of the exchange."""

    async def pending() -> KeyRecord | None:
        key = await house.vault.get_record(key_id)
        return key if key.status is KeyStatus.CLEANUP_PENDING else None

    key = await until(pending, "the key is shown as waiting for its clean-up")
    order = probe["exchange_order_id"] or probe["client_order_id"]
    assert order in say_reason(key.reason, key.facts)


def assert_nothing_moved(state: State) -> None:
    for balance in state.balances(ACCOUNT):
        assert balance.free == DEMO_BALANCES[balance.currency]
        assert not balance.held
