"""What can be subscribed to: Coinbase's channels and what of ours each is about."""

from enum import StrEnum
from typing import Final

from drawbridge.core.clock import MINUTE_MS
from drawbridge.core.streams import Topic, TopicKind

# Candles have one length only.
CANDLE_MS: Final = 5 * MINUTE_MS


class Channel(StrEnum):
    """A channel by the exchange's own name."""

    TICKER = "ticker"
    TICKER_BATCH = "ticker_batch"
    CANDLES = "candles"
    LEVEL2 = "level2"
    MARKET_TRADES = "market_trades"
    HEARTBEATS = "heartbeats"
    STATUS = "status"
    USER = "user"
    FUTURES = "futures_balance_summary"

    @property
    def is_private(self) -> bool:
        """Tell whether it needs a token."""
        return self in {Channel.USER, Channel.FUTURES}

    @property
    def is_of_products(self) -> bool:
        """Tell whether it is about each product alone."""
        return self in _KINDS


# How messages name their channel, where that is not how it is subscribed to.
TOLD_AS: Final = {Channel.LEVEL2: "l2_data"}
_KINDS: Final = {
    Channel.TICKER: TopicKind.TICKER,
    Channel.TICKER_BATCH: TopicKind.TICKER,
    Channel.CANDLES: TopicKind.CANDLES,
    Channel.LEVEL2: TopicKind.BOOK,
    Channel.MARKET_TRADES: TopicKind.TRADES,
}
ORDERS: Final = Topic(TopicKind.ORDERS)


def topic_of(channel: Channel, symbol: str) -> Topic:
    """Give what a channel tells of one product."""
    kind = _KINDS[channel]
    return Topic(kind, symbol, CANDLE_MS if kind is TopicKind.CANDLES else 0)
