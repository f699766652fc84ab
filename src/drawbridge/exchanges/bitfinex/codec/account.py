"""What belongs to an account: wallets, its orders and trades, what its key may do, its fees.

Lists come newest first, so many of a span of time; there are no pages. A page of ours is
therefore cut out of the longest list that may be asked for.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.markets import Market, Markets
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOrder,
    GetOwnTrades,
    KeyRights,
)
from drawbridge.core.orders import Fill, Order, OrderType
from drawbridge.exchanges.bitfinex.codec import ids, names, values
from drawbridge.exchanges.bitfinex.codec.orders import EXCHANGE, order_row, read_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest

T = TypeVar("T")

# Orders and money lie in this wallet; the others are for margin and for lending.
WALLET: Final = "exchange"
_MOST: Final = 2_500
_USUAL: Final = 25
_MAKER, _TAKER = 1, -1
# The exchange's order of scopes; each is told with reading and writing.
_SCOPES: Final = (
    *("account", "history", "orders", "positions", "funding", "settings", "wallets"),
    *("withdraw", "ui_withdraw", "bfxpay"),
)
_READING, _WRITING = "read", "write"


# ------------------------------------------------------------------------------------ wallets
def encode_wallets(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for wallets."""
    return values.private("r/wallets")


def decode_wallets(_view: ServerView) -> GetBalances:
    """Read it."""
    return GetBalances()


def encode_wallets_answer(
    _op: GetBalances, result: tuple[Balance, ...], _view: ServerView
) -> WireAnswer:
    """Write wallets."""
    return values.success([wallet_row(row) for row in result])


def wallet_row(balance: Balance) -> list[object]:
    """Write one wallet."""
    name = names.currency_id(balance.currency)
    return [WALLET, name, balance.total, 0, balance.free, None, None]


def decode_wallets_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read the wallets that orders are paid from."""
    rows = [list_of(row) for row in values.rows_of(answer)]
    return tuple(read_wallet(row) for row in rows if row[0] == WALLET)


def read_wallet(row: Sequence[Any]) -> Balance:
    """Read one wallet; without a free amount, all of it is taken for free."""
    total = decimal_of(row[2])
    free = total if row[4] is None else decimal_of(row[4])
    return Balance(names.currency_of(text_of(row[1])), free, total - free)


# -------------------------------------------------------------------------------- open orders
def encode_open(operation: GetOpenOrders, markets: Markets) -> WireRequest:
    """Write the request for open orders."""
    if not operation.symbol:
        return values.private("r/orders")
    return values.private(f"r/orders/{markets.get(operation.symbol).id}")


def encode_query(operation: GetOrder, markets: Markets) -> WireRequest:
    """Write the request for one order.

    Raises: `BadInput("order_id_needed")`: by the client's id, the lists are searched.
    """
    if not operation.order_id:
        raise BadInput("order_id_needed", field="order_id")
    where = f"/{markets.get(operation.symbol).id}" if operation.symbol else ""
    return values.private(f"r/orders{where}", {"id": [ids.order_number(operation.order_id)]})


def decode_orders(view: ServerView) -> GetOpenOrders | GetOrder | GetClosedOrders:
    """Read a request for open orders, or for some by their ids. Raises: `BadInput`."""
    wanted = _wanted_ids(view)
    symbol = values.symbol_of(view)
    if not wanted:
        return GetOpenOrders(symbol)
    if len(wanted) == 1:
        return GetOrder(symbol, order_id=wanted[0])
    return GetClosedOrders(symbol, include_open=True)


def encode_orders_answer(
    _op: GetOpenOrders | GetOrder | GetClosedOrders,
    result: Order | tuple[Order, ...],
    view: ServerView,
) -> WireAnswer:
    """Write orders, newest first."""
    found = (result,) if isinstance(result, Order) else result
    return _orders(found, view)


def decode_open_answer(
    _op: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders, oldest first."""
    return tuple(read_order(row, markets) for row in reversed(values.rows_of(answer)))


def decode_queried(operation: GetOrder, answer: WireAnswer, markets: Markets) -> Order:
    """Read one order. Raises: `NotFound("unknown_order")` where the answer leaves it out."""
    for row in values.rows_of(answer):
        order = read_order(row, markets)
        if order.order_id == operation.order_id:
            return order
    raise NotFound("unknown_order", order_id=operation.order_id)


# -------------------------------------------------------------------------------- past orders
def encode_closed(operation: GetClosedOrders, markets: Markets) -> WireRequest:
    """Write the request for past orders."""
    where = f"{markets.get(operation.symbol).id}/" if operation.symbol else ""
    return values.private(f"r/orders/{where}hist", _span(operation))


def decode_closed(view: ServerView) -> GetClosedOrders:
    """Read it. Raises: `BadInput`."""
    found = values.body_of(view)
    return GetClosedOrders(
        symbol=values.symbol_of(view), since_ms=found.whole("start"), until_ms=found.whole("end")
    )


def encode_closed_answer(
    _op: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write past orders, newest first."""
    return _orders(result, view)


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first; the newest `offset` of them are left out."""
    rows = [read_order(row, markets) for row in values.rows_of(answer)]
    return tuple(reversed(rows[operation.offset :]))


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the request for own trades, of one order where it is named."""
    market_id = markets.get(operation.symbol).id if operation.symbol else ""
    if operation.order_id and market_id:
        number = ids.order_number(operation.order_id)
        return values.private(f"r/order/{market_id}:{number}/trades")
    where = f"{market_id}/" if market_id else ""
    return values.private(f"r/trades/{where}hist", _span(operation))


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it. Raises: `BadInput`."""
    found = values.body_of(view)
    return GetOwnTrades(
        symbol=values.symbol_of(view), since_ms=found.whole("start"), until_ms=found.whole("end")
    )


def decode_order_trades(view: ServerView) -> GetOwnTrades:
    """Read a request for one order's trades. Raises: `BadInput`, `NotFound`."""
    order_id = view.path_parameters["order_id"]
    return GetOwnTrades(values.symbol_of(view), order_id=str(ids.order_number(order_id)))


def encode_own_trades_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades, newest first unless asked for otherwise."""
    return values.success([trade_row(fill, view.markets) for fill in _page(result, view)])


def trade_row(fill: Fill, markets: Markets) -> list[object]:
    """Write one of the account's trades; fees are below zero."""
    return [
        int(fill.trade_id),
        markets.get(fill.symbol).id,
        fill.time_ms,
        int(fill.order_id),
        values.signed(fill.side, fill.quantity),
        fill.price,
        EXCHANGE + fill.type.name,
        # The limit of its order, of which a trade at that very price was the last to know.
        fill.price,
        _MAKER if fill.is_maker else _TAKER,
        -fill.fee,
        names.currency_id(fill.fee_currency),
        ids.encode_client_id(fill.client_id).get("cid"),
    ]


def decode_own_trades_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first; the newest `offset` of them are left out."""
    found = sorted(
        (read_trade(list_of(row), markets) for row in values.rows_of(answer)),
        key=lambda fill: (fill.time_ms, int(fill.trade_id)),
    )
    kept = found[: len(found) - operation.offset] if operation.offset else found
    first, order_id = int(operation.from_id or 0), operation.order_id
    return tuple(
        fill for fill in kept if int(fill.trade_id) >= first and order_id in {"", fill.order_id}
    )


def read_trade(row: Sequence[Any], markets: Markets) -> Fill:
    """Read one of the account's trades."""
    amount = decimal_of(row[4])
    kind = text_of(row[6]).removeprefix(EXCHANGE)
    return Fill(
        trade_id=str(int_of(row[0])),
        order_id=str(int_of(row[3])),
        client_id="",
        symbol=markets.get_by_id(text_of(row[1])).symbol,
        side=values.side_of(amount),
        type=OrderType.MARKET if kind == OrderType.MARKET.name else OrderType.LIMIT,
        price=decimal_of(row[5]),
        quantity=abs(amount),
        fee=-decimal_of(row[9]),
        fee_currency=names.currency_of(text_of(row[10])),
        is_maker=int_of(row[8]) == _MAKER,
        time_ms=int_of(row[2]),
    )


# ----------------------------------------------------------------------------- rights and fees
def encode_permissions(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the request for the matrix of a key's rights."""
    return values.private("r/permissions")


def decode_permissions(_view: ServerView) -> GetKeyRights:
    """Read it."""
    return GetKeyRights()


def encode_permissions_answer(
    _op: GetKeyRights, result: KeyRights, _view: ServerView
) -> WireAnswer:
    """Write the matrix."""
    return values.success(rights_rows(result))


def rights_rows(rights: KeyRights) -> list[list[object]]:
    """Write for each scope whether the key may read, and whether it may write."""
    on = rights.switches
    return [[it, int(f"{it}.{_READING}" in on), int(f"{it}.{_WRITING}" in on)] for it in _SCOPES]


def decode_permissions_answer(
    _op: GetKeyRights, answer: WireAnswer, _markets: Markets
) -> KeyRights:
    """Read the matrix; a scope that nobody knew before is kept by its name."""
    switches = set[str]()
    for row in values.rows_of(answer):
        scope, reads, writes = list_of(row)[:3]
        if int_of(reads):
            switches.add(f"{text_of(scope)}.{_READING}")
        if int_of(writes):
            switches.add(f"{text_of(scope)}.{_WRITING}")
    return KeyRights(frozenset(switches))


def decode_summary(_view: ServerView) -> GetMarkets:
    """Read the request for a summary, of which the fees are told."""
    return GetMarkets()


def encode_summary(_op: GetMarkets, result: tuple[Market, ...], _view: ServerView) -> WireAnswer:
    """Write the fees: those of makers, then of takers; for crypto, stable coins and money."""
    first = result[0]
    fees = [[fee, fee, fee, None, None, 0] for fee in (first.fee_maker, first.fee_taker)]
    return values.success([None, None, None, None, fees, None, None, None, None, {}])


# -------------------------------------------------------------------------------------- spans
def _span(operation: GetClosedOrders | GetOwnTrades) -> dict[str, int]:
    # Always so many as there may be: without a number, the exchange gives 25 and says no more.
    most = _MOST if operation.limit is None or operation.offset else min(operation.limit, _MOST)
    span = {"end": operation.until_ms, "start": operation.since_ms, "limit": most}
    return {name: value for name, value in span.items() if value is not None}


def _orders(result: Sequence[Order], view: ServerView) -> WireAnswer:
    wanted = _wanted_ids(view)
    found = [order for order in result if not wanted or order.order_id in wanted]
    return values.success([order_row(order, view.markets) for order in _page(found, view)])


def _page(rows: Sequence[T], view: ServerView) -> Sequence[T]:
    """Give so many rows as were asked for; they come oldest first."""
    found = values.body_of(view)
    usual = _USUAL if view.request.path.endswith(b"/hist") else _MOST
    limit = min(found.whole("limit") or usual, _MOST)
    ordered = rows if found.text("sort") == "1" else list(reversed(rows))
    return ordered[:limit]


def _wanted_ids(view: ServerView) -> tuple[str, ...]:
    told = values.body_of(view).value("id")
    if told is None:
        return ()
    if not isinstance(told, list):
        raise BadInput("malformed", field="id")
    return tuple(str(int_of(it, "id")) for it in told)
