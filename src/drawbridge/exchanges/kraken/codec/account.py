"""What belongs to an account: balances, lists of orders, its trades, what its key may do.

Lists come in pages of fifty, the latest first, as tables from id to row; `count` tells how many
there are in all.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, TypeVar

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import ZERO, places_of
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetClosedOrders,
    GetKeyRights,
    GetMarkets,
    GetOpenOrders,
    GetOwnTrades,
    KeyRights,
)
from drawbridge.core.orders import Fill, Order, OrderType, Side
from drawbridge.exchanges.kraken.codec import ids, names, values
from drawbridge.exchanges.kraken.codec.orders import matches, order_row, read_order
from drawbridge.wire.codec import ServerView
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.text import encoded

T = TypeVar("T")

_PAGE: Final = 50
_MAX_OFFSET: Final = 1_000_000
_PERCENT: Final = 100


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for balances with what orders hold of them."""
    return values.private(b"BalanceEx")


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it, or the older one without what orders hold."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], _view: ServerView
) -> WireAnswer:
    """Write balances with what orders hold of them."""
    rows = {}
    for row in result:
        places = names.places_shown(row.currency)
        rows[names.asset_id(row.currency)] = {
            "balance": values.padded(row.total, places),
            "hold_trade": values.padded(row.held, places),
        }
    return values.success(rows)


def encode_totals_answer(
    _op: GetBalances, result: tuple[Balance, ...], _view: ServerView
) -> WireAnswer:
    """Write balances as the older endpoint does."""
    return values.success(
        {
            names.asset_id(row.currency): values.padded(row.total, names.places_shown(row.currency))
            for row in result
        }
    )


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances. What Kraken lends on top is no money of the account's and left out."""
    found = []
    for asset, row in values.result_of(answer).items():
        held = values.amount(row["hold_trade"])
        free = values.amount(row["balance"]) - held
        found.append(Balance(names.currency_of(asset), free, held))
    return tuple(found)


# ----------------------------------------------------------------------------- lists of orders
def encode_open(_operation: GetOpenOrders, _markets: Markets) -> WireRequest:
    """Write the request for open orders; Kraken knows no filter by pair."""
    return values.private(b"OpenOrders")


def decode_open(_view: ServerView) -> GetOpenOrders:
    """Read it; which orders were asked for is seen when the answer is written."""
    return GetOpenOrders()


def encode_open_answer(
    _op: GetOpenOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write open orders, all or those with the client's id that was asked for."""
    found = values.read_body(view)
    rows = {row.order_id: order_row(row, view.markets) for row in result if matches(row, found)}
    return values.success({"open": rows})


def decode_open_answer(
    operation: GetOpenOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read open orders of the pair that was asked for, or of all."""
    return _read_orders(values.result_of(answer)["open"], operation.symbol, markets)


def encode_closed(operation: GetClosedOrders, _markets: Markets) -> WireRequest:
    """Write the request for past orders."""
    return values.private(
        b"ClosedOrders", _history(operation.since_ms, operation.until_ms, operation.offset)
    )


def decode_closed(view: ServerView) -> GetClosedOrders:
    """Read it. Raises: `BadInput`."""
    found = values.read_body(view)
    return GetClosedOrders(
        since_ms=values.moment(found, "start"),
        until_ms=values.moment(found, "end"),
        offset=_offset(found),
    )


def encode_closed_answer(
    operation: GetClosedOrders, result: tuple[Order, ...], view: ServerView
) -> WireAnswer:
    """Write a page of past orders, the latest first.

    Why: in the very order in which offsets are counted. Sorted by any other, what stands at the
    edge of a page would be told twice, and its neighbour never.
    """
    found = values.read_body(view)
    rows = [row for row in reversed(result) if matches(row, found)]
    page = {row.order_id: order_row(row, view.markets) for row in rows[:_PAGE]}
    return values.success({"closed": page, "count": operation.offset + len(rows)})


def decode_closed_answer(
    operation: GetClosedOrders, answer: WireAnswer, markets: Markets
) -> tuple[Order, ...]:
    """Read past orders, oldest first, narrowed to what was asked for."""
    rows = _read_orders(values.result_of(answer)["closed"], operation.symbol, markets)
    return _latest(sorted(rows, key=lambda row: row.updated_ms), operation.limit)


def _read_orders(
    rows: Mapping[str, Mapping[str, object]], symbol: str, markets: Markets
) -> tuple[Order, ...]:
    orders = (read_order(order_id, row, markets) for order_id, row in rows.items())
    return tuple(order for order in orders if not symbol or order.symbol == symbol)


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, _markets: Markets) -> WireRequest:
    """Write the request for own trades; pair and order are picked out of the answer."""
    body = _history(operation.since_ms, operation.until_ms, operation.offset)
    if operation.from_id:
        body = f"start={encoded(operation.from_id)}"
    return values.private(b"TradesHistory", body)


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it; `start` may be a trade's id. Raises: `BadInput`."""
    found = values.read_body(view)
    if ids.is_trade_id(found.get("start", "")):
        return GetOwnTrades(from_id=found["start"])
    return GetOwnTrades(
        since_ms=values.moment(found, "start"),
        until_ms=values.moment(found, "end"),
        offset=_offset(found),
    )


def decode_trades_by_id(view: ServerView) -> GetOwnTrades:
    """Read a request for trades by their ids, which narrow the answer. Raises: `BadInput`."""
    if not values.read_body(view).get("txid"):
        raise BadInput("missing_parameter", field="txid")
    return GetOwnTrades()


def encode_own_trades_answer(
    operation: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write a page of own trades, the latest first; the order is that of offsets, as above."""
    rows = list(reversed(result))
    page = {row.trade_id: _trade_row(row, view.markets) for row in rows[:_PAGE]}
    return values.success({"trades": page, "count": operation.offset + len(rows)})


def encode_trades_by_id_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write the trades whose ids were asked for."""
    wanted = frozenset(values.read_body(view).get("txid", "").split(","))
    rows = {row.trade_id: _trade_row(row, view.markets) for row in result if row.trade_id in wanted}
    return values.success(rows)


def decode_own_trades_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first, narrowed to what was asked for."""
    trades = values.result_of(answer)["trades"]
    fills = [_read_trade(trade_id, row, markets) for trade_id, row in trades.items()]
    wanted = [
        fill
        for fill in fills
        if operation.symbol in {"", fill.symbol} and operation.order_id in {"", fill.order_id}
    ]
    return _latest(sorted(wanted, key=lambda fill: fill.time_ms), operation.limit)


def _trade_row(fill: Fill, markets: Markets) -> dict[str, object]:
    market = markets.get(fill.symbol)
    places = max(places_of(market.price_tick), values.COST_PLACES)
    return {
        "ordertxid": fill.order_id,
        "postxid": fill.trade_id,
        "pair": market.id,
        "aclass": "forex",
        "time": values.seconds(fill.time_ms),
        "type": fill.side.value,
        "ordertype": fill.type.value,
        "price": values.padded(fill.price, places),
        "cost": values.padded(fill.quote_quantity, values.COST_PLACES),
        "fee": values.padded(fill.fee, values.COST_PLACES),
        "vol": values.padded(fill.quantity, values.LOT_PLACES),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": ids.number_of(fill.trade_id) % (1 << 53),
        "maker": fill.is_maker,
    }


def _read_trade(trade_id: str, row: Mapping[str, object], markets: Markets) -> Fill:
    market = markets.get_by_id(values.text_of(row["pair"]))
    kind = values.text_of(row["ordertype"])
    return Fill(
        trade_id=trade_id,
        order_id=values.text_of(row["ordertxid"]),
        client_id="",
        symbol=market.symbol,
        side=Side(values.text_of(row["type"])),
        type=OrderType.LIMIT if kind.endswith("limit") else OrderType.MARKET,
        price=values.amount(row["price"]),
        quantity=values.amount(row["vol"]),
        fee=values.amount(row["fee"]),
        # Kraken does not say in which; without an order's flag for another it is the quote.
        fee_currency=market.quote,
        is_maker=row.get("maker") is True,
        time_ms=values.milliseconds(row["time"]),
    )


# ------------------------------------------------------------------------------- key and fees
def encode_key_info(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question what the key may do."""
    return values.private(b"GetApiKeyInfo")


def decode_key_info(_view: ServerView) -> GetKeyRights:
    """Read it."""
    return GetKeyRights()


def encode_key_info_answer(_op: GetKeyRights, result: KeyRights, _view: ServerView) -> WireAnswer:
    """Write what the key may do."""
    created = str((result.created_ms or 0) // 1_000)
    return values.success(
        {
            "apiKeyName": result.label,
            "apiKey": result.key,
            "nonce": str(result.last_nonce or 0),
            "nonceWindow": 0,
            "permissions": sorted(result.switches),
            "iban": "",
            "validUntil": str((result.expires_ms or 0) // 1_000),
            "queryFrom": "0",
            "queryTo": "0",
            "createdTime": created,
            "modifiedTime": created,
            "ipAllowlist": list(result.ip_list or ()),
            "lastUsed": None,
        }
    )


def decode_key_info_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do."""
    result = values.result_of(answer)
    addresses = tuple(values.text_of(address) for address in result.get("ipAllowlist") or ())
    return KeyRights(
        switches=frozenset(values.text_of(name) for name in result["permissions"]),
        ip_list=addresses,
        ip_bound=bool(addresses),
        created_ms=_when(result.get("createdTime")),
        expires_ms=_when(result.get("validUntil")),
        label=values.text_of(result.get("apiKeyName", "")),
        key=values.text_of(result.get("apiKey", "")),
        last_nonce=int(values.amount(result.get("nonce", "0"))),
    )


def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question what the account pays in these pairs. Raises: `NotFound`."""
    return GetMarkets(names.symbols_asked(view, values.read_body(view).get("pair", "")))


def encode_fees_answer(
    operation: GetMarkets, result: tuple[Market, ...], _view: ServerView
) -> WireAnswer:
    """Write what the account pays; a paper account stands on the first step for ever."""
    body: dict[str, object] = {"currency": "ZUSD", "volume": "0.0000"}
    if operation.symbols:
        body["fees"] = {market.id: {"fee": _percent(market.fee_taker)} for market in result}
        body["fees_maker"] = {market.id: {"fee": _percent(market.fee_maker)} for market in result}
    return values.success(body)


# ------------------------------------------------------------------------------------- shared
def _percent(fee: Decimal) -> str:
    return values.padded(fee * _PERCENT, 4)


def _when(value: object) -> int | None:
    seconds = values.amount(value or "0")
    return int(seconds) * 1_000 if seconds > ZERO else None


def _history(since_ms: int | None, until_ms: int | None, offset: int) -> str:
    # The end is named a second later, because Kraken's seconds have fractions.
    parts = [] if since_ms is None else [f"start={since_ms // 1_000}"]
    if until_ms is not None:
        parts.append(f"end={until_ms // 1_000 + 1}")
    if offset:
        parts.append(f"ofs={offset}")
    return "&".join(parts)


def _offset(found: values.Parameters) -> int:
    return min(values.whole(found, "ofs") or 0, _MAX_OFFSET)


def _latest(rows: list[T], limit: int | None) -> tuple[T, ...]:
    return tuple(rows if limit is None else rows[max(0, len(rows) - limit) :])
