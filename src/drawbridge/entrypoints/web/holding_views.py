"""What accounts hold, as pages show it: balances, worth, age, and what has no price."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Final, Protocol

from drawbridge.catalogue.registry import get_card
from drawbridge.trading.holdings import Holding, Shown
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_USABLE: Final = frozenset({KeyStatus.ENABLED, KeyStatus.READ_ONLY})
_MOST_NAMED: Final = 6


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

    @property
    def summary(self) -> str:
        """Name the first few holdings on one line."""
        named = [
            f"{formats.amount(held.free + held.held)} {held.currency}"
            for held in self.holdings[:_MOST_NAMED]
        ]
        if more := len(self.holdings) - len(named):
            named.append(say("holdings.more", count=more))
        return " · ".join(named)


@dataclass(frozen=True, slots=True)
class SumView:
    """What several accounts of one venue are worth together, in a currency that they share."""

    venue: str
    worth: str
    count: int


async def view_accounts(
    portfolios: Portfolios, keys: Iterable[KeyRecord], now_ms: int
) -> list[AccountView]:
    """Put the accounts of usable keys into words; of the others nothing is read."""
    return [
        view_account(key, await portfolios.find(key.id), now_ms)
        for key in keys
        if key.status in _USABLE
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
        age=_age(told.as_of_ms, now_ms),
        as_of_ms=told.as_of_ms,
        problem=problem,
        is_awaited=shown.is_awaited,
    )


def sum_up(accounts: Iterable[AccountView]) -> list[SumView]:
    """Add up accounts of one venue whose worth is told in one currency, where there are several.

    Why: play money and real money are never added, nor are currencies without a rate.
    """

    def kind(account: AccountView) -> tuple[str, str]:
        return account.venue, account.currency

    read = sorted((account for account in accounts if account.total is not None), key=kind)
    sums = []
    for (venue, currency), group in groupby(read, key=kind):
        totals = [account.total for account in group if account.total is not None]
        if len(totals) > 1:
            worth = f"{formats.rounded(sum(totals, Decimal()))} {currency}"
            sums.append(SumView(venue, worth, len(totals)))
    return sums


def _view_holding(held: Holding, currency: str, as_of_ms: int) -> HoldingView:
    return HoldingView(
        currency=held.currency,
        free=held.free,
        held=held.held,
        worth="" if held.value is None else f"{formats.rounded(held.value)} {currency}",
        price_ms=None if held.price_age_ms is None else as_of_ms - held.price_age_ms,
    )


def _age(as_of_ms: int, now_ms: int) -> str:
    unit, count = formats.span(max(0, now_ms - as_of_ms))
    return say("holdings.age", span=say(f"span.{unit}", count=count))
