"""Requests to trade over the private stream: each is one of REST in other words.

They are put into REST's words, so that one codec judges what an order may hold.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput, NotProven
from drawbridge.core.markets import Markets
from drawbridge.core.operations import CancelOrder, PlaceOrder
from drawbridge.exchanges.kraken.codec.conditional import CONDITIONAL
from drawbridge.exchanges.kraken.codec.orders import decode_cancel
from drawbridge.exchanges.kraken.codec.placing import decode_place
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import write_document
from drawbridge.wire.endpoints import ANY_KEY, Endpoint
from drawbridge.wire.http import WireRequest
from drawbridge.wire.moments import parse_moment

# The stream's name of a parameter to REST's.
_NAMES: Final = {
    "order_type": "ordertype",
    "side": "type",
    "order_qty": "volume",
    "symbol": "pair",
    "limit_price": "price",
    "time_in_force": "timeinforce",
    "cl_ord_id": "cl_ord_id",
    "order_userref": "userref",
    "validate": "validate",
}
# What belongs to the request and not to the order, or changes nothing about it.
_BESIDE: Final = frozenset({"token", "fee_preference", "stp_type", "deadline", "sender_sub_id"})
_NOTHING: Final = (None, False, "", 0)
_MOST_NAME: Final = 40
_MOST_CANCELLED: Final = 50
_IDS: Final = (("order_id", "txid"), ("cl_ord_id", "cl_ord_id"), ("order_userref", "userref"))


def read_order(params: Mapping[str, Any], markets: Markets, now_ms: int) -> PlaceOrder:
    """Read an order.

    Raises: `BadInput` for parameters that are missing, wrong, or mean what is not carried out;
    `NotFound("unknown_symbol")`; `NotProven("deadline_passed")`.
    """
    deadline = params.get("deadline")
    if isinstance(deadline, str) and deadline and parse_moment(deadline, "deadline") < now_ms:
        raise NotProven("deadline_passed", by_ms=now_ms - parse_moment(deadline, "deadline"))
    told = {_NAMES[name]: params[name] for name in params.keys() & _NAMES.keys()}
    flags = []
    for name in params.keys() - _NAMES.keys() - _BESIDE:
        value = params[name]
        if name == "post_only":
            flags += ["post"] if value is True else []
        elif name == "cash_order_qty":
            told["volume"] = value
            flags.append("viqc")
        elif name != "triggers" and value not in _NOTHING:
            raise BadInput("malformed", field=name[:_MOST_NAME])
    if "order_qty" in params and "cash_order_qty" in params:
        raise BadInput("malformed", field="cash_order_qty")
    told |= _waiting(params, told)
    if flags:
        told["oflags"] = ",".join(flags)
    return decode_place(_view("add_order", told, markets, now_ms))


def _waiting(params: Mapping[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Put what an order waits for into REST's words; its limit stands second there."""
    triggers = params.get("triggers")
    if told.get("ordertype") not in CONDITIONAL:
        if triggers not in _NOTHING:
            raise BadInput("malformed", field="triggers")
        return {}
    if not isinstance(triggers, dict) or triggers.get("price_type", "static") != "static":
        raise BadInput("malformed", field="triggers")
    waits = {"price": triggers.get("price"), "trigger": triggers.get("reference", "last")}
    return {**waits, "price2": told["price"]} if "price" in told else waits


def read_cancels(params: Mapping[str, Any], markets: Markets, now_ms: int) -> list[CancelOrder]:
    """Read which orders are to be cancelled, by any of their ids.

    Raises: `BadInput("missing_parameter")`, `BadInput("malformed")`.
    """
    wanted: list[CancelOrder] = []
    for name, rest in _IDS:
        listed = params.get(name, [])
        if not isinstance(listed, list) or len(listed) > _MOST_CANCELLED:
            raise BadInput("malformed", field=name)
        views = (_view("cancel_order", {rest: one}, markets, now_ms) for one in listed)
        wanted.extend(map(decode_cancel, views))
    if not wanted:
        raise BadInput("missing_parameter", field="order_id")
    return wanted


def _view(name: str, told: Mapping[str, Any], markets: Markets, now_ms: int) -> ServerView:
    # Only what the codec looks at; rights and costs stand in the table.
    endpoint = Endpoint(name, "POST", b"/", ANY_KEY)
    request = WireRequest("POST", b"/", b"", (), write_document(told))
    return ServerView(endpoint, request, markets, now_ms)
