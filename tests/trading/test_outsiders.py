"""Trades of others on accounts: found once, never taken for ours, an alarm where it was chosen."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, cast

import pytest_asyncio

from drawbridge.cluster.share import HeldShares
from drawbridge.core.clock import DAY_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import BadInput, DrawbridgeError, ExchangeDown
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetOwnTrades, Operation
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.core.shards import shard_of
from drawbridge.gateway.policy import Purpose
from drawbridge.storage.database import Database
from drawbridge.trading.foreign_trades import ForeignTrades
from drawbridge.trading.holdings import Holding, Portfolio, PortfolioStore
from drawbridge.trading.outsiders import Outsiders
from drawbridge.vault.lives import KeyLife
from drawbridge.vault.model import KeyStatus
from tests.kit.robots import KEY, MARKET, OWNER, SECOND_KEY, SYMBOL, MemoryKeys, open_database

A = TypeVar("A")
START_MS = 1_790_000_000_000


@dataclass
class Account:
    """Trades at an exchange that answers at most a page and a day; whoever else is refused."""

    clock: SteppedClock
    by_market: bool = False
    page: int = 100
    fills: list[Fill] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failure: DrawbridgeError | None = None

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        assert isinstance(operation, GetOwnTrades)
        assert purpose is Purpose.READ
        self.asked.append((key_id, operation.symbol))
        if self.failure is not None:
            raise self.failure
        if self.by_market and not operation.symbol:
            raise BadInput("symbol_needed", field="symbol")
        since_ms = operation.since_ms or 0
        span = range(since_ms, since_ms + DAY_MS)
        told = [it for it in self.fills if it.time_ms in span]
        return cast("A", tuple(told[: self.page]))

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        assert (exchange_id, venue) == ("binance", "paper")
        return Markets([MARKET])


@dataclass
class Watchtower:
    """Accounts with keys, and who looks through them."""

    database: Database
    clock: SteppedClock
    account: Account
    keys: MemoryKeys
    outsiders: Outsiders

    def watch(self) -> None:
        """Choose an alarm for the first key."""
        self.keys.first = replace(self.keys.first, life=KeyLife(watched=True))

    async def look(self, minutes: int = 1) -> None:
        """Let time pass, and look until nothing is left to look at soon."""
        for _ in range(minutes):
            self.clock.advance(MINUTE_MS)
            for _ in range(4):
                self.clock.advance(5_000)
                await self.outsiders.step()

    def trade(self, number: int, *, client_id: str = "", order_id: str = "") -> None:
        """Let a trade happen now."""
        self.account.fills.append(
            Fill(
                trade_id=f"t{number}",
                order_id=order_id or f"o{number}",
                client_id=client_id,
                symbol=SYMBOL,
                side=Side.SELL,
                type=OrderType.MARKET,
                price=Decimal(100),
                quantity=Decimal("0.5"),
                fee=Decimal(0),
                fee_currency="USDT",
                is_maker=False,
                time_ms=self.clock.now_ms(),
            )
        )

    async def journal(self, client_id: str, order_id: str, *, state: str = "filled") -> None:
        """Put an order of ours on record."""
        now_ms = self.clock.now_ms()
        async with self.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO orders (key_id, client_order_id, owner, exchange, venue,"
                " origin, symbol, side, type, time_in_force, post_only, quantity, price, state,"
                " exchange_order_id, intended_ms, updated_ms) VALUES (?, ?, ?, 'binance', 'paper',"
                " 'robot:r', ?, 'sell', 'market', 'gtc', 0, '0.5', NULL, ?, ?, ?, ?)"
                " ON CONFLICT (key_id, client_order_id) DO UPDATE SET state = excluded.state,"
                " exchange_order_id = excluded.exchange_order_id,"
                " updated_ms = excluded.updated_ms",
                *(SECOND_KEY, client_id, OWNER, SYMBOL, state, order_id, now_ms, now_ms),
            )

    async def found(self) -> list[str]:
        """Give the trades that are shown, the newest first."""
        found = await ForeignTrades(self.database).list_of(self.keys.first, 100)
        return [it.trade_id for it in found]

    async def alarms(self) -> list[str]:
        """Give the facts of the alarms."""
        rows = await self.database.fetch_all("SELECT kind, facts FROM notices ORDER BY n")
        assert {row["kind"] for row in rows} <= {"foreign_trades"}
        return [row["facts"] for row in rows]


@pytest_asyncio.fixture
async def tower(tmp_path: Path) -> AsyncIterator[Watchtower]:
    clock = SteppedClock(START_MS)
    account, keys = Account(clock), MemoryKeys()
    keys.second = replace(keys.second, status=KeyStatus.DISABLED)
    async with open_database(tmp_path) as database:
        store = PortfolioStore(database, clock)
        outsiders = Outsiders(database, account, keys, store, clock)
        yield Watchtower(database, clock, account, keys, outsiders)


async def test_a_trade_of_somebody_else_is_shown_and_raises_an_alarm_where_it_was_chosen(
    tower: Watchtower,
) -> None:
    tower.watch()
    tower.trade(1)
    await tower.look(2)
    assert await tower.found() == [], "what was before the first look is nobody's business"
    tower.trade(2)
    await tower.look(3)
    assert await tower.found() == ["t2"]
    [facts] = await tower.alarms()
    assert '"symbol":"BTC/USDT","count":1' in facts
    await tower.look(5)
    assert len(await tower.alarms()) == 1, "it is told once"


async def test_without_the_choice_it_is_shown_and_not_told(tower: Watchtower) -> None:
    await tower.look()
    tower.trade(1)
    await tower.look(17)
    assert await tower.found() == ["t1"]
    assert await tower.alarms() == []


async def test_trades_of_our_own_orders_are_never_foreign(tower: Watchtower) -> None:
    """By our name, by the exchange's, and while the order's outcome is on its way."""
    tower.watch()
    await tower.look()
    await tower.journal("ours", "")
    tower.trade(1, client_id="ours")
    await tower.journal("named", "o2")
    tower.trade(2)
    await tower.journal("leaving", "", state="intended")
    tower.trade(3, order_id="o3")
    tower.clock.advance(10_000)
    await tower.outsiders.step()
    await tower.journal("leaving", "o3")
    await tower.look(5)
    assert await tower.found() == []
    assert await tower.alarms() == []


async def test_more_than_a_page_and_days_of_standstill_are_caught_up_with(
    tower: Watchtower,
) -> None:
    """After 90 days without a look nothing is passed over."""
    tower.watch()
    tower.account.page = 2
    await tower.look()
    tower.clock.advance(45 * DAY_MS)
    for number in range(5):
        tower.trade(number)
        tower.clock.advance(1_000)
    tower.clock.advance(45 * DAY_MS)
    await tower.look(60)
    assert await tower.found() == ["t4", "t3", "t2", "t1", "t0"]


async def test_an_exchange_that_answers_market_by_market_is_asked_so(tower: Watchtower) -> None:
    tower.watch()
    tower.account.by_market = True
    held = [Holding(name, Decimal(1), Decimal(0), None, None) for name in ("BTC", "USDT")]
    portfolio = Portfolio("USDT", Decimal(1), tuple(held), (), START_MS)
    await PortfolioStore(tower.database, tower.clock).keep(KEY, portfolio)
    await tower.look(2)
    tower.trade(1)
    await tower.look(3)
    assert await tower.found() == ["t1"]
    assert {symbol for _, symbol in tower.account.asked} == {"", SYMBOL}


async def test_trouble_is_waited_out_and_two_keys_of_one_account_are_looked_at_once(
    tower: Watchtower,
) -> None:
    tower.keys.first = replace(tower.keys.first, account_hint="77")
    tower.keys.second = replace(
        tower.keys.first, id=tower.keys.second.id, life=KeyLife(watched=True)
    )
    await tower.look()
    tower.account.failure = ExchangeDown("unreachable")
    await tower.look(2)
    tower.account.failure = None
    tower.trade(1)
    await tower.look(3)
    assert {key for key, _ in tower.account.asked} == {SECOND_KEY}
    assert len(await tower.alarms()) == 1


async def test_of_two_keys_of_one_account_in_two_processes_one_looks(tower: Watchtower) -> None:
    first = replace(tower.keys.first, account_hint="one account")
    tower.keys.first = first
    tower.keys.second = replace(tower.keys.second, status=first.status, account_hint="one account")
    tower.watch()
    looking = []
    for key_id in (KEY, SECOND_KEY):
        share = HeldShares(tower.clock.now_ms)
        share.hold(shard_of(key_id), tower.clock.now_ms() + DAY_MS)
        store = PortfolioStore(tower.database, tower.clock)
        looking.append(
            Outsiders(tower.database, tower.account, tower.keys, store, tower.clock, share)
        )
    for number in range(3):
        tower.trade(number)
        for outsiders in looking:
            tower.outsiders = outsiders
            await tower.look()
    assert len(await tower.found()) == 2
    assert len(await tower.alarms()) == 2
