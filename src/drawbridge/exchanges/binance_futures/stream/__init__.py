"""Binance Futures' streams, both sides: market streams and user data.

The exchange's side is `wire/named_streams.py`, at addresses by kind and at the old single one;
ours is `client`. `names` knows the streams, `writing` and `reading` the events.

Source: developers.binance.com, USD-M futures, websocket market streams and user data streams,
2026-07-21; ccxt 4.5.90, run.
"""

import re
from typing import Final

from drawbridge.core.streams import Topic, TopicKind
from drawbridge.exchanges.binance_futures.stream.client import (
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.binance_futures.stream.names import find_stream
from drawbridge.exchanges.binance_futures.stream.upkeep import UPKEEP
from drawbridge.exchanges.binance_futures.stream.writing import (
    write_market_event,
    write_user_event,
)
from drawbridge.wire.named_streams import NamedStreams
from drawbridge.wire.stream import Opening, Session
from drawbridge.wire.text import find_parameter

__all__ = ["UPKEEP", "log_in", "open_session", "read_frame", "stream_path", "subscribe"]

# Clients number their connections (`/market/ws/0`); those older than the kinds use none of them.
_PATH: Final = re.compile(
    rb"(?:/public|/market|/private)?/(?:(stream)|ws(?:/([A-Za-z0-9@_!./]{0,4096}))?)"
)


class _Words:
    """The streams of contracts, and what a token stands for."""

    private = (
        Topic(TopicKind.ORDERS),
        Topic(TopicKind.BALANCES),
        Topic(TopicKind.POSITIONS),
    )
    find = staticmethod(find_stream)
    write_market = staticmethod(write_market_event)
    write_own = staticmethod(write_user_event)


_WORDS: Final = _Words()


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    found = _PATH.fullmatch(opening.path)
    if found is None:
        return None
    is_combined = found[1] is not None
    named = find_parameter(opening.query, b"streams") if is_combined else found[2]
    token = find_parameter(opening.query, b"listenKey")
    wanted = token or named or b""
    return NamedStreams(opening, _WORDS, wanted.decode("ascii", "replace"), is_combined=is_combined)
