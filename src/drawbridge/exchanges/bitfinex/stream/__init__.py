"""Bitfinex's streams at `/ws/2`, both sides: markets in channels, the account under number zero.

The exchange's side is `session`; ours is `client`. `channels` knows what may be followed, `frames`
and `writing` write it, `inputs` are orders sent over the socket.

Source: docs.bitfinex.com, WebSocket v2, 2026-11; ccxt.pro 4.5.90, run.
"""

from typing import Final

from drawbridge.exchanges.bitfinex.stream.client import (
    begin_reading,
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.bitfinex.stream.session import StreamSession
from drawbridge.exchanges.bitfinex.stream.upkeep import UPKEEP
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

_PATHS: Final = frozenset({b"/ws/2", b"/ws/2/"})


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    return StreamSession(opening) if opening.path in _PATHS else None
