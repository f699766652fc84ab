"""Wishes about perpetual contracts, example results, and how ccxt's reading is held against ours.

A table adds `contract_wishes(symbol)` to its wishes and `contract_results(exchange, symbol)` to its
results, and takes out what its exchange or ccxt's class for it lacks.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from drawbridge.core.derivatives import (
    ContractSetting,
    FundingPayment,
    FundingRate,
    GetContractSettings,
    GetFundingHistory,
    GetFundingPayments,
    GetFundingRates,
    GetMarginAccounts,
    GetPositionMode,
    GetPositions,
    MarginAccount,
    MarginMode,
    PastFunding,
    Position,
    SetLeverage,
    SetMarginMode,
    SetPositionMode,
)
from drawbridge.core.markets import Market
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Balance, GetBalances, Operation
from drawbridge.core.orders import PositionSide
from tests.real_clients.examples import NOW_MS
from tests.real_clients.table import Wish

Theirs = Any
"""What ccxt made of an answer."""

_HOUR_MS = 3_600_000
_LEVERAGE = 5


# ------------------------------------------------------------------------------------- results
def contract_results(market: Market) -> Mapping[type[Operation[Any]], Any]:
    """Give an example result for each question about a contract."""
    setting = ContractSetting(market.symbol, _LEVERAGE, MarginMode.ISOLATED)
    return {
        GetMarginAccounts: (_account(market),),
        GetPositions: (_position(market),),
        GetContractSettings: (setting,),
        GetPositionMode: True,
        SetPositionMode: lambda operation: operation.hedged,
        SetLeverage: setting,
        SetMarginMode: setting,
        GetFundingRates: (_rate(market),),
        GetFundingHistory: (
            PastFunding(market.symbol, NOW_MS - 8 * _HOUR_MS, Decimal("0.0001"), Decimal(19_999)),
            PastFunding(market.symbol, NOW_MS, Decimal("-0.00025"), Decimal(20_001)),
        ),
        GetFundingPayments: (_payment(market),),
    }


def _account(market: Market) -> MarginAccount:
    # What is there and what is made of it, less what stands in for orders and positions.
    return MarginAccount(
        currency=market.settle,
        wallet=Decimal("1000.5"),
        available=Decimal("940.25"),
        unrealised=Decimal("-0.25"),
        order_margin=Decimal(20),
        position_margin=Decimal(40),
        maintenance_margin=Decimal("0.8"),
    )


def _position(market: Market) -> Position:
    lots, mark = 30 * market.quantity_step, 20_000 + market.price_tick
    return Position(
        symbol=market.symbol,
        side=PositionSide.BOTH,
        quantity=-lots,
        entry_price=20_100 + market.price_tick,
        mark_price=mark,
        liquidation_price=25_000 + market.price_tick,
        leverage=_LEVERAGE,
        mode=MarginMode.ISOLATED,
        margin=lots * mark / _LEVERAGE,
        maintenance_margin=lots * mark / 250,
        unrealised=100 * lots,
        realised=ZERO,
        opened_ms=NOW_MS - 5_000,
        updated_ms=NOW_MS - 5_000,
    )


def _rate(market: Market) -> FundingRate:
    return FundingRate(
        symbol=market.symbol,
        time_ms=NOW_MS,
        mark_price=20_000 + market.price_tick,
        index_price=20_000 - market.price_tick,
        rate=Decimal("0.000125"),
        next_ms=NOW_MS + _HOUR_MS,
        interval_ms=8 * _HOUR_MS,
    )


def _payment(market: Market) -> FundingPayment:
    amount, rate = Decimal("-0.12345678"), Decimal("0.0001")
    return FundingPayment("77", market.symbol, NOW_MS - _HOUR_MS, amount, market.settle, rate)


# -------------------------------------------------------------------------------------- wishes
def contract_wishes(symbol: str) -> dict[str, Wish | None]:
    """Give what exchanges can be asked about a contract."""
    return {
        "balances": Wish(
            operation=GetBalances(), call=lambda c: c.fetch_balance(), reads=_each(_read_balance)
        ),
        "margin accounts": Wish(
            operation=GetMarginAccounts(),
            call=lambda c: c.fetch_balance(),
            reads=_each(_read_account),
        ),
        "positions": Wish(
            operation=GetPositions(),
            call=lambda c: c.fetch_positions([symbol]),
            reads=_each(_read_position),
        ),
        "funding rate": Wish(
            operation=GetFundingRates((symbol,)),
            call=lambda c: [c.fetch_funding_rate(symbol)],
            reads=_each(_read_rate),
        ),
        "past fundings": Wish(
            operation=GetFundingHistory(symbol, NOW_MS - 30 * _HOUR_MS, limit=5),
            call=lambda c: c.fetch_funding_rate_history(symbol, NOW_MS - 30 * _HOUR_MS, 5),
            reads=_each(_read_past),
        ),
        "own fundings": Wish(
            operation=GetFundingPayments(symbol, NOW_MS - 30 * _HOUR_MS, limit=5),
            call=lambda c: c.fetch_funding_history(symbol, NOW_MS - 30 * _HOUR_MS, 5),
            reads=_each(_read_payment),
        ),
        "settings": Wish(
            operation=GetContractSettings(symbol),
            call=lambda c: [c.fetch_margin_mode(symbol)],
            reads=_each(_read_setting),
        ),
        "position mode": Wish(
            operation=GetPositionMode(),
            call=lambda c: c.fetch_position_mode(symbol),
            reads=_read_position_mode,
        ),
        "another leverage": Wish(
            operation=SetLeverage(symbol, _LEVERAGE),
            call=lambda c: c.set_leverage(_LEVERAGE, symbol),
            reads=_unread,
        ),
        "another margin mode": Wish(
            operation=SetMarginMode(symbol, MarginMode.ISOLATED),
            call=lambda c: c.set_margin_mode("isolated", symbol),
            reads=_unread,
        ),
        "another position mode": Wish(
            operation=SetPositionMode(hedged=True),
            call=lambda c: c.set_position_mode(True),
            reads=_unread,
        ),
    }


# ------------------------------------------------------------------------------------- reading
def compare_margin(theirs: Theirs, ours: Sequence[MarginAccount]) -> None:
    """Hold the balances that ccxt reads against money for contracts."""
    for row in ours:
        _read_account(row, theirs[row.currency])


def compare_positions(theirs: Theirs, ours: Sequence[Position]) -> None:
    """Hold the positions that ccxt reads against those that there are."""
    held = [row for row in ours if row.quantity]
    read = [row for row in theirs if Decimal(row["contracts"] or 0)]
    for our, their in zip(held, read, strict=True):
        _read_position(our, their)


def _each(read: Callable[[Any, Theirs], None]) -> Callable[[Any, Theirs], None]:
    def reads(ours: Sequence[Any], theirs: Theirs) -> None:
        assert ours
        rows = [theirs[row.currency] for row in ours] if isinstance(theirs, dict) else theirs
        for our, their in zip(ours, rows, strict=True):
            read(our, their)

    return reads


def _read_balance(ours: Balance, theirs: Theirs) -> None:
    _same(theirs, {"free": ours.free, "used": ours.held, "total": ours.total})


def _read_account(ours: MarginAccount, theirs: Theirs) -> None:
    used = ours.order_margin + ours.position_margin
    total = ours.wallet + ours.unrealised
    _same(theirs, {"free": ours.available, "used": used, "total": total})


def _read_position(ours: Position, theirs: Theirs) -> None:
    assert theirs["side"] == ("long" if ours.quantity > 0 else "short")
    assert theirs["marginMode"] == ours.mode.value
    assert theirs["symbol"] == ours.symbol
    contracts = Decimal(theirs["contracts"]) * Decimal(theirs["contractSize"])
    assert contracts == abs(ours.quantity)
    _same(
        theirs,
        {
            "entryPrice": ours.entry_price,
            "markPrice": ours.mark_price,
            "notional": ours.notional,
            "unrealizedPnl": ours.unrealised,
            "liquidationPrice": ours.liquidation_price,
            "initialMargin": ours.notional / ours.leverage,
            "maintenanceMargin": ours.maintenance_margin,
            "timestamp": Decimal(ours.updated_ms),
        },
    )


def _read_rate(ours: FundingRate, theirs: Theirs) -> None:
    assert theirs["symbol"] == ours.symbol
    _same(
        theirs,
        {
            "markPrice": ours.mark_price,
            "indexPrice": ours.index_price,
            "fundingRate": ours.rate,
            "fundingTimestamp": Decimal(ours.next_ms),
        },
    )


def _read_past(ours: PastFunding, theirs: Theirs) -> None:
    assert theirs["symbol"] == ours.symbol
    _same(theirs, {"fundingRate": ours.rate, "timestamp": Decimal(ours.time_ms)})


def _read_payment(ours: FundingPayment, theirs: Theirs) -> None:
    assert (theirs["symbol"], theirs["code"]) == (ours.symbol, ours.currency)
    assert theirs["id"] == ours.payment_id
    _same(theirs, {"amount": ours.amount, "timestamp": Decimal(ours.time_ms)})


def _read_setting(ours: ContractSetting, theirs: Theirs) -> None:
    assert ours.mode is not None
    assert (theirs["symbol"], theirs["marginMode"]) == (ours.symbol, ours.mode.value)


def _read_position_mode(ours: object, theirs: Theirs) -> None:
    assert theirs["hedged"] is ours


def _unread(_ours: object, _theirs: Theirs) -> None:
    """Compare nothing: ccxt gives the answer as it came."""


def _same(theirs: Theirs, told: Mapping[str, Decimal | None]) -> None:
    for name, value in told.items():
        their = theirs[name]
        # ccxt leaves out what it knows nothing of.
        if their is None and value is None:
            continue
        assert their is not None, f"{name}: ccxt reads nothing, we read {value}"
        assert Decimal(str(their)) == value, f"{name}: ccxt reads {their}, we read {value}"
