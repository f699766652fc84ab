"""The channels of a connection: what may be asked for, and the numbers under which it is told.

A channel is a topic and the form in which it is told: several may be about one topic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.bitfinex.codec import names
from drawbridge.exchanges.bitfinex.codec.prices import DIGITS, RAW, read_candle_key
from drawbridge.wire.parameters import Parameters

TICKER: Final = "ticker"
TRADES: Final = "trades"
CANDLES: Final = "candles"
BOOK: Final = "book"
# Orders, wallets and everything else of the account come under this number.
ACCOUNT: Final = 0

_KINDS: Final[Mapping[str, TopicKind]] = MappingProxyType(
    {TICKER: TopicKind.TICKER, TRADES: TopicKind.TRADES, BOOK: TopicKind.BOOK}
)
_USUAL_PRECISION: Final = "P0"
_FREQUENCIES: Final = frozenset({"F0", "F1"})
_LENGTHS: Final = MappingProxyType({"1": 1, "25": 25, "100": 100, "250": 250})
_USUAL_LENGTH: Final = "25"
_MOST_SUB_ID: Final = 64

Row = tuple[object, ...]
Side = dict[Decimal, Row]


@dataclass(slots=True)
class Channel:
    """A channel that is told; `rows` is the book as the client has it now, bids and asks.

    `told` is what it was asked for by, without its number. `begun` once its snapshot was sent.
    """

    topic: Topic
    told: Mapping[str, object]
    precision: str = ""
    length: int = 0
    number: int = 0
    begun: bool = False
    last_ms: int = 0
    rows: tuple[Side, Side] = field(default_factory=lambda: ({}, {}))


def read_channel(document: Mapping[str, Any], markets: Markets) -> Channel:
    """Read what a frame subscribes to. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    found = Parameters(document)
    name = found.need("channel")
    sub_id = found.text("subId")
    if len(sub_id) > _MOST_SUB_ID:
        raise BadInput("malformed", field="subId")
    if name == CANDLES:
        channel = _candles(found, markets)
    elif name in _KINDS:
        channel = _of_market(name, found, markets)
    else:
        raise BadInput("malformed", field="channel")
    if sub_id:
        channel.told = {**channel.told, "subId": sub_id}
    return channel


def _candles(found: Parameters, markets: Markets) -> Channel:
    key = found.need("key")
    symbol, interval_ms = read_candle_key(key, markets)
    topic = Topic(TopicKind.CANDLES, symbol, interval_ms=interval_ms)
    return Channel(topic, {"channel": CANDLES, "key": key})


def _of_market(name: str, found: Parameters, markets: Markets) -> Channel:
    # The older way is to name the pair without the letter before it.
    asked = found.text("symbol") or names.market_id(found.need("pair"))
    market = markets.get_by_id(asked)
    told: dict[str, object] = {"channel": name, "symbol": market.id}
    channel = Channel(Topic(_KINDS[name], market.symbol), told)
    if name == BOOK:
        channel.precision = found.text("prec") or _USUAL_PRECISION
        frequency = found.text("freq") or "F0"
        length = found.text("len") or _USUAL_LENGTH
        if channel.precision != RAW and channel.precision not in DIGITS:
            raise BadInput("malformed", field="prec")
        if frequency not in _FREQUENCIES or length not in _LENGTHS:
            raise BadInput("malformed", field="freq" if length in _LENGTHS else "len")
        channel.length = _LENGTHS[length]
        told |= {"prec": channel.precision, "freq": frequency, "len": length}
    told["pair"] = names.pair_of(market.id)
    return channel
