"""What is traded, and what public data say about it.

A symbol is ours: `BASE/QUOTE` in the field's usual names (`BTC/USD`), `BASE/QUOTE:SETTLE` for a
perpetual contract, whatever an exchange calls it. `Market.id` is the exchange's own name for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from drawbridge.core.errors import NotFound
from drawbridge.core.money import ONE


class MarketKind(StrEnum):
    """What changes hands: the goods themselves, or a contract that is settled in quote currency."""

    SPOT = "spot"
    LINEAR_PERPETUAL = "linear_perpetual"


@dataclass(frozen=True, slots=True)
class Market:
    """A pair at one exchange with its trading rules.

    Units: `price_tick`, `min_notional` in quote currency; `quantity_step`, `min_quantity` in
    base currency; fees as fractions (0.001 is 0.1 %). `contract_size` is how much base currency
    one of the exchange's contracts is: quantities of ours are always in base currency. Where
    `price_digits` is not 0, the exchange cuts prices to so many significant digits.
    """

    symbol: str
    id: str
    base: str
    quote: str
    price_tick: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    fee_maker: Decimal
    fee_taker: Decimal
    aliases: tuple[str, ...] = ()
    active: bool = True
    kind: MarketKind = MarketKind.SPOT
    contract_size: Decimal = ONE
    price_digits: int = 0

    @property
    def settle(self) -> str:
        """Give the currency in which profits are paid; empty for spot."""
        return self.symbol.partition(":")[2]


class Markets:
    """The markets of one exchange, found by our symbol or by any of the exchange's names."""

    __slots__ = ("_by_id", "_by_symbol")

    def __init__(self, markets: Iterable[Market] = ()) -> None:
        """Index the markets; a later one replaces an earlier one of the same symbol."""
        self._by_symbol = {market.symbol: market for market in markets}
        self._by_id = {
            name: market
            for market in self._by_symbol.values()
            for name in (market.id, *market.aliases)
        }

    def __iter__(self) -> Iterator[Market]:
        """Go through the markets in the order in which they were given."""
        return iter(self._by_symbol.values())

    def __len__(self) -> int:
        """Count them."""
        return len(self._by_symbol)

    def get(self, symbol: str) -> Market:
        """Give the market of our symbol. Raises: `NotFound("unknown_symbol")`."""
        market = self._by_symbol.get(symbol)
        if market is None:
            raise NotFound("unknown_symbol", symbol=symbol)
        return market

    def find(self, symbol: str) -> Market | None:
        """Give the market of our symbol, or None."""
        return self._by_symbol.get(symbol)

    def get_by_id(self, market_id: str) -> Market:
        """Give the market by the exchange's name. Raises: `NotFound("unknown_symbol")`."""
        market = self._by_id.get(market_id)
        if market is None:
            raise NotFound("unknown_symbol", symbol=market_id)
        return market


def currencies_of(symbol: str) -> tuple[str, str]:
    """Give base and quote currency, of a contract (`BASE/QUOTE:SETTLE`) as of any other symbol."""
    base, _, rest = symbol.partition("/")
    return base, rest.partition(":")[0]


def is_contract(symbol: str) -> bool:
    """Tell whether a symbol names a contract, not the goods themselves."""
    return ":" in symbol


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency as an exchange lists it."""

    code: str
    name: str
    places: int


@dataclass(frozen=True, slots=True)
class Ticker:
    """The last 24 hours of a market and its best prices now.

    `time_ms` is 0 where the exchange tells no time with its prices.
    """

    symbol: str
    time_ms: int
    last: Decimal
    bid: Decimal
    bid_quantity: Decimal
    ask: Decimal
    ask_quantity: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    volume_quote: Decimal
    trades: int


@dataclass(frozen=True, slots=True)
class Candle:
    """One candle; `open_time_ms` is its beginning."""

    open_time_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


@dataclass(frozen=True, slots=True)
class Level:
    """A price and the quantity that rests there."""

    price: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Resting orders by price: bids from the highest, asks from the lowest."""

    symbol: str
    time_ms: int
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class PublicTrade:
    """A trade that anyone may see; `taker_buys` tells which side took."""

    trade_id: int
    symbol: str
    time_ms: int
    price: Decimal
    quantity: Decimal
    taker_buys: bool
