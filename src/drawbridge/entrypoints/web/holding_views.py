"""What accounts hold, as pages show it: balances, worth, age, and what has no price."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from drawbridge.catalogue.registry import get_card
from drawbridge.trading.holdings import Holding, Shown
from drawbridge.vault.model import IN_USE, KeyRecord
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason


class Portfolios(Protocol):
    """Where what was read of accounts is kept."""

    async def find(self, key_id: str) -> Shown | None:
        """Give what was last read of a key's account, None when it never was."""


@dataclass(frozen=True, slots=True)
class HoldingView:
    """One currency of an account; `worth` is empty where no price was found."""

    currency: str
    free: Decimal
    held: Decimal
    worth: str
    price_ms: int | None


@dataclass(frozen=True, slots=True)
class AccountView:
    """A key's account; `total`, in `currency`, is None until it was read once.

    `wished` is the currency that stands in the form.
    """

    key_id: str
    label: str
    exchange_name: str
    venue: str
    wished: str = ""
    currency: str = ""
    total: Decimal | None = None
    worth: str = ""
    holdings: tuple[HoldingView, ...] = ()
    unpriced: str = ""
    age: str = ""
    as_of_ms: int = 0
    problem: str = ""
    is_awaited: bool = False


async def view_accounts(
    portfolios: Portfolios, keys: Iterable[KeyRecord], now_ms: int
) -> list[AccountView]:
    """Put the accounts of usable keys into words; of the others nothing is read."""
    return [
        view_account(key, await portfolios.find(key.id), now_ms)
        for key in keys
        if key.status in IN_USE
    ]


def view_account(key: KeyRecord, shown: Shown | None, now_ms: int) -> AccountView:
    """Put one account into words."""
    card = get_card(key.exchange)
    place = (key.id, key.label, card.name, key.venue.value)
    if shown is None:
        return AccountView(*place, is_awaited=True)
    facts = {"exchange": card.name, "label": key.label, **shown.problem_facts}
    problem = say_reason(shown.problem, facts) if shown.problem else ""
    told = shown.portfolio
    if told is None:
        return AccountView(*place, shown.wished, problem=problem, is_awaited=shown.is_awaited)
    return AccountView(
        *place,
        wished=shown.wished or told.currency,
        currency=told.currency,
        total=told.total,
        worth=f"{formats.rounded(told.total)} {told.currency}",
        holdings=tuple(_view_holding(held, told.currency, told.as_of_ms) for held in told.holdings),
        unpriced=", ".join(told.unpriced),
        age=age_of(told.as_of_ms, now_ms),
        as_of_ms=told.as_of_ms,
        problem=problem,
        is_awaited=shown.is_awaited,
    )


def _view_holding(held: Holding, currency: str, as_of_ms: int) -> HoldingView:
    return HoldingView(
        currency=held.currency,
        free=held.free,
        held=held.held,
        worth="" if held.value is None else f"{formats.rounded(held.value)} {currency}",
        price_ms=None if held.price_age_ms is None else as_of_ms - held.price_age_ms,
    )


def age_of(as_of_ms: int, now_ms: int) -> str:
    """Say how long ago something was read."""
    unit, count = formats.span(max(0, now_ms - as_of_ms))
    return say("holdings.age", span=say(f"span.{unit}", count=count))
