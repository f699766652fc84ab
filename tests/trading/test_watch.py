"""Limits and stops at the broker: nothing slips through, and nothing is asked for in vain."""

import asyncio
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import ExchangeDown, Forbidden
from drawbridge.core.markets import Level
from drawbridge.core.operations import GetOrderBook, GetTicker, GetTickers, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.trading.limit_store import (
    EVERYBODY,
    KeptRules,
    Limited,
    LimitStore,
    key_subject,
    put_limits,
    put_stop,
    take_stop,
)
from drawbridge.trading.limits import Limits
from drawbridge.vault.model import KeyStatus
from tests.gateway.setting import EXCHANGES, OWNER
from tests.trading.setting import ORIGIN, Desk, desk

_PLENTY = (Level(Decimal(100), Decimal(1_000)),)


@pytest.fixture(params=EXCHANGES)
async def trading(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with desk(tmp_path, request.param) as trading:
        yield trading


async def _limit(trading: Desk, subject: str = ORIGIN, **limits: object) -> None:
    house = trading.house
    of = key_subject(house.key) if subject == "key" else subject
    row = Limited(of, OWNER, "the first", Limits(**limits), house.clock.now_ms())  # type: ignore[arg-type]  # names and values come from the test
    async with house.database.transaction() as tx:
        await put_limits(tx, row)


async def _stop(trading: Desk, owner: str = OWNER) -> None:
    async with trading.house.database.transaction() as tx:
        await put_stop(tx, owner, trading.house.clock.now_ms(), cancel=False)


def _at_market(trading: Desk, client_id: str, side: Side = Side.BUY) -> PlaceOrder:
    return trading.order(client_id, side=side, type=OrderType.MARKET, price=None)


async def _trade(trading: Desk, client_id: str, side: Side = Side.BUY) -> None:
    """Trade one at market, and learn its fills, which not every exchange tells at once."""
    await trading.place(_at_market(trading, client_id, side))
    await trading.broker.look_up(trading.house.key, client_id)


async def _notices(trading: Desk) -> list[dict[str, object]]:
    return await trading.house.rows("notices")


# ------------------------------------------------------------------------------- the stop


@pytest.mark.parametrize("owner", [OWNER, EVERYBODY])
async def test_a_stop_keeps_every_entry_back_at_once(trading: Desk, owner: str) -> None:
    await trading.place()
    await _stop(trading, owner)
    with pytest.raises(Forbidden, match="global_stop"):
        await trading.place(trading.order("db2"))
    assert trading.house.stub.count(PlaceOrder) == 1


async def test_closing_and_cancelling_work_while_stopped(trading: Desk) -> None:
    await trading.place(_at_market(trading, "db1"))
    await trading.place(trading.order("db2"))
    await _stop(trading)
    await trading.place(_at_market(trading, "db3", Side.SELL))
    cancelled = await trading.broker.cancel(trading.house.key, "db2")
    assert cancelled is not None
    assert cancelled.status.is_final


async def test_an_order_that_was_kept_back_may_be_placed_once_trading_goes_on(
    trading: Desk,
) -> None:
    await _stop(trading)
    with pytest.raises(Forbidden, match="global_stop"):
        await trading.place()
    async with trading.house.database.transaction() as tx:
        assert await take_stop(tx, OWNER)
    await trading.place()


async def test_somebody_elses_stop_is_not_ours(trading: Desk) -> None:
    await _stop(trading, "owner_2")
    await trading.place()


async def test_a_stop_holds_for_an_order_that_was_judged_before_it(trading: Desk) -> None:
    """An order may have waited for the exchange's rate limits meanwhile."""
    key = await trading.house.vault.get_record(trading.house.key)
    await _stop(trading)
    with pytest.raises(Forbidden, match="global_stop"):
        await trading.house.journal.intend(key, ORIGIN, trading.order())
    assert await trading.house.rows("orders") == []
    await trading.house.journal.intend(key, ORIGIN, _at_market(trading, "db2", Side.SELL))
    await trading.house.journal.intend(key, "check:1", trading.order("db3"))


async def test_a_key_that_was_switched_off_meanwhile_places_nothing(trading: Desk) -> None:
    key = await trading.house.vault.get_record(trading.house.key)
    await trading.house.change(KeyStatus.DISABLED)
    with pytest.raises(Forbidden, match="key_not_usable"):
        await trading.house.journal.intend(key, ORIGIN, trading.order())
    assert await trading.house.rows("orders") == []


# ----------------------------------------------------------------------------- the limits


@pytest.mark.parametrize("subject", [ORIGIN, "key"])
async def test_a_position_grows_up_to_its_limit(trading: Desk, subject: str) -> None:
    await _limit(trading, subject, position=Decimal(250))
    trading.house.stub.asks = _PLENTY
    await _trade(trading, "db1")
    await _trade(trading, "db2")
    with pytest.raises(Forbidden, match="limit_position") as refused:
        await trading.place(_at_market(trading, "db3"))
    assert (refused.value.facts["limit"], refused.value.facts["value"]) == ("250", "300")
    await _trade(trading, "db4", Side.SELL)
    await _trade(trading, "db5")


async def test_waiting_orders_count_for_the_position(trading: Desk) -> None:
    await _limit(trading, position=Decimal(249))
    await trading.place(trading.order("db1", quantity=Decimal(2)))
    with pytest.raises(Forbidden, match="limit_position"):
        await trading.place(trading.order("db2"))


async def test_open_orders_are_counted_and_added_up(trading: Desk) -> None:
    await _limit(trading, open_orders=2)
    await _limit(trading, "key", open_value=Decimal(120))
    await trading.place(trading.order("db1"))
    await trading.place(trading.order("db2"))
    with pytest.raises(Forbidden, match="limit_open_value"):
        await trading.place(trading.order("db3"))
    await _limit(trading, "key")
    with pytest.raises(Forbidden, match="limit_open_orders"):
        await trading.place(trading.order("db3"))
    await trading.broker.cancel(trading.house.key, "db1")
    await trading.place(trading.order("db3"))


async def test_orders_at_once_do_not_slip_through_together(trading: Desk) -> None:
    """Where there is room for two, ten at once make two."""
    await _limit(trading, "key", open_orders=2)
    orders = [trading.order(f"db{number}") for number in range(10)]
    placed = await asyncio.gather(
        *(trading.place(order) for order in orders), return_exceptions=True
    )
    refused = [it for it in placed if isinstance(it, Forbidden)]
    assert len(refused) == 8
    assert trading.house.stub.count(PlaceOrder) == 2


async def test_the_days_loss_ends_entering_until_midnight(trading: Desk) -> None:
    stub, clock = trading.house.stub, trading.house.clock
    await _limit(trading, day_loss=Decimal(10))
    await _trade(trading, "db1")
    stub.price = Decimal(90)
    clock.advance(2_000)
    with pytest.raises(Forbidden, match="limit_day_loss"):
        await trading.place(trading.order("db2"))
    await _trade(trading, "db3", Side.SELL)
    with pytest.raises(Forbidden, match="limit_day_loss"):
        await trading.place(trading.order("db4"))
    clock.advance(DAY_MS)
    await trading.place(trading.order("db5"))


async def test_a_fill_that_is_told_late_counts_as_well(trading: Desk) -> None:
    house = trading.house
    await _limit(trading, "key", position=Decimal(350))
    await _trade(trading, "db1")
    async with house.database.transaction() as tx:
        # What another answer of the exchange tells later: an older trade of this account.
        await tx.execute(
            "INSERT INTO fills SELECT key_id, 'late', 'late', 'late', symbol, side, type, price,"
            " '3', fee, fee_currency, is_maker, time_ms - 1000 FROM fills"
        )
    with pytest.raises(Forbidden, match="limit_position") as refused:
        await trading.place(trading.order("db3"))
    assert refused.value.facts["value"] == "450"


async def test_a_price_far_away_is_refused(trading: Desk) -> None:
    await _limit(trading, collar=Decimal(10))
    with pytest.raises(Forbidden, match="limit_collar"):
        await trading.place(trading.order("db1", price=Decimal("89.9")))
    await trading.place(trading.order("db2", price=Decimal(90)))


async def test_a_thin_book_keeps_an_order_at_market_back(trading: Desk) -> None:
    """Scenario 76."""
    stub = trading.house.stub
    await _limit(trading, collar=Decimal(10))
    stub.asks = (Level(Decimal(100), Decimal("0.5")), Level(Decimal(200), Decimal(5)))
    with pytest.raises(Forbidden, match="limit_collar"):
        await trading.place(_at_market(trading, "db1"))
    stub.asks = (Level(Decimal(100), Decimal("0.5")),)
    with pytest.raises(Forbidden, match="limit_thin"):
        await trading.place(_at_market(trading, "db1"))
    stub.asks = _PLENTY
    await trading.place(_at_market(trading, "db1"))


async def test_without_a_price_nothing_is_placed(trading: Desk) -> None:
    await _limit(trading, position=Decimal(1_000))
    trading.house.stub.refuse(GetTickers, ExchangeDown("rate_limited"))
    trading.house.stub.refuse(GetTicker, ExchangeDown("rate_limited"))
    with pytest.raises(ExchangeDown):
        await trading.place()
    assert trading.house.stub.count(PlaceOrder) == 0
    assert await trading.store.find_order(trading.house.key, "db1") is None


# ------------------------------------------------------------------------ what it tells


async def test_a_broken_limit_is_told_once(trading: Desk) -> None:
    await _limit(trading, open_orders=0)
    for number in range(5):
        with pytest.raises(Forbidden):
            await trading.place(trading.order(f"db{number}"))
    told = await _notices(trading)
    assert [(row["kind"], row["count"]) for row in told] == [("limit_hit", 1), ("limit_hit", 4)]
    facts = json.loads(str(told[0]["facts"]))
    assert (facts["name"], facts["reason"]) == ("the first", "limit_open_orders")


async def test_where_nothing_is_set_nothing_is_asked_and_nothing_is_read(trading: Desk) -> None:
    await _limit(trading, "robot:somebody_else", position=Decimal(0))
    await trading.place()
    kinds = {type(operation) for operation in trading.house.stub.seen}
    assert not kinds & {GetTicker, GetTickers, GetOrderBook}


async def test_rules_are_read_once_and_again_when_they_change(trading: Desk) -> None:
    kept = KeptRules(LimitStore(trading.house.database))
    assert kept.glance() is None
    rules = await kept.read()
    assert rules.is_empty
    assert kept.glance() is rules
    await _limit(trading, position=Decimal(1))
    assert kept.glance() is None
    assert set((await kept.read()).limited) == {ORIGIN}
    await _limit(trading)
    assert (await kept.read()).is_empty
