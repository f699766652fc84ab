"""The account on Bittrex's wire: balances and executions. Fees are in quote currency."""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance, GetBalances, GetOwnTrades
from drawbridge.core.orders import Fill, OrderType, Side
from drawbridge.exchanges.bittrex.codec.values import (
    body_of,
    get,
    market_query,
    moment,
    page_query,
    page_size,
    path_id,
    query_of,
    success,
    symbol_of,
    written,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import decimal_of, flag_of, list_of, text_of
from drawbridge.wire.http import WireAnswer, WireRequest
from drawbridge.wire.moments import parse_moment, write_moment

_SIDES: Final = {"BUY": Side.BUY, "SELL": Side.SELL}


# ------------------------------------------------------------------------------------- client
def encode_executions(operation: GetOwnTrades, markets: Markets) -> WireRequest:
    """Ask for own trades, or for those of one order."""
    if operation.order_id:
        return get(f"orders/{path_id(operation.order_id).decode()}/executions")
    return get("executions", page_query(market_query(operation.symbol, markets), operation))


def decode_executions(
    _operation: GetOwnTrades, answer: WireAnswer, markets: Markets
) -> tuple[Fill, ...]:
    """Read own trades, oldest first."""
    return tuple(_read_execution(row, markets) for row in reversed(list_of(body_of(answer))))


def encode_balances(_operation: GetBalances, _markets: Markets) -> WireRequest:
    """Ask for balances."""
    return get("balances")


def decode_balances(
    _operation: GetBalances, answer: WireAnswer, _markets: Markets
) -> tuple[Balance, ...]:
    """Read balances."""
    return tuple(_read_balance(row) for row in list_of(body_of(answer)))


# ------------------------------------------------------------------------------------- server
def read_executions(view: ServerView) -> GetOwnTrades:
    """Read the question for own trades."""
    found, parts = query_of(view), view.path_parameters
    if "order_id" in parts:
        return GetOwnTrades(order_id=parts["order_id"])
    since, until = moment(found, "startDate"), moment(found, "endDate")
    return GetOwnTrades(
        symbol_of(view, found), since_ms=since, until_ms=until, limit=page_size(found)
    )


def write_executions(
    _operation: GetOwnTrades, result: tuple[Fill, ...], view: ServerView
) -> WireAnswer:
    """Tell own trades, newest first."""
    return success([_execution(row, view.markets) for row in reversed(result)])


def read_balances(_view: ServerView) -> GetBalances:
    """Read the question for balances."""
    return GetBalances()


def write_balances(
    _operation: GetBalances, result: tuple[Balance, ...], view: ServerView
) -> WireAnswer:
    """Tell balances."""
    now = write_moment(view.now_ms)
    return success(
        [
            {
                "currencySymbol": row.currency,
                "total": written(row.total),
                "available": written(row.free),
                "updatedAt": now,
            }
            for row in result
        ]
    )


# --------------------------------------------------------------------------------------- rows
def _execution(row: Fill, markets: Markets) -> dict[str, object]:
    # The direction of a maker's execution was told as its counterpart's; clients turn it around.
    side = row.side.opposite if row.is_maker else row.side
    return {
        "id": row.trade_id,
        "marketSymbol": markets.get(row.symbol).id,
        "executedAt": write_moment(row.time_ms),
        "quantity": written(row.quantity),
        "rate": written(row.price),
        "orderId": row.order_id,
        "commission": written(row.fee),
        "isTaker": not row.is_maker,
        "direction": side.name,
    }


def _read_execution(row: Mapping[str, Any], markets: Markets) -> Fill:
    market = markets.get_by_id(text_of(row["marketSymbol"]))
    is_maker, side = not flag_of(row["isTaker"]), _SIDES[row["direction"]]
    return Fill(
        trade_id=text_of(row["id"]),
        order_id=text_of(row["orderId"]),
        client_id="",
        symbol=market.symbol,
        side=side.opposite if is_maker else side,
        type=OrderType.LIMIT,
        price=decimal_of(row["rate"]),
        quantity=decimal_of(row["quantity"]),
        fee=decimal_of(row["commission"]),
        fee_currency=market.quote,
        is_maker=is_maker,
        time_ms=parse_moment(text_of(row["executedAt"])),
    )


def _read_balance(row: Mapping[str, Any]) -> Balance:
    total, free = decimal_of(row["total"]), decimal_of(row["available"])
    return Balance(text_of(row["currencySymbol"]), free, max(ZERO, total - free))
