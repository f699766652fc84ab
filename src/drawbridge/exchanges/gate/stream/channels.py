"""What can be subscribed to: channels, their payloads, and the topics that they are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.gate.codec.prices import INTERVALS, INTERVALS_MS
from drawbridge.wire.documents import list_of, text_of

ALL: Final = "!all"
_MOST_PAIRS: Final = 100
_CHANGES_DEPTH: Final = 100
_LEAST_CANDLE_MS: Final = 60_000


class Channel(StrEnum):
    """A channel of the spot streams."""

    TICKERS = "spot.tickers"
    BEST = "spot.book_ticker"
    TRADES = "spot.trades"
    CANDLES = "spot.candlesticks"
    BOOK = "spot.obu"
    BOOK_CHANGES = "spot.order_book_update"
    BOOK_LEVELS = "spot.order_book"
    ORDERS = "spot.orders"
    OWN_TRADES = "spot.usertrades"
    BALANCES = "spot.balances"

    @property
    def is_private(self) -> bool:
        """Tell whether it is about one account."""
        return self in PRIVATE


# With the row of the endpoint table that says the right.
PRIVATE: Final[Mapping[Channel, tuple[Topic, str]]] = MappingProxyType(
    {
        Channel.ORDERS: (Topic(TopicKind.ORDERS), "ws_orders"),
        Channel.OWN_TRADES: (Topic(TopicKind.ORDERS), "ws_usertrades"),
        Channel.BALANCES: (Topic(TopicKind.BALANCES), "ws_balances"),
    }
)
_OF_PAIRS: Final[Mapping[Channel, TopicKind]] = MappingProxyType(
    {
        Channel.TICKERS: TopicKind.TICKER,
        Channel.BEST: TopicKind.TICKER,
        Channel.TRADES: TopicKind.TRADES,
    }
)
_BOOK_DEPTHS: Final = MappingProxyType({"50": 50, "400": 400})
_LEVELS: Final = frozenset({"5", "10", "20", "50", "100"})
_SPEEDS: Final = frozenset({"20ms", "100ms", "1000ms"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A subscription: its channel, its topics by the names of pairs, and its pairs.

    Of private channels, `pairs` says whose orders are told; `!all` for all.
    """

    channel: Channel
    topics: tuple[Topic, ...]
    pairs: frozenset[str] = frozenset()


def read_wanted(channel: Channel, payload: object, markets: Markets) -> Wanted:
    """Read what is subscribed to. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    if channel is Channel.BALANCES:
        return Wanted(channel, (PRIVATE[channel][0],))
    told = [text_of(it, "payload") for it in list_of(payload, "payload")]
    if not 1 <= len(told) <= _MOST_PAIRS:
        raise BadInput("malformed", field="payload")
    if channel.is_private:
        pairs = frozenset(it if it == ALL else markets.get_by_id(it).id for it in told)
        return Wanted(channel, (PRIVATE[channel][0],), pairs)
    if channel in _OF_PAIRS:
        symbols = (markets.get_by_id(it).symbol for it in told)
        return Wanted(channel, tuple(Topic(_OF_PAIRS[channel], symbol) for symbol in symbols))
    return Wanted(channel, (_SINGLE[channel](told, markets),))


def _candles(told: Sequence[str], markets: Markets) -> Topic:
    if len(told) != 2:  # noqa: PLR2004  an interval and a pair
        raise BadInput("malformed", field="payload")
    length_ms = INTERVALS_MS.get(told[0], 0)
    if length_ms < _LEAST_CANDLE_MS:
        raise BadInput("bad_interval", field="interval")
    symbol = markets.get_by_id(told[1]).symbol
    return Topic(TopicKind.CANDLES, symbol, interval_ms=length_ms)


def _book(told: Sequence[str], markets: Markets) -> Topic:
    start, _, rest = told[0].partition(".")
    pair, _, depth = rest.partition(".")
    if start != "ob" or depth not in _BOOK_DEPTHS or len(told) != 1:
        raise BadInput("malformed", field="payload")
    symbol = markets.get_by_id(pair).symbol
    return Topic(TopicKind.BOOK, symbol, depth=_BOOK_DEPTHS[depth])


def _book_changes(told: Sequence[str], markets: Markets) -> Topic:
    if not set(told[1:]) <= _SPEEDS:
        raise BadInput("malformed", field="payload")
    return Topic(TopicKind.BOOK, markets.get_by_id(told[0]).symbol, depth=_CHANGES_DEPTH)


def _book_levels(told: Sequence[str], markets: Markets) -> Topic:
    if len(told) < 2 or told[1] not in _LEVELS or not set(told[2:]) <= _SPEEDS:  # noqa: PLR2004  a pair and its levels
        raise BadInput("malformed", field="payload")
    return Topic(TopicKind.BOOK, markets.get_by_id(told[0]).symbol, depth=int(told[1]))


_SINGLE: Final[Mapping[Channel, Any]] = MappingProxyType(
    {
        Channel.CANDLES: _candles,
        Channel.BOOK: _book,
        Channel.BOOK_CHANGES: _book_changes,
        Channel.BOOK_LEVELS: _book_levels,
    }
)


def write_payload(topic: Topic, markets: Markets) -> tuple[Channel, list[str]]:
    """Write which channel our side asks for a public topic. Raises: `BadInput`."""
    pair = markets.get(topic.symbol).id
    if topic.kind is TopicKind.CANDLES:
        if topic.interval_ms not in INTERVALS:
            raise BadInput("bad_interval", field="interval")
        return Channel.CANDLES, [INTERVALS[topic.interval_ms], pair]
    if topic.kind is TopicKind.BOOK:
        depth = "50" if 0 < topic.depth <= _BOOK_DEPTHS["50"] else "400"
        return Channel.BOOK, [f"ob.{pair}.{depth}"]
    channels = {TopicKind.TICKER: Channel.TICKERS, TopicKind.TRADES: Channel.TRADES}
    channel = channels.get(topic.kind)
    if channel is None:
        raise BadInput("unsupported_operation", field="topic")
    return channel, [pair]
