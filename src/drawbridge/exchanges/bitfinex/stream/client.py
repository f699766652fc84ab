"""Our side of Bitfinex's streams: what we send, and how we read what comes.

Frames of a market name a channel by a number that the server gave on this very connection, so a
reader remembers what each number stands for; it also knows the account's orders, because what is
told of a trade names its order by the id alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput, ExchangeRefused
from drawbridge.core.markets import Level, Markets, OrderBook
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Order, OrderStatus, TimeInForce
from drawbridge.core.streams import (
    BalancesTold,
    BookChange,
    CandleTold,
    OrdersTold,
    OrderTold,
    StreamEvent,
    Topic,
    TopicKind,
    TradesTold,
)
from drawbridge.exchanges.bitfinex.codec.account import WALLET, read_trade, read_wallet
from drawbridge.exchanges.bitfinex.codec.orders import read_order
from drawbridge.exchanges.bitfinex.codec.prices import (
    INTERVALS,
    read_candle,
    read_public_trade,
    read_ticker,
)
from drawbridge.exchanges.bitfinex.stream.channels import (
    ACCOUNT,
    BOOK,
    CANDLES,
    TICKER,
    TRADES,
    Channel,
    read_channel,
)
from drawbridge.wire.dialect import Credential
from drawbridge.wire.documents import (
    decimal_of,
    int_of,
    list_of,
    parse_document,
    reading,
    text_of,
    write_document,
)
from drawbridge.wire.stream import Frame

_PATH: Final = b"/ws/2"
_PREFIX: Final = "AUTH"
_WHOLE_BOOK: Final = "100"
_MOST_ORDERS: Final = 1_000
_NAMES: Final[Mapping[TopicKind, str]] = MappingProxyType(
    {
        TopicKind.TICKER: TICKER,
        TopicKind.TRADES: TRADES,
        TopicKind.BOOK: BOOK,
        TopicKind.CANDLES: CANDLES,
    }
)
_WORDS: Final = {length: word for word, length in INTERVALS.items()}
_HEARTBEAT: Final = "hb"
_CHECKSUM: Final = "cs"


def stream_path(topic: Topic) -> bytes:
    """Give the path of all streams."""
    del topic
    return _PATH


def log_in(credential: Credential, stamp: str) -> Frame:
    """Write the frame that logs in; orders and wallets are told from then on."""
    payload = _PREFIX + stamp
    signature = credential.signer.sign(payload.encode("ascii")).decode("ascii")
    told = {
        "event": "auth",
        "apiKey": credential.key,
        "authSig": signature,
        "authPayload": payload,
        "authNonce": int(stamp),
    }
    return write_document(told).decode("utf-8")


def subscribe(topics: Iterable[Topic], markets: Markets, number: int) -> Sequence[Frame]:
    """Write a frame for each public topic; private ones come with the log-in."""
    del number
    wanted = [_wish(topic, markets) for topic in topics if not topic.kind.is_private]
    return [write_document({"event": "subscribe", **wish}).decode("ascii") for wish in wanted]


def read_frame(frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
    """Read a frame of the account, or of nothing; of markets, `begin_reading` reads.

    Raises: `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
    """
    return Reader()(frame, markets)


def begin_reading() -> "Reader":
    """Give what reads the frames of one connection."""
    return Reader()


def _wish(topic: Topic, markets: Markets) -> dict[str, object]:
    """Write what a topic is subscribed to by. Raises: `BadInput("bad_interval")`."""
    market_id, name = markets.get(topic.symbol).id, _NAMES[topic.kind]
    if topic.kind is TopicKind.CANDLES:
        word = _WORDS.get(topic.interval_ms)
        if word is None:
            raise BadInput("bad_interval", field="interval")
        return {"channel": name, "key": f"trade:{word}:{market_id}"}
    wish: dict[str, object] = {"channel": name, "symbol": market_id}
    if topic.kind is TopicKind.BOOK:
        wish |= {"prec": "P0", "freq": "F0", "len": _WHOLE_BOOK}
    return wish


class Reader:
    """Reads the frames of one connection."""

    __slots__ = ("_channels", "_kinds", "_orders")

    def __init__(self) -> None:
        """Start without channels."""
        self._channels: dict[int, Channel] = {}
        self._orders: dict[str, Order] = {}
        self._kinds: Mapping[TopicKind, Callable[[str, Sequence[Any]], list[StreamEvent]]] = {
            TopicKind.TICKER: _ticker,
            TopicKind.TRADES: _trades,
            TopicKind.BOOK: _book,
        }

    def __call__(self, frame: Frame, markets: Markets) -> Sequence[StreamEvent]:
        """Read a frame's events; none for greetings, answers and heartbeats.

        Raises: `ExchangeRefused("refused")`, `OutcomeUnknown("unreadable_answer")`.
        """
        with reading():
            document = parse_document(frame)
            if isinstance(document, dict):
                self._read_event(document, markets)
                return ()
            message = list_of(document)
            number = int_of(message[0])
            if message[1] in (_HEARTBEAT, _CHECKSUM):
                return ()
            if number == ACCOUNT:
                return self._account(text_of(message[1]), message[2], markets)
            channel = self._channels[number]
            if channel.topic.kind is TopicKind.CANDLES:
                return _candles(channel.topic, list_of(message[1]))
            return self._kinds[channel.topic.kind](channel.topic.symbol, message[1:])

    def unsubscribe(
        self, topics: Iterable[Topic], markets: Markets, number: int
    ) -> Sequence[Frame]:
        """Write the frames that leave the channels of these topics."""
        del number
        wanted = [read_channel(_wish(topic, markets), markets).topic for topic in topics]
        left = (it for it, channel in self._channels.items() if channel.topic in wanted)
        return [
            write_document({"event": "unsubscribe", "chanId": channel}).decode("ascii")
            for channel in left
        ]

    def _read_event(self, document: Mapping[str, Any], markets: Markets) -> None:
        event = text_of(document["event"])
        if event == "subscribed":
            self._channels[int_of(document["chanId"])] = read_channel(document, markets)
        elif event == "unsubscribed":
            self._channels.pop(int_of(document["chanId"]), None)
        elif event == "error" or (event == "auth" and document["status"] != "OK"):
            code, told = str(document.get("code")), str(document.get("msg"))
            raise ExchangeRefused("refused", exchange_code=code[:8], told=told[:200])

    def _account(self, word: str, told: object, markets: Markets) -> Sequence[StreamEvent]:
        if word == "os":
            orders = tuple(read_order(row, markets) for row in list_of(told))
            for order in orders:
                self._remember(order)
            return (OrdersTold(orders, max((it.updated_ms for it in orders), default=0)),)
        if word in {"on", "ou", "oc"}:
            order = read_order(told, markets)
            self._remember(order)
            return (OrderTold(order, order.updated_ms),)
        if word == "tu":
            fill = read_trade(list_of(told), markets)
            return (
                OrderTold(self._orders.get(fill.order_id) or _order_of(fill), fill.time_ms, fill),
            )
        if word in {"ws", "wu"}:
            rows = [list_of(row) for row in (list_of(told) if word == "ws" else [told])]
            balances = tuple(read_wallet(row) for row in rows if row[0] == WALLET)
            return (BalancesTold(balances, 0, is_snapshot=word == "ws"),)
        # Notifications, positions, funding: nothing that we follow.
        return ()

    def _remember(self, order: Order) -> None:
        if len(self._orders) >= _MOST_ORDERS:
            self._orders.pop(next(iter(self._orders)))
        self._orders[order.order_id] = order


def _order_of(fill: Fill) -> Order:
    """Give what a trade tells of its order, where nothing else was told of it yet."""
    return Order(
        order_id=fill.order_id,
        client_id="",
        symbol=fill.symbol,
        side=fill.side,
        type=fill.type,
        time_in_force=TimeInForce.GTC,
        status=OrderStatus.PARTIALLY_FILLED,
        quantity=fill.quantity,
        price=None,
        created_ms=fill.time_ms,
        updated_ms=fill.time_ms,
        filled=fill.quantity,
        filled_quote=fill.quote_quantity,
    )


def _ticker(symbol: str, parts: Sequence[Any]) -> list[StreamEvent]:
    return [read_ticker(symbol, list_of(parts[0]))]


def _candles(topic: Topic, told: Sequence[Any]) -> list[StreamEvent]:
    rows = told if told and isinstance(told[0], list) else [told] if told else []
    candles = sorted(map(read_candle, rows), key=lambda it: it.open_time_ms)
    return [
        CandleTold(topic.symbol, topic.interval_ms, it.open_time_ms, it, is_closed=False)
        for it in candles
    ]


def _trades(symbol: str, parts: Sequence[Any]) -> list[StreamEvent]:
    if parts[0] == "te":
        return [TradesTold(symbol, (read_public_trade(symbol, list_of(parts[1])),))]
    if isinstance(parts[0], str):
        # The same trade once more, now that it is settled.
        return []
    rows = [read_public_trade(symbol, list_of(row)) for row in reversed(list_of(parts[0]))]
    return [TradesTold(symbol, tuple(rows), is_snapshot=True)]


def _book(symbol: str, parts: Sequence[Any]) -> list[StreamEvent]:
    told = list_of(parts[0])
    if not told or isinstance(told[0], list):
        bids, asks = _levels(told)
        return [OrderBook(symbol, 0, 0, bids, asks)]
    bids, asks = _levels([told])
    return [BookChange(symbol, 0, 0, 0, bids, asks, OrderBook(symbol, 0, 0, (), ()))]


def _levels(rows: Sequence[Any]) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    sides: tuple[list[Level], list[Level]] = ([], [])
    for row in rows:
        price, count, amount = (decimal_of(value) for value in list_of(row)[:3])
        sides[amount < 0].append(Level(price, abs(amount) if count else ZERO))
    return tuple(sides[0]), tuple(sides[1])
