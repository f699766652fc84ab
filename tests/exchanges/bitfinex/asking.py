"""Ask Bitfinex's side of the codec as a client would, by path and body."""

from typing import Any

import orjson

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import Operation
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest

EXCHANGE = get_exchange("bitfinex")
CODEC = EXCHANGE.codec
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000


def view_of(path: str, body: object = None, query: str = "") -> ServerView:
    """Give a request: private paths are posted with a body, public ones got with a query."""
    private = path.startswith("auth/")
    raw = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
    method = "POST" if private else "GET"
    request = WireRequest(method, f"/v2/{path}".encode(), query.encode(), (), raw)
    return ServerView(EXCHANGE.endpoints.classify(request), request, MARKETS, NOW_MS)


def asked(path: str, body: object = None, query: str = "") -> Operation[Any]:
    """Read a request."""
    return CODEC.decode_request(view_of(path, body, query))


def told(view: ServerView, result: object) -> Any:  # noqa: ANN401  JSON has no type
    """Answer a request, and give what the answer holds."""
    operation = CODEC.decode_request(view)
    return orjson.loads(CODEC.encode_answer(operation, result, view).body)


def answer(document: object, status: int = 200) -> WireAnswer:
    """Give an answer as the exchange would send it."""
    return WireAnswer(status, orjson.dumps(document))
