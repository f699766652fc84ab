"""Judging and reserving in one step: nothing slips past, whatever comes at once and in between."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import GetBalances, Scope
from drawbridge.core.orders import OrderStatus, Side
from drawbridge.storage.database import Database
from drawbridge.virtual_keys.amounts import DayTurnover, LargestOrder, OpenExposure, amounts_of
from drawbridge.virtual_keys.asked import asked_of
from drawbridge.virtual_keys.past_orders import PastOrders
from drawbridge.virtual_keys.restrictions import Rate
from drawbridge.virtual_keys.usage import PastOrder, Usages
from tests.virtual_keys.samples import (
    HERE,
    NOW_MS,
    TRADES,
    a_buy,
    a_key,
    a_sale,
    asking,
    told,
    usdt,
)

TURNOVER = a_key(TRADES, DayTurnover(amounts_of(usdt("250"))))
EXPOSURE = a_key(TRADES, OpenExposure(amounts_of(usdt("250"))))


@pytest.fixture
async def usages(database: Database) -> Usages:
    used = Usages(PastOrders(database))
    await used.prepare(TURNOVER, NOW_MS)
    return used


def test_an_order_of_a_key_that_was_not_read_is_our_own_mistake(database: Database) -> None:
    with pytest.raises(KeyError):
        Usages(PastOrders(database)).admit(TURNOVER, asking(a_buy()), "c1")


async def test_two_orders_at_once_cannot_slip_past_a_turnover_together(usages: Usages) -> None:
    """Scenario 81."""
    assert usages.admit(TURNOVER, asking(a_buy()), "c1") is None
    assert usages.admit(TURNOVER, asking(a_buy()), "c2") is None
    refused = usages.admit(TURNOVER, asking(a_buy()), "c3")
    assert refused is not None
    assert refused.code == "virtual_turnover"
    assert refused.facts["value"] == "300"


async def test_what_was_refused_by_the_exchange_is_given_back(usages: Usages) -> None:
    assert usages.admit(TURNOVER, asking(a_buy("2")), "c1") is None
    assert usages.admit(TURNOVER, asking(a_buy()), "c2") is not None
    usages.release(TURNOVER.id, "c1")
    assert usages.admit(TURNOVER, asking(a_buy()), "c2") is None


async def test_of_a_cancelled_order_only_what_it_filled_counts(usages: Usages) -> None:
    order = a_buy("2")
    assert usages.admit(TURNOVER, asking(order), "c1") is None
    usages.settle(TURNOVER.id, "c1", told(order, OrderStatus.CANCELLED, "0.5"))
    assert usages.admit(TURNOVER, asking(a_buy("2")), "c2") is None
    assert usages.admit(TURNOVER, asking(a_buy("0.1")), "c3") is not None


async def test_an_end_without_amounts_leaves_the_reservation(usages: Usages) -> None:
    order = a_buy("2")
    assert usages.admit(TURNOVER, asking(order), "c1") is None
    bare = replace(told(order, OrderStatus.CANCELLED, "0"), quantity=Decimal(0))
    usages.settle(TURNOVER.id, "c1", bare)
    assert usages.admit(TURNOVER, asking(a_buy()), "c2") is not None


async def test_while_nobody_knows_the_outcome_it_stays_reserved_over_a_restart(
    database: Database,
) -> None:
    await _write_order(database, "c1", "unknown", ("2", "0"))
    again = Usages(PastOrders(database))
    await again.prepare(TURNOVER, NOW_MS)
    assert again.admit(TURNOVER, asking(a_buy()), "c2") is not None
    await _set_state(database, "c1", "never_arrived", "0")
    await again.catch_up()
    assert again.admit(TURNOVER, asking(a_buy()), "c2") is None


async def test_what_was_traded_today_is_read_from_the_journal(database: Database) -> None:
    await _write_order(database, "c0", "filled", ("9", "9"), days_ago=1)
    await _write_order(database, "c1", "filled", ("2", "2"))
    await _write_order(database, "c2", "refused", ("9", "0"))
    again = Usages(PastOrders(database))
    await again.prepare(TURNOVER, NOW_MS)
    assert again.admit(TURNOVER, asking(a_buy()), "c3") is not None
    assert again.admit(TURNOVER, asking(a_buy("0.5")), "c4") is None
    tomorrow = asking(a_buy("2"), now_ms=NOW_MS + DAY_MS)
    assert again.admit(TURNOVER, tomorrow, "c5") is None


async def test_an_order_at_market_of_yesterday_that_nobody_can_value_blocks_exposure(
    database: Database,
) -> None:
    await _write_order(database, "c1", "unknown", ("1", "0"), price=None)
    again = Usages(PastOrders(database))
    await again.prepare(EXPOSURE, NOW_MS)
    refused = again.admit(EXPOSURE, asking(a_buy("0.1")), "c2")
    assert refused is not None
    assert refused.facts["value"] == "∞"


async def test_selling_what_was_bought_makes_room(database: Database) -> None:
    usages = Usages(PastOrders(database))
    await usages.prepare(EXPOSURE, NOW_MS)
    bought = a_buy("2")
    assert usages.admit(EXPOSURE, asking(bought), "c1") is None
    usages.settle(EXPOSURE.id, "c1", told(bought, OrderStatus.FILLED, "2"))
    assert usages.admit(EXPOSURE, asking(a_buy()), "c2") is not None
    sold = a_sale("1", "150")
    assert usages.admit(EXPOSURE, asking(sold), "c3") is None
    usages.settle(EXPOSURE.id, "c3", told(sold, OrderStatus.FILLED, "1", "150"))
    assert usages.admit(EXPOSURE, asking(a_buy()), "c4") is None


async def test_an_id_that_is_open_already_is_refused_and_keeps_its_reservation(
    usages: Usages,
) -> None:
    assert usages.admit(TURNOVER, asking(a_buy("2")), "c1") is None
    refused = usages.admit(TURNOVER, asking(a_buy("0.1")), "c1")
    assert refused is not None
    assert refused.code == "virtual_order_repeated"
    assert usages.admit(TURNOVER, asking(a_buy()), "c2") is not None


async def test_a_sale_far_below_the_market_counts_as_what_is_bid(database: Database) -> None:
    small = a_key(TRADES, LargestOrder(amounts_of(usdt("50"))))
    usages = Usages(PastOrders(database))
    await usages.prepare(small, NOW_MS)
    refused = usages.admit(small, asking(a_sale("1", "1")), "c1")
    assert refused is not None
    assert refused.facts["value"] == "100"


async def test_the_rate_counts_refused_requests_too_and_never_holds_a_cancellation(
    database: Database,
) -> None:
    paced = a_key(TRADES, Rate(2))
    usages = Usages(PastOrders(database))

    def reads(now_ms: int) -> bool:
        return usages.admit(paced, asked_of(GetBalances(), Scope.READ, HERE, now_ms)) is None

    assert [reads(NOW_MS + step) for step in (0, 1, 2, 999, 1_001)] == [
        True,
        True,
        False,
        False,
        False,
    ]  # fmt: skip  the five moments side by side
    assert reads(NOW_MS + 2_500)


@given(
    st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 300), st.integers(0, 3)), max_size=30)
)
def test_parallel_orders_never_pass_a_limit(steps: list[tuple[Side, int, int]]) -> None:
    """Whatever is placed, filled, cancelled and refused in between, the day's turnover holds."""
    usages, traded = Usages(_Nothing()), Decimal(0)
    asyncio.run(usages.prepare(TURNOVER, NOW_MS))
    for number, (side, cents, end) in enumerate(steps):
        quantity = str(Decimal(cents) / 100)
        order = a_buy(quantity) if side is Side.BUY else a_sale(quantity)
        if usages.admit(TURNOVER, asking(order), f"c{number}") is not None:
            continue
        if end == 0:
            usages.release(TURNOVER.id, f"c{number}")
            continue
        traded += Decimal(quantity) * 100  # filled in the end, whether we are told of it or not
        if end == 1:
            usages.settle(TURNOVER.id, f"c{number}", told(order, OrderStatus.FILLED, quantity))
    assert traded <= 250


class _Nothing:
    """A journal without orders."""

    async def orders_of(self, _origin: str) -> Sequence[PastOrder]:
        """Give none."""
        return ()

    async def orders_among(self, _origin: str, _ids: Iterable[str]) -> Sequence[PastOrder]:
        """Give none."""
        return ()


async def _write_order(
    database: Database,
    client_id: str,
    state: str,
    amounts: tuple[str, str],
    *,
    price: str | None = "100",
    days_ago: int = 0,
) -> None:
    quantity, filled = amounts
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO orders (key_id, client_order_id, owner, exchange, venue, origin, symbol,"
            " side, type, time_in_force, post_only, quantity, price, state, filled, filled_quote,"
            " intended_ms, updated_ms) VALUES ('key_1', ?, 'ann', 'binance', 'paper', ?,"
            " 'BTC/USDT', 'buy', 'limit', 'gtc', 0, ?, ?, ?, ?, ?, ?, 0)",
            *(client_id, TURNOVER.origin, quantity, price, state, filled),
            *(str(Decimal(filled) * 100), NOW_MS - days_ago * DAY_MS),
        )


async def _set_state(database: Database, client_id: str, state: str, filled: str) -> None:
    async with database.transaction() as tx:
        sql = "UPDATE orders SET state = ?, filled = ? WHERE client_order_id = ?"
        await tx.execute(sql, state, filled, client_id)
