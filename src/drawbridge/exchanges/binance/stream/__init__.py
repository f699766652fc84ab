"""Binance's streams, both sides: market streams, user data, and requests over WebSocket.

The exchange's side is `wire/named_streams.py` (at `/ws` and `/stream`) and `api_session` (at
`/ws-api/v3`); ours is `client`. `names` knows the streams, `writing` and `reading` the events.

Source: binance-spot-api-docs, web-socket-streams, web-socket-api and user-data-stream, 2026-07-21;
ccxt 4.5.90, run.
"""

import re
from typing import Final

from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.binance.stream.api_session import ApiSession
from drawbridge.exchanges.binance.stream.client import (
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.binance.stream.names import find_stream
from drawbridge.exchanges.binance.stream.upkeep import UPKEEP
from drawbridge.exchanges.binance.stream.writing import write_market_event, write_user_event
from drawbridge.wire.named_streams import NamedStreams
from drawbridge.wire.stream import Opening, Session
from drawbridge.wire.text import find_parameter

__all__ = ["UPKEEP", "log_in", "open_session", "read_frame", "stream_path", "subscribe"]

_API_PATH: Final = b"/ws-api/v3"
# ccxt numbers its connections (`/stream/0`) and takes no address for spot without `/stream`.
_COMBINED: Final = re.compile(rb"/stream(?:/[0-9]{1,4})?")
_RAW: Final = re.compile(rb"(?:/stream)?/ws(?:/([A-Za-z0-9@_!./]{0,4096}))?")


class _Words:
    """The streams of spot, and what listen keys stand for."""

    private = (Topic(TopicKind.ORDERS), Topic(TopicKind.BALANCES))
    find = staticmethod(find_stream)
    write_market = staticmethod(write_market_event)
    write_own = staticmethod(write_user_event)


_WORDS: Final = _Words()


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    if opening.path == _API_PATH:
        return ApiSession(opening)
    if _COMBINED.fullmatch(opening.path):
        wanted = find_parameter(opening.query, b"streams") or b""
        return NamedStreams(opening, _WORDS, wanted.decode("ascii", "replace"), is_combined=True)
    found = _RAW.fullmatch(opening.path)
    if found is None:
        return None
    return NamedStreams(opening, _WORDS, (found[1] or b"").decode("ascii"), is_combined=False)
