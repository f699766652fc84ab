"""The names of market streams, and which topic of ours each is about.

Several streams may be about one topic: they differ only in what is written of it.
"""

import re
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.binance.codec.tables import INTERVAL_WORDS, INTERVALS
from drawbridge.wire.named_streams import NamedStream


class Form(StrEnum):
    """How the events of a stream are written."""

    TRADE = "trade"
    AGGREGATE = "aggTrade"
    CANDLE = "kline"
    TICKER = "ticker"
    MINI_TICKER = "miniTicker"
    BEST = "bookTicker"
    AVERAGE = "avgPrice"
    CHANGES = "depth"
    LEVELS = "levels"


_NAME: Final = re.compile(
    r"([a-z0-9]{2,20})@([A-Za-z]+)(?:_(1[smhdw]|[0-9]{1,2}[mhd]))?([0-9]{0,4})"
)
_SPEED: Final = re.compile(r"@(?:100|1000)ms")
_DEPTHS: Final = frozenset({5, 10, 20})
_PLAIN: Final = MappingProxyType(
    {
        "trade": (Form.TRADE, TopicKind.TRADES),
        "aggTrade": (Form.AGGREGATE, TopicKind.TRADES),
        "ticker": (Form.TICKER, TopicKind.TICKER),
        "miniTicker": (Form.MINI_TICKER, TopicKind.TICKER),
        "bookTicker": (Form.BEST, TopicKind.TICKER),
        "avgPrice": (Form.AVERAGE, TopicKind.TICKER),
    }
)
_ALL: Final = MappingProxyType({"!ticker@arr": Form.TICKER, "!miniTicker@arr": Form.MINI_TICKER})


def find_stream(name: str, markets: Markets) -> NamedStream | None:
    """Read a stream's name, None where there is no such stream or pair."""
    if (form := _ALL.get(name)) is not None:
        topics = tuple(Topic(TopicKind.TICKER, market.symbol) for market in markets)
        return NamedStream(name, form, topics, in_list=True)
    match = _NAME.fullmatch(_SPEED.sub("", name))
    market = None if match is None else _find_market(match[1], markets)
    if match is None or market is None:
        return None
    return _of_market(name, market.symbol, match)


def name_of(topic: Topic, markets: Markets) -> str:
    """Give the stream that tells a public topic. Raises: `NotFound`, `BadInput("bad_interval")`.

    Books are told whole, whatever depth is asked for: streams of few levels do not name their pair.
    """
    pair = markets.get(topic.symbol).id.lower()
    match topic.kind:
        case TopicKind.CANDLES:
            interval = INTERVAL_WORDS.get(topic.interval_ms)
            if interval is None:
                raise BadInput("bad_interval", field="interval")
            return f"{pair}@kline_{interval}"
        case TopicKind.BOOK:
            return f"{pair}@depth@100ms"
        case TopicKind.TRADES:
            return f"{pair}@trade"
    return f"{pair}@ticker"


def _of_market(name: str, symbol: str, match: re.Match[str]) -> NamedStream | None:
    word, interval, number = match[2], match[3], match[4]
    if word == "kline" and interval in INTERVALS and not number:
        topic = Topic(TopicKind.CANDLES, symbol, interval_ms=INTERVALS[interval])
        return NamedStream(name, Form.CANDLE, (topic,))
    if interval is not None:
        return None
    if word == "depth":
        depth = int(number or 0)
        if number and depth not in _DEPTHS:
            return None
        form = Form.LEVELS if depth else Form.CHANGES
        return NamedStream(name, form, (Topic(TopicKind.BOOK, symbol, depth=depth),))
    found = _PLAIN.get(word)
    if found is None or number or "ms" in name:
        return None
    return NamedStream(name, found[0], (Topic(found[1], symbol),))


def _find_market(pair: str, markets: Markets) -> Market | None:
    wanted = pair.upper()
    return next((market for market in markets if market.id == wanted), None)
