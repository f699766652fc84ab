"""Tokens for streams: KuCoin hands them out over REST, together with the address to go to.

On paper that address is the one at which the sender reached us, so that no client can be led
anywhere else.
"""

import re
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.operations import GetFixed, GetStreamToken, StreamToken
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import text_of
from drawbridge.wire.http import WireAnswer, WireRequest

# Public streams have a token as well, which proves nothing.
PUBLIC_TOKEN: Final = "2neAiuYvAU61ZDXANAGAsiL4-iAExhsBXZxftpOeh_55i3Ysy2q2LEsEWU64mdzUOPusi34M"  # noqa: S105  anyone is told it
STREAM_PATH: Final = b"/endpoint"
PING_EVERY_MS: Final = 18_000
PING_WITHIN_MS: Final = 10_000
_LASTS_MS: Final = 86_400_000
_HOST: Final = b"host"
_PREFIX: Final = b"x-forwarded-prefix"
_SCHEME: Final = b"x-forwarded-proto"
_PLACE: Final = re.compile(rb"[A-Za-z0-9.:\[\]-]{1,255}(?:/[a-z0-9_]{1,32}){0,2}")


def encode_request(operation: GetStreamToken, _markets: Markets) -> WireRequest:
    """Write the request for a token of private streams, or of public ones."""
    kind = b"public" if operation.public else b"private"
    return values.post(b"/api/v1/bullet-" + kind)


def decode_private(_view: ServerView) -> GetStreamToken:
    """Read it."""
    return GetStreamToken(lasts_ms=_LASTS_MS)


def encode_private_answer(_op: GetStreamToken, result: StreamToken, view: ServerView) -> WireAnswer:
    """Write a token and where to go with it."""
    return _written(result.token, view)


def decode_public(_view: ServerView) -> GetFixed:
    """Read the request for a token of public streams, which everybody gets alike."""
    return GetFixed(PUBLIC_TOKEN.encode("ascii"))


def encode_public_answer(_op: GetFixed, result: bytes, view: ServerView) -> WireAnswer:
    """Write that token and where to go with it."""
    return _written(result.decode("ascii"), view)


def decode_token(_op: GetStreamToken, answer: WireAnswer, _markets: Markets) -> StreamToken:
    """Read a token. How long it lives is documented, not told: a day."""
    return StreamToken(text_of(values.data_of(answer)["token"]), _LASTS_MS)


def _written(token: str, view: ServerView) -> WireAnswer:
    over_tls = view.request.header(_SCHEME) == b"https"
    scheme = "wss" if over_tls else "ws"
    return values.success(
        {
            "token": token,
            "instanceServers": [
                {
                    "endpoint": f"{scheme}://{_own_place(view)}{STREAM_PATH.decode('ascii')}",
                    "encrypt": over_tls,
                    "protocol": "websocket",
                    "pingInterval": PING_EVERY_MS,
                    "pingTimeout": PING_WITHIN_MS,
                }
            ],
        }
    )


def _own_place(view: ServerView) -> str:
    """Give host and prefix that the sender wrote to. Raises: `BadInput("malformed")`.

    Why: it goes into an address that a client will follow, so nothing but these may stand there.
    """
    request = view.request
    place = (request.header(_HOST) or b"localhost") + (request.header(_PREFIX) or b"")
    if not _PLACE.fullmatch(place):
        raise BadInput("malformed", field="Host")
    return place.decode("ascii")
