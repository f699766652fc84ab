"""The account on BitMEX's wire: balances, executions, positions and how contracts are traded."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from drawbridge.core.derivatives import (
    ContractSetting,
    GetMarginAccounts,
    GetPositions,
    MarginAccount,
    MarginMode,
    Position,
    SetLeverage,
    SetMarginMode,
)
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market, Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance, GetBalances, GetKeyRights, GetOwnTrades, KeyRights
from drawbridge.core.orders import Fill, OrderType, PositionSide, Side
from drawbridge.exchanges.bitmex.codec import values
from drawbridge.exchanges.bitmex.codec.values import ask, body_of, success, tell, told_in
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, flag_of, int_of, list_of, object_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment

_SIDES: Final = {"Buy": Side.BUY, "Sell": Side.SELL}
_TYPES: Final = {"Limit": OrderType.LIMIT, "Market": OrderType.MARKET}
_EVERYWHERE: Final = frozenset({"0.0.0.0/0", "::/0", ""})
_READ: Final = "read"
_MOST: Final = 500
_MAKER: Final = "AddedLiquidity"
_TAKER: Final = "RemovedLiquidity"


# ----------------------------------------------------------------------------------- balances
def encode_balances(_operation: GetBalances | GetMarginAccounts, _markets: Markets) -> WireRequest:
    """Ask for the account's money in every currency."""
    return ask("user/margin", "currency=all")


def decode_balances(
    _operation: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances: what is not free is held, profits that are not realised left out."""
    read = (_read_margin(row) for row in list_of(body_of(answer)))
    return tuple(
        Balance(row.currency, min(row.available, row.wallet), max(ZERO, row.wallet - row.available))
        for row in read
    )


def decode_margin(
    _operation: GetMarginAccounts, answer: WireAnswer, _markets: Markets
) -> tuple[MarginAccount, ...]:
    """Read the account's money for contracts."""
    return tuple(_read_margin(row) for row in list_of(body_of(answer)))


def read_margin(_view: ServerView) -> GetMarginAccounts:
    """Read the question for the account's money."""
    return GetMarginAccounts()


def write_margin(
    _operation: GetMarginAccounts, result: tuple[MarginAccount, ...], view: ServerView
) -> WireAnswer:
    """Tell money: a list for every currency, else an object for one."""
    wanted = values.query_of(view).text("currency") or "XBt"
    rows = [_margin(row, view.now_ms) for row in result]
    if wanted == "all":
        return success(rows)
    return success(next((row for row in rows if row["currency"] == wanted), {}))


def _margin(row: MarginAccount, now_ms: int) -> dict[str, object]:
    return {
        "account": values.ACCOUNT,
        "currency": values.currency_id(row.currency),
        "amount": values.units(row.wallet),
        "walletBalance": values.units(row.wallet),
        "unrealisedPnl": values.units(row.unrealised),
        "marginBalance": values.units(row.wallet + row.unrealised),
        "availableMargin": values.units(row.available),
        "initMargin": values.units(row.order_margin + row.position_margin),
        "maintMargin": values.units(row.maintenance_margin),
        "timestamp": write_moment(now_ms),
    }


def _read_margin(row: Mapping[str, Any]) -> MarginAccount:
    return MarginAccount(
        currency=values.currency_of(text_of(row["currency"])),
        wallet=values.money(row["walletBalance"]),
        available=values.money(row["availableMargin"]),
        unrealised=values.money(row["unrealisedPnl"]),
        # For orders and positions together; which is for which is not told.
        position_margin=values.money(row["initMargin"]),
        maintenance_margin=values.money(row["maintMargin"]),
    )


# --------------------------------------------------------------------------------- executions
def encode_executions(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Ask for own trades."""
    order = values.filtered(f'{{"orderID":"{operation.order_id}"}}') if operation.order_id else ""
    return ask(
        "execution/tradeHistory",
        values.symbol_query(operation.symbol, markets),
        values.moment_query("startTime", operation.since_ms),
        values.count_query(operation.limit),
        order,
    )


def decode_executions(
    _operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades."""
    return tuple(_read_execution(row, markets) for row in list_of(body_of(answer)))


def read_executions(view: ServerView) -> GetOwnTrades:
    """Read the question for own trades."""
    found = values.query_of(view)
    return GetOwnTrades(
        values.symbol_of(view, found),
        values.filter_of(found).text("orderID"),
        since_ms=values.since_of(found),
        limit=values.count_of(found, _MOST) if "count" in found else None,
    )


def write_executions(
    _operation: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Tell own trades."""
    return success([_execution(row, view.markets) for row in result])


def _execution(row: Fill, markets: Markets) -> dict[str, object]:
    market = markets.get(row.symbol)
    cost = values.units(row.quote_quantity)
    return {
        "execID": row.trade_id,
        "orderID": row.order_id,
        "clOrdID": row.client_id,
        "account": values.ACCOUNT,
        "symbol": market.id,
        "side": "Buy" if row.side is Side.BUY else "Sell",
        "lastQty": values.contracts(row.quantity, market),
        "lastPx": row.price,
        "price": row.price,
        "avgPx": row.price,
        "currency": market.quote,
        "settlCurrency": values.currency_id(market.settle),
        "execType": "Trade",
        "ordType": "Limit" if row.type is OrderType.LIMIT else "Market",
        "execCost": -cost if row.side is Side.BUY else cost,
        "execComm": values.units(row.fee),
        "commission": _share(row.fee, row.quote_quantity),
        "lastLiquidityInd": _MAKER if row.is_maker else _TAKER,
        "transactTime": write_moment(row.time_ms),
        "timestamp": write_moment(row.time_ms),
        "trdMatchID": row.trade_id,
    }


def _share(fee: Decimal, cost: Decimal) -> Decimal:
    """Give a fee as a fraction, as finely as money is counted."""
    return round(fee / cost, values.SCALE) if cost else ZERO


def _read_execution(row: Mapping[str, Any], markets: Markets) -> Fill:
    market = markets.get_by_id(text_of(row["symbol"]))
    return Fill(
        trade_id=text_of(row["trdMatchID"]),
        order_id=text_of(row["orderID"]),
        client_id=text_of(row.get("clOrdID") or ""),
        symbol=market.symbol,
        side=_SIDES[row["side"]],
        type=_TYPES.get(row["ordType"], OrderType.LIMIT),
        price=decimal_of(row["lastPx"]),
        quantity=values.quantity_of(row["lastQty"], market),
        fee=values.money(row["execComm"]),
        fee_currency=values.currency_of(text_of(row["settlCurrency"])),
        is_maker=row["lastLiquidityInd"] == _MAKER,
        time_ms=parse_moment(text_of(row["timestamp"])),
    )


# ---------------------------------------------------------------------------------- positions
def encode_positions(operation: GetPositions, markets: Markets) -> WireRequest:
    """Ask for positions."""
    if not operation.symbol:
        return ask("position")
    return ask("position", values.filtered(f'{{"symbol":"{markets.get(operation.symbol).id}"}}'))


def decode_positions(
    _operation: GetPositions, answer: WireAnswer, markets: Markets
) -> tuple[Position, ...]:
    """Read positions; when one was opened and what it realised before is not told."""
    known = {market.id for market in markets}
    rows = list_of(body_of(answer))
    return tuple(_read_position(row, markets) for row in rows if row["symbol"] in known)


def read_positions(view: ServerView) -> GetPositions:
    """Read the question for positions."""
    wanted = values.filter_of(values.query_of(view))
    return GetPositions(values.symbol_of(view, wanted))


def write_positions(
    _operation: GetPositions, result: tuple[Position, ...], view: ServerView
) -> WireAnswer:
    """Tell positions."""
    return success([_position(row, view.markets.get(row.symbol)) for row in result])


def _position(row: Position, market: Market) -> dict[str, object]:
    notional = row.quantity * row.mark_price
    return {
        "account": values.ACCOUNT,
        "symbol": market.id,
        "currency": values.currency_id(market.settle),
        "underlying": values.asset_name(market.base),
        "quoteCurrency": market.quote,
        "leverage": row.leverage,
        "crossMargin": row.mode is MarginMode.CROSS,
        "currentQty": values.contracts(row.quantity, market),
        "isOpen": bool(row.quantity),
        "avgEntryPrice": row.entry_price,
        "avgCostPrice": row.entry_price,
        "markPrice": row.mark_price,
        "markValue": values.units(notional),
        "liquidationPrice": row.liquidation_price,
        "unrealisedPnl": values.units(row.unrealised),
        "realisedPnl": values.units(row.realised),
        "posMargin": values.units(row.margin),
        "initMargin": values.units(row.margin),
        "maintMargin": values.units(row.maintenance_margin),
        "homeNotional": row.quantity,
        "foreignNotional": -notional,
        "openingTimestamp": write_moment(row.opened_ms),
        "timestamp": write_moment(row.updated_ms),
    }


def _read_position(row: Mapping[str, Any], markets: Markets) -> Position:
    market = markets.get_by_id(text_of(row["symbol"]))
    price = row["liquidationPrice"]
    return Position(
        symbol=market.symbol,
        side=PositionSide.BOTH,
        quantity=values.quantity_of(row["currentQty"], market),
        entry_price=decimal_of(row["avgEntryPrice"]),
        mark_price=decimal_of(row["markPrice"]),
        liquidation_price=None if price is None else decimal_of(price),
        leverage=int_of(row["leverage"]),
        mode=MarginMode.CROSS if flag_of(row["crossMargin"]) else MarginMode.ISOLATED,
        margin=values.money(row["posMargin"]),
        maintenance_margin=values.money(row["maintMargin"]),
        unrealised=values.money(row["unrealisedPnl"]),
        realised=values.money(row["realisedPnl"]),
        opened_ms=parse_moment(text_of(row["openingTimestamp"])),
        updated_ms=parse_moment(text_of(row["timestamp"])),
    )


def encode_leverage(operation: SetLeverage, markets: Markets) -> WireRequest:
    """Set the leverage of an instrument."""
    market = markets.get(operation.symbol)
    return tell("POST", "position/leverage", {"symbol": market.id, "leverage": operation.leverage})


def read_leverage(view: ServerView) -> SetLeverage | SetMarginMode:
    """Read a leverage; zero stands for cross margin. Raises: `BadInput("malformed")`."""
    found = told_in(view)
    symbol, leverage = values.market_of(view, found).symbol, decimal_of(found.need("leverage"))
    if leverage != int(leverage) or leverage < 0:
        raise BadInput("malformed", field="leverage")
    if not leverage:
        return SetMarginMode(symbol, MarginMode.CROSS)
    return SetLeverage(symbol, int(leverage))


def encode_mode(operation: SetMarginMode, markets: Markets) -> WireRequest:
    """Set the margin mode of an instrument."""
    isolated = operation.mode is MarginMode.ISOLATED
    document = {"symbol": markets.get(operation.symbol).id, "enabled": isolated}
    return tell("POST", "position/isolate", document)


def read_mode(view: ServerView) -> SetMarginMode:
    """Read a margin mode."""
    found = told_in(view)
    isolated = found.flag("enabled", usual=True)
    mode = MarginMode.ISOLATED if isolated else MarginMode.CROSS
    return SetMarginMode(values.market_of(view, found).symbol, mode)


def write_setting(
    _operation: SetLeverage | SetMarginMode, result: ContractSetting, view: ServerView
) -> WireAnswer:
    """Tell how the instrument is traded now."""
    market = view.markets.get(result.symbol)
    return success(
        {
            "account": values.ACCOUNT,
            "symbol": market.id,
            "currency": values.currency_id(market.settle),
            "leverage": result.leverage,
            "crossMargin": result.mode is MarginMode.CROSS,
            "timestamp": write_moment(view.now_ms),
        }
    )


def decode_setting(
    _operation: SetLeverage | SetMarginMode, answer: WireAnswer, markets: Markets
) -> ContractSetting:
    """Read how the instrument is traded now."""
    row = object_of(body_of(answer))
    cross = flag_of(row["crossMargin"])
    return ContractSetting(
        markets.get_by_id(text_of(row["symbol"])).symbol,
        int_of(row["leverage"]),
        MarginMode.CROSS if cross else MarginMode.ISOLATED,
    )


# ------------------------------------------------------------------------------------- rights
def encode_rights(_operation: GetKeyRights, _markets: Markets) -> WireRequest:
    """Ask for the account's keys."""
    return ask("apiKey")


def decode_rights(_operation: GetKeyRights, answer: WireAnswer, _markets: Markets) -> KeyRights:
    """Read what the key may do.

    Why: all keys of the account are listed, and a key does not know which it is. What any of them
    may do is counted, because calling a key harmless that is not would be worse than the reverse.
    """
    rows = [_entry(row) for row in list_of(body_of(answer))]
    permissions = {text_of(name) for row in rows for name in list_of(row["permissions"])}
    ranges = {text_of(it) for row in rows for it in list_of(row["cidrs"])} - _EVERYWHERE
    alone = rows[0] if len(rows) == 1 else {}
    return KeyRights(
        switches=frozenset(permissions | {_READ}),
        ip_list=tuple(sorted(ranges)),
        ip_bound=bool(ranges),
        created_ms=parse_moment(text_of(alone["created"])) if alone else None,
        label=text_of(alone.get("name") or ""),
        key=text_of(alone.get("id") or ""),
        account_id=str(alone.get("userId") or ""),
    )


def _entry(row: object) -> Mapping[str, Any]:
    """Give an entry's facts; some were written as a pair of name and facts."""
    return object_of(row[1] if isinstance(row, list) else row)


def read_rights(_view: ServerView) -> GetKeyRights:
    """Read the question for the account's keys."""
    return GetKeyRights()


def write_rights(_operation: GetKeyRights, result: KeyRights, _view: ServerView) -> WireAnswer:
    """Tell the one key that asks."""
    ranges = list(result.ip_list or ("0.0.0.0/0",))
    return success(
        [
            {
                "id": result.key,
                "secret": "",
                "name": result.label,
                "nonce": 0,
                "cidr": ranges[0],
                "cidrs": ranges,
                "permissions": sorted(result.switches - {_READ}),
                "enabled": True,
                "userId": int(result.account_id or values.ACCOUNT),
                "targetAccountId": values.ACCOUNT,
                "created": write_moment(result.created_ms or 0),
            }
        ]
    )
