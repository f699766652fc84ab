"""What a request to an exchange would do, in our own words.

Each operation is a value; its type argument is the type of its answer, so that
`call(GetTicker(...))` is known to give a `Ticker`. Codecs turn operations into an exchange's
bytes and back; the paper exchange carries them out; policy judges them.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from drawbridge.core.markets import (
    Candle,
    Currency,
    Market,
    OrderBook,
    PublicTrade,
    Ticker,
)
from drawbridge.core.money import ZERO
from drawbridge.core.orders import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
)
from drawbridge.core.values import light_value

Answer_co = TypeVar("Answer_co", covariant=True)


class Scope(StrEnum):
    """A right of a key."""

    READ = "read"
    TRADE_SPOT = "trade_spot"
    TRADE_MARGIN = "trade_margin"
    TRADE_DERIVATIVES = "trade_derivatives"
    TRANSFER = "transfer"
    WITHDRAW = "withdraw"
    MANAGE_KEYS = "manage_keys"
    OTHER = "other"


# What a key of ours may never be able to do: it moves value out or makes more keys.
FORBIDDEN_SCOPES = frozenset({Scope.WITHDRAW, Scope.TRANSFER, Scope.MANAGE_KEYS})


class Operation(Generic[Answer_co]):
    """The root of all operations; it only carries the type of the answer."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds of one currency."""

    currency: str
    free: Decimal
    held: Decimal

    @property
    def total(self) -> Decimal:
        """Give free and held together."""
        return self.free + self.held


@light_value
class Placed:
    """The answer to an order: the order as it stands now and what it filled at once."""

    order: Order
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What an exchange tells about a key: its switches by the exchange's own names.

    `switches` holds those that are on, `untold` those of which nothing could be learnt. Of the
    other facts, None means that the exchange did not tell.
    """

    switches: frozenset[str]
    ip_list: tuple[str, ...] | None = None
    ip_bound: bool | None = None
    created_ms: int | None = None
    expires_ms: int | None = None
    label: str = ""
    key: str = ""
    last_nonce: int | None = None
    untold: frozenset[str] = frozenset()
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class ServerTime:
    """The exchange's clock."""

    time_ms: int


@dataclass(frozen=True, slots=True)
class GetServerTime(Operation[ServerTime]):
    """Ask for the exchange's clock."""


@dataclass(frozen=True, slots=True)
class GetMarkets(Operation[tuple[Market, ...]]):
    """Ask for the pairs and their rules; an empty `symbols` asks for all."""

    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GetCurrencies(Operation[tuple[Currency, ...]]):
    """Ask for the currencies."""


@dataclass(frozen=True, slots=True)
class GetTicker(Operation[Ticker]):
    """Ask for one ticker."""

    symbol: str


@dataclass(frozen=True, slots=True)
class GetTickers(Operation[tuple[Ticker, ...]]):
    """Ask for several tickers; an empty `symbols` asks for all."""

    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GetCandles(Operation[tuple[Candle, ...]]):
    """Ask for candles, oldest first, the running one included."""

    symbol: str
    interval_ms: int
    since_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class GetOrderBook(Operation[OrderBook]):
    """Ask for the book, `depth` levels a side (None: the exchange's usual number)."""

    symbol: str
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class GetTrades(Operation[tuple[PublicTrade, ...]]):
    """Ask for public trades, oldest first."""

    symbol: str
    since_ms: int | None = None
    limit: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class GetBalances(Operation[tuple[Balance, ...]]):
    """Ask for the account's balances; currencies without any may be left out."""


@light_value
class PlaceOrder(Operation[Placed]):
    """Place an order.

    A market order names `quantity` (base) or `quote_quantity` (what to spend or receive).
    `dry_run`: the exchange checks it and does not place it; then `order_id` is empty.
    `leverage` other than None makes it a margin order. With a `trigger` it waits for its price.
    The last three are for contracts; `close_position` stands in place of a quantity.
    """

    symbol: str
    side: Side
    type: OrderType
    quantity: Decimal | None = None
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    client_id: str = ""
    quote_quantity: Decimal | None = None
    post_only: bool = False
    dry_run: bool = False
    leverage: Decimal | None = None
    trigger: Trigger | None = None
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH
    close_position: bool = False

    @property
    def scope(self) -> Scope:
        """Give the right that it needs."""
        if ":" in self.symbol:
            return Scope.TRADE_DERIVATIVES
        return Scope.TRADE_SPOT if self.leverage is None else Scope.TRADE_MARGIN

    def as_order(self, order_id: str) -> Order:
        """Give the order as it was asked for, where an exchange tells no more than its id."""
        return Order(
            order_id=order_id,
            client_id=self.client_id,
            symbol=self.symbol,
            side=self.side,
            type=self.type,
            time_in_force=self.time_in_force,
            status=OrderStatus.OPEN,
            quantity=self.quantity or ZERO,
            price=self.price,
            created_ms=0,
            updated_ms=0,
            quote_quantity=self.quote_quantity,
            post_only=self.post_only,
            trigger=self.trigger,
            reduce_only=self.reduce_only,
            position_side=self.position_side,
            close_position=self.close_position,
        )


@light_value
class CancelOrder(Operation[Order]):
    """Cancel an order by the exchange's id or by ours.

    The answer holds at least ids and status; exchanges that tell only "done" give no amounts.
    `conditional`, here and below, where an exchange keeps orders that wait for their price in
    lists of their own: True for those, False for all others.
    """

    symbol: str = ""
    order_id: str = ""
    client_id: str = ""
    conditional: bool | None = None


@dataclass(frozen=True, slots=True)
class CancelAllOrders(Operation[tuple[Order, ...]]):
    """Cancel all open orders, of one symbol or (empty) of all; the answer holds those ended."""

    symbol: str = ""
    conditional: bool | None = None


@dataclass(frozen=True, slots=True)
class GetOrder(Operation[Order]):
    """Ask for one order by the exchange's id or by ours.

    `ended`: among those that have ended, where an exchange finds them apart from the open ones.
    """

    symbol: str = ""
    order_id: str = ""
    client_id: str = ""
    conditional: bool | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class GetOpenOrders(Operation[tuple[Order, ...]]):
    """Ask for open orders, of one symbol or (empty) of all."""

    symbol: str = ""
    conditional: bool | None = None


@dataclass(frozen=True, slots=True)
class GetClosedOrders(Operation[tuple[Order, ...]]):
    """Ask for past orders. Where an exchange mixes in open ones, `include_open` says so."""

    symbol: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None
    offset: int = 0
    include_open: bool = False
    conditional: bool | None = None


@dataclass(frozen=True, slots=True)
class GetOwnTrades(Operation[tuple[Fill, ...]]):
    """Ask for the account's own executions, oldest first."""

    symbol: str = ""
    order_id: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    from_id: str = ""
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class GetKeyRights(Operation[KeyRights]):
    """Ask what the key may do."""


@dataclass(frozen=True, slots=True)
class CheckAccess(Operation[bool]):
    """Ask an endpoint that only reads, by its name in the table, to learn whether the key may.

    Where an exchange tells no rights, its probe learns them by such questions: True, or the
    refusal. What the endpoint answers is not looked at.
    """

    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class StreamToken:
    """A token that opens a private stream, and how long it may be used."""

    token: str
    lasts_ms: int


@dataclass(frozen=True, slots=True)
class GetStreamToken(Operation[StreamToken]):
    """Ask for a token for streams; with `token`, the one that is to live on or, with `ends`, end.

    `lasts_ms` is how long the exchange lets one live; its codec says so when it reads a request.
    `single`: a key has one token there; who asks again is given the same, which then lives on.
    `public`: one for streams about markets, where an exchange wants a token there as well.
    """

    token: str = ""
    lasts_ms: int = 3_600_000
    ends: bool = False
    single: bool = False
    public: bool = False


@dataclass(frozen=True, slots=True)
class GetOwnName(Operation[str]):
    """Ask how the exchange calls the key's account or its owner, where requests must say it.

    `of` is `account` or `user`.
    """

    of: str = "account"


@dataclass(frozen=True, slots=True)
class GetFixed(Operation[bytes]):
    """Ask for something to which the paper exchange has one fixed answer (see endpoints)."""

    answer: bytes = field(default=b"{}")


OPERATIONS: dict[str, type[Operation[object]]] = {
    "get_server_time": GetServerTime,
    "get_markets": GetMarkets,
    "get_currencies": GetCurrencies,
    "get_ticker": GetTicker,
    "get_tickers": GetTickers,
    "get_candles": GetCandles,
    "get_order_book": GetOrderBook,
    "get_trades": GetTrades,
    "get_balances": GetBalances,
    "place_order": PlaceOrder,
    "cancel_order": CancelOrder,
    "cancel_all_orders": CancelAllOrders,
    "get_order": GetOrder,
    "get_open_orders": GetOpenOrders,
    "get_closed_orders": GetClosedOrders,
    "get_own_trades": GetOwnTrades,
    "get_key_rights": GetKeyRights,
    "check_access": CheckAccess,
    "get_stream_token": GetStreamToken,
    "get_own_name": GetOwnName,
    "get_fixed": GetFixed,
}
