"""Asking an exchange what was done on an account: all at once, market by market, page by page."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drawbridge.catalogue.registry import get_card
from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown, NotFound, NotProven
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetClosedOrders,
    GetOpenOrders,
    GetOwnTrades,
    Operation,
)
from drawbridge.core.orders import OrderStatus
from drawbridge.gateway.policy import Purpose
from drawbridge.rotation.leak import Answer, Gap, LeakReport
from drawbridge.rotation.leak_asking import LeakInquiries
from drawbridge.rotation.leak_service import LeakReports
from drawbridge.trading.store import OrderStore
from tests.gateway.setting import OWNER
from tests.rotation.test_leak import FILL, NOW_MS, ORDER
from tests.trading.setting import Desk, desk

SINCE_MS = NOW_MS - 1_000


@dataclass
class Account:
    """What an exchange knows of an account; `page` limits how much it tells at once."""

    orders: list[Any] = field(default_factory=list)
    trades: list[Any] = field(default_factory=list)
    by_market: bool = False
    by_number: bool = True
    page: int = 1_000
    failure: DrawbridgeError | None = None
    asked: list[Operation[Any]] = field(default_factory=list)

    async def call(self, _key_id: str, operation: Operation[Any], *, purpose: Purpose) -> Any:  # noqa: ANN401  each operation has its own answer
        assert purpose is Purpose.INQUIRY
        self.asked.append(operation)
        if self.failure is not None:
            raise self.failure
        if isinstance(operation, GetBalances):
            return (Balance("BTC", Decimal(1), Decimal(0)), Balance("ETH", Decimal(0), Decimal(0)))
        assert isinstance(operation, GetOpenOrders | GetClosedOrders | GetOwnTrades)
        if self.by_market and not operation.symbol:
            raise NotFound("unknown_symbol")
        if isinstance(operation, GetOwnTrades):
            return self._told(operation, self.trades, "time_ms")
        if isinstance(operation, GetOpenOrders):
            return tuple(it for it in self.orders if it.status is OrderStatus.OPEN)
        ended = [it for it in self.orders if it.status is not OrderStatus.OPEN]
        return self._told(operation, ended, "updated_ms")

    def _told(self, asked: GetClosedOrders | GetOwnTrades, found: list[Any], at: str) -> Any:  # noqa: ANN401  each operation has its own answer
        if asked.offset and not self.by_number:
            raise BadInput("unwanted_parameter", field="offset")
        since_ms = asked.since_ms or 0
        known = [it for it in found if getattr(it, at) >= since_ms]
        known = [it for it in known if asked.symbol in {"", it.symbol}]
        return tuple(known[asked.offset :][: self.page])

    async def markets(self, exchange_id: str, _venue: str) -> Markets:
        return get_card(exchange_id).markets()


@pytest.fixture
async def trading(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, "kraken") as trading:
        yield trading


async def _report(trading: Desk, account: Account) -> LeakReport:
    house = trading.house
    clock = SteppedClock(NOW_MS)
    reports = LeakReports(house.database, clock)
    await reports.ask(OWNER, house.key, SINCE_MS)
    await LeakInquiries(house.database, account, clock).step()
    report = await reports.find(OWNER, house.key)
    assert report is not None
    assert report.inquiry.answered_ms == NOW_MS
    return report


async def test_what_is_asked_about_nobodys_key_is_unknown(trading: Desk) -> None:
    reports = LeakReports(trading.house.database, trading.house.clock)
    for owner, key in (("owner_2", trading.house.key), (OWNER, "key_nobodys")):
        with pytest.raises(NotFound, match="unknown_key"):
            await reports.ask(owner, key, SINCE_MS)
        with pytest.raises(NotFound, match="unknown_key"):
            await reports.find(owner, key)
    assert await reports.find(OWNER, trading.house.key) is None


async def test_an_exchange_that_cannot_be_asked_is_a_gap_and_not_silence(trading: Desk) -> None:
    report = await _report(trading, Account(failure=ExchangeDown("exchange_unreachable")))
    parts = ("open_orders", "closed_orders", "trades")
    gaps = tuple(Gap(part, "exchange_unreachable") for part in parts)
    assert report.inquiry.answer == Answer(gaps=gaps)


async def test_a_key_that_is_deleted_at_the_exchange_is_told_so(trading: Desk) -> None:
    report = await _report(trading, Account(failure=NotProven("bad_key")))
    assert {gap.code for gap in report.inquiry.answer.gaps} == {"bad_key"}


async def test_what_went_through_us_is_ours_and_all_else_is_not(trading: Desk) -> None:
    """Scenario 38: differences between what we did and what the exchange tells."""
    await trading.place(trading.order("db1"))
    [ours] = await OrderStore(trading.house.database).unsettled()
    mine = replace(ORDER, order_id=ours.order_id, symbol=ours.symbol, client_id="")
    ended = replace(ORDER, order_id="x3", status=OrderStatus.FILLED)
    old = replace(ended, order_id="x0", created_ms=1, updated_ms=1)
    report = await _report(trading, Account([mine, ORDER, ended, old], [FILL]))
    answer = report.inquiry.answer
    assert (answer.orders, answer.trades, answer.gaps, answer.markets) == (3, 1, (), ())
    assert sorted(deed.name for deed in report.foreign) == ["x1", "x2", "x3"]


async def test_an_exchange_that_tells_by_number_is_leafed_through(trading: Desk) -> None:
    trades = [replace(FILL, trade_id=f"t{n}", time_ms=NOW_MS) for n in range(130)]
    report = await _report(trading, Account(trades=trades, page=50))
    assert report.inquiry.answer.trades == 130


async def test_an_exchange_that_tells_by_time_is_leafed_through(trading: Desk) -> None:
    trades = [replace(FILL, trade_id=f"t{n}", time_ms=NOW_MS + n) for n in range(130)]
    report = await _report(trading, Account(trades=trades, page=50, by_number=False))
    assert report.inquiry.answer.trades == 130


async def test_markets_are_asked_one_by_one_where_the_exchange_wants_it(trading: Desk) -> None:
    await trading.place(trading.order("db1"))
    account = Account(trades=[FILL], by_market=True)
    report = await _report(trading, account)
    markets = report.inquiry.answer.markets
    assert trading.house.symbol in markets, "traded before"
    assert "BTC/USD" in markets, "held"
    assert not any(market.startswith("ETH/") for market in markets if "BTC" not in market)
    assert [deed.name for deed in report.foreign] == ["x2"]
    assert sum(isinstance(it, GetBalances) for it in account.asked) == 1


async def test_what_was_asked_anew_meanwhile_is_not_answered_with_the_old(trading: Desk) -> None:
    house, clock = trading.house, SteppedClock(NOW_MS)
    reports = LeakReports(house.database, clock)
    await reports.ask(OWNER, house.key, SINCE_MS)

    class Slow(Account):
        async def markets(self, exchange_id: str, venue: str) -> Markets:
            return await super().markets(exchange_id, venue)

        async def call(self, key_id: str, operation: Operation[Any], *, purpose: Purpose) -> Any:  # noqa: ANN401  each operation has its own answer
            if not self.asked:
                await reports.ask(OWNER, house.key, SINCE_MS - 1)
            return await super().call(key_id, operation, purpose=purpose)

    await LeakInquiries(house.database, Slow(), clock).step()
    report = await reports.find(OWNER, house.key)
    assert report is not None
    assert (report.inquiry.since_ms, report.inquiry.answered_ms) == (SINCE_MS - 1, None)


async def test_only_who_works_for_an_account_answers_what_is_asked_about_it(
    trading: Desk,
) -> None:
    house, clock, account = trading.house, SteppedClock(NOW_MS), Account()
    reports = LeakReports(house.database, clock)
    await reports.ask(OWNER, house.key, SINCE_MS)
    await LeakInquiries(house.database, account, clock, HeldShares(clock.now_ms)).step()
    report = await reports.find(OWNER, house.key)
    assert account.asked == []
    assert report is not None
    assert report.inquiry.answered_ms is None
