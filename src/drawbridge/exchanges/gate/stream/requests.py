"""Orders over the stream: requests of the event `api`, each signed or after a log-in.

What an order may hold is judged by the codec of REST; refusals are told by the same labels.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.markets import Markets
from drawbridge.core.operations import (
    CancelAllOrders,
    CancelOrder,
    GetOrder,
    Operation,
    Placed,
)
from drawbridge.core.orders import Order
from drawbridge.exchanges.gate.codec.orders import named_order, order_row, read_place
from drawbridge.wire.dialect import Claim
from drawbridge.wire.documents import object_of, parse_document, text_of, write_document
from drawbridge.wire.errors import ErrorTable
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.stream import Ask, Effect, LogIn, Proof, Send

LOG_IN: Final = "spot.login"
_ROWS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "spot.order_place": "ws_order_place",
        "spot.order_cancel": "ws_order_cancel",
        "spot.order_cancel_cp": "ws_order_cancel_cp",
        "spot.order_status": "ws_order_status",
    }
)
_GOOD: Final = "200"
_PARAMETERS: Final = '"req_param":'
_DECODER: Final = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was taken in, to answer it by."""

    req_id: str
    channel: str


def read_request(text: str, document: Mapping[str, Any], markets: Markets) -> Effect:
    """Read a request. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    payload = object_of(document.get("payload"), "payload")
    request = request_of(document)
    proof = _proof(text, payload, request.channel)
    if request.channel == LOG_IN:
        if proof is None:
            raise BadInput("missing_header", field="signature")
        return LogIn(request, proof)
    row = _ROWS.get(request.channel)
    if row is None:
        raise BadInput("unknown_endpoint", field="channel")
    told = Parameters(object_of(payload.get("req_param"), "req_param"))
    return Ask(request, row, _operation(request.channel, told, markets), proof)


def request_of(document: Mapping[str, Any]) -> Request:
    """Read what a request is answered by. Raises: `BadInput`."""
    payload = object_of(document.get("payload"), "payload")
    told = payload.get("req_id", document.get("id", ""))
    return Request(str(told)[:64], text_of(document.get("channel"), "channel"))


def _operation(channel: str, told: Parameters, markets: Markets) -> Operation[Any]:
    if channel == "spot.order_place":
        return read_place(told, markets)
    if channel == "spot.order_cancel_cp":
        pair = told.text("currency_pair")
        return CancelAllOrders(markets.get_by_id(pair).symbol if pair else "")
    symbol, order_id, client_id = named_order(told, told.need("order_id"), markets)
    if channel == "spot.order_cancel":
        return CancelOrder(symbol, order_id, client_id)
    return GetOrder(symbol, order_id, client_id)


def _proof(text: str, payload: Mapping[str, Any], channel: str) -> Proof | None:
    """Read what a request proves, None for one that counts on the log-in before it.

    Signed are the event, the channel, the parameters as they were sent, and the stamp.
    """
    if not payload.get("signature"):
        return None
    stamp = text_of(payload.get("timestamp"), "timestamp")
    key = text_of(payload.get("api_key"), "api_key")
    signature = text_of(payload["signature"], "signature")
    if not (stamp + key + signature).isascii():
        raise BadInput("malformed", field="signature")
    signed = f"api\n{channel}\n{_parameters(text, payload)}\n{stamp}"
    claim = Claim(key, stamp, signature.encode("ascii"))
    return Proof(claim, signed.encode())


def _parameters(text: str, payload: Mapping[str, Any]) -> str:
    """Give the parameters byte for byte.

    Why: a name that stands twice could be read as one thing and signed as another, so what was
    cut out must be what was read.
    """
    told = payload.get("req_param")
    if told is None:
        return ""
    start = text.find(_PARAMETERS) + len(_PARAMETERS)
    start += len(text[start:]) - len(text[start:].lstrip())
    try:
        _, end = _DECODER.raw_decode(text, start)
    except ValueError:
        raise BadInput("malformed", field="req_param") from None
    if write_document(parse_document(text[start:end])) != write_document(told):
        raise BadInput("malformed", field="req_param")
    return text[start:end]


# ------------------------------------------------------------------------------------ answers
def write_answer(request: Request, result: object, markets: Markets, now_ms: int) -> Send:
    """Write the result of a request."""
    if isinstance(result, Placed):
        told: object = order_row(result.order, markets)
    elif isinstance(result, Order):
        told = order_row(result, markets)
    elif isinstance(result, tuple):
        told = [order_row(row, markets) for row in result]
    else:
        told = result
    return _send(request, _GOOD, {"result": told}, now_ms)


def write_logged_in(request: Request, key: str, now_ms: int) -> Send:
    """Write that a log-in was right."""
    return _send(request, _GOOD, {"result": {"api_key": key, "uid": "1"}}, now_ms)


def write_refusal(
    request: Request, error: DrawbridgeError, errors: ErrorTable, now_ms: int
) -> Send:
    """Write why a request was refused, by the labels of REST."""
    raw = errors.speak(error.code, error.facts)
    told = {"errs": {"label": raw.code, "message": raw.message}}
    return _send(request, str(raw.status), told, now_ms)


def _send(request: Request, status: str, data: Mapping[str, object], now_ms: int) -> Send:
    header = {
        "response_time": str(now_ms),
        "status": status,
        "channel": request.channel,
        "event": "api",
        "client_id": "paper",
    }
    told = {"request_id": request.req_id, "header": header, "data": data}
    return Send(write_document(told).decode())
