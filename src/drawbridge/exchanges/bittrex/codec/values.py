"""The small change of Bittrex's wire: amounts of eight decimals as texts, moments in ISO 8601.

Only the body of a POST holds JSON; all else travels in path and query. Answers stand for
themselves, without an envelope.
"""

from decimal import Decimal
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import GetClosedOrders, GetOwnTrades
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import parse_document, write_document
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment
from drawbridge.wire.parameters import Parameters, read_query

PLACES: Final = 8
_BEGIN: Final = b"/v3/"
_MOST_PAGE: Final = 200


def get(path: str, query: str = "") -> WireRequest:
    """Write a request that reads."""
    return WireRequest("GET", _BEGIN + path.encode("ascii"), query.encode("ascii"))


def success(document: object, status: int = 200) -> WireAnswer:
    """Write an answer."""
    return WireAnswer(status, write_document(document))


def body_of(answer: WireAnswer) -> Any:  # noqa: ANN401  JSON has no type until it is read
    """Read an answer."""
    return parse_document(answer.body)


def written(value: Decimal) -> str:
    """Write an amount with at least eight decimals, and with more where it has more."""
    text = plain(value)
    whole, point, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(PLACES, '0')}" if point else f"{whole}.{'0' * PLACES}"


def market_of(view: ServerView) -> Market:
    """Give the market that stands in the path. Raises: `NotFound("unknown_symbol")`."""
    return view.markets.get_by_id(view.path_parameters["symbol"])


def symbol_of(view: ServerView, found: Parameters) -> str:
    """Give the market that stands in the query, empty for all. Raises: `NotFound`."""
    name = found.text("marketSymbol")
    return view.markets.get_by_id(name).symbol if name else ""


def query_of(view: ServerView) -> Parameters:
    """Read the query. Raises: `BadInput`."""
    return read_query(view.request.query)


def moment(found: Parameters, name: str) -> int | None:
    """Read a moment, None where it is missing. Raises: `BadInput`."""
    text = found.text(name)
    return parse_moment(text, name) if text else None


def page_size(found: Parameters) -> int | None:
    """Read how many rows are asked for. Raises: `BadInput("malformed")`."""
    size = found.whole("pageSize")
    if size is not None and not 1 <= size <= _MOST_PAGE:
        raise BadInput("malformed", field="pageSize")
    return size


def path_id(order_id: str) -> bytes:
    """Write an order's id into a path. Raises: `BadInput("order_id_needed")`."""
    if not order_id:
        raise BadInput("order_id_needed", field="order_id")
    return order_id.encode("ascii", "replace")


def market_query(symbol: str, markets: Markets) -> str:
    """Write the query for one market, nothing for all."""
    return f"marketSymbol={markets.get(symbol).id}" if symbol else ""


def page_query(market: str, operation: GetClosedOrders | GetOwnTrades) -> str:
    """Write the query for a page of rows, in the order in which ccxt writes it."""
    wanted = []
    if operation.limit is not None:
        wanted.append(f"pageSize={operation.limit}")
    if operation.since_ms is not None:
        wanted.append(f"startDate={write_moment(operation.since_ms, 0)}")
    if operation.until_ms is not None:
        wanted.append(f"endDate={write_moment(operation.until_ms, 0)}")
    return "&".join([*wanted, market] if market else wanted)
