"""Gate's spot streams, both sides: one address for market data, an account's own, and orders.

The exchange's side is `session` with `requests` for orders; ours is `client`. `channels` knows
what can be subscribed to, `writing` and `reading` the messages. There is no log-in for private
channels: each subscription is signed by itself.

Source: gate.com WebSocket v4 documentation, 2026-11; ccxt 4.5.90, run.
"""

from drawbridge.exchanges.gate.stream.client import (
    begin_reading,
    log_in,
    read_frame,
    stream_path,
    subscribe,
    subscribe_signed,
)
from drawbridge.exchanges.gate.stream.session import ChannelSession
from drawbridge.exchanges.gate.stream.upkeep import UPKEEP
from drawbridge.wire.stream import Opening, Session

__all__ = [
    "UPKEEP",
    "begin_reading",
    "log_in",
    "open_session",
    "read_frame",
    "stream_path",
    "subscribe",
    "subscribe_signed",
]

_PATHS = frozenset({b"/ws/v4/", b"/ws/v4"})


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    return ChannelSession(opening) if opening.path in _PATHS else None
