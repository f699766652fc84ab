"""The names of channels: `market.btcusdt.kline.1min`, `orders#btcusdt`, `accounts.update#2`.

What can be asked for once (`req`) has the names of what can be subscribed to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.huobi.codec.prices import PERIODS, PERIODS_MS

ALL: Final = "*"
DEPTH: Final = 150
_MARKET: Final = re.compile(r"market\.([a-z0-9]{1,40})\.([A-Za-z0-9._]{1,40})")
_CHANGES: Final = re.compile(r"mbp\.(5|20|150|400)")
_REFRESHED: Final = re.compile(r"mbp\.refresh\.(5|10|20)")
_KLINE: Final = "kline."


class Form(StrEnum):
    """In which form a public channel tells of its topic."""

    DETAIL = "detail"
    TICKER = "ticker"
    BEST = "bbo"
    TRADES = "trade.detail"
    CANDLES = "kline"
    BOOK = "depth.step0"
    CHANGES = "mbp"
    REFRESHED = "mbp.refresh"


@dataclass(frozen=True, slots=True)
class MarketChannel:
    """A public channel."""

    name: str
    form: Form
    topic: Topic


_PLAIN: Final[Mapping[str, tuple[Form, TopicKind]]] = MappingProxyType(
    {
        "detail": (Form.DETAIL, TopicKind.TICKER),
        "ticker": (Form.TICKER, TopicKind.TICKER),
        "bbo": (Form.BEST, TopicKind.TICKER),
        "trade.detail": (Form.TRADES, TopicKind.TRADES),
    }
)


def read_market_channel(name: str, markets: Markets) -> MarketChannel:
    """Read the name of a public channel.

    Raises: `BadInput("malformed")`, `NotFound("unknown_symbol")`.
    """
    found = _MARKET.fullmatch(name)
    if found is None:
        raise BadInput("malformed", field="topic")
    symbol, rest = markets.get_by_id(found[1]).symbol, found[2]
    if rest in _PLAIN:
        form, kind = _PLAIN[rest]
        return MarketChannel(name, form, Topic(kind, symbol))
    if rest == Form.BOOK:
        return MarketChannel(name, Form.BOOK, Topic(TopicKind.BOOK, symbol, depth=DEPTH))
    if rest.startswith(_KLINE) and rest.removeprefix(_KLINE) in PERIODS_MS:
        length_ms = PERIODS_MS[rest.removeprefix(_KLINE)]
        topic = Topic(TopicKind.CANDLES, symbol, interval_ms=length_ms)
        return MarketChannel(name, Form.CANDLES, topic)
    for form, pattern in ((Form.CHANGES, _CHANGES), (Form.REFRESHED, _REFRESHED)):
        if depth := pattern.fullmatch(rest):
            return MarketChannel(name, form, Topic(TopicKind.BOOK, symbol, depth=int(depth[1])))
    raise BadInput("malformed", field="topic")


def write_market_channel(topic: Topic, markets: Markets) -> str:
    """Write which channel our side asks for a public topic. Raises: `BadInput`."""
    pair = markets.get(topic.symbol).id
    match topic.kind:
        case TopicKind.TICKER:
            return f"market.{pair}.{Form.TICKER}"
        case TopicKind.TRADES:
            return f"market.{pair}.{Form.TRADES}"
        case TopicKind.BOOK:
            enough = (depth for depth in (5, 20, 150) if depth >= (topic.depth or 400))
            return f"market.{pair}.mbp.{next(enough, 400)}"
        case TopicKind.CANDLES if topic.interval_ms in PERIODS:
            return f"market.{pair}.kline.{PERIODS[topic.interval_ms]}"
        case TopicKind.CANDLES:
            raise BadInput("bad_interval", field="interval")
    raise BadInput("unsupported_operation", field="topic")


class Own(StrEnum):
    """What a private channel is about."""

    ORDERS = "orders"
    TRADES = "trade.clearing"
    BALANCES = "accounts.update"


@dataclass(frozen=True, slots=True)
class UserChannel:
    """A private channel: of one pair or all, and how much it tells."""

    name: str
    own: Own
    topic: Topic
    row: str
    pair: str = ALL
    mode: str = "0"


_TOPICS: Final[Mapping[Own, tuple[Topic, str]]] = MappingProxyType(
    {
        Own.ORDERS: (Topic(TopicKind.ORDERS), "ws_orders"),
        Own.TRADES: (Topic(TopicKind.ORDERS), "ws_clearing"),
        Own.BALANCES: (Topic(TopicKind.BALANCES), "ws_accounts"),
    }
)
_MODES: Final[Mapping[Own, frozenset[str]]] = MappingProxyType(
    {Own.TRADES: frozenset({"0", "1"}), Own.BALANCES: frozenset({"0", "1", "2"})}
)


def read_user_channel(name: str, markets: Markets) -> UserChannel:
    """Read the name of a private channel.

    Raises: `BadInput("malformed")`, `NotFound("unknown_symbol")`.
    """
    kind, *parts = name.split("#")
    if kind not in set(Own):
        raise BadInput("malformed", field="ch")
    own = Own(kind)
    pair = ALL
    if own is not Own.BALANCES:
        pair, *parts = parts or [""]
        if pair != ALL:
            pair = markets.get_by_id(pair).id
    mode = parts[0] if parts else "0"
    if len(parts) > 1 or (parts and mode not in _MODES.get(own, ())):
        raise BadInput("malformed", field="ch")
    topic, row = _TOPICS[own]
    return UserChannel(name, own, topic, row, pair, mode)


def write_user_channels(topic: Topic) -> list[str]:
    """Write which channels our side asks for a private topic; orders before their executions."""
    if topic.kind is TopicKind.ORDERS:
        return [f"{Own.ORDERS}#{ALL}", f"{Own.TRADES}#{ALL}#0"]
    if topic.kind is TopicKind.BALANCES:
        return [f"{Own.BALANCES}#2"]
    raise BadInput("unsupported_operation", field="topic")
