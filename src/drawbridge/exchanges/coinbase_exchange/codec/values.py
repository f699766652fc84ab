"""The small change of Coinbase Exchange's wire: requests, lists in a query, amounts, ids.

Amounts travel as texts, moments as ISO 8601, documents without an envelope. Orders of clients are
named by UUIDs: an id of ours is put into one and taken out again.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from drawbridge.core.errors import BadInput
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import Parameters, read_query
from drawbridge.wire.text import decoded, drop_parameters, encoded

_JSON: Final = (JSON_TYPE,)
_MOST_LISTED: Final = 20
_SPAN: Final = 1 << 128
# Odd, so that multiplying by it modulo the span is one to one.
_SCATTER: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835

# An id of ours: two letters, and fifteen digits to base 32 that are 75 bits, filled up to 80.
_OURS: Final = re.compile(r"db[a-z2-7]{15}")
_FILLING_BITS: Final = 5
# From the digits of base 32 to those that Python reads: its `b32decode` takes ten times as long.
_DIGITS: Final = bytes.maketrans(
    b"abcdefghijklmnopqrstuvwxyz234567", b"0123456789abcdefghijklmnopqrstuv"
)
_FILLING: Final = "A"
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Ten bytes within a UUID of the fourth kind.
_HOLDING: Final = re.compile(
    r"db000000-([0-9a-f]{4})-4([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{10})00"
)

Pairs = Iterable[tuple[str, str]]


# ----------------------------------------------------------------------------------- requests
def look(path: str, pairs: Pairs = ()) -> WireRequest:
    """Write a question that anyone may ask."""
    query = "&".join(f"{name}={encoded(value)}" for name, value in pairs)
    return WireRequest("GET", path.encode("ascii"), query.encode("ascii"))


def get(path: str, pairs: Pairs = ()) -> WireRequest:
    """Write an unsigned question about the account; like a command, it says that it is JSON."""
    return replace(look(path, pairs), headers=_JSON)


def delete(path: str, pairs: Pairs = ()) -> WireRequest:
    """Write an unsigned cancel."""
    return replace(get(path, pairs), method="DELETE")


def post(path: str, document: object) -> WireRequest:
    """Write an unsigned command."""
    return WireRequest("POST", path.encode("ascii"), b"", _JSON, write_document(document))


def ok(document: object) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(200, write_document(document))


def listed(view: ServerView, name: str) -> tuple[str, ...]:
    """Read the values of a parameter that may stand there many times.

    Raises: `BadInput("too_many_parameters")`, `BadInput("malformed")`.
    """
    wanted = name.encode()
    pieces = (piece.partition(b"=") for piece in view.request.query.split(b"&"))
    found = [decoded(value) for key, _, value in pieces if key == wanted and value]
    if len(found) > _MOST_LISTED:
        raise BadInput("too_many_parameters", field=name)
    try:
        return tuple(value.decode("ascii") for value in found)
    except UnicodeDecodeError:
        raise BadInput("malformed", field=name) from None


def single(view: ServerView, *lists: str) -> Parameters:
    """Read the parameters that stand there once, leaving out these lists. Raises: `BadInput`."""
    names = frozenset(name.encode() for name in lists)
    return read_query(drop_parameters(view.request.query, names))


def moment(found: Parameters, name: str) -> int | None:
    """Read a moment, None where it is missing. Raises: `BadInput("malformed")`."""
    text = found.text(name)
    return parse_moment(text, name) if text else None


def told(time_ms: int) -> str:
    """Write a moment."""
    return write_moment(time_ms)


# ---------------------------------------------------------------------------------------- ids
def order_id(number: int) -> str:
    """Give the n-th order its id: a UUID that looks as little like a count as the real ones."""
    mixed = ((number << 40) + 1) * _SCATTER % _SPAN
    # Folding the upper half into the lower keeps it one to one.
    return str(UUID(int=mixed ^ (mixed >> 64)))


def trade_id(number: int) -> str:
    """Give the n-th trade its id: Coinbase Exchange counts them."""
    return str(number)


def account_id(currency: str) -> str:
    """Give the account of a currency its id, the same for everyone."""
    return order_id(int.from_bytes(currency.encode("ascii", "replace"), "big") << 40)


def encode_client_id(client_id: str) -> str:
    """Give the UUID that stands for an id of ours; a UUID stands for itself.

    Raises: `BadInput("malformed")`.
    """
    if not _OURS.fullmatch(client_id):
        if _UUID.fullmatch(client_id):
            return client_id
        raise BadInput("malformed", field="client_oid")
    letters = client_id[2:].encode("ascii")
    digits = f"{int(letters.translate(_DIGITS), 32) << _FILLING_BITS:020x}"
    return f"db000000-{digits[:4]}-4{digits[4:7]}-8{digits[7:10]}-{digits[10:]}00"


def read_client_id(text: str) -> str:
    """Take an id of ours out of its UUID again; another one stays what it is.

    Raises: `BadInput("malformed")` for what is no UUID.
    """
    lowered = text.lower()
    if not _UUID.fullmatch(lowered):
        raise BadInput("malformed", field="client_oid")
    holding = _HOLDING.fullmatch(lowered)
    if holding is None:
        return lowered
    letters = base64.b32encode(bytes.fromhex("".join(holding.groups()))).decode("ascii")
    return f"db{letters[:-1].lower()}" if letters[-1] == _FILLING else lowered
