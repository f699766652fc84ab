"""The small change of KuCoin's wire: the envelope, ids, errors, limits and the order of rows.

Every answer is `{"code":"200000","data":…}`; amounts are texts, times milliseconds. What goes
wrong in the exchange's business comes with status 200 and another code.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import object_of, parse_document, parse_object, write_document
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import JSON_TYPE, Headers, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

_OK: Final = "200000"
_OKS: Final = frozenset({_OK, "200"})
_OK_START: Final = b'{"code":"200000"'
_STATUS_ERROR: Final = 400
_JSON: Final = (JSON_TYPE,)
_TEXT: Final = ((b"content-type", b"text/plain"),)
# The network before the exchange speaks plain text: `error code: 1015`.
_FIREWALL: Final = re.compile(rb"error code: ([0-9]{4})")
_FIREWALL_CODE: Final = "1015"

# Ids are those of a document database: 24 hexadecimal digits, the first eight of them a time.
_ID_START: Final = "67120bbe"
_ORDER_ID: Final = re.compile(r"[0-9a-zA-Z]{1,40}")
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FIRST_TRADE: Final = 11_029_373_000_000_000

# The size of each pool, as endpoints.toml has it, and the longest time until it is full again.
POOLS: Final[Mapping[str, int]] = {"public": 2000, "spot": 4000, "management": 2000}
_WINDOW_MS: Final = b"30000"


# ---------------------------------------------------------------------------------------- ids
def order_id(number: int) -> str:
    """Give the n-th order its id."""
    return f"{_ID_START}{number:016x}"


def trade_id(number: int) -> str:
    """Give the n-th trade its id: a number that grows."""
    return str(_FIRST_TRADE + number)


def number_of(text: str) -> int:
    """Give back the number of an order's id, by which lists go on; 0 for a foreign one."""
    tail = text.removeprefix(_ID_START)
    return int(tail, 16) if re.fullmatch(r"[0-9a-f]{16}", tail) else 0


def check_order_id(text: str) -> str:
    """Refuse what could begin another segment of a path. Raises: `BadInput("malformed")`."""
    if not _ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field="orderId")
    return text


def check_client_id(text: str) -> str:
    """Refuse what cannot be a client's own id. Raises: `BadInput("malformed")`."""
    if not _CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field="clientOid")
    return text


# ----------------------------------------------------------------------------------- requests
def get(path: bytes, query: str = "") -> WireRequest:
    """Write a request that reads."""
    return WireRequest("GET", path, query.encode("ascii"))


def delete(path: bytes, query: str = "") -> WireRequest:
    """Write a request that cancels."""
    return WireRequest("DELETE", path, query.encode("ascii"))


def post(path: bytes, document: object = None) -> WireRequest:
    """Write a request with a JSON body, or without any."""
    if document is None:
        return WireRequest("POST", path)
    return WireRequest("POST", path, b"", _JSON, write_document(document))


def number(name: str, value: int | None) -> str:
    """Write a further parameter, nothing where there is no value."""
    return "" if value is None else f"&{name}={value}"


def refuse_offset(offset: int) -> None:
    """Refuse pages by number: lists go on by the last row's id.

    Raises: `BadInput("unsupported_operation")`. Why: leaving it out would repeat page one.
    """
    if offset:
        raise BadInput("unsupported_operation", field="offset")


def symbol_of(found: Parameters, view: ServerView, name: str = "symbol") -> str:
    """Read a symbol that must be there. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(found.need(name)).symbol


def any_symbol_of(found: Parameters, view: ServerView) -> str:
    """Read a symbol, empty where none is asked for. Raises: `NotFound("unknown_symbol")`."""
    return symbol_of(found, view) if "symbol" in found else ""


def limited(found: Parameters, name: str, usual: int, most: int) -> int:
    """Read how many rows are wanted. Raises: `BadInput`."""
    wanted = found.whole(name)
    return usual if not wanted else min(wanted, most)


# ------------------------------------------------------------------------------------ answers
def success(data: object) -> WireAnswer:
    """Write an answer around its data."""
    return WireAnswer(200, b'{"code":"200000","data":' + write_document(data) + b"}")


def data_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Give the data inside an answer. Raises: `BadInput`, `KeyError` for another shape."""
    return parse_object(answer.body)["data"]


def market_of(row: Mapping[str, Any], markets: Markets) -> Market:
    """Give the market that a row speaks of. Raises: `NotFound("unknown_symbol")`."""
    return markets.get_by_id(row["symbol"])


def rows_of(value: object) -> list[Mapping[str, Any]]:
    """Give the rows of a list, whether it stands alone or inside a page."""
    rows = value["items"] if isinstance(value, dict) else value
    if not isinstance(rows, list):
        raise BadInput("malformed", field="items")
    return [object_of(row) for row in rows]


# ------------------------------------------------------------------------------------- errors
def read_error(answer: WireAnswer) -> RawError | None:
    """Give an answer's code and text, None when all is well."""
    body = answer.body
    if body.startswith(_OK_START) and answer.status < _STATUS_ERROR:
        return None
    told = _told(body)
    if told is not None:
        code = told.get("code")
        if isinstance(code, str | int) and str(code) not in _OKS:
            return RawError(answer.status, str(code), str(told.get("msg", "")))
    elif firewall := _FIREWALL.match(body):
        return RawError(answer.status, firewall[1].decode("ascii"), "")
    if answer.status >= _STATUS_ERROR:
        # Not the exchange speaks here but what stands before it: its text means nothing to us.
        return RawError(answer.status, "", "")
    return None


def _told(body: bytes) -> Mapping[str, Any] | None:
    try:
        document = parse_document(body)
    except BadInput:
        return None
    return document if isinstance(document, dict) else None


def write_error(error: RawError) -> WireAnswer:
    """Write an error: a code and a text, or the firewall's own line."""
    if error.code == _FIREWALL_CODE:
        return WireAnswer(error.status, error.message.encode("ascii"), _TEXT)
    body = write_document({"code": error.code, "msg": error.message})
    return WireAnswer(error.status, body)


def limit_headers(used: Mapping[str, int]) -> Headers:
    """Tell how much of a pool is left. When it is full again is told as late as it can be."""
    for name, spent in used.items():
        size = POOLS[name]
        return (
            (b"gw-ratelimit-limit", b"%d" % size),
            (b"gw-ratelimit-remaining", b"%d" % max(0, size - spent)),
            (b"gw-ratelimit-reset", _WINDOW_MS),
        )
    return ()
