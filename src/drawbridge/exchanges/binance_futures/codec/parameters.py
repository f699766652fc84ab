"""Reading the parameters of Binance Futures' requests, and writing those of ours.

Parameters stand in the query or in a form body; what stands in both counts as in the query.
Everything is suspect: what is missing, doubled or cannot be read is refused by name.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

import orjson

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import places_of
from drawbridge.exchanges.binance_futures.codec.names import (
    CLIENT_ID,
    MOST_ROWS,
    ORDER_ID,
    PLACES,
    WINDOW,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import write_document
from drawbridge.wire.http import FORM_TYPE, JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters
from drawbridge.wire.text import parameters

V = TypeVar("V")

_FORM: Final = (FORM_TYPE,)
_JSON: Final = (JSON_TYPE,)
_OK: Final = 200
_MOST_DIGITS: Final = 15


# ------------------------------------------------------------------------------ reading theirs
def read_view(view: ServerView) -> Parameters:
    """Read a request's parameters. Raises: `BadInput`."""
    request = view.request
    found = _read_raw(request.query)
    # The exchange reads a GET's parameters from the query alone, whatever its body says.
    if request.body and request.method != "GET":
        return Parameters({**_read_raw(request.body), **found})
    return Parameters(found)


def _read_raw(raw: bytes) -> dict[str, str]:
    try:
        found = parameters(raw)
        return {name.decode("ascii"): value.decode("ascii") for name, value in found.items()}
    except UnicodeDecodeError:
        raise BadInput("malformed", field="parameters") from None


def read_symbol(found: Parameters, markets: Markets, name: str = "symbol") -> str:
    """Read a contract that must be named. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return markets.get_by_id(found.need(name)).symbol


def find_symbol(found: Parameters, markets: Markets) -> str:
    """Read a contract, empty where none is named. Raises: `NotFound("unknown_symbol")`."""
    return read_symbol(found, markets) if "symbol" in found else ""


def read_time(found: Parameters, name: str) -> int | None:
    """Read a moment. Raises: `BadInput`."""
    text = found.text(name)
    if not text:
        return None
    if len(text) > _MOST_DIGITS or not (text.isascii() and text.isdigit()):
        raise BadInput("malformed", field=name)
    return int(text)


def read_limit(found: Parameters, most: int = MOST_ROWS) -> int | None:
    """Read how many rows are wanted; more than the most is the most, none at all is an error."""
    limit = read_time(found, "limit")
    if limit == 0:
        raise BadInput("malformed", field="limit")
    return None if limit is None else min(limit, most)


def read_id(found: Parameters, name: str) -> str:
    """Read the exchange's id of an order, empty where there is none. Raises: `BadInput`."""
    text = found.text(name)
    if not text:
        return ""
    if not ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field=name)
    return str(int(text))


def read_client_id(found: Parameters, name: str) -> str:
    """Read the client's id of an order, empty where there is none. Raises: `BadInput`."""
    text = found.text(name)
    if text and not CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field=name)
    return text


def read_word(found: Parameters, name: str, words: Mapping[str, V], code: str = "malformed") -> V:
    """Read a word that must be one of the table's. Raises: `BadInput` of that code."""
    value = words.get(found.need(name))
    if value is None:
        raise BadInput(code, field=name)
    return value


def read_amount(found: Parameters, name: str) -> Decimal | None:
    """Read an amount, None where there is none. Raises: `BadInput`."""
    value = found.amount(name)
    if value is not None and places_of(value) > PLACES:
        raise BadInput("too_precise", field=name)
    return value


def read_list(found: Parameters, name: str) -> list[Any]:
    """Read a list that is written as JSON. Raises: `BadInput`."""
    try:
        rows = orjson.loads(found.need(name))
    except orjson.JSONDecodeError:
        raise BadInput("malformed", field=name) from None
    if not isinstance(rows, list):
        raise BadInput("malformed", field=name)
    return rows


# -------------------------------------------------------------------------------- writing ours
def ask(path: bytes, query: str = "") -> WireRequest:
    """Write a question that anyone may ask."""
    return WireRequest("GET", path, query.encode("ascii"))


def ask_own(path: bytes, query: str = "", method: str = "GET") -> WireRequest:
    """Write a question about the account, parameters in the query."""
    return WireRequest(method, path, _with_window(query))


def order(path: bytes, body: str) -> WireRequest:
    """Write a request that changes something, parameters in the body."""
    return WireRequest("POST", path, b"", _FORM, _with_window(body))


def _with_window(text: str) -> bytes:
    return f"{text}&{WINDOW}".encode("ascii") if text else WINDOW.encode("ascii")


def joined(*pieces: str) -> str:
    """Join the parameters that there are."""
    return "&".join(piece for piece in pieces if piece)


def parameter(name: str, value: int | None) -> str:
    """Write a parameter, nothing where there is no value."""
    return "" if value is None else f"{name}={value}"


def safe_client_id(text: str) -> str:
    """Give a client's id, unless it could begin another parameter. Raises: `BadInput`."""
    if not CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field="client_id")
    return text


def safe_order_id(text: str) -> str:
    """Give an order's id, unless it could begin another parameter. Raises: `BadInput`."""
    if not ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field="order_id")
    return text


def refuse_offset(offset: int) -> None:
    """Refuse pages by number: leaving the number out would repeat page one."""
    if offset:
        raise BadInput("unwanted_parameter", field="offset")


def market_id(symbol: str, markets: Markets) -> str:
    """Give the exchange's name of a contract. Raises: `NotFound("unknown_symbol")`."""
    return markets.get(symbol).id


def told(document: object) -> WireAnswer:
    """Write a document as an answer."""
    return WireAnswer(_OK, write_document(document), _JSON)
