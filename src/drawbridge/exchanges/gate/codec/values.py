"""The small change of Gate's wire: requests without envelope, amounts as texts, two sorts of times.

Bodies are the bare object or list; a failure is a status other than 2xx with a label. Parameters
stand in the order in which ccxt writes them, which the signature covers.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import plain
from drawbridge.wire.documents import int_of, parse_document, text_of, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.text import encoded

Told = Mapping[str, str | int | None]
"""Parameters by name; what is None is not told."""

ROOT: Final = "/api/v4"
NOTHING: Final[Told] = MappingProxyType({})
PAGE: Final = 100
MOST_ROWS: Final = 1_000
_MOST_SECONDS: Final = 10**11
_MOST_PAGES: Final = 100_000
_AVERAGE_PLACES: Final = 18
# A microsecond that we do not know; written, because the exchange's times are that fine.
_MICROSECONDS: Final = ".000000"


# ----------------------------------------------------------------------------------- requests
def ask(path: str, parameters: Told = NOTHING) -> WireRequest:
    """Write a question; parameters that are None are left out, the others stay in this order."""
    return WireRequest("GET", (ROOT + path).encode("ascii"), query_of(parameters))


def ask_signed(path: str, parameters: Told = NOTHING, method: str = "GET") -> WireRequest:
    """Write a question that will be signed."""
    path_sent = (ROOT + path).encode("ascii")
    return WireRequest(method, path_sent, query_of(parameters), (JSON_TYPE,))


def query_of(parameters: Told) -> bytes:
    """Write a query string; what is None is left out."""
    told = (f"{name}={encoded(str(it))}" for name, it in parameters.items() if it is not None)
    return "&".join(told).encode("ascii")


def id_of(symbol: str, markets: Markets) -> str | None:
    """Give the exchange's name of a pair, None where none is asked for."""
    return markets.get(symbol).id if symbol else None


def seconds(time_ms: int | None) -> int | None:
    """Give the whole second of a time."""
    return None if time_ms is None else time_ms // 1_000


def moment(found: Parameters, name: str) -> int | None:
    """Read a time in seconds as milliseconds. Raises: `BadInput("not_a_number")`."""
    told = found.whole(name)
    if told is not None and told > _MOST_SECONDS:
        raise BadInput("not_a_number", field=name)
    return None if told is None else told * 1_000


def page_of(offset: int) -> int | None:
    """Give the number of the page that begins there, None for the first."""
    return None if offset <= 0 else -(-offset // PAGE) + 1


def count_of(found: Parameters, most: int) -> int | None:
    """Read how many rows are wanted, None where it is not said."""
    told = found.whole("limit")
    return None if told is None else max(1, min(told, most))


def rows_wanted(found: Parameters) -> int:
    """Read how many rows a page may have."""
    return count_of(found, MOST_ROWS) or PAGE


def offset_of(found: Parameters) -> int:
    """Read how many rows come before the page that is asked for."""
    page = min(found.whole("page") or 1, _MOST_PAGES)
    return (max(page, 1) - 1) * rows_wanted(found)


# ------------------------------------------------------------------------------------ answers
def success(document: object, status: int = 200) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(status, write_document(document))


def document_of(answer: WireAnswer) -> object:
    """Read an answer. Raises: `BadInput("malformed")`."""
    return parse_document(answer.body)


def fine(time_ms: int) -> str:
    """Write a time in milliseconds with the fraction that the exchange writes."""
    return f"{time_ms}{_MICROSECONDS}"


def milliseconds(value: object) -> int:
    """Read a time in milliseconds, with or without a fraction."""
    if isinstance(value, str):
        value = value.partition(".")[0]
    elif isinstance(value, Decimal):
        value = int(value)
    return int_of(value, "time")


def average(cost: Decimal, quantity: Decimal) -> str:
    """Write what a unit cost on average; 0 while there is none."""
    return plain(round(cost / quantity, _AVERAGE_PLACES)) if quantity else "0"


def texts_of(row: Mapping[str, object], *names: str) -> tuple[str, ...]:
    """Read several texts of a row. Raises: `BadInput`, `KeyError`."""
    return tuple(text_of(row[name], name) for name in names)
