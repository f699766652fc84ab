"""What belongs to an account: balances, its trades, its fees, what its key may do.

The exchange keeps several accounts of one person; the paper exchange has one, which it shows as
the trading account under both of its names.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetKeyRights,
    GetMarkets,
    GetOwnTrades,
    KeyRights,
)
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.exchanges.kucoin.codec import values
from drawbridge.exchanges.kucoin.codec.orders import page
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query

_TYPE: Final = "trade_hf"
_TRADING: Final = frozenset({"", "trade", _TYPE})
_USUAL_ROWS: Final = 20
_MOST_ROWS: Final = 100
_SIDES: Final = {side.value: side for side in Side}
_TYPES: Final = {kind.value: kind for kind in OrderType}
# The page shows the switches under other names, and some answers may do so as well; keys of old
# have one for all trading.
_SWITCHES: Final = {
    "Withdrawal": ("Transfer",),
    "FlexTransfers": ("InnerTransfer",),
    "Trade": ("Spot", "Margin", "Futures"),
}
_KEY_VERSION: Final = 3
_UID: Final = 165_111_215
_DAY_MS: Final = 86_400_000
_RECENT_ROWS: Final = 1_000


# ----------------------------------------------------------------------------------- balances
def encode_balances(_op: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for balances."""
    return values.get(b"/api/v1/accounts", f"type={_TYPE}")


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Write balances: under the type that was asked for, and none of other accounts."""
    found = read_query(view.request.query)
    asked, wanted = found.text("type"), found.text("currency")
    rows = [
        {
            "id": str(int.from_bytes(row.currency.encode(), "big")),
            "currency": row.currency,
            "type": asked or _TYPE,
            "balance": plain(row.total),
            "available": plain(row.free),
            "holds": plain(row.held),
        }
        for row in result
        if asked in _TRADING and wanted in {"", row.currency}
    ]
    return values.success(rows)


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances of the trading account."""
    return tuple(
        Balance(
            currency=text_of(row["currency"]),
            free=decimal_of(row["available"]),
            held=decimal_of(row["holds"]),
        )
        for row in values.rows_of(values.data_of(answer))
        if row["type"] in _TRADING
    )


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the request for own trades. Raises: `BadInput`."""
    values.refuse_offset(operation.offset)
    symbol = markets.get(operation.symbol).id
    order = operation.order_id and f"&orderId={values.check_order_id(operation.order_id)}"
    return values.get(
        b"/api/v1/hf/fills",
        f"symbol={symbol}{order}{values.number('limit', operation.limit)}"
        f"{values.number('startAt', operation.since_ms)}"
        f"{values.number('endAt', operation.until_ms)}",
    )


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it; how many of them is decided when the answer is written. Raises: `BadInput`."""
    found = read_query(view.request.query)
    return GetOwnTrades(
        symbol=values.symbol_of(found, view),
        order_id=found.text("orderId"),
        since_ms=found.whole("startAt"),
        until_ms=found.whole("endAt"),
    )


def decode_own_trades_old(view: ServerView) -> GetOwnTrades:
    """Read the same of older clients, who need not name a symbol. Raises: `BadInput`."""
    found = read_query(view.request.query)
    return GetOwnTrades(
        symbol=values.any_symbol_of(found, view),
        order_id=found.text("orderId"),
        since_ms=found.whole("startAt"),
        until_ms=found.whole("endAt"),
    )


def decode_recent_trades(view: ServerView) -> GetOwnTrades:
    """Read the question for the trades of the last 24 hours."""
    return GetOwnTrades(since_ms=view.now_ms - _DAY_MS)


def encode_own_trades_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades, the newest first, going on after the one that the sender named last."""
    found = read_query(view.request.query)
    last, limit = found.whole("lastId"), values.limited(found, "limit", _USUAL_ROWS, _MOST_ROWS)
    rows = [
        fill
        for fill in reversed(_by_number(result))
        if (not last or int(fill.trade_id) < last)
        and found.text("side") in {"", fill.side.value}
        and found.text("type") in {"", fill.type.value}
    ][:limit]
    items = [
        {"id": int(row.trade_id), **fill_row(row, view), "tradeId": int(row.trade_id)}
        for row in rows
    ]
    goes_on = int(rows[-1].trade_id) if rows else 0
    return values.success({"lastId": goes_on, "items": items})


def encode_own_trades_page(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades as a page, the newest first."""
    rows = [fill_row(fill, view) for fill in reversed(_by_number(result))]
    return values.success(page(rows, read_query(view.request.query)))


def encode_recent_trades(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write the latest own trades as a plain list."""
    newest = reversed(_by_number(result)[-_RECENT_ROWS:])
    return values.success([fill_row(fill, view) for fill in newest])


def fill_row(fill: Fill, view: ServerView) -> dict[str, object]:
    """Write an own trade."""
    market = view.markets.get(fill.symbol)
    return {
        "symbol": market.id,
        "tradeId": fill.trade_id,
        "orderId": fill.order_id,
        # Whose order stood on the other side is nobody's business here.
        "counterOrderId": values.order_id(0),
        "side": fill.side.value,
        "liquidity": "maker" if fill.is_maker else "taker",
        "type": fill.type.value,
        "forceTaker": False,
        "price": plain(fill.price),
        "size": plain(fill.quantity),
        "funds": plain(fill.quote_quantity),
        "fee": plain(fill.fee),
        "feeRate": plain(market.fee_maker if fill.is_maker else market.fee_taker),
        "feeCurrency": fill.fee_currency,
        "stop": "",
        "tradeType": "TRADE",
        "taxRate": "0",
        "tax": "0",
        "createdAt": fill.time_ms,
    }


def decode_own_trades_answer(
    operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first."""
    rows = values.rows_of(values.data_of(answer))
    found = [_read_fill(row, markets) for row in reversed(rows)]
    return tuple(found if operation.limit is None else found[-operation.limit :])


def _by_number(fills: tuple[Fill, ...]) -> list[Fill]:
    return sorted(fills, key=lambda fill: int(fill.trade_id))


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    return Fill(
        trade_id=str(int_of(row["tradeId"])),
        order_id=text_of(row["orderId"]),
        client_id="",
        symbol=values.market_of(row, markets).symbol,
        side=_SIDES[row["side"]],
        type=_TYPES.get(row["type"], OrderType.LIMIT),
        price=decimal_of(row["price"]),
        quantity=decimal_of(row["size"]),
        fee=decimal_of(row["fee"]),
        fee_currency=text_of(row["feeCurrency"]),
        is_maker=row["liquidity"] == "maker",
        time_ms=int_of(row["createdAt"]),
    )


# --------------------------------------------------------------------------------------- fees
def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question for the fees of up to ten pairs. Raises: `BadInput`, `NotFound`."""
    names = read_query(view.request.query).need("symbols").split(",")
    return GetMarkets(tuple(view.markets.get_by_id(name).symbol for name in names))


def encode_fees(_op: GetMarkets, result: tuple[Market, ...], _view: ServerView) -> WireAnswer:
    """Write fees, as fractions."""
    return values.success(
        [
            {
                "symbol": market.id,
                "takerFeeRate": plain(market.fee_taker),
                "makerFeeRate": plain(market.fee_maker),
            }
            for market in result
        ]
    )


# ----------------------------------------------------------------------------------- the key
def encode_key_info(_op: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question what the key may do."""
    return values.get(b"/api/v1/user/api-key")


def decode_key_info(_view: ServerView) -> GetKeyRights:
    """Read it."""
    return GetKeyRights()


def encode_key_info_answer(_op: GetKeyRights, result: KeyRights, _view: ServerView) -> WireAnswer:
    """Write what the key may do: its switches in one text, its addresses in another."""
    addresses = (text.removesuffix("/32").removesuffix("/128") for text in result.ip_list or ())
    told = {
        "uid": int(result.account_id or _UID),
        "remark": result.label,
        "apiKey": result.key,
        "apiVersion": _KEY_VERSION,
        "permission": ",".join(sorted(result.switches)),
        "createdAt": result.created_ms,
        "isMaster": True,
    }
    if result.ip_bound:
        told["ipWhitelist"] = ",".join(addresses)
    return values.success(told)


def decode_key_info_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do.

    Why: the parts of an address may be blotted out, so only that there are some is certain.
    """
    told = values.data_of(answer)
    names = (name.strip() for name in text_of(told["permission"]).split(","))
    addresses = _parts(told.get("ipWhitelist"))
    created = told.get("createdAt")
    return KeyRights(
        switches=frozenset(it for name in names if name for it in _SWITCHES.get(name, (name,))),
        ip_list=addresses,
        ip_bound=bool(addresses),
        created_ms=None if created is None else int_of(created),
        label=text_of(told.get("remark") or ""),
        key=text_of(told.get("apiKey") or ""),
        account_id=str(told.get("uid") or ""),
    )


def _parts(value: object) -> tuple[str, ...]:
    texts = text_of(value or "").split(",")
    return tuple(text.strip() for text in texts if text.strip())
