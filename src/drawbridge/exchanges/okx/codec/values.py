"""The small change of OKX's wire: the envelope, ids, errors and the paging of lists.

Every answer is `{"code":"0","msg":"","data":[…]}` and everything in it is text: amounts, times in
milliseconds, yes and no. An order that is refused has a code of its own beside it in the list.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    list_of,
    object_of,
    parse_document,
    parse_object,
    text_of,
    write_document,
)
from drawbridge.wire.errors import RawError
from drawbridge.wire.http import JSON_TYPE, Headers, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters

T = TypeVar("T")

PATH: Final = b"/api/v5/"
SPOT: Final = "SPOT"
_OK: Final = "0"
_OK_START: Final = b'{"code":"0"'
_STATUS_ERROR: Final = 400
_JSON: Final = (JSON_TYPE,)
# Beside an order: all of it refused, or some.
_INSIDE: Final = frozenset({"1", "2"})
_BESIDE_ORDERS: Final = frozenset(
    {
        *("51004", "51005", "51006", "51008", "51016", "51020", "51022", "51025", "51118", "51121"),
        *("51400", "51511"),
    }
)
_FIRST_ORDER: Final = 312_269_865_356_374_016
_FIRST_TRADE: Final = 242_720_720
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}")
_ORDER_ID: Final = re.compile(r"[0-9]{1,20}")
_USUAL_ROWS: Final = 100
_MOST_ROWS: Final = 100


# ---------------------------------------------------------------------------------------- ids
def order_id(number: int) -> str:
    """Give the n-th order its id: a number that grows."""
    return str(_FIRST_ORDER + number)


def trade_id(number: int) -> str:
    """Give the n-th trade its id: a number that grows."""
    return str(_FIRST_TRADE + number)


def check_order_id(text: str, field: str = "ordId") -> str:
    """Refuse what cannot be the id of an order. Raises: `BadInput("malformed")`."""
    if not _ORDER_ID.fullmatch(text):
        raise BadInput("malformed", field=field)
    return text


def check_client_id(text: str, field: str = "clOrdId") -> str:
    """Refuse what cannot be a client's own id: letters and digits only.

    Raises: `BadInput("malformed")`.
    """
    if not _CLIENT_ID.fullmatch(text):
        raise BadInput("malformed", field=field)
    return text


# ----------------------------------------------------------------------------------- requests
def get(path: bytes, query: str = "") -> WireRequest:
    """Write a request that reads."""
    return WireRequest("GET", PATH + path, query.encode("ascii"))


def post(path: bytes, document: object) -> WireRequest:
    """Write a request with a JSON body."""
    return WireRequest("POST", PATH + path, b"", _JSON, write_document(document))


def number(name: str, value: int | None) -> str:
    """Write a further parameter, nothing where there is no value."""
    return "" if value is None else f"&{name}={value}"


def refuse_offset(offset: int) -> None:
    """Refuse pages by number: lists go on by the last row's id.

    Raises: `BadInput("unsupported_operation")`. Why: leaving it out would repeat page one.
    """
    if offset:
        raise BadInput("unsupported_operation", field="offset")


def read_one(body: bytes) -> Parameters:
    """Read the parameters of one order, alone or in a list of one.

    Raises: `BadInput("malformed")`, also for several: here they are placed one by one.
    """
    document = parse_document(body)
    if isinstance(document, list):
        if len(document) != 1:
            raise BadInput("malformed", field="body")
        document = document[0]
    if not isinstance(document, dict):
        raise BadInput("malformed", field="body")
    return Parameters(document)


def symbol_of(found: Parameters, view: ServerView) -> str:
    """Read a symbol that must be there. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(found.need("instId")).symbol


def any_symbol_of(found: Parameters, view: ServerView) -> str:
    """Read a symbol, empty where none is asked for. Raises: `NotFound("unknown_symbol")`."""
    return symbol_of(found, view) if "instId" in found else ""


def is_of_spot(found: Parameters) -> bool:
    """Tell whether spot is asked for; of everything else there is nothing here."""
    return found.text("instType") in {"", SPOT}


def limited(found: Parameters, usual: int, most: int, name: str = "limit") -> int:
    """Read how many rows are wanted. Raises: `BadInput`."""
    wanted = found.whole(name)
    return usual if not wanted else min(wanted, most)


def page(rows: Iterable[T], found: Parameters, number_of: Callable[[T], int]) -> list[T]:
    """Cut a page out of rows, the newest first: `after` an id come older ones, `before` newer.

    Raises: `BadInput`.
    """
    after, before = found.whole("after"), found.whole("before")
    inside = [
        row
        for row in sorted(rows, key=number_of, reverse=True)
        if (not after or number_of(row) < after) and (not before or number_of(row) > before)
    ]
    return inside[: limited(found, _USUAL_ROWS, _MOST_ROWS)]


# ------------------------------------------------------------------------------------ answers
def success(rows: list[Any]) -> WireAnswer:
    """Write an answer around its rows."""
    return WireAnswer(200, b'{"code":"0","msg":"","data":' + write_document(rows) + b"}")


def data_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Give what is inside an answer. Raises: `BadInput`, `KeyError` for another shape."""
    return parse_object(answer.body)["data"]


def rows_of(answer: WireAnswer) -> list[Mapping[str, Any]]:
    """Give the rows inside an answer. Raises: `BadInput`, `KeyError` for another shape."""
    return [object_of(row) for row in list_of(data_of(answer))]


def row_of(answer: WireAnswer) -> Mapping[str, Any]:
    """Give the one row inside an answer. Raises: `IndexError` where there is none."""
    return rows_of(answer)[0]


def market_of(row: Mapping[str, Any], markets: Markets) -> Market:
    """Give the market that a row speaks of. Raises: `NotFound("unknown_symbol")`."""
    return markets.get_by_id(text_of(row["instId"]))


# ------------------------------------------------------------------------------------- errors
def read_error(answer: WireAnswer) -> RawError | None:
    """Give an answer's code and text, or those beside the first order that has one."""
    body = answer.body
    if body.startswith(_OK_START) and answer.status < _STATUS_ERROR:
        return None
    try:
        document = parse_document(body)
    except BadInput:
        document = None
    code = document.get("code") if isinstance(document, dict) else None
    if isinstance(code, str | int) and str(code) != _OK and isinstance(document, dict):
        inside = _inside(document) if str(code) in _INSIDE else None
        told = inside or (str(code), str(document.get("msg", "")))
        return RawError(answer.status, *told)
    if answer.status >= _STATUS_ERROR:
        # Not the exchange speaks here but what stands before it: its text means nothing to us.
        return RawError(answer.status, "", "")
    return None


def _inside(document: Mapping[str, Any]) -> tuple[str, str] | None:
    rows = document.get("data")
    for row in rows if isinstance(rows, list) else ():
        code = row.get("sCode") if isinstance(row, dict) else None
        if isinstance(code, str) and code != _OK:
            return code, str(row.get("sMsg", ""))
    return None


def write_error(error: RawError) -> WireAnswer:
    """Write an error, beside the order where it is about one."""
    document: dict[str, object] = {"code": error.code, "msg": error.message, "data": []}
    if error.code in _BESIDE_ORDERS:
        row = {"sCode": error.code, "sMsg": error.message, "ordId": "", "clOrdId": "", "tag": ""}
        document = {"code": "1", "msg": "All operations failed", "data": [row]}
    return WireAnswer(error.status, write_document(document))


def limit_headers(_used: Mapping[str, int]) -> Headers:
    """Give no headers: the exchange does not tell how much of a limit is used up."""
    return ()
