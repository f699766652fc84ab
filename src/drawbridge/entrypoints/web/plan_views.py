"""What a robot was told to do, and where it stands with it, as its page shows it.

Its settings and guards in words, its accounts, and the orders that rest now. Figures and trades
are elsewhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from drawbridge.robots.members import split_members
from drawbridge.robots.model import Plan, Robot, RobotStatus
from drawbridge.robots.strategies import STRATEGIES
from drawbridge.trading.foreign_orders import ForeignOrder
from drawbridge.trading.model import OwnOrder
from drawbridge.wording.formats import amount
from drawbridge.wording.say import has_words, say, say_reason


@dataclass(frozen=True, slots=True)
class AccountView:
    """A robot on one of its accounts."""

    key_id: str
    label: str
    amount: Decimal
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order that rests, or of which it is not known yet how it stands.

    `filled` is None where nobody looked.
    """

    label: str
    side: str
    quantity: Decimal | None
    price: Decimal | None
    filled: Decimal | None


def view_plan(plan: Plan, held: Decimal) -> tuple[tuple[str, str], ...]:
    """Give what a robot does as pairs of words; what was not chosen is left out."""
    signals = plan.strategy not in STRATEGIES or STRATEGIES[plan.strategy].decide is not None
    told = {
        "amount": f"{amount(plan.amount)} {plan.quote}",
        "held": f"{amount(held)} {plan.base}",
        "settings": pairs_of(plan.settings, "parameter"),
        "direction": say(f"robots.direction.{plan.direction.value}") if signals else "",
        "trigger": say(f"robots.trigger.{plan.trigger.value}") if signals else "",
        "guards": pairs_of(plan.guards, "guard"),
        "confirm": "; ".join(_confirmation(it.strategy, it.settings) for it in plan.confirm),
    }
    return tuple((say(f"robots_page.{name}"), words) for name, words in told.items() if words)


def view_accounts(robot: Robot, labels: Mapping[str, str]) -> list[AccountView]:
    """Give the accounts of a robot that trades on several; nothing for a single one."""
    if len(robot.accounts) == 1:
        return []
    return [
        AccountView(
            key_id=it.key_id,
            label=labels.get(it.key_id, it.key_id),
            amount=it.stake.amount,
            status=it.status.value,
            reason=say_reason(it.reason, it.facts) if it.reason else "",
        )
        for it in robot.accounts
    ]


def view_orders(orders: Sequence[OwnOrder], labels: Mapping[str, str]) -> list[OrderView]:
    """Give the open orders, dearest first, as an order book has them."""
    shown = [
        OrderView(
            label=labels.get(it.key_id, it.key_id),
            side=it.side.value,
            quantity=it.quantity,
            price=it.price,
            filled=it.filled,
        )
        for it in orders
    ]
    return sorted(shown, key=lambda it: it.price or Decimal(0), reverse=True)


def resting_words(robot: Robot, resting: int) -> str:
    """Say what becomes of the open orders of a robot that has paused; empty for any other."""
    if robot.status is not RobotStatus.PAUSED or not resting:
        return ""
    return say("robots_page.resting", count=resting)


def view_foreign(orders: Sequence[ForeignOrder], labels: Mapping[str, str]) -> list[OrderView]:
    """Give the open orders of others."""
    return [
        OrderView(labels.get(it.key_id, it.key_id), it.side.value, it.quantity, it.price, None)
        for it in orders
    ]


def _confirmation(strategy: str, settings: Mapping[str, object]) -> str:
    name = say(f"robots.strategy.{strategy}.name")
    return f"{name} ({pairs_of(settings, 'parameter')})" if settings else name


def pairs_of(chosen: Mapping[str, object], kind: str) -> str:
    """Say settings by their names: those of a `parameter` or of a `guard`."""
    return ", ".join(f"{_name(kind, name)}: {_value(name, it)}" for name, it in chosen.items())


def _name(kind: str, name: str) -> str:
    words = f"robots.{kind}.{name}.name"
    # The settings of a person's own strategy have no words but their names.
    return say(words) if has_words(words) else name


def _value(name: str, value: object) -> str:
    words = f"robots.choice.{name}.{value}"
    if has_words(words):
        return say(words)
    if not isinstance(value, str):
        return amount(Decimal(str(value)))
    return ", ".join(_member(name, part) for part in split_members(value)) or value


def _member(name: str, part: tuple[str, ...]) -> str:
    """Say one of several words that were chosen, or from which to which of them."""
    words = [f"robots.choice.{name}.{it}" for it in part]
    return "\u2013".join(
        say(key) if has_words(key) else it for key, it in zip(words, part, strict=True)
    )
