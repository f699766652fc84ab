"""The small change of Poloniex's wire: requests, pages, words, and amounts as texts.

Markets and currencies have the codes that everybody uses, joined by a line.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market
from drawbridge.core.money import places_of, plain
from drawbridge.core.orders import Side
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import parse_document, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_json, read_query

T = TypeVar("T")
Query = Mapping[str, str | int | None]

NOTHING: Final[Query] = MappingProxyType({})
_JSON: Final = (JSON_TYPE,)
SIDES: Final[Mapping[str, Side]] = MappingProxyType({side.name: side for side in Side})


# ----------------------------------------------------------------------------------- requests
def public(path: str, query: Query = NOTHING) -> WireRequest:
    """Write a public request; parameters without a value are left out."""
    return WireRequest("GET", path.encode("ascii"), _query(query))


def asked(path: str, query: Query = NOTHING) -> WireRequest:
    """Write an unsigned private request that reads; parameters without a value are left out."""
    return WireRequest("GET", path.encode("ascii"), _query(query), _JSON)


def sent(method: str, path: str, document: object = None) -> WireRequest:
    """Write an unsigned private request that changes something."""
    body = b"" if document is None else write_document(document)
    return WireRequest(method, path.encode("ascii"), b"", _JSON, body)


def query_of(view: ServerView) -> Parameters:
    """Read the parameters of a request that reads. Raises: `BadInput`."""
    return read_query(view.request.query)


def body_of(view: ServerView) -> Parameters:
    """Read the parameters of a request that changes something. Raises: `BadInput`."""
    return read_json(view.request.body)


def market_of(view: ServerView) -> Market:
    """Give the market that the path names. Raises: `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(view.path_parameters["symbol"])


def symbol_of(found: Parameters, view: ServerView, name: str = "symbol") -> str:
    """Give our symbol of the market that a parameter names, empty where there is none.

    Raises: `NotFound("unknown_symbol")`.
    """
    told = found.text(name)
    return view.markets.get_by_id(told).symbol if told else ""


def limit_of(found: Parameters, usual: int, most: int) -> int:
    """Read how many are wanted. Raises: `BadInput`."""
    wanted = found.whole("limit")
    if wanted == 0:
        raise BadInput("malformed", field="limit")
    return usual if wanted is None else min(wanted, most)


def _query(parameters: Query) -> bytes:
    told = (f"{name}={value}" for name, value in parameters.items() if value is not None)
    return "&".join(told).encode("ascii")


# ------------------------------------------------------------------------------------ answers
def success(document: object) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(200, write_document(document))


def document_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Read an answer. Raises: `BadInput`."""
    return parse_document(answer.body)


def scale(step: Decimal) -> int:
    """Give how many decimals a step has."""
    return places_of(step)


def amount(value: Decimal) -> str:
    """Write an amount."""
    return plain(value)


def narrowed(rows: list[T], limit: int | None, *, from_start: bool) -> tuple[T, ...]:
    """Give the first rows, or the last ones, of rows that are sorted by time."""
    if limit is None:
        return tuple(rows)
    return tuple(rows[:limit] if from_start else rows[-limit:])


def within(
    rows: list[T], time_of: Callable[[T], int], since_ms: int | None, until_ms: int | None
) -> list[T]:
    """Give the rows of a span of time."""
    first, last = since_ms or 0, until_ms
    return [it for it in rows if time_of(it) >= first and (last is None or time_of(it) <= last)]
