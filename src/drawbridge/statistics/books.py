"""Trades as entries of a person's books: what came, what went, what it cost. Pure.

How an entry is written in a tool's columns stands in `export.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from drawbridge.core.markets import currencies_of, is_contract
from drawbridge.core.orders import Fill, Side
from drawbridge.trading.model import OwnTrade
from drawbridge.trading.positions import realised_by


class EntryKind(StrEnum):
    """What an entry is. Contracts move no goods: only their profit or loss is booked."""

    TRADE = "trade"
    PROFIT = "profit"
    LOSS = "loss"
    FEE = "fee"
    REBATE = "rebate"


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount above zero of a currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the books; `received` and `sent` are without the fee."""

    kind: EntryKind
    trade: OwnTrade
    received: Sum | None = None
    sent: Sum | None = None
    fee: Sum | None = None


def entries_of(trades: Sequence[OwnTrade]) -> Iterator[Entry]:
    """Give the entries of trades, in their order.

    A contract's profit is that of our own trades at average cost, fees in its currency included,
    booked where a position or a part of one was closed. A fee in another currency is an entry of
    its own there, and so is every rebate.
    """
    realised = _realised(trade for trade in trades if _is_contract(trade.fill))
    for trade in trades:
        if _is_contract(trade.fill):
            yield from _contract(
                trade, realised[trade.key_id, trade.fill.symbol, trade.fill.trade_id]
            )
        else:
            yield from _spot(trade)


def _is_contract(fill: Fill) -> bool:
    return is_contract(fill.symbol)


def _realised(contracts: Iterable[OwnTrade]) -> Mapping[tuple[str, str, str], Decimal]:
    """Tell what each trade realised; positions of different keys and symbols stand alone."""
    apart: dict[tuple[str, str], list[Fill]] = {}
    for trade in contracts:
        apart.setdefault((trade.key_id, trade.fill.symbol), []).append(trade.fill)
    return {
        (key_id, symbol, fill.trade_id): amount
        for (key_id, symbol), fills in apart.items()
        for fill, amount in zip(fills, realised_by(fills, symbol), strict=True)
    }


def _spot(trade: OwnTrade) -> Iterator[Entry]:
    fill = trade.fill
    base, quote = currencies_of(fill.symbol)
    goods, money = Sum(fill.quantity, base), Sum(fill.quote_quantity, quote)
    fee = Sum(fill.fee, fill.fee_currency) if fill.fee > 0 else None
    if fill.side is Side.BUY:
        yield Entry(EntryKind.TRADE, trade, received=goods, sent=money, fee=fee)
    else:
        yield Entry(EntryKind.TRADE, trade, received=money, sent=goods, fee=fee)
    yield from _rebate(trade)


def _contract(trade: OwnTrade, realised: Decimal) -> Iterator[Entry]:
    fill = trade.fill
    settle = fill.symbol.partition(":")[2]
    if realised > 0:
        yield Entry(EntryKind.PROFIT, trade, received=Sum(realised, settle))
    elif realised < 0:
        yield Entry(EntryKind.LOSS, trade, sent=Sum(-realised, settle))
    if fill.fee_currency == currencies_of(fill.symbol)[1]:
        return
    if fill.fee > 0:
        yield Entry(EntryKind.FEE, trade, sent=Sum(fill.fee, fill.fee_currency))
    yield from _rebate(trade)


def _rebate(trade: OwnTrade) -> Iterator[Entry]:
    if trade.fill.fee < 0:
        amount = Sum(-trade.fill.fee, trade.fill.fee_currency)
        yield Entry(EntryKind.REBATE, trade, received=amount)
