"""How much a robot may trade, and when it may not. Pure: a refusal is a value here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.core.errors import BadInput
from drawbridge.core.markets import Market
from drawbridge.core.money import ONE, ZERO, floor_to_step
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Side
from drawbridge.robots.model import Plan
from drawbridge.vault.model import KeyStatus

INSUFFICIENT_FUNDS: Final = "insufficient_funds"

# Where a key stands, and why a robot cannot work with it then. Refuse by default: a status that
# is in neither table is as bad as an unproven one.
_KEY_REFUSALS: Final[Mapping[KeyStatus, str]] = {
    KeyStatus.READ_ONLY: "robot_key_reads_only",
    KeyStatus.DISABLED: "robot_key_disabled",
    KeyStatus.REFUSED: "robot_key_refused",
    KeyStatus.INVALID: "robot_key_invalid",
}
_NOT_PROVEN: Final = "robot_key_not_proven"
_NO_TRADE_RIGHT: Final = "robot_key_without_trade_right"

KEY_REASONS: Final = frozenset({*_KEY_REFUSALS.values(), _NOT_PROVEN, _NO_TRADE_RIGHT})
"""Reasons that go away by themselves when the key is good again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no: the code of the error and the facts of the case."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class View:
    """What a decision rests on: the market's rules, a price, what is free, what is held.

    Units: `price` in quote currency; `free_quote`, `free_base` are the account's free balances;
    `held` is the robot's own position in base currency.
    """

    market: Market
    price: Decimal
    free_quote: Decimal
    free_base: Decimal
    held: Decimal


def judge_key(status: KeyStatus, scopes: frozenset[Scope], plan: Plan) -> Refusal | None:
    """Tell why a robot cannot work with such a key, None when it can.

    Why: a key that is just being checked once more keeps the rights of its last check, so that
    its robots need not pause for it; at its first check it has none yet.
    """
    needed = Scope.TRADE_DERIVATIVES if plan.is_contract else Scope.TRADE_SPOT
    can_trade = needed in scopes
    if status is KeyStatus.ENABLED:
        return None if can_trade else Refusal(_NO_TRADE_RIGHT)
    if status is KeyStatus.CHECKING and can_trade:
        return None
    return Refusal(_KEY_REFUSALS.get(status, _NOT_PROVEN))


def size_entry(view: View, amount: Decimal) -> Decimal | Refusal:
    """Size a market buy that spends at most `amount`, which is also the limit of the position.

    The fee comes on top of it, so the account needs a little more than the amount.
    """
    market = view.market
    quantity = floor_to_step(amount / view.price, market.quantity_step)
    lowest = lowest_amount(market, view.price)
    if quantity < market.min_quantity or quantity * view.price < market.min_notional:
        facts = {"amount": amount, "lowest": lowest, "currency": market.quote}
        return Refusal("robot_amount_too_small", facts)
    needed = quantity * view.price * (ONE + market.fee_taker)
    if needed > view.free_quote:
        facts = {"needed": needed, "free": view.free_quote, "currency": market.quote}
        return Refusal(INSUFFICIENT_FUNDS, facts)
    return quantity


def size_exit(view: View) -> Decimal | Refusal:
    """Size a market sell of all that the robot holds, down to the lot step.

    Why: less on the account than the robot's own fills add up to means that a person has sold
    or moved it; the robot then asks instead of selling what is not its own.
    """
    quantity = sellable(view.market, view.held, view.price)
    if view.free_base < quantity:
        facts = {"held": view.held, "free": view.free_base, "currency": view.market.base}
        return Refusal("robot_position_missing", facts)
    return quantity


def sellable(market: Market, held: Decimal, price: Decimal) -> Decimal:
    """Give what of a position can be sold: nothing, when the exchange's minimums forbid it."""
    quantity = floor_to_step(max(ZERO, held), market.quantity_step)
    if quantity < market.min_quantity or quantity * price < market.min_notional:
        return ZERO
    return quantity


def lowest_amount(market: Market, price: Decimal) -> Decimal:
    """Give the smallest amount in quote currency with which the market can be entered.

    One lot step above the minimums: an amount is rounded down to whole steps.
    """
    by_notional = market.min_notional + market.quantity_step * price
    return max(by_notional, (market.min_quantity + market.quantity_step) * price)


def check_amount(market: Market, price: Decimal, amount: Decimal) -> None:
    """Refuse an amount that could never be traded. Raises: `BadInput` naming the lowest."""
    refusal = size_entry(View(market, price, amount * 2, ZERO, ZERO), amount)
    if isinstance(refusal, Refusal):
        raise BadInput(refusal.code, field="amount", **refusal.facts)


def is_entry(side: Side) -> bool:
    """Tell whether an order of this side enters the market: robots are long only."""
    return side is Side.BUY
