"""Examples for the contract suite of what is asked about perpetual contracts, and answered.

Only for exchanges that have some; like `samples.py`, only what every such exchange can say.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from drawbridge.catalogue.registry import Exchange
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
from drawbridge.core.markets import Market, MarketKind
from drawbridge.core.money import ZERO
from drawbridge.core.operations import Operation
from drawbridge.core.orders import PositionSide
from tests.exchanges.market_samples import Draw, amounts, multiples, times_ms, whole_times_ms

_HOUR_MS = 3_600_000

rates = st.integers(-(10**6), 10**6).map(lambda units: Decimal(units).scaleb(-8))


def contracts_of(exchange: Exchange) -> tuple[Market, ...]:
    """Give the exchange's contracts."""
    kind = MarketKind.LINEAR_PERPETUAL
    return tuple(market for market in exchange.card.markets() if market.kind is kind)


@st.composite
def contract_operations(draw: Draw, exchange: Exchange) -> Operation[Any]:
    """Draw a question or a wish about contracts."""
    symbol = draw(st.sampled_from(contracts_of(exchange))).symbol
    since_ms = draw(st.none() | whole_times_ms)
    chosen: Operation[Any] = draw(
        st.sampled_from(
            [
                GetMarginAccounts(),
                GetPositions(symbol),
                GetContractSettings(symbol),
                GetPositionMode(),
                SetPositionMode(hedged=draw(st.booleans())),
                SetLeverage(symbol, draw(st.integers(1, 50))),
                SetMarginMode(symbol, draw(st.sampled_from(MarginMode))),
                GetFundingRates((symbol,)),
                GetFundingHistory(symbol, since_ms),
                GetFundingPayments(symbol, since_ms),
            ]
        )
    )
    return chosen


def _few(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(rows, max_size=3).map(tuple)


@st.composite
def _position(draw: Draw, market: Market, *, hedged: bool) -> Position:
    """Draw a position; its margin is what it needs, as every exchange works it out."""
    side = draw(st.sampled_from(PositionSide)) if hedged else PositionSide.BOTH
    size = draw(multiples(market.quantity_step))
    mark = draw(multiples(market.price_tick))
    leverage, mode = draw(st.sampled_from([1, 2, 4, 5, 10, 20])), draw(st.sampled_from(MarginMode))
    short = side is PositionSide.SHORT or (side is PositionSide.BOTH and draw(st.booleans()))
    at_ms = draw(times_ms)
    return Position(
        symbol=market.symbol,
        side=side,
        quantity=-size if short else size,
        entry_price=draw(multiples(market.price_tick)),
        mark_price=mark,
        liquidation_price=draw(st.none() | multiples(market.price_tick)),
        leverage=leverage,
        mode=mode,
        margin=size * mark / leverage,
        maintenance_margin=draw(amounts),
        unrealised=draw(amounts),
        realised=ZERO,
        opened_ms=at_ms,
        updated_ms=at_ms,
    )


@st.composite
def _account(draw: Draw, exchange: Exchange) -> MarginAccount:
    settle = contracts_of(exchange)[0].settle
    return MarginAccount(settle, *(draw(amounts) for _ in range(6)))


@st.composite
def _rate(draw: Draw, market: Market) -> FundingRate:
    at_ms = draw(whole_times_ms)
    return FundingRate(
        symbol=market.symbol,
        time_ms=at_ms,
        mark_price=draw(multiples(market.price_tick)),
        index_price=draw(multiples(market.price_tick)),
        rate=draw(rates),
        next_ms=at_ms + _HOUR_MS,
        interval_ms=8 * _HOUR_MS,
    )


@st.composite
def _past(draw: Draw, market: Market) -> PastFunding:
    price = draw(multiples(market.price_tick))
    return PastFunding(market.symbol, draw(whole_times_ms), draw(rates), price)


@st.composite
def _payment(draw: Draw, market: Market) -> FundingPayment:
    number, amount = str(draw(st.integers(1, 10**9))), draw(amounts | amounts.map(lambda it: -it))
    at_ms = draw(whole_times_ms)
    return FundingPayment(number, market.symbol, at_ms, amount, market.settle, draw(rates))


def _chosen(exchange: Exchange, operation: Any) -> Market:  # noqa: ANN401  any operation with a symbol
    markets = exchange.card.markets()
    return markets.get(getattr(operation, "symbol", "") or contracts_of(exchange)[0].symbol)


def _settings(market: Market) -> st.SearchStrategy[ContractSetting]:
    return st.builds(
        ContractSetting, st.just(market.symbol), st.integers(1, 50), st.sampled_from(MarginMode)
    )


RESULTS: dict[type[Operation[Any]], Callable[[Exchange, Any], st.SearchStrategy[Any]]] = {
    GetMarginAccounts: lambda x, _op: _account(x).map(lambda row: (row,)),
    GetPositions: lambda x, op: _position(_chosen(x, op), hedged=x.card.derivatives.hedge_mode).map(
        lambda row: (row,)
    ),
    GetContractSettings: lambda x, op: _settings(_chosen(x, op)).map(lambda row: (row,)),
    GetPositionMode: lambda _x, _op: st.booleans(),
    SetPositionMode: lambda _x, op: st.just(op.hedged),
    SetLeverage: lambda x, op: _settings(_chosen(x, op)).map(
        lambda row: replace(row, leverage=op.leverage)
    ),
    SetMarginMode: lambda x, op: _settings(_chosen(x, op)).map(
        lambda row: replace(row, mode=op.mode)
    ),
    GetFundingRates: lambda x, op: st.tuples(
        *(_rate(x.card.markets().get(symbol)) for symbol in op.symbols)
    ),
    GetFundingHistory: lambda x, op: _few(_past(_chosen(x, op))),
    GetFundingPayments: lambda x, op: _few(_payment(_chosen(x, op))),
}
