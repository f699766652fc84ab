"""What can be subscribed to: KuCoin's topics and what of ours each is about.

A topic is a name, a colon and pairs parted by commas; candles add their length after an
underscore; `all` stands for every pair. Private topics have no pairs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.kucoin.codec.prices import INTERVALS

_ALL: Final = "all"
_MOST_PAIRS: Final = 100
_MOST_LETTERS: Final = 4_096


class Form(StrEnum):
    """A kind of topic, by the exchange's own name."""

    SNAPSHOT = "/market/snapshot"
    TICKER = "/market/ticker"
    BEST = "/spotMarket/level1"
    CANDLES = "/market/candles"
    TRADES = "/market/match"
    CHANGES = "/market/level2"
    BOOK_5 = "/spotMarket/level2Depth5"
    BOOK_50 = "/spotMarket/level2Depth50"
    ORDERS = "/spotMarket/tradeOrders"
    ORDERS_V2 = "/spotMarket/tradeOrdersV2"
    STOPS = "/spotMarket/advancedOrders"
    FILLS = "/spot/tradeFills"
    BALANCES = "/account/balance"


_KINDS: Final = {
    Form.SNAPSHOT: TopicKind.TICKER,
    Form.TICKER: TopicKind.TICKER,
    Form.BEST: TopicKind.TICKER,
    Form.CANDLES: TopicKind.CANDLES,
    Form.TRADES: TopicKind.TRADES,
    Form.CHANGES: TopicKind.BOOK,
    Form.BOOK_5: TopicKind.BOOK,
    Form.BOOK_50: TopicKind.BOOK,
    Form.ORDERS: TopicKind.ORDERS,
    Form.ORDERS_V2: TopicKind.ORDERS,
    Form.STOPS: TopicKind.ORDERS,
    Form.FILLS: TopicKind.ORDERS,
    Form.BALANCES: TopicKind.BALANCES,
}
_DEPTHS: Final = {Form.BOOK_5: 5, Form.BOOK_50: 50}
_FORMS: Final = {form.value: form for form in Form}
# All pairs at once are told under one name.
_FOR_ALL: Final = frozenset({Form.TICKER, Form.SNAPSHOT})


@dataclass(frozen=True, slots=True)
class Channel:
    """One thing that is subscribed to: its name on the wire, and what it is about."""

    name: str
    form: Form
    topic: Topic

    @property
    def is_private(self) -> bool:
        """Tell whether it is about one account."""
        return self.topic.kind.is_private


def find_channels(text: str, markets: Markets) -> tuple[Channel, ...]:
    """Read what a client subscribes to.

    Raises: `BadInput("malformed")` for what is no topic, `NotFound("unknown_symbol")`.
    """
    name, _, pairs = text.partition(":")
    form = _FORMS.get(name)
    if form is None or len(text) > _MOST_LETTERS:
        raise BadInput("malformed", field="topic")
    kind = _KINDS[form]
    if kind.is_private:
        return (Channel(name, form, Topic(kind)),)
    if pairs == _ALL and form in _FOR_ALL:
        return tuple(Channel(text, form, Topic(kind, market.symbol)) for market in markets)
    found = tuple(_channels_of(form, pairs.split(","), markets))
    if len(found) > _MOST_PAIRS:
        raise BadInput("malformed", field="topic")
    return found


def _channels_of(form: Form, names: list[str], markets: Markets) -> Iterator[Channel]:
    for name in names:
        pair, _, word = name.partition("_")
        if form is Form.CANDLES and word not in INTERVALS:
            raise BadInput("malformed", field="topic")
        topic = Topic(
            _KINDS[form],
            markets.get_by_id(pair if form is Form.CANDLES else name).symbol,
            INTERVALS[word] if form is Form.CANDLES else 0,
            _DEPTHS.get(form, 0),
        )
        yield Channel(f"{form.value}:{name}", form, topic)


def market_of(channel: Channel, markets: Markets) -> Market:
    """Give the pair that a public channel is about."""
    return markets.get(channel.topic.symbol)
