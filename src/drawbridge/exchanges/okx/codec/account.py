"""What belongs to an account: balances, its trades, its fees, what its key may do."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import plain
from drawbridge.core.operations import (
    Balance,
    GetBalances,
    GetFixed,
    GetKeyRights,
    GetMarkets,
    GetOwnTrades,
    KeyRights,
)
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.exchanges.okx.codec import values
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, int_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.parameters import read_query

_SIDES: Final = {side.value: side for side in Side}
# In the order in which the exchange tells them.
_SWITCHES: Final = ("read_only", "trade", "withdraw")
_UID: Final = "44705892343619584"
_TRANSFERS: Final = "1"


# ----------------------------------------------------------------------------------- balances
def encode_balances(_op: GetBalances, _markets: Markets) -> WireRequest:
    """Write the request for balances."""
    return values.get(b"account/balance")


def decode_balances(_view: ServerView) -> GetBalances:
    """Read it."""
    return GetBalances()


def encode_balances_answer(
    _op: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Write balances; what they are worth together is not worked out here."""
    wanted = frozenset(filter(None, read_query(view.request.query).text("ccy").split(",")))
    details = [
        _balance_row(row, view.now_ms) for row in result if not wanted or row.currency in wanted
    ]
    empty = dict.fromkeys(("totalEq", "isoEq", "adjEq", "ordFroz", "imr", "mmr", "mgnRatio"), "")
    return values.success([{"uTime": str(view.now_ms), **empty, "details": details}])


def _balance_row(balance: Balance, now_ms: int) -> dict[str, str]:
    return {
        "ccy": balance.currency,
        "eq": plain(balance.total),
        "cashBal": plain(balance.total),
        "availBal": plain(balance.free),
        "frozenBal": plain(balance.held),
        "ordFrozen": plain(balance.held),
        # Equities are told of accounts that lend and borrow.
        "availEq": "",
        "isoEq": "",
        "disEq": "",
        "liab": "",
        "upl": "",
        "interest": "",
        "uTime": str(now_ms),
    }


def decode_balances_answer(
    _op: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances."""
    return tuple(
        Balance(
            currency=text_of(row["ccy"]),
            free=decimal_of(row["availBal"]),
            held=decimal_of(row["frozenBal"]),
        )
        for row in list_of(values.row_of(answer)["details"])
    )


# --------------------------------------------------------------------------------- own trades
def encode_own_trades(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Write the request for own trades. Raises: `BadInput`."""
    values.refuse_offset(operation.offset)
    symbol = f"instId={markets.get(operation.symbol).id}&" if operation.symbol else ""
    since = "" if operation.since_ms is None else f"begin={operation.since_ms}&"
    until = "" if operation.until_ms is None else f"end={operation.until_ms}&"
    order = operation.order_id and f"&ordId={values.check_order_id(operation.order_id)}"
    return values.get(
        b"trade/fills-history",
        f"{symbol}{since}{until}instType={values.SPOT}"
        f"{values.number('limit', operation.limit)}{order}",
    )


def decode_own_trades(view: ServerView) -> GetOwnTrades:
    """Read it; how many of them is decided when the answer is written. Raises: `BadInput`."""
    found = read_query(view.request.query)
    return GetOwnTrades(
        symbol=values.any_symbol_of(found, view),
        order_id=found.text("ordId"),
        since_ms=found.whole("begin"),
        until_ms=found.whole("end"),
    )


def encode_own_trades_answer(
    _op: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Write own trades, the newest first."""
    found = read_query(view.request.query)
    asked = result if values.is_of_spot(found) else ()
    rows = values.page(asked, found, lambda fill: int(fill.trade_id))
    return values.success([fill_row(fill, view) for fill in rows])


def fill_row(fill: Fill, view: ServerView) -> dict[str, str]:
    """Write an own trade. Its fee stands below zero: it was paid."""
    return {
        "instType": values.SPOT,
        "instId": view.markets.get(fill.symbol).id,
        "tradeId": fill.trade_id,
        "ordId": fill.order_id,
        "clOrdId": fill.client_id,
        "billId": fill.trade_id,
        "tag": "",
        "fillPx": plain(fill.price),
        "fillSz": plain(fill.quantity),
        "fillPnl": "0",
        "side": fill.side.value,
        "posSide": "net",
        "execType": "M" if fill.is_maker else "T",
        "feeCcy": fill.fee_currency,
        "fee": plain(-fill.fee),
        "fillTime": str(fill.time_ms),
        "ts": str(fill.time_ms),
    }


def decode_own_trades_answer(
    _op: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first."""
    return tuple(_read_fill(row, markets) for row in reversed(values.rows_of(answer)))


def _read_fill(row: Mapping[str, Any], markets: Markets) -> Fill:
    return Fill(
        trade_id=text_of(row["tradeId"]),
        order_id=text_of(row["ordId"]),
        client_id=text_of(row["clOrdId"]),
        symbol=values.market_of(row, markets).symbol,
        side=_SIDES[row["side"]],
        type=OrderType.LIMIT,
        price=decimal_of(row["fillPx"]),
        quantity=decimal_of(row["fillSz"]),
        fee=-decimal_of(row["fee"]),
        fee_currency=text_of(row["feeCcy"]),
        is_maker=row["execType"] == "M",
        time_ms=int_of(row["ts"]),
    )


# -------------------------------------------------------------------------------------- bills
def decode_bills(view: ServerView) -> GetFixed:
    """Read the question for transfers, of which there are none here.

    Raises: `BadInput("unknown_endpoint")` for bills of another kind, which are not kept.
    """
    if read_query(view.request.query).text("type") != _TRANSFERS:
        raise BadInput("unknown_endpoint", field="type")
    return GetFixed(b"[]")


def encode_bills(_op: GetFixed, _result: bytes, _view: ServerView) -> WireAnswer:
    """Write that there are none."""
    return values.success([])


# --------------------------------------------------------------------------------------- fees
def decode_fees(view: ServerView) -> GetMarkets:
    """Read the question for the fees of a pair. Raises: `BadInput`, `NotFound`."""
    found = read_query(view.request.query)
    found.need("instType")
    symbol = values.any_symbol_of(found, view)
    return GetMarkets((symbol,) if symbol else ())


def encode_fees(_op: GetMarkets, result: tuple[Market, ...], view: ServerView) -> WireAnswer:
    """Write the fees of the first pair: all are in one class. They stand below zero."""
    found = read_query(view.request.query)
    rows = [
        {
            "instType": values.SPOT,
            "level": "Lv1",
            "category": "1",
            "maker": plain(-market.fee_maker),
            "taker": plain(-market.fee_taker),
            "makerU": "",
            "takerU": "",
            "delivery": "",
            "exercise": "",
            "ts": str(view.now_ms),
        }
        for market in result[:1]
        if values.is_of_spot(found)
    ]
    return values.success(rows)


# ----------------------------------------------------------------------------------- the key
def encode_key_info(_op: GetKeyRights, _markets: Markets) -> WireRequest:
    """Write the question for the configuration, which tells what the key may do."""
    return values.get(b"account/config")


def decode_key_info(_view: ServerView) -> GetKeyRights:
    """Read it."""
    return GetKeyRights()


def encode_key_info_answer(_op: GetKeyRights, result: KeyRights, _view: ServerView) -> WireAnswer:
    """Write the configuration of a plain spot account."""
    addresses = (text.removesuffix("/32").removesuffix("/128") for text in result.ip_list or ())
    uid = result.account_id or _UID
    row = {
        "uid": uid,
        "mainUid": uid,
        "acctLv": "1",
        "posMode": "net_mode",
        "autoLoan": False,
        "greeksType": "PA",
        "level": "Lv1",
        "levelTmp": "",
        "ctIsoMode": "automatic",
        "mgnIsoMode": "automatic",
        "spotOffsetType": "",
        "stgyType": "0",
        "roleType": "0",
        "traderInsts": [],
        "spotRoleType": "0",
        "spotTraderInsts": [],
        "opAuth": "0",
        "kycLv": "3",
        "label": result.label,
        "ip": ",".join(addresses),
        "perm": ",".join(name for name in _SWITCHES if name in result.switches),
        "type": "0",
        "acctStpMode": "cancel_maker",
        "enableSpotBorrow": False,
    }
    return values.success([row])


def decode_key_info_answer(_op: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do."""
    row = values.row_of(answer)
    addresses = _parts(row["ip"])
    return KeyRights(
        switches=frozenset(_parts(row["perm"])),
        ip_list=addresses,
        ip_bound=bool(addresses),
        label=text_of(row["label"]),
        account_id=text_of(row.get("uid", "")),
    )


def _parts(value: object) -> tuple[str, ...]:
    return tuple(part.strip() for part in text_of(value).split(",") if part.strip())
