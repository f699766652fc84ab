"""A small exchange in memory for tests of robots: candles as told, orders filled at once.

It stands for trading, the gateway and the vault's keys, and can be told to fail as those do.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias, TypeVar, cast

from drawbridge.core.clock import MINUTE_MS, SteppedClock
from drawbridge.core.derivatives import GetPositions, MarginMode, Position
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
    GetOpenOrders,
    GetTicker,
    Operation,
    PlaceOrder,
    Scope,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, PositionSide, Side, TimeInForce
from drawbridge.gateway.policy import Purpose
from drawbridge.robots.seams import Outside
from drawbridge.storage import engines
from drawbridge.storage.database import Database
from drawbridge.trading.reading import Streams
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue
from drawbridge.vault.roles import are_of_one_account
from drawbridge.vault.roster import News
from tests.kit.store import place_in

A = TypeVar("A")
_Both: TypeAlias = tuple[str, str]

OWNER = "owner_test"
KEY = "key_test"
SECOND_KEY = "key_second"
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
    key_id: str = KEY,
    exchange: str = EXCHANGE,
) -> KeyRecord:
    """Make a key's record."""
    return KeyRecord(
        id=KeyId(key_id),
        owner=OwnerId(OWNER),
        exchange=exchange,
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
    database = await engines.open_database(place_in(folder), "app")
    try:
        async with database.transaction() as tx:
            row = (
                "(id, name, name_folded, password_hash, created_ms) VALUES (?, 'Ann', 'ann', '', 0)"
            )
            await tx.execute(f"INSERT INTO owners {row} ON CONFLICT DO NOTHING", OWNER)
            for key_id in (KEY, SECOND_KEY):
                await tx.execute(
                    "INSERT INTO keys (id, owner, exchange, venue, label, label_folded,"
                    " public_key, status, created_ms) VALUES (?, ?, ?, 'paper', ?, ?, ?, ?, 0)"
                    " ON CONFLICT DO NOTHING",
                    *(key_id, OWNER, EXCHANGE, key_id, key_id, key_id, "enabled"),
                )
        yield database
    finally:
        await database.close()


@dataclass
class MemoryKeys:
    """The vault's book of keys."""

    first: KeyRecord = field(default_factory=key_record)
    second: KeyRecord = field(default_factory=lambda: key_record(key_id=SECOND_KEY))
    errors: list[Exception] = field(default_factory=list)

    async def news(self, seen: int) -> News:
        return News(seen + 1, (self.first, self.second), ())

    async def list_of_account(self, key: KeyRecord) -> tuple[KeyRecord, ...]:
        return tuple(it for it in (self.first, self.second) if are_of_one_account(it, key))

    async def get_record(self, key_id: str) -> KeyRecord:
        if self.errors:
            raise self.errors.pop(0)
        return {KEY: self.first, SECOND_KEY: self.second}[key_id]

    async def get_key(self, owner: str, key_id: str) -> KeyRecord:
        if owner != OWNER or key_id not in {KEY, SECOND_KEY}:
            raise NotFound("unknown_key", key=key_id)
        return await self.get_record(key_id)


@dataclass
class MemoryExchange:
    """What robots talk to. `closes` are the closing prices of minutes from START_MS on.

    With `bars`, `seen` of which have closed, at market one trades at the open of the one that runs.
    """

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(START_MS))
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    market: Market = MARKET
    closes: list[str] = field(default_factory=list)
    bars: list[Candle] = field(default_factory=list)
    seen: int = 0
    balances: dict[str, Decimal] = field(default_factory=dict)
    second_balances: dict[str, Decimal] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    keys_of: dict[str, str] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    # Raised instead of placing, one per try; with `after`, the order is carried out all the same.
    place_errors: list[DrawbridgeError] = field(default_factory=list)
    carried_out_all_the_same: bool = False
    public_errors: list[DrawbridgeError] = field(default_factory=list)
    market_errors: list[DrawbridgeError] = field(default_factory=list)
    account_errors: list[DrawbridgeError] = field(default_factory=list)
    fill_share: Decimal = Decimal(1)
    status_told: OrderStatus = OrderStatus.FILLED
    hides_fills: bool = False
    counted_anew: list[_Both] = field(default_factory=list)
    came_to_nothing: set[str] = field(default_factory=set)
    fee_in_base: bool = True
    placed: list[PlaceOrder] = field(default_factory=list)
    origin: str = ""
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def price(self) -> Decimal:
        """Give the price at which is traded now."""
        return self.bars[self.seen].open if self.bars else Decimal(self.closes[-1])

    def tell(self, *closes: object, closing: bool = True) -> None:
        """Let minutes pass, each ending at a price; not `closing`: within the one that runs."""
        for close in closes:
            self.closes += [str(close)] * closing
            self._match(Decimal(str(close)), Decimal(str(close)))
        if closing:
            self._advance(len(self.closes))

    def show(self, count: int) -> None:
        """Let bars close."""
        for _ in range(count):
            bar = self.bars[self.seen]
            self.seen += 1
            self._match(bar.low, bar.high)
        self._advance(self.seen)

    async def known_among(self, intentions: Iterable[_Both]) -> frozenset[_Both]:
        return frozenset(it for it in intentions if it[1] in self.keys_of)

    async def place(
        self, key_id: str, origin: str, order: PlaceOrder, *, is_new: bool = False
    ) -> Order:
        assert not (is_new and order.client_id in self.keys_of)
        if order.client_id in self.came_to_nothing:
            raise Conflict("order_already_intended")
        known = self.orders.get(order.client_id)
        if known is None:
            self._judge_funds(key_id, order)
            self.origin = origin
            self.placed.append(order)
            error = self.place_errors.pop(0) if self.place_errors else None
            if error is None or self.carried_out_all_the_same:
                known = self._carry_out(key_id, order)
            if isinstance(error, ExchangeDown):
                self.came_to_nothing.add(order.client_id)
            if error is not None:
                raise error
        return cast("Order", known)

    async def look_up(self, key_id: str, client_id: str) -> Order | None:
        assert self.keys_of.get(client_id, key_id) == key_id
        if self.hides_fills and client_id in self.orders:
            raise ExchangeDown("fills_not_told_yet")
        return self.orders.get(client_id)

    async def cancel(self, key_id: str, client_id: str) -> Order | None:
        if (known := self.orders.get(client_id)) and not known.status.is_final:
            self.end(client_id, OrderStatus.CANCELLED)
        return await self.look_up(key_id, client_id)

    async def place_of(self, key_id: str) -> tuple[str, str]:
        key = await self.keys.get_record(key_id)
        return key.exchange, key.venue

    async def call(self, key_id: str, operation: Operation[A], *, purpose: Purpose) -> A:
        assert purpose is Purpose.READ
        if self.account_errors:
            raise self.account_errors.pop(0)
        if isinstance(operation, GetOpenOrders):
            return cast("A", tuple(self._resting(key_id)))
        if isinstance(operation, GetPositions):
            return cast("A", (self._position(),))
        assert isinstance(operation, GetBalances)
        purse = self._purse(key_id).items()
        return cast("A", tuple(Balance(name, free, Decimal(0)) for name, free in purse))

    async def call_public(self, exchange_id: str, venue: str, operation: Operation[A]) -> A:
        assert (exchange_id, venue) == (self.keys.first.exchange, "paper")
        if self.public_errors:
            raise self.public_errors.pop(0)
        if isinstance(operation, GetCandles):
            return cast("A", self._candles(operation))
        assert isinstance(operation, GetTicker)
        last, tick, nothing = self.price, MARKET.price_tick, Decimal(0)
        best = (last - tick, last, last + tick, last)
        ticker = Ticker(SYMBOL, 0, last, *best, last, last, last, nothing, nothing, 0)
        return cast("A", ticker)

    async def markets(self, exchange_id: str, venue: str) -> Markets:
        assert (exchange_id, venue) == (self.keys.first.exchange, "paper")
        await self.gate.wait()
        if self.market_errors:
            raise self.market_errors.pop(0)
        return Markets([self.market])

    def end(self, client_id: str, status: OrderStatus) -> None:
        """Let an order that was open end."""
        self.orders[client_id] = replace(self.orders[client_id], status=status)

    def _advance(self, closed: int) -> None:
        self.clock.advance(START_MS + closed * MINUTE_MS - self.clock.now_ms() + 3_000)

    def _purse(self, key_id: str) -> dict[str, Decimal]:
        return self.balances if key_id == KEY else self.second_balances

    def _resting(self, key_id: str) -> list[Order]:
        return [
            it
            for it in self.orders.values()
            if not it.status.is_final and self.keys_of[it.client_id] == key_id
        ]

    def _all_candles(self) -> list[Candle]:
        if self.bars:
            return self.bars[: self.seen + 1]
        prices = [Decimal(close) for close in [*self.closes, self.closes[-1]]]
        return [
            Candle(START_MS + number * MINUTE_MS, price, price, price, price, Decimal(1))
            for number, price in enumerate(prices)
        ]

    def _candles(self, asked: GetCandles) -> tuple[Candle, ...]:
        told = [it for it in self._all_candles() if it.open_time_ms >= (asked.since_ms or 0)]
        limit = asked.limit or 500
        return tuple(told[-limit:] if asked.since_ms is None else told[:limit])

    def _position(self) -> Position:
        held = sum(
            (it.quantity if it.side is Side.BUY else -it.quantity for it in self.fills), Decimal(0)
        )
        symbol, price, none = self.market.symbol, self.price, Decimal(0)
        terms = (price, price, None, 1, MarginMode.CROSS, none, none, none, none, 0, 0)
        return Position(symbol, PositionSide.BOTH, held, *terms)

    def _judge_funds(self, key_id: str, order: PlaceOrder) -> None:
        if self.market.settle:
            return
        quantity = order.quantity or Decimal(0)
        needed, currency = quantity, "BTC"
        if order.side is Side.BUY:
            needed, currency = quantity * (order.price or self.price) * Decimal("1.001"), "USDT"
        if needed > self._purse(key_id).get(currency, Decimal(0)):
            raise ExchangeRefused("insufficient_funds")

    def _carry_out(self, key_id: str, order: PlaceOrder) -> Order:
        assert order.quantity is not None
        done = Order(
            order_id=f"o{len(self.orders) + 1}",
            client_id=order.client_id,
            symbol=order.symbol,
            side=order.side,
            type=order.type,
            time_in_force=TimeInForce.GTC,
            status=OrderStatus.OPEN,
            quantity=order.quantity,
            price=order.price,
            created_ms=self.clock.now_ms(),
            updated_ms=self.clock.now_ms(),
        )
        self.keys_of[order.client_id] = key_id
        self.orders[order.client_id] = done
        if order.price is None or self._crosses(done, self.price, self.price):
            self._fill(done, self.price)
        return self.orders[order.client_id]

    def _match(self, low: Decimal, high: Decimal) -> None:
        """Fill what rests and was reached."""
        for order in tuple(self.orders.values()):
            if not order.status.is_final and self._crosses(order, low, high):
                self._fill(order, cast("Decimal", order.price))

    @staticmethod
    def _crosses(order: Order, low: Decimal, high: Decimal) -> bool:
        if order.price is None:
            return False
        return low <= order.price if order.side is Side.BUY else high >= order.price

    def _fill(self, order: Order, price: Decimal) -> None:
        filled = order.quantity * self.fill_share
        done = replace(order, status=self.status_told, filled=filled, filled_quote=filled * price)
        self.orders[order.client_id] = done
        if filled:
            self._book(done, price)

    def _book(self, order: Order, price: Decimal) -> None:
        in_base = self.fee_in_base and order.side is Side.BUY and not self.market.settle
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
            is_maker=order.price is not None,
            time_ms=self.clock.now_ms(),
        )
        self.fills.append(fill)
        sign = 1 if order.side is Side.BUY else -1
        purse = self._purse(self.keys_of[order.client_id])
        _move(purse, "BTC", sign * order.filled)
        _move(purse, "USDT", -sign * order.filled_quote)
        _move(purse, fill.fee_currency, -fee)


@dataclass
class MemoryRecord:
    """Trading's record of what was filled at an exchange in memory."""

    exchange: MemoryExchange

    async def fills_of_each(self, asked: Sequence[_Both]) -> Mapping[_Both, Sequence[Fill]]:
        (it := self.exchange).counted_anew.extend(asked)
        of_key = {key: [f for f in it.fills if it.keys_of[f.client_id] == key] for _, key in asked}
        return {(origin, key): of_key[key] for origin, key in asked if origin == it.origin}

    async def fills_of_order(self, key_id: str, client_id: str) -> tuple[Fill, ...]:
        assert self.exchange.keys_of.get(client_id, key_id) == key_id
        fills = () if self.exchange.hides_fills else self.exchange.fills
        return tuple(fill for fill in fills if fill.client_id == client_id)


def outside_of(exchange: MemoryExchange, streams: Streams | None = None) -> Outside:
    """Give all that a runner reaches, in memory."""
    return Outside(exchange, MemoryRecord(exchange), exchange, exchange.keys, streams)


def _move(purse: dict[str, Decimal], currency: str, by: Decimal) -> None:
    purse[currency] = purse.get(currency, Decimal(0)) + by
