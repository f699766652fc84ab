"""KuCoin's streams, both sides, in the protocol of its classic accounts.

The exchange's side is `session`, ours `client`; `channels` knows what can be subscribed to,
`writing` and `reading` the events. The protocol of unified accounts is not here: there are none
on paper.

Source: new documentation, WebSocket, 2026-11; ccxt 4.5.90, run.
"""

from drawbridge.exchanges.kucoin.codec.tokens import STREAM_PATH
from drawbridge.exchanges.kucoin.stream.client import (
    log_in,
    read_frame,
    stream_path,
    subscribe,
)
from drawbridge.exchanges.kucoin.stream.session import ClassicSession
from drawbridge.exchanges.kucoin.stream.upkeep import UPKEEP
from drawbridge.wire.stream import Opening, Session

__all__ = ["UPKEEP", "log_in", "open_session", "read_frame", "stream_path", "subscribe"]


def open_session(opening: Opening) -> Session | None:
    """Begin a connection at that path, None where the exchange serves no stream."""
    return ClassicSession(opening) if opening.path == STREAM_PATH else None
