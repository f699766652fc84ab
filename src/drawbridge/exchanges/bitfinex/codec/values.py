"""The small change of Bitfinex's wire: paths, bodies, amounts with signs, the places of lists.

Answers are lists by place; amounts are numbers, below zero for a sale; times are milliseconds.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.orders import Side
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, list_of, parse_document, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_json, read_query

T = TypeVar("T")

_PUBLIC: Final = b"/v2/"
_PRIVATE: Final = b"/v2/auth/"
_JSON: Final = (JSON_TYPE,)


# ----------------------------------------------------------------------------------- requests
def public(path: str, query: str = "") -> WireRequest:
    """Write a public request."""
    return WireRequest("GET", _PUBLIC + path.encode("ascii"), query.encode("ascii"))


def private(path: str, document: object = None) -> WireRequest:
    """Write an unsigned private request; one without parameters has an empty object for a body."""
    body = b"{}" if document is None else write_document(document)
    return WireRequest("POST", _PRIVATE + path.encode("ascii"), b"", _JSON, body)


def query_of(view: ServerView) -> Parameters:
    """Read the parameters of a public request. Raises: `BadInput`."""
    return read_query(view.request.query)


def body_of(view: ServerView) -> Parameters:
    """Read the parameters of a private request; some clients send no body. Raises: `BadInput`."""
    return read_json(view.request.body)


def symbol_of(view: ServerView) -> str:
    """Read our symbol of the market that the path names, empty where it names none.

    Raises: `NotFound("unknown_symbol")`.
    """
    name = view.path_parameters.get("symbol", "")
    return view.markets.get_by_id(name).symbol if name else ""


def signed_amount(found: Parameters) -> tuple[Side, Decimal]:
    """Read which way an amount trades, and how much. Raises: `BadInput`."""
    value = decimal_of(found.need("amount"), "amount")
    if not value:
        raise BadInput("not_positive", field="amount")
    return (Side.BUY, value) if value > 0 else (Side.SELL, -value)


# ------------------------------------------------------------------------------------ answers
def success(document: object) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(200, write_document(document))


def rows_of(answer: WireAnswer) -> Sequence[Any]:
    """Read an answer that is a list. Raises: `BadInput`."""
    return list_of(parse_document(answer.body))


def signed(side: Side, quantity: Decimal) -> Decimal:
    """Give an amount the sign of its side."""
    return quantity if side is Side.BUY else -quantity


def side_of(amount: Decimal) -> Side:
    """Tell the side by an amount's sign."""
    return Side.SELL if amount < 0 else Side.BUY


def narrowed(rows: list[T], limit: int | None, *, from_start: bool) -> tuple[T, ...]:
    """Give the first rows, or the last ones, of rows that are sorted by time."""
    if limit is None:
        return tuple(rows)
    return tuple(rows[:limit] if from_start else rows[-limit:])
