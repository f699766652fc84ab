"""Example results to every operation, made of an exchange's card.

What they say is arbitrary but possible: prices on the tick, quantities on the step. A table
replaces what its exchange cannot say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from drawbridge.catalogue.registry import Exchange
from drawbridge.core.markets import (
    Candle,
    Currency,
    Level,
    Market,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.operations import (
    Balance,
    CancelAllOrders,
    CancelOrder,
    CheckAccess,
    GetBalances,
    GetCandles,
    GetClosedOrders,
    GetCurrencies,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOrderBook,
    GetOwnTrades,
    GetServerTime,
    GetStreamToken,
    GetTicker,
    GetTickers,
    GetTrades,
    KeyRights,
    Operation,
    Placed,
    PlaceOrder,
    ServerTime,
    StreamToken,
)
from drawbridge.core.orders import Fill, Order, OrderStatus, OrderType, Side, TimeInForce

# On a whole second, because some exchanges tell no finer time.
NOW_MS = 1_700_000_000_000
# A name that every exchange takes; `db` and fifteen of a-z and 2-7, as our own orders have.
CLIENT_ID = "dbabcdefghij23456"

_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Examples:
    """Example values at one exchange."""

    exchange: Exchange
    symbol: str

    @property
    def market(self) -> Market:
        """Give the market that they speak of."""
        return self.exchange.card.markets().get(self.symbol)

    @property
    def order_id(self) -> str:
        """Give the id of the example order."""
        return self.exchange.codec.order_id(28)

    def price(self, ticks: int) -> Decimal:
        """Give a price some ticks above twenty thousand."""
        return 20_000 + ticks * self.market.price_tick

    @property
    def lots(self) -> Decimal:
        """Give a quantity that is above the smallest and on the step."""
        market = self.market
        wanted = max(market.min_quantity, market.min_notional / 20_000, Decimal("0.001"))
        return (wanted // market.quantity_step + 3) * market.quantity_step

    @property
    def order(self) -> Order:
        """Give a limit order, a third of it filled."""
        part = self.lots // (3 * self.market.quantity_step) * self.market.quantity_step
        price = self.price(1)
        return Order(
            order_id=self.order_id,
            client_id=CLIENT_ID,
            symbol=self.symbol,
            side=Side.BUY,
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            status=OrderStatus.PARTIALLY_FILLED,
            quantity=self.lots,
            price=price,
            created_ms=NOW_MS - 5_000,
            updated_ms=NOW_MS - 1_000,
            filled=part,
            filled_quote=part * price,
            fee=Decimal("0.05"),
            fee_currency=self.market.settle or self.market.quote,
            trade_ids=(self.fill.trade_id,),
        )

    @property
    def fill(self) -> Fill:
        """Give an execution of that order."""
        return Fill(
            trade_id=self.exchange.codec.trade_id(56),
            order_id=self.order_id,
            client_id=CLIENT_ID,
            symbol=self.symbol,
            side=Side.BUY,
            type=OrderType.LIMIT,
            price=self.price(0),
            quantity=self.lots,
            fee=Decimal("0.05"),
            fee_currency=self.market.settle or self.market.quote,
            is_maker=False,
            time_ms=NOW_MS - 1_000,
        )

    def ticker(self, symbol: str) -> Ticker:
        """Give the last 24 hours of a market."""
        tick = self.exchange.card.markets().get(symbol).price_tick
        step = self.exchange.card.markets().get(symbol).quantity_step
        return Ticker(
            symbol=symbol,
            time_ms=NOW_MS,
            last=20_000 + tick,
            bid=20_000 - tick,
            bid_quantity=3 + step,
            ask=20_000 + 2 * tick,
            ask_quantity=4 + step,
            open=19_900 + tick,
            high=20_500 + tick,
            low=19_800 + tick,
            volume=1_000 + step,
            volume_quote=(1_000 + step) * (20_000 + tick),
            trades=999,
        )

    def book(self, symbol: str) -> OrderBook:
        """Give one level on each side."""
        market = self.exchange.card.markets().get(symbol)
        return OrderBook(
            symbol=symbol,
            time_ms=NOW_MS,
            sequence=1_027_024,
            bids=(Level(20_000 - market.price_tick, 3 + market.quantity_step),),
            asks=(Level(20_000 + market.price_tick, 4 + market.quantity_step),),
        )

    def candles(self, operation: GetCandles) -> tuple[Candle, ...]:
        """Give three candles, the first of which begins when asked for."""
        tick, length = self.market.price_tick, operation.interval_ms
        first = -(-(operation.since_ms or NOW_MS - 3 * _MINUTE_MS) // length) * length
        return tuple(
            Candle(
                open_time_ms=first + number * length,
                open=20_000 + tick,
                high=20_100 + tick,
                low=19_900 + tick,
                close=20_050 + tick,
                volume=3 + self.market.quantity_step,
            )
            for number in range(3)
        )

    def placed(self, operation: PlaceOrder) -> Placed:
        """Give an order that was taken in, not yet filled."""
        order = operation.as_order("" if operation.dry_run else self.order_id)
        return Placed(replace(order, created_ms=NOW_MS, updated_ms=NOW_MS))

    @property
    def _trade(self) -> PublicTrade:
        return PublicTrade(
            trade_id=7,
            symbol=self.symbol,
            time_ms=NOW_MS - 1_000,
            price=self.price(1),
            quantity=self.lots,
            taker_buys=False,
        )

    def result_of(self, operation: Operation[Any], given: Mapping[type[Any], Any]) -> object:
        """Give the result of an operation, the table's own where it has one."""
        if type(operation) in given:
            own = given[type(operation)]
            return own(operation) if callable(own) else own
        return _RESULTS[type(operation)](self, operation)


def _listed(it: Examples, operation: GetMarkets) -> tuple[Market, ...]:
    wanted = operation.symbols
    return tuple(row for row in it.exchange.card.markets() if not wanted or row.symbol in wanted)


def _tickers(it: Examples, operation: GetTickers) -> tuple[Ticker, ...]:
    wanted = operation.symbols or tuple(row.symbol for row in it.exchange.card.markets())
    return tuple(it.ticker(symbol) for symbol in wanted)


def _balances(it: Examples, _operation: GetBalances) -> tuple[Balance, ...]:
    base, quote = it.market.base, it.market.quote
    return (
        Balance(base, Decimal("0.5"), Decimal("0.00000001")),
        Balance(quote, Decimal("979.9999"), Decimal("20.0001")),
    )


def _rights(it: Examples, _operation: GetKeyRights) -> KeyRights:
    switches = [row.api for row in it.exchange.card.permissions if row.need.value == "required"]
    return KeyRights(
        switches=frozenset(switches), ip_list=(), ip_bound=False, created_ms=NOW_MS, label="mine"
    )


def _cancelled(it: Examples, operation: CancelOrder) -> Order:
    order = replace(it.order, status=OrderStatus.CANCELLED)
    return replace(
        order,
        order_id=operation.order_id or order.order_id,
        client_id=operation.client_id or order.client_id,
    )


_RESULTS: dict[type[Operation[Any]], Callable[[Examples, Any], object]] = {
    GetServerTime: lambda _it, _op: ServerTime(NOW_MS),
    GetMarkets: _listed,
    GetCurrencies: lambda it, _op: tuple(
        Currency(row.code, row.name, row.places) for row in it.exchange.card.currencies
    ),
    GetTicker: lambda it, op: it.ticker(op.symbol),
    GetTickers: _tickers,
    GetCandles: lambda it, op: it.candles(op),
    GetOrderBook: lambda it, op: it.book(op.symbol),
    GetTrades: lambda it, _op: (it._trade,),  # noqa: SLF001  a value of its own module
    GetBalances: _balances,
    PlaceOrder: lambda it, op: it.placed(op),
    CancelOrder: _cancelled,
    CancelAllOrders: lambda it, _op: (replace(it.order, status=OrderStatus.CANCELLED),),
    GetOrder: lambda it, _op: it.order,
    GetOpenOrders: lambda it, _op: (it.order,),
    GetClosedOrders: lambda it, _op: (
        replace(
            it.order,
            status=OrderStatus.FILLED,
            filled=it.order.quantity,
            filled_quote=it.order.quantity * it.price(1),
        ),
    ),
    GetOwnTrades: lambda it, _op: (it.fill,),
    GetKeyRights: _rights,
    GetStreamToken: lambda _it, _op: StreamToken("a-token-for-streams", 3_600_000),
    GetFixed: lambda _it, op: op.answer,
    CheckAccess: lambda _it, _op: True,
}
