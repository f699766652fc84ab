"""Poloniex's streams, both sides: `/ws/public` for markets, `/ws/private` for an account.

The exchange's side is `session`; ours is `client`. `channels` knows what may be followed,
`writing` writes it, `requests` are orders sent over the private socket.

Source: api-docs.poloniex.com, WebSocket, 2026-11; ccxt.pro 4.5.90, run.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from drawbridge.exchanges.poloniex.stream.client import (
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.poloniex.stream.session import StreamSession
from drawbridge.exchanges.poloniex.stream.upkeep import UPKEEP
from drawbridge.wire.stream import Opening, Session

__all__ = ["UPKEEP", "log_in", "open_session", "read_frame", "stream_path", "subscribe"]

_PATHS: Final[Mapping[bytes, bool]] = MappingProxyType({b"/ws/public": False, b"/ws/private": True})


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    is_private = _PATHS.get(opening.path)
    return None if is_private is None else StreamSession(opening, is_private=is_private)
