"""Linear perpetual contracts: positions, margin, funding, and what can be asked about them.

Quantities are in base currency, money is in the currency that a contract is settled in. Where
contracts are counted in pieces, the exchange's codec converts them by `Market.contract_size`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from drawbridge.core.money import ZERO
from drawbridge.core.operations import Operation
from drawbridge.core.orders import PositionSide


class MarginMode(StrEnum):
    """What stands in for a position: everything that is free, or only what was set aside."""

    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Position:
    """A position; `quantity` is below zero for a short one, zero where there is none.

    Units: money in settle currency. `liquidation_price` is None where no price could
    end it. `margin` is what is set aside for an isolated position, and for a cross position what
    it needs at its leverage.
    """

    symbol: str
    side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    liquidation_price: Decimal | None
    leverage: int
    mode: MarginMode
    margin: Decimal
    maintenance_margin: Decimal
    unrealised: Decimal
    realised: Decimal
    opened_ms: int
    updated_ms: int

    @property
    def notional(self) -> Decimal:
        """Give what it is worth at the mark price, without a sign."""
        return abs(self.quantity) * self.mark_price


@dataclass(frozen=True, slots=True)
class FundingRate:
    """What longs pay to shorts (below zero: get from them) at the next funding, as a fraction."""

    symbol: str
    time_ms: int
    mark_price: Decimal
    index_price: Decimal
    rate: Decimal
    next_ms: int
    interval_ms: int


@dataclass(frozen=True, slots=True)
class PastFunding:
    """A funding that has taken place."""

    symbol: str
    time_ms: int
    rate: Decimal
    mark_price: Decimal


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """What an account paid (below zero) or received at a funding."""

    payment_id: str
    symbol: str
    time_ms: int
    amount: Decimal
    currency: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class MarginAccount:
    """An account's money for contracts in one currency.

    `wallet` is its balance with what is set aside for orders and positions, without unrealised
    profit; `available` is what new orders may use.
    """

    currency: str
    wallet: Decimal
    available: Decimal
    unrealised: Decimal = ZERO
    order_margin: Decimal = ZERO
    position_margin: Decimal = ZERO
    maintenance_margin: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class ContractSetting:
    """How an account trades a contract.

    After a change, exchanges may tell just what was changed: `leverage` 0, `mode` None otherwise.
    """

    symbol: str
    leverage: int
    mode: MarginMode | None


@dataclass(frozen=True, slots=True)
class GetPositions(Operation[tuple[Position, ...]]):
    """Ask for the account's positions, of one symbol or (empty) of all.

    Settings of symbols without a position are told as positions of quantity zero when asked by
    symbol.
    """

    symbol: str = ""


@dataclass(frozen=True, slots=True)
class GetMarginAccounts(Operation[tuple[MarginAccount, ...]]):
    """Ask for the account's money for contracts, one entry per settle currency."""


@dataclass(frozen=True, slots=True)
class GetContractSettings(Operation[tuple[ContractSetting, ...]]):
    """Ask for leverage and margin mode, of one symbol or (empty) of all."""

    symbol: str = ""


@dataclass(frozen=True, slots=True)
class SetLeverage(Operation[ContractSetting]):
    """Set the leverage of a symbol."""

    symbol: str
    leverage: int


@dataclass(frozen=True, slots=True)
class SetMarginMode(Operation[ContractSetting]):
    """Set the margin mode of a symbol; refused while it has a position or open orders."""

    symbol: str
    mode: MarginMode


@dataclass(frozen=True, slots=True)
class GetPositionMode(Operation[bool]):
    """Ask whether the account has separate long and short positions (hedge mode)."""


@dataclass(frozen=True, slots=True)
class SetPositionMode(Operation[bool]):
    """Choose hedge mode or one-way mode; refused while there are positions or open orders."""

    hedged: bool


@dataclass(frozen=True, slots=True)
class AdjustMargin(Operation[Position]):
    """Add to (below zero: take from) what is set aside for an isolated position."""

    symbol: str
    amount: Decimal
    side: PositionSide = PositionSide.BOTH


@dataclass(frozen=True, slots=True)
class GetFundingRates(Operation[tuple[FundingRate, ...]]):
    """Ask for mark prices and current funding rates; an empty `symbols` asks for all."""

    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GetFundingHistory(Operation[tuple[PastFunding, ...]]):
    """Ask for past fundings of a symbol, oldest first."""

    symbol: str
    since_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class GetFundingPayments(Operation[tuple[FundingPayment, ...]]):
    """Ask for what the account paid and received at fundings, oldest first."""

    symbol: str = ""
    since_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None


OPERATIONS: dict[str, type[Operation[object]]] = {
    "get_positions": GetPositions,
    "get_margin_accounts": GetMarginAccounts,
    "get_contract_settings": GetContractSettings,
    "set_leverage": SetLeverage,
    "set_margin_mode": SetMarginMode,
    "get_position_mode": GetPositionMode,
    "set_position_mode": SetPositionMode,
    "adjust_margin": AdjustMargin,
    "get_funding_rates": GetFundingRates,
    "get_funding_history": GetFundingHistory,
    "get_funding_payments": GetFundingPayments,
}
