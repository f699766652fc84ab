"""Ask Kraken's side of the codec as a client would, by endpoint and parameters."""

from typing import Any

import orjson

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import Operation
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireRequest

EXCHANGE = get_exchange("kraken")
MARKETS = EXCHANGE.card.markets()
NOW_MS = 1_700_000_000_000


def view_of(method: str, parameters: str = "") -> ServerView:
    """Give a request to an endpoint: parameters go into the query or, private, into the body."""
    raw = parameters.encode()
    path = f"/0/public/{method}".encode()
    request = WireRequest("GET", path, raw)
    if not any(row.path == path for row in EXCHANGE.endpoints.rows()):
        request = WireRequest("POST", f"/0/private/{method}".encode(), b"", (), raw)
    endpoint = EXCHANGE.endpoints.classify(request)
    return ServerView(endpoint, request, MARKETS, NOW_MS)


def asked(method: str, parameters: str = "") -> Operation[Any]:
    """Read a request."""
    return EXCHANGE.codec.decode_request(view_of(method, parameters))


def told(method: str, parameters: str, result: object) -> Any:  # noqa: ANN401  JSON has no type
    """Answer a request, and give the answer's result."""
    view = view_of(method, parameters)
    operation = EXCHANGE.codec.decode_request(view)
    answer = EXCHANGE.codec.encode_answer(operation, result, view)
    return orjson.loads(answer.body)["result"]
