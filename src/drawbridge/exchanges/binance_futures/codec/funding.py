"""Mark prices, funding rates, and what an account paid and received at fundings.

Of the kinds of income only fundings are told; a question for another kind is answered with none.

Source: developers.binance.com, USD-M futures, 2026-07-21; the fields that ccxt 4.5.90 reads.
"""

from collections.abc import Mapping
from typing import Any, Final

from drawbridge.core.derivatives import (
    FundingPayment,
    FundingRate,
    GetFundingHistory,
    GetFundingPayments,
    GetFundingRates,
    PastFunding,
)
from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Markets
from drawbridge.core.money import ZERO
from drawbridge.core.operations import GetFixed
from drawbridge.exchanges.binance_futures.codec.names import (
    FUNDING_FEE,
    FUNDING_HOURS,
    NOTHING,
    amount,
)
from drawbridge.exchanges.binance_futures.codec.parameters import (
    ask,
    ask_own,
    find_symbol,
    joined,
    market_id,
    parameter,
    read_limit,
    read_symbol,
    read_time,
    read_view,
    told,
)
from drawbridge.wire.codec import ServerView
from drawbridge.wire.documents import (
    decimal_of,
    int_of,
    list_of,
    object_of,
    parse_document,
    text_of,
)
from drawbridge.wire.http import WireAnswer, WireRequest

Row = Mapping[str, Any]

_HOUR_MS: Final = 3_600_000
_NONE: Final = b"[]"


# --------------------------------------------------------------------------------------- rates
def encode_rates(operation: GetFundingRates, markets: Markets) -> WireRequest:
    """Ask for one contract's rate, or for all."""
    one = len(operation.symbols) == 1
    query = f"symbol={market_id(operation.symbols[0], markets)}" if one else ""
    return ask(b"/fapi/v1/premiumIndex", query)


def decode_rates(view: ServerView) -> GetFundingRates:
    """Read the question for one contract or all."""
    symbol = find_symbol(read_view(view), view.markets)
    return GetFundingRates((symbol,) if symbol else ())


def encode_rates_answer(
    operation: GetFundingRates, result: tuple[FundingRate, ...], view: ServerView
) -> WireAnswer:
    """Write one rate, or a list."""
    rows = [rate_document(rate, view.markets) for rate in result]
    return told(rows[0] if operation.symbols and rows else rows)


def rate_document(rate: FundingRate, markets: Markets) -> dict[str, object]:
    """Write a contract's mark price and funding rate."""
    return {
        "symbol": markets.get(rate.symbol).id,
        "markPrice": amount(rate.mark_price),
        "indexPrice": amount(rate.index_price),
        "estimatedSettlePrice": amount(rate.mark_price),
        "lastFundingRate": amount(rate.rate),
        "interestRate": NOTHING,
        "nextFundingTime": rate.next_ms,
        "time": rate.time_ms,
    }


def decode_rates_answer(
    operation: GetFundingRates, answer: WireAnswer, markets: Markets
) -> tuple[FundingRate, ...]:
    """Read those rates that were asked for. How long an interval is, is the usual one."""
    document = parse_document(answer.body)
    known = {market.id for market in markets}
    rows = list_of(document) if isinstance(document, list) else [object_of(document)]
    rates = (_read_rate(row, markets) for row in rows if row["symbol"] in known)
    wanted = frozenset(operation.symbols)
    return tuple(it for it in rates if not wanted or it.symbol in wanted)


def _read_rate(row: Row, markets: Markets) -> FundingRate:
    return FundingRate(
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        time_ms=int_of(row["time"]),
        mark_price=decimal_of(row["markPrice"]),
        index_price=decimal_of(row["indexPrice"]),
        rate=decimal_of(row["lastFundingRate"]),
        next_ms=int_of(row["nextFundingTime"]),
        interval_ms=FUNDING_HOURS * _HOUR_MS,
    )


# ------------------------------------------------------------------------------------- history
def encode_history(operation: GetFundingHistory, markets: Markets) -> WireRequest:
    """Ask for past fundings."""
    query = joined(
        f"symbol={market_id(operation.symbol, markets)}",
        parameter("startTime", operation.since_ms),
        parameter("endTime", operation.until_ms),
        parameter("limit", operation.limit),
    )
    return ask(b"/fapi/v1/fundingRate", query)


def decode_history(view: ServerView) -> GetFundingHistory:
    """Read the question for past fundings."""
    found = read_view(view)
    return GetFundingHistory(
        symbol=read_symbol(found, view.markets),
        since_ms=read_time(found, "startTime"),
        until_ms=read_time(found, "endTime"),
        limit=read_limit(found),
    )


def encode_history_answer(
    _: GetFundingHistory, result: tuple[PastFunding, ...], view: ServerView
) -> WireAnswer:
    """Write past fundings, oldest first."""
    return told(
        [
            {
                "symbol": view.markets.get(it.symbol).id,
                "fundingTime": it.time_ms,
                "fundingRate": amount(it.rate),
                "markPrice": amount(it.mark_price),
            }
            for it in result
        ]
    )


def decode_history_answer(
    _: GetFundingHistory, answer: WireAnswer, markets: Markets
) -> tuple[PastFunding, ...]:
    """Read past fundings. Of those long past, no mark price is told."""
    return tuple(
        PastFunding(
            symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
            time_ms=int_of(row["fundingTime"]),
            rate=decimal_of(row["fundingRate"]),
            mark_price=decimal_of(row["markPrice"]) if row.get("markPrice") else ZERO,
        )
        for row in list_of(parse_document(answer.body))
    )


# ------------------------------------------------------------------------------------ payments
def encode_payments(operation: GetFundingPayments, markets: Markets) -> WireRequest:
    """Ask for the account's fundings."""
    symbol = operation.symbol
    query = joined(
        f"incomeType={FUNDING_FEE}",
        f"symbol={market_id(symbol, markets)}" if symbol else "",
        parameter("endTime", operation.until_ms),
        parameter("startTime", operation.since_ms),
        parameter("limit", operation.limit),
    )
    return ask_own(b"/fapi/v1/income", query)


def decode_payments(view: ServerView) -> GetFundingPayments | GetFixed:
    """Read the question for income."""
    found = read_view(view)
    wanted = GetFundingPayments(
        symbol=find_symbol(found, view.markets),
        since_ms=read_time(found, "startTime"),
        until_ms=read_time(found, "endTime"),
        limit=read_limit(found),
    )
    if found.text("incomeType") not in {"", FUNDING_FEE}:
        return GetFixed(_NONE)
    return wanted


def encode_payments_answer(
    operation: GetFundingPayments | GetFixed,
    result: tuple[FundingPayment, ...] | bytes,
    view: ServerView,
) -> WireAnswer:
    """Write income, oldest first."""
    if isinstance(operation, GetFixed) or isinstance(result, bytes):
        return told([])
    return told(
        [
            {
                "symbol": view.markets.get(it.symbol).id,
                "incomeType": FUNDING_FEE,
                "income": amount(it.amount),
                "asset": it.currency,
                "info": FUNDING_FEE,
                "time": it.time_ms,
                "tranId": _number(it.payment_id),
                "tradeId": "",
            }
            for it in result
        ]
    )


def _number(payment_id: str) -> int | str:
    return int(payment_id) if payment_id.isascii() and payment_id.isdigit() else payment_id


def decode_payments_answer(
    _: GetFundingPayments, answer: WireAnswer, markets: Markets
) -> tuple[FundingPayment, ...]:
    """Read income. At which rate it was paid is not told."""
    rows = list_of(parse_document(answer.body))
    return tuple(_read_payment(row, markets) for row in rows)


def _read_payment(row: Row, markets: Markets) -> FundingPayment:
    if row["incomeType"] != FUNDING_FEE:
        raise BadInput("malformed", field="incomeType")
    return FundingPayment(
        payment_id=str(row["tranId"]),
        symbol=markets.get_by_id(text_of(row["symbol"])).symbol,
        time_ms=int_of(row["time"]),
        amount=decimal_of(row["income"]),
        currency=text_of(row["asset"]),
        rate=ZERO,
    )
