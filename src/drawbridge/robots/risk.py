"""How much a robot may trade, and when it may not. Pure: a refusal is a value here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import (
    BadInput,
    Corrupted,
    DrawbridgeError,
    ExchangeDown,
    Forbidden,
    NotProven,
    OutcomeUnknown,
)
from drawbridge.core.markets import Market
from drawbridge.core.money import ZERO, floor_to_step
from drawbridge.core.operations import Scope
from drawbridge.robots.model import Plan
from drawbridge.trading.limits import RULE
from drawbridge.vault.freezing import FROZEN, LEAKED
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue

INSUFFICIENT_FUNDS: Final = "insufficient_funds"
POSITION_MISSING: Final = "robot_position_missing"

# Where a key stands, and why a robot cannot work with it then. Refuse by default: a status that
# is in neither table is as bad as an unproven one.
_KEY_REFUSALS: Final[Mapping[KeyStatus, str]] = {
    KeyStatus.READ_ONLY: "robot_key_reads_only",
    KeyStatus.DISABLED: "robot_key_disabled",
    KeyStatus.REFUSED: "robot_key_refused",
    KeyStatus.INVALID: "robot_key_invalid",
}
_NOT_PROVEN: Final = "robot_key_not_proven"
_NOT_USABLE: Final = "key_not_usable"
_NO_TRADE_RIGHT: Final = "robot_key_without_trade_right"
# A key that its owner switched off for another reason is simply off.
_IN_A_HURRY: Final[Mapping[str, str]] = {LEAKED: "robot_key_leaked", FROZEN: "robot_key_frozen"}

_EXCHANGE_CLOSED: Final = "robot_exchange_closed"
KEY_EXPIRES: Final = "robot_key_expires"
"""Why a robot pauses before its key ends."""

MISTAKE: Final = "robot_mistake"
"""Why a robot was paused in whose work Drawbridge itself made a mistake."""

KEY_REASONS: Final = frozenset(
    {
        *_KEY_REFUSALS.values(),
        *_IN_A_HURRY.values(),
        _NOT_PROVEN,
        _NO_TRADE_RIGHT,
        _EXCHANGE_CLOSED,
        KEY_EXPIRES,
    }
)
"""Reasons that go away by themselves when the key is good again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no: the code of the error and the facts of the case."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


def judge_key(
    status: KeyStatus, scopes: frozenset[Scope], plan: Plan, reason: str = ""
) -> Refusal | None:
    """Tell why a robot cannot work with such a key, None when it can.

    `reason` is why the key stands so, where that is known.

    Why: a key that is just being checked once more keeps the rights of its last check, so that
    its robots need not pause for it; at its first check it has none yet.
    """
    needed = Scope.TRADE_DERIVATIVES if plan.is_contract else Scope.TRADE_SPOT
    can_trade = needed in scopes
    if status is KeyStatus.ENABLED:
        return None if can_trade else Refusal(_NO_TRADE_RIGHT)
    if status is KeyStatus.CHECKING and can_trade:
        return None
    code = _KEY_REFUSALS.get(status, _NOT_PROVEN)
    return Refusal(_IN_A_HURRY.get(reason, code) if status is KeyStatus.DISABLED else code)


def judge_end(key: KeyRecord, now_ms: int) -> Refusal | None:
    """Tell why a robot works no longer with a key that is good still.

    Its exchange has closed, or the key ends soon: once it has, a robot can neither sell nor cancel.
    """
    card = get_card(key.exchange)
    if key.venue is Venue.LIVE and not card.takes_keys:
        return Refusal(_EXCHANGE_CLOSED, {"exchange": card.name, "since": card.since})
    if key.pauses_ms is None or now_ms < key.pauses_ms:
        return None
    return Refusal(KEY_EXPIRES, {"expires_ms": key.expires_ms})


# Nothing is wrong with robot, key or money; whether a key is bad is not decided by one refusal.
_PASSING: Final = (ExchangeDown, OutcomeUnknown, NotProven, Corrupted)


def goes_by(error: DrawbridgeError) -> bool:
    """Tell whether a robot waits for an error to go by, instead of pausing for it.

    Limits and stops are among them: they may be lifted again. So is a key that is not usable just
    then: what is wrong with it is found out when keys are looked at, and ends with it.
    """
    if isinstance(error, Forbidden):
        return error.facts.get("rule") == RULE or is_about_key(error)
    return isinstance(error, _PASSING)


def is_about_key(error: DrawbridgeError) -> bool:
    """Tell whether the vault, and not the exchange, kept a key from being used."""
    return isinstance(error, Forbidden) and error.code == _NOT_USABLE


def size_entry(market: Market, price: Decimal, amount: Decimal) -> Decimal | Refusal:
    """Size an entry at market that spends at most `amount`.

    The fee comes on top of it. Whether the account can pay it, the exchange says.
    """
    quantity = floor_to_step(amount / price, market.quantity_step)
    if quantity < market.min_quantity or quantity * price < market.min_notional:
        facts = {
            "amount": amount,
            "lowest": lowest_amount(market, price),
            "currency": market.quote,
        }
        return Refusal("robot_amount_too_small", facts)
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
    refusal = size_entry(market, price, amount)
    if isinstance(refusal, Refusal):
        raise BadInput(refusal.code, field="amount", **refusal.facts)
