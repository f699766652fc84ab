"""The small change of BitMEX's wire: contracts, money in smallest units, JSON numbers, moments.

Quantities are whole contracts; money is whole units of ten to the minus eighth; prices and rates
are plain numbers. Questions travel in the query, all else in a JSON body (or, from one client, in
a form).
"""

from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, parse_document, parse_object, write_document
from drawbridge.wire.http import JSON_TYPE, WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import Parameters, read_json, read_query
from drawbridge.wire.text import encoded

SCALE: Final = 8
ACCOUNT: Final = 1_234_567
_BEGIN: Final = b"/api/v1/"
_CURRENCIES: Final = {"BTC": "XBt", "USDT": "USDt"}
_OURS: Final = {name: code for code, name in _CURRENCIES.items()}
_NAMES: Final = {"BTC": "XBT"}


def ask(path: str, *parts: str) -> WireRequest:
    """Write a question."""
    query = "&".join(part for part in parts if part)
    return WireRequest("GET", _BEGIN + path.encode("ascii"), query.encode("ascii"))


def tell(method: str, path: str, document: object) -> WireRequest:
    """Write a request with a body."""
    body = write_document(document)
    return WireRequest(method, _BEGIN + path.encode("ascii"), b"", (JSON_TYPE,), body)


def success(document: object) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(200, write_document(document))


def body_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Read an answer."""
    return parse_document(answer.body)


def query_of(view: ServerView) -> Parameters:
    """Read the query. Raises: `BadInput`."""
    return read_query(view.request.query)


def told_in(view: ServerView) -> Parameters:
    """Read a body, JSON or form, whatever its content type says. Raises: `BadInput`."""
    body = view.request.body
    return read_json(body) if body[:1] in {b"{", b""} else read_query(body)


def filter_of(found: Parameters) -> Parameters:
    """Read the filter of a question. Raises: `BadInput("malformed")`."""
    text = found.text("filter")
    return Parameters(parse_object(text) if text else {})


def filtered(text: str) -> str:
    """Write a filter."""
    return f"filter={encoded(text)}"


def symbol_query(symbol: str, markets: Markets) -> str:
    """Write the part of a query for one market, nothing for all."""
    return f"symbol={markets.get(symbol).id}" if symbol else ""


def symbol_of(view: ServerView, found: Parameters) -> str:
    """Give the market that is asked for, empty for all. Raises: `NotFound("unknown_symbol")`."""
    name = found.text("symbol")
    return view.markets.get_by_id(name).symbol if name else ""


def market_of(view: ServerView, found: Parameters) -> Market:
    """Give the market that must be named. Raises: `BadInput`, `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(found.need("symbol"))


def since_of(found: Parameters, name: str = "startTime") -> int | None:
    """Read a moment, None where it is missing. Raises: `BadInput`."""
    text = found.text(name)
    return parse_moment(text, name) if text else None


def moment_query(name: str, time_ms: int | None) -> str:
    """Write a moment into a query, nothing where there is none."""
    return "" if time_ms is None else f"{name}={encoded(write_moment(time_ms))}"


def count_query(limit: int | None) -> str:
    """Write how many rows are wanted."""
    return "" if limit is None else f"count={limit}"


def count_of(found: Parameters, most: int, usual: int = 100) -> int:
    """Read how many rows are wanted. Raises: `BadInput("malformed")` for too many."""
    count = found.whole("count")
    if count is None:
        return usual
    if not 1 <= count <= most:
        raise BadInput("malformed", field="count")
    return count


def contracts(quantity: Decimal, market: Market) -> int:
    """Turn a quantity into contracts. Raises: `BadInput("malformed")` for a part of one."""
    count = quantity / market.contract_size
    if count != int(count):
        raise BadInput("malformed", field="orderQty")
    return int(count)


def quantity_of(count: object, market: Market) -> Decimal:
    """Turn contracts into a quantity."""
    return decimal_of(count, "orderQty") * market.contract_size


def units(amount: Decimal) -> int:
    """Turn money into the smallest units."""
    return int(amount.scaleb(SCALE))


def money(count: object) -> Decimal:
    """Turn smallest units into money."""
    return decimal_of(count, "money").scaleb(-SCALE)


def currency_id(code: str) -> str:
    """Give the name under which money of a currency is counted."""
    return _CURRENCIES.get(code, code)


def currency_of(name: str) -> str:
    """Give our name of a currency."""
    return _OURS.get(name, name)


def asset_name(code: str) -> str:
    """Give the name of what is traded."""
    return _NAMES.get(code, code)
