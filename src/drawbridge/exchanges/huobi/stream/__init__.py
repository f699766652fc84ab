"""HTX's spot streams, both sides: market data, books by changes, and an account's own.

The exchange's sides are `market_session` (frames compressed) and `user_session` (plain text after
a log-in); ours is `client`. `channels` knows what can be subscribed to, `writing` and `reading`
the messages.

Source: htx.com WebSocket documentation, market data and asset and order (v2), 2026-11; ccxt 4.5.90
and huobi-sdk 2.3.3, run.
"""

from drawbridge.exchanges.huobi.stream.client import (
    begin_reading,
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.huobi.stream.market_session import MarketSession
from drawbridge.exchanges.huobi.stream.upkeep import UPKEEP
from drawbridge.exchanges.huobi.stream.user_session import UserSession
from drawbridge.wire.stream import Opening, Session

__all__ = [
    "UPKEEP",
    "begin_reading",
    "log_in",
    "open_session",
    "read_frame",
    "stream_path",
    "subscribe",
]

_MARKET: frozenset[bytes] = frozenset({b"/ws", b"/feed"})
_USER: bytes = b"/ws/v2"


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    if opening.path in _MARKET:
        return MarketSession(opening)
    return UserSession(opening) if opening.path == _USER else None
