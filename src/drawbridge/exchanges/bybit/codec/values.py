"""The small change of Bybit's wire: envelopes, categories, ids.

Answers stand in an envelope `{"retCode":0,"retMsg":"OK","result":…,"time":…}`, always with status
200; amounts are texts, times are milliseconds, as texts too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import object_of, parse_object, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.parameters import Parameters, read_query
from drawbridge.wire.text import encoded

V5: Final = "/v5/"
SPOT: Final = "spot"
# What else there is on the real exchange; here these have nothing in them.
OTHERS: Final = frozenset({"linear", "inverse", "option"})
# The answer to a question about them.
NOTHING: Final = b'{"list":[],"nextPageCursor":""}'
_JSON: Final = (JSON_TYPE,)
_FIRST_ORDER: Final = 1_700_000_000_000_000_000
_FIRST_TRADE: Final = 2_290_000_000_000_000_000

Pairs = Iterable[tuple[str, str]]


def look(path: str, pairs: Pairs = ()) -> WireRequest:
    """Write a question that anyone may ask."""
    query = "&".join(f"{name}={encoded(value)}" for name, value in pairs)
    return WireRequest("GET", (V5 + path).encode("ascii"), query.encode("ascii"))


def get(path: str, pairs: Pairs = ()) -> WireRequest:
    """Write an unsigned question about the account; like a command, it says that it is JSON."""
    return replace(look(path, pairs), headers=_JSON)


def post(path: str, document: object) -> WireRequest:
    """Write an unsigned command."""
    return WireRequest("POST", (V5 + path).encode("ascii"), b"", _JSON, write_document(document))


def ok(result: object, view: ServerView) -> WireAnswer:
    """Write an answer in its envelope."""
    return WireAnswer(
        200,
        write_document(
            {
                "retCode": 0,
                "retMsg": "OK",
                "result": result,
                "retExtInfo": {},
                "time": view.now_ms,
            }
        ),
    )


def result_of(answer: WireAnswer) -> Mapping[str, Any]:
    """Take an answer out of its envelope. Raises: `BadInput` for a strange one."""
    return object_of(parse_object(answer.body)["result"])


def parameters(view: ServerView) -> Parameters:
    """Read a query. Raises: `BadInput`."""
    return read_query(view.request.query)


def is_spot(found: Parameters) -> bool:
    """Tell whether a request is about spot. Raises: `BadInput` for no category, or none."""
    category = found.need("category")
    if category in OTHERS:
        return False
    if category != SPOT:
        raise BadInput("malformed", field="category")
    return True


def need_spot(found: Parameters) -> None:
    """Refuse what is about contracts. Raises: `BadInput`."""
    if not is_spot(found):
        raise BadInput("malformed", field="category")


def symbol(found: Parameters, view: ServerView) -> str:
    """Read a market, empty where none is named. Raises: `NotFound("unknown_symbol")`."""
    name = found.text("symbol")
    return view.markets.get_by_id(name).symbol if name else ""


def need_symbol(found: Parameters, view: ServerView) -> str:
    """Read a market. Raises: `BadInput("missing_parameter")`, `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(found.need("symbol")).symbol


def order_id(number: int) -> str:
    """Give the n-th order its id."""
    return str(_FIRST_ORDER + number)


def trade_id(number: int) -> str:
    """Give the n-th trade its id."""
    return str(_FIRST_TRADE + number)
