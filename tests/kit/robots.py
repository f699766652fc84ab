"""A small exchange in memory for tests of robots: candles as told, orders filled at once.

It stands for trading, the gateway and the vault's book of keys over their protocols, and can be
told to fail in every way in which those fail.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar, cast

from drawbridge.core.clock import MINUTE_MS, SteppedClock
from drawbridge.core.errors import (
    Conflict,
    DrawbridgeError,
    ExchangeDown,
    ExchangeRefused,
    NotFound,
)
from drawbridge.core.ids import KeyId, OwnerId
from drawbridge.core.markets import Candle, Market, Markets, Ticker
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetCandles,
    GetTicker,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce
from drawbridge.gateway.policy import Purpose
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue

A = TypeVar("A")

OWNER = "owner_test"
KEY = "key_test"
EXCHANGE = "binance"
SYMBOL = "BTC/USDT"
START_MS = 1_700_000_040_000 // MINUTE_MS * MINUTE_MS
MARKET = Market(
    symbol=SYMBOL,
    id="BTCUSDT",
    base="BTC",
    quote="USDT",
    price_tick=Decimal("0.01"),
    quantity_step=Decimal("0.001"),
    min_quantity=Decimal("0.001"),
    min_notional=Decimal(5),
    fee_maker=Decimal("0.001"),
    fee_taker=Decimal("0.001"),
)


def key_record(
    status: KeyStatus = KeyStatus.ENABLED,
    scopes: frozenset[Scope] = frozenset({Scope.READ, Scope.TRADE_SPOT}),
) -> KeyRecord:
    """Make a key's record."""
    return KeyRecord(
        id=KeyId(KEY),
        owner=OwnerId(OWNER),
        exchange=EXCHANGE,
        venue=Venue.PAPER,
        label="Binance #1",
        public_key="p" * 64,
        status=status,
        created_ms=0,
        scopes=scopes,
    )


@asynccontextmanager
async def open_database(folder: Path) -> AsyncIterator[Database]:
    """Open an app's database with one owner and one key in it."""
    database = await Database.open(folder / "drawbridge.db", "app")
    try:
        async with database.transaction() as tx:
            await tx.execute(
                "INSERT OR IGNORE INTO owners VALUES (?, ?, ?, ?, ?)", OWNER, "Ann", "ann", "", 0
            )
            await tx.execute(
                "INSERT OR IGNORE INTO keys (id, owner, exchange, venue, label, label_folded,"
                " public_key, status, created_ms) VALUES (?, ?, ?, 'paper', 'K', 'k', 'p', ?, 0)",
                KEY,
                OWNER,
                EXCHANGE,
                "enabled",
            )
        yield database
    finally:
        await database.close()


@dataclass
class MemoryExchange:
    """What robots talk to. `closes` are the closing prices of minutes from START_MS on."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(START_MS))
    key: KeyRecord = field(default_factory=key_record)
    closes: list[str] = field(default_factory=list)
    balances: dict[str, Decimal] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    # Raised instead of placing, one per try; with `after`, the order is carried out all the same.
    place_errors: list[DrawbridgeError] = field(default_factory=list)
    carried_out_all_the_same: bool = False
    public_errors: list[DrawbridgeError] = field(default_factory=list)
    fill_share: Decimal = Decimal(1)
    status_told: OrderStatus = OrderStatus.FILLED
    hides_fills: bool = False
    came_to_nothing: set[str] = field(default_factory=set)
    fee_in_base: bool = True
    placed: list[PlaceOrder] = field(default_factory=list)
    origin: str = ""

    def tell(self, *closes: object) -> None:
        """Let minutes pass, each ending at a price; the clock then stands right behind them."""
        self.closes.extend(str(close) for close in closes)
        self.clock.advance(START_MS + len(self.closes) * MINUTE_MS - self.clock.now_ms() + 3_000)

    async def place(self, key_id: str, origin: str, order: PlaceOrder) -> Order:
        assert key_id == KEY
        if order.client_id in self.came_to_nothing:
            raise Conflict("order_already_intended")
        known = self.orders.get(order.client_id)
        if known is None:
            self._judge_funds(order)
            self.origin = origin
            self.placed.append(order)
            error = self.place_errors.pop(0) if self.place_errors else None
            if error is None or self.carried_out_all_the_same:
                known = self._carry_out(order)
            if isinstance(error, ExchangeDown):
                self.came_to_nothing.add(order.client_id)
            if error is not None:
                raise error
        return cast("Order", known)

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        assert key_id == KEY
        if self.hides_fills and client_id in self.orders:
            raise ExchangeDown("fills_not_told_yet")
        return self.orders.get(client_id)

    async def cancel(self, key_id: str, client_id: str) -> Order | None:
        known = self.orders.get(client_id)
        if known is not None and not known.status.is_final:
            self.end(client_id, OrderStatus.CANCELLED)
        return await self.look_up(key_id, client_id)

    async def fills_of(self, origin: str, key_id: str = "") -> tuple[Fill, ...]:
        assert key_id in {"", KEY}
        return tuple(self.fills) if origin == self.origin else ()

    async def fills_of_order(self, key_id: str, client_id: str) -> tuple[Fill, ...]:
        assert key_id == KEY
        return tuple(it for it in self.fills if it.client_id == client_id and not self.hides_fills)

    async def place_of(self, key_id: str) -> tuple[str, str]:
        assert key_id == KEY
        return EXCHANGE, "paper"

    async def list_standing(self, *statuses: KeyStatus) -> tuple[KeyRecord, ...]:
        return (self.key,) if self.key.status in statuses else ()

    async def get_record(self, key_id: str) -> KeyRecord:
        assert key_id == KEY
        return self.key

    async def get_key(self, owner: str, key_id: str) -> KeyRecord:
        if (owner, key_id) != (OWNER, KEY):
            raise NotFound("unknown_key", key=key_id)
        return self.key

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        assert key_id == KEY
        assert purpose is Purpose.READ
        assert isinstance(operation, GetBalances)
        told = tuple(Balance(name, free, Decimal(0)) for name, free in self.balances.items())
        return cast("A", told)

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        assert (exchange_id, venue) == (EXCHANGE, "paper")
        if self.public_errors:
            raise self.public_errors.pop(0)
        if isinstance(operation, GetCandles):
            return cast("A", self._candles(operation))
        assert isinstance(operation, GetTicker)
        last, nothing = Decimal(self.closes[-1]), Decimal(0)
        ticker = Ticker(
            SYMBOL, 0, last, last, last, last, last, last, last, last, nothing, nothing, 0
        )
        return cast("A", ticker)

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        assert (exchange_id, venue) == (EXCHANGE, "paper")
        return Markets([MARKET])

    def end(self, client_id: str, status: OrderStatus) -> None:
        """Let an order that was open end."""
        self.orders[client_id] = replace(self.orders[client_id], status=status)

    def _candles(self, asked: GetCandles) -> tuple[Candle, ...]:
        told = []
        for number, close in enumerate([*self.closes, self.closes[-1]]):
            price = Decimal(close)
            opened_ms = START_MS + number * MINUTE_MS
            if opened_ms >= (asked.since_ms or 0):
                told.append(Candle(opened_ms, price, price, price, price, Decimal(1)))
        limit = asked.limit or 500
        return tuple(told[-limit:] if asked.since_ms is None else told[:limit])

    def _judge_funds(self, order: PlaceOrder) -> None:
        quantity = order.quantity or Decimal(0)
        needed, currency = quantity, SYMBOL.partition("/")[0]
        if order.side is Side.BUY:
            needed, currency = quantity * Decimal(self.closes[-1]) * Decimal("1.001"), "USDT"
        if needed > self.balances.get(currency, Decimal(0)):
            raise ExchangeRefused("insufficient_funds")

    def _carry_out(self, order: PlaceOrder) -> Order:
        assert order.quantity is not None
        price, filled = Decimal(self.closes[-1]), order.quantity * self.fill_share
        number = len(self.orders) + 1
        done = Order(
            order_id=f"o{number}",
            client_id=order.client_id,
            symbol=order.symbol,
            side=order.side,
            type=OrderType.MARKET,
            time_in_force=TimeInForce.GTC,
            status=self.status_told,
            quantity=order.quantity,
            price=None,
            created_ms=self.clock.now_ms(),
            updated_ms=self.clock.now_ms(),
            filled=filled,
            filled_quote=filled * price,
        )
        self.orders[order.client_id] = done
        if filled:
            self._book(done, price)
        return done

    def _book(self, order: Order, price: Decimal) -> None:
        in_base = self.fee_in_base and order.side is Side.BUY
        fee = order.filled / 1000 if in_base else order.filled_quote / 1000
        fill = Fill(
            trade_id=f"t{len(self.fills)}",
            order_id=order.order_id,
            client_id=order.client_id,
            symbol=order.symbol,
            side=order.side,
            type=order.type,
            price=price,
            quantity=order.filled,
            fee=fee,
            fee_currency="BTC" if in_base else "USDT",
            is_maker=False,
            time_ms=self.clock.now_ms(),
        )
        self.fills.append(fill)
        sign = 1 if order.side is Side.BUY else -1
        self._move("BTC", sign * order.filled)
        self._move("USDT", -sign * order.filled_quote)
        self._move(fill.fee_currency, -fee)

    def _move(self, currency: str, by: Decimal) -> None:
        self.balances[currency] = self.balances.get(currency, Decimal(0)) + by
