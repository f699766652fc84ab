"""Coinbase's streams, both sides: one address for market data and for one's own orders.

The exchange's side is `session`, ours `client`; `channels` knows what can be subscribed to,
`writing` and `reading` the messages. There is no log-in: a token travels in the very message that
subscribes. Orders cannot be placed here.

Source: docs.cdp.coinbase.com, Advanced Trade WebSocket, 2026-11; ccxt 4.5.90 and
coinbase-advanced-py 1.8.4, run.
"""

from drawbridge.exchanges.coinbase.stream.client import (
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.coinbase.stream.session import ChannelSession
from drawbridge.exchanges.coinbase.stream.upkeep import UPKEEP
from drawbridge.wire.stream import Opening, Session

__all__ = ["UPKEEP", "log_in", "open_session", "read_frame", "stream_path", "subscribe"]

_PATHS = frozenset({b"", b"/"})


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    return ChannelSession(opening) if opening.path in _PATHS else None
