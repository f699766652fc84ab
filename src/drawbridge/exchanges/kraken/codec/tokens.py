"""Tokens that open the private streams: `GetWebSocketsToken`.

A token opens a connection for a quarter of an hour after it was drawn, and can neither be kept
alive nor ended.
"""

from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetStreamToken, StreamToken
from drawbridge.exchanges.kraken.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

_LASTS_MS: Final = 900_000
_SECOND_MS: Final = 1_000


def encode_token(operation: GetStreamToken, _markets: Markets) -> WireRequest:
    """Write the request for a new token. Raises: `BadInput("unsupported_operation")`."""
    if operation.token:
        raise BadInput("unsupported_operation", field="token")
    return values.private(b"GetWebSocketsToken")


def decode_token(view: ServerView) -> GetStreamToken:
    """Read it. Raises: `BadInput`."""
    values.read_body(view)
    return GetStreamToken(lasts_ms=_LASTS_MS)


def encode_token_answer(_op: GetStreamToken, result: StreamToken, _view: ServerView) -> WireAnswer:
    """Write a token and how many seconds it may be used."""
    return values.success({"token": result.token, "expires": result.lasts_ms // _SECOND_MS})


def decode_token_answer(_op: GetStreamToken, answer: WireAnswer, _markets: Markets) -> StreamToken:
    """Read it."""
    result = values.result_of(answer)
    return StreamToken(values.text_of(result["token"]), int(result["expires"]) * _SECOND_MS)
