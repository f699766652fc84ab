"""Kraken's streams, version 2, both sides: market data, own orders and balances, and trading.

The exchange's side is `session`; ours is `client`. `writing` and `reading` know the channels,
`trading` the requests. Version 1 is served no more: no client that we know of opens it.

Source: docs.kraken.com, WebSocket v2, 2026; ccxt 4.5.90, run.
"""

import re
from typing import Final

from drawbridge.exchanges.kraken.stream.client import (
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.kraken.stream.session import KrakenSession
from drawbridge.exchanges.kraken.stream.upkeep import UPKEEP
from drawbridge.wire.stream import Opening, Session

__all__ = ["UPKEEP", "log_in", "open_session", "read_frame", "stream_path", "subscribe"]

_PUBLIC_PATH: Final = b"/v2"
_PRIVATE_PATH: Final = b"/ws-auth/v2"
# The real exchange has both at one path, under two names.
_PRIVATE_HOST: Final = re.compile(rb"ws-auth\.[a-z0-9.-]{1,80}(?::[0-9]{1,5})?")


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    if opening.path == _PRIVATE_PATH:
        return KrakenSession(opening, is_private=True)
    if opening.path != _PUBLIC_PATH:
        return None
    host = dict(opening.headers).get(b"host", b"")
    return KrakenSession(opening, is_private=_PRIVATE_HOST.fullmatch(host) is not None)
