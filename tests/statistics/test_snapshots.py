"""Taking snapshots: when, what the exchange is asked, and what happens when it does not answer."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, cast

import pytest

from drawbridge.core.clock import HOUR_MS, MINUTE_MS
from drawbridge.core.derivatives import (
    FundingPayment,
    GetFundingPayments,
    GetMarginAccounts,
    MarginAccount,
)
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown, NotFound
from drawbridge.core.markets import Market, MarketKind, Markets
from drawbridge.core.operations import GetOwnTrades, Operation
from drawbridge.core.orders import Fill
from drawbridge.gateway.policy import Purpose
from drawbridge.statistics.snapshots import Snapshots, Sources
from drawbridge.statistics.store import SnapshotStore
from drawbridge.storage.engines import open_database
from drawbridge.trading.holdings import Holding, Portfolio, Shown
from drawbridge.vault.model import KeyRecord
from tests.kit.robots import KEY, MARKET, key_record
from tests.kit.store import place_in
from tests.kit.trades import trade

A = TypeVar("A")
BEGAN_MS = 490_000 * HOUR_MS
PERPETUAL = replace(
    MARKET, symbol="BTC/USDT:USDT", id="BTCUSDT_P", kind=MarketKind.LINEAR_PERPETUAL
)


@dataclass
class Account:
    """An account, its exchange, our record of it, and what was asked of the exchange."""

    shown: Shown | None = None
    markets_told: tuple[Market, ...] = (MARKET,)
    trades: list[Fill] = field(default_factory=list)
    own: list[Fill] = field(default_factory=list)
    funding: list[FundingPayment] = field(default_factory=list)
    wallets: list[MarginAccount] = field(default_factory=list)
    page: int = 100
    by_market_only: bool = False
    counts: str = "pages"
    errors: dict[str, DrawbridgeError] = field(default_factory=dict)
    asked: list[GetOwnTrades] = field(default_factory=list)

    def read(self, at_ms: int, usdt: str, btc: str = "0", asked_ms: int = 0) -> None:
        """Let the account be read, a BTC being worth 100 USDT."""
        holdings = (
            Holding("USDT", Decimal(usdt), Decimal(0), Decimal(usdt), 0),
            Holding("BTC", Decimal(0), Decimal(btc), Decimal(btc) * 100, 0),
        )
        portfolio = Portfolio("USDT", Decimal(usdt) + Decimal(btc) * 100, holdings, (), at_ms)
        self.shown = Shown(KEY, "", asked_ms, portfolio, "", {})

    async def find(self, key_id: str) -> Shown | None:
        assert key_id == KEY
        return self.shown

    async def get_record(self, key_id: str) -> KeyRecord:
        assert key_id == KEY
        return key_record()

    async def fills_of_key(self, key_id: str, since_ms: int = 0) -> tuple[Fill, ...]:
        assert key_id == KEY
        return tuple(it for it in self.own if it.time_ms > since_ms)

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        assert (exchange_id, venue) == ("binance", "paper")
        return Markets(self.markets_told)

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        assert (key_id, purpose) == (KEY, Purpose.READ)
        if isinstance(operation, GetFundingPayments):
            return cast("A", tuple(self.funding))
        if isinstance(operation, GetMarginAccounts):
            return cast("A", tuple(self.wallets))
        assert isinstance(operation, GetOwnTrades)
        return cast("A", self._page(operation))

    def _page(self, asked: GetOwnTrades) -> tuple[Fill, ...]:
        self.asked.append(asked)
        if asked.symbol in self.errors:
            raise self.errors[asked.symbol]
        if self.by_market_only and not asked.symbol:
            raise NotFound("unknown_symbol", symbol="")
        if asked.offset and self.counts == "refused":
            raise BadInput("unwanted_parameter", field="offset")
        found = [
            it
            for it in self.trades
            if it.time_ms >= (asked.since_ms or 0) and asked.symbol in {"", it.symbol}
        ]
        first = asked.offset if self.counts == "pages" else 0
        return tuple(found[first : first + self.page])


@dataclass
class Scene:
    account: Account
    store: SnapshotStore
    snapshots: Snapshots

    async def taken(self) -> list[tuple[int, dict[str, str]]]:
        """Take one if it is due; give the minute and the transfers of all there are."""
        await self.snapshots.take(KEY)
        return [
            (
                (it.at_ms - BEGAN_MS) // MINUTE_MS,
                {name: str(amount) for name, amount in it.transfers.items()},
            )
            for it in await self.store.list_of(KEY)
        ]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    database = await open_database(place_in(tmp_path), "app")
    account, store = Account(), SnapshotStore(database)
    yield Scene(account, store, Snapshots(Sources(account, account, account, account), store))
    await database.close()


def bought(number: int, at: int, symbol: str = "BTC/USDT") -> Fill:
    made = trade("buy", "1", "100", BEGAN_MS + at * MINUTE_MS, "0 USDT", symbol)
    return replace(made, trade_id=f"t{number}")


async def test_an_account_that_was_never_read_has_no_snapshot(scene: Scene) -> None:
    assert await scene.taken() == []
    scene.account.shown = Shown(KEY, "", 0, None, "clock_off", {})
    assert await scene.taken() == []


async def test_there_is_one_every_hour_and_one_when_the_account_was_asked_for(
    scene: Scene,
) -> None:
    for minute, asked in ((0, 0), (1, 0), (59, 0), (61, 0), (62, 62), (63, 62), (120, 62)):
        scene.account.read(BEGAN_MS + minute * MINUTE_MS, "1000", "0", BEGAN_MS + asked * MINUTE_MS)
        told = await scene.taken()
    assert [minute for minute, _ in told] == [0, 61, 62, 120]
    again = Snapshots(Sources(*[scene.account] * 4), scene.store)
    await again.take(KEY)
    assert len(await scene.store.list_of(KEY)) == 4, "the same reading once more"


async def test_nobody_is_asked_while_our_own_trades_explain_the_balances(scene: Scene) -> None:
    scene.account.read(BEGAN_MS, "1000")
    await scene.taken()
    scene.account.own = [bought(1, 5)]
    scene.account.read(BEGAN_MS + HOUR_MS, "900", "1")
    assert await scene.taken() == [(0, {}), (60, {})]
    assert scene.account.asked == []


@pytest.mark.parametrize("counts", ["pages", "ignored", "refused"])
@pytest.mark.parametrize("by_market_only", [True, False])
async def test_trades_of_others_are_asked_for_before_anything_is_called_a_transfer(
    scene: Scene, counts: str, *, by_market_only: bool
) -> None:
    account = scene.account
    account.by_market_only, account.counts, account.page = by_market_only, counts, 2
    account.read(BEGAN_MS, "1000", "1")
    await scene.taken()
    account.trades = [bought(number, number + 1) for number in range(5)]
    account.own = account.trades[:1]
    account.read(BEGAN_MS + HOUR_MS, "750", "6")
    assert await scene.taken() == [(0, {}), (60, {"USDT": "250"})]


async def test_trades_of_two_markets_may_have_the_same_number(scene: Scene) -> None:
    account = scene.account
    account.by_market_only = True
    account.markets_told = (MARKET, replace(MARKET, symbol="USDT/BTC", base="USDT", quote="BTC"))
    account.read(BEGAN_MS, "1000", "1")
    await scene.taken()
    other = replace(bought(1, 6, "USDT/BTC"), quantity=Decimal(10), price=Decimal("0.01"))
    account.trades = [bought(1, 5), other]
    account.read(BEGAN_MS + HOUR_MS, "910", "1.9")
    assert await scene.taken() == [(0, {}), (60, {})]


async def test_long_silences_are_asked_about_day_by_day(scene: Scene) -> None:
    scene.account.read(BEGAN_MS, "1000")
    await scene.taken()
    scene.account.read(BEGAN_MS + 72 * HOUR_MS, "1001")
    assert await scene.taken() == [(0, {}), (72 * 60, {"USDT": "1"})]
    assert len({it.since_ms for it in scene.account.asked}) == 3


async def test_while_the_exchange_does_not_answer_the_snapshot_waits_for_the_next(
    scene: Scene,
) -> None:
    account = scene.account
    account.read(BEGAN_MS, "1000")
    await scene.taken()
    account.trades = [bought(1, 5)]
    account.errors[""] = ExchangeDown("exchange_down")
    account.read(BEGAN_MS + HOUR_MS, "950", "1")
    with pytest.raises(ExchangeDown):
        await scene.taken()
    assert [it.settled_ms is None for it in await scene.store.list_of(KEY)] == [False, True]

    account.errors.clear()
    account.read(BEGAN_MS + 2 * HOUR_MS, "950", "1")
    assert await scene.taken() == [(0, {}), (60, {}), (120, {"USDT": "50"})]


async def test_a_market_that_is_gone_does_not_hide_the_others(scene: Scene) -> None:
    account = scene.account
    gone = replace(MARKET, symbol="USDT/BTC", id="gone", base="USDT", quote="BTC")
    account.markets_told, account.by_market_only = (MARKET, gone), True
    account.errors["USDT/BTC"] = BadInput("malformed")
    account.read(BEGAN_MS, "1000", "1")
    await scene.taken()
    account.trades = [bought(1, 5)]
    account.read(BEGAN_MS + HOUR_MS, "900", "2")
    assert await scene.taken() == [(0, {}), (60, {})]

    account.errors["BTC/USDT"] = BadInput("malformed")
    account.read(BEGAN_MS + 2 * HOUR_MS, "800", "3")
    with pytest.raises(BadInput):
        await scene.taken()


async def test_what_funding_cost_is_no_withdrawal(scene: Scene) -> None:
    account = scene.account
    account.markets_told = (PERPETUAL,)
    account.read(BEGAN_MS, "1000")
    await scene.taken()
    paid_ms = BEGAN_MS + 5 * MINUTE_MS
    account.funding = [
        FundingPayment("f1", PERPETUAL.symbol, paid_ms, Decimal(-3), "USDT", Decimal("0.0001"))
    ]
    account.read(BEGAN_MS + HOUR_MS, "997")
    assert await scene.taken() == [(0, {}), (60, {})]


async def test_the_profit_of_an_open_position_is_no_deposit(scene: Scene) -> None:
    account = scene.account
    account.markets_told = (PERPETUAL,)
    account.wallets = [MarginAccount("USDT", Decimal(1000), Decimal(900))]
    account.read(BEGAN_MS, "1000")
    await scene.taken()
    account.read(BEGAN_MS + HOUR_MS, "1040")
    assert await scene.taken() == [(0, {}), (60, {})]
    account.wallets = [MarginAccount("USDT", Decimal(1500), Decimal(900))]
    account.read(BEGAN_MS + 2 * HOUR_MS, "1530")
    assert (await scene.taken())[-1] == (120, {"USDT": "500"})
