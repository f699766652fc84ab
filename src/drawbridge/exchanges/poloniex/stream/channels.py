"""The channels: their names, what each is about, and what a frame asks for.

A channel is followed for some markets or, by the word `all`, for all of them; balances are
followed as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.poloniex.codec.prices import INTERVALS
from drawbridge.wire.documents import int_of, list_of, text_of

AUTH: Final = "auth"
TICKER: Final = "ticker"
TRADES: Final = "trades"
BOOK: Final = "book"
BOOK_LEVELS: Final = "book_lv2"
ORDERS: Final = "orders"
BALANCES: Final = "balances"
ALL: Final = "all"
LEVELS: Final = 20

_DEPTHS: Final = frozenset({5, 10, 20})
_USUAL_DEPTH: Final = 5
CANDLES: Final[Mapping[str, int]] = MappingProxyType(
    {f"candles_{word.lower()}": length for word, length in INTERVALS.items()}
)
_KINDS: Final[Mapping[str, TopicKind]] = MappingProxyType(
    {
        TICKER: TopicKind.TICKER,
        TRADES: TopicKind.TRADES,
        BOOK: TopicKind.BOOK,
        BOOK_LEVELS: TopicKind.BOOK,
        ORDERS: TopicKind.ORDERS,
        BALANCES: TopicKind.BALANCES,
        **dict.fromkeys(CANDLES, TopicKind.CANDLES),
    }
)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel and one of the topics that it is about."""

    name: str
    topic: Topic


@dataclass(frozen=True, slots=True)
class Wish:
    """A channel that a frame asks for, as it is acknowledged, and all of its topics."""

    name: str
    symbols: tuple[str, ...]
    channels: tuple[Channel, ...]


def read_wishes(
    document: Mapping[str, Any], markets: Markets, *, is_private: bool
) -> tuple[Wish, ...]:
    """Read what a frame asks for. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    names = [text_of(name, "channel") for name in list_of(document.get("channel"), "channel")]
    told = [text_of(name, "symbols") for name in list_of(document.get("symbols") or [], "symbols")]
    depth = document.get("depth")
    wanted = _USUAL_DEPTH if depth is None else int_of(depth, "depth")
    if not names or wanted not in _DEPTHS:
        raise BadInput("malformed", field="depth" if names else "channel")
    return tuple(_wish(name, told, wanted, markets, is_private) for name in names)


def _wish(
    name: str,
    told: list[str],
    depth: int,
    markets: Markets,
    is_private: bool,  # noqa: FBT001  handed on from a keyword
) -> Wish:
    kind = _KINDS.get(name)
    if kind is None or kind.is_private is not is_private:
        raise BadInput("malformed", field="channel")
    if kind is TopicKind.BALANCES:
        return Wish(name, (), (Channel(name, Topic(kind)),))
    if not told:
        raise BadInput("missing_parameter", field="symbols")
    topics = _topics(name, kind, told, depth, markets)
    return Wish(name, tuple(told), tuple(Channel(name, topic) for topic in topics))


def _topics(
    name: str, kind: TopicKind, told: list[str], depth: int, markets: Markets
) -> list[Topic]:
    if kind is TopicKind.ORDERS and ALL in told:
        return [Topic(kind)]
    found = list(markets) if ALL in told else [markets.get_by_id(symbol) for symbol in told]
    symbols = dict.fromkeys(market.symbol for market in found)
    levels = {BOOK: depth, BOOK_LEVELS: LEVELS}.get(name, 0)
    interval_ms = CANDLES.get(name, 0)
    return [Topic(kind, symbol, interval_ms, levels) for symbol in symbols]
