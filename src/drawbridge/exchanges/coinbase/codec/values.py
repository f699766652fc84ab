"""The small change of Coinbase's wire: paths, repeated parameters, amounts and moments.

Amounts travel as texts, moments as ISO 8601, lists in a query as one name many times.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.money import plain
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import Parameters, read_query
from drawbridge.wire.text import decoded, drop_parameters, encoded

V3: Final = b"/api/v3/brokerage/"
V2: Final = b"/v2/"
_JSON: Final = (JSON_TYPE,)
_MOST_LISTED: Final = 100

Pairs = Iterable[tuple[str, str]]


def look(path: bytes, pairs: Pairs = ()) -> WireRequest:
    """Write a question that anyone may ask."""
    query = "&".join(f"{name}={encoded(value)}" for name, value in pairs)
    return WireRequest("GET", path, query.encode("ascii"))


def get(path: bytes, pairs: Pairs = ()) -> WireRequest:
    """Write an unsigned question about the account; like a command, it says that it is JSON."""
    return replace(look(path, pairs), headers=_JSON)


def post(path: bytes, document: object) -> WireRequest:
    """Write an unsigned command."""
    return WireRequest("POST", path, b"", _JSON, write_document(document))


def ok(document: object) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(200, write_document(document))


def listed(view: ServerView, *names: str) -> tuple[str, ...]:
    """Read the values of parameters that may stand there many times, by any of these names.

    Raises: `BadInput("too_many_parameters")`, `BadInput("malformed")`.
    """
    wanted = {name.encode() for name in names}
    found = []
    for piece in view.request.query.split(b"&"):
        name, _, value = piece.partition(b"=")
        if name in wanted and value:
            found.append(decoded(value))
    if len(found) > _MOST_LISTED:
        raise BadInput("too_many_parameters", field=names[0])
    try:
        return tuple(value.decode("ascii") for value in found)
    except UnicodeDecodeError:
        raise BadInput("malformed", field=names[0]) from None


def single(view: ServerView, *lists: str) -> Parameters:
    """Read the parameters that stand there once, leaving out these lists. Raises: `BadInput`."""
    names = frozenset(name.encode() for name in lists)
    return read_query(drop_parameters(view.request.query, names))


def symbols(view: ServerView, *names: str) -> tuple[str, ...]:
    """Read products. Raises: `NotFound("unknown_symbol")`."""
    return tuple(view.markets.get_by_id(name).symbol for name in listed(view, *names))


def moment(found: Parameters, name: str) -> int | None:
    """Read a moment, None where it is missing. Raises: `BadInput("malformed")`."""
    text = found.text(name)
    return parse_moment(text, name) if text else None


def seconds(found: Parameters, name: str) -> int | None:
    """Read seconds since 1970 as milliseconds, None where missing. Raises: `BadInput`."""
    whole = found.whole(name)
    return None if whole is None else whole * 1_000


def told(time_ms: int) -> str:
    """Write a moment."""
    return write_moment(time_ms)


def share(part: Decimal, whole: Decimal, places: int = 8) -> str:
    """Write a quotient, "0" where there is nothing to divide by."""
    return plain(round(part / whole, places)) if whole else "0"
