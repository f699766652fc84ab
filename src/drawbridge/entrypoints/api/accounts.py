"""What accounts hold and are worth, and how they did."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, JsonValue

from drawbridge.core.errors import Conflict
from drawbridge.core.money import plain
from drawbridge.entrypoints.api.caller import KeyKeeper, Reader
from drawbridge.entrypoints.api.paging import AskedPage, Page, cut
from drawbridge.entrypoints.api.shapes import (
    LONGEST_TEXT,
    Amount,
    Asked,
    KeyPath,
    Moment,
    Name,
    Reason,
    Told,
    tell_amount,
    tell_reason,
    to_json,
)
from drawbridge.statistics.account_telling import account_facts
from drawbridge.statistics.ratios import read_rate
from drawbridge.trading.holdings import Holding, Shown, read_currency
from drawbridge.vault.model import IN_USE, KeyRecord, Venue

router = APIRouter(tags=["accounts"])

Currency = Annotated[
    str, Query(max_length=LONGEST_TEXT, description="Tell it in this currency.", examples=["USDT"])
]
RiskFree = Annotated[
    str, Query(max_length=LONGEST_TEXT, description="The risk-free rate, a fraction per year.")
]


class HoldingTold(Told):
    """One currency of an account; `value` is null where no price was found."""

    currency: str
    free: Amount
    held: Amount
    value: Amount | None
    price_age_ms: int | None


class Account(Told):
    """What a key's account holds; `total` and `currency` are null until it was read once.

    `unpriced` names what is not in the total, `wished` the currency that was asked for at
    `asked_ms`; both are empty as long as nothing was.
    """

    key_id: str
    label: str
    exchange: str
    venue: Venue
    wished: str
    asked_ms: Moment | None
    currency: str | None
    total: Amount | None
    as_of_ms: Moment | None
    holdings: list[HoldingTold]
    unpriced: list[str]
    is_awaited: bool
    problem: Reason | None


class CurrencyWish(Asked):
    """In which currency an account is to be told."""

    currency: Name


class Performance(Told):
    """How an account did; null while nothing was read yet."""

    key_id: str
    is_simulated: bool
    report: dict[str, JsonValue] | None = Field(
        description="Worth, growth, gain, transfers, ratios, months and years."
    )


@router.get("/portfolio")
async def list_accounts(caller: Reader, paging: AskedPage) -> Page[Account]:
    """List what the accounts of all usable keys hold, as they were last read."""
    keys = [it for it in await caller.house.vault.list_keys(caller.owner) if it.status in IN_USE]
    found = [(key, await caller.house.portfolios.find(key.id)) for key in keys]
    return cut(found, paging, lambda it: _tell_account(*it), lambda it: it[0].id)


@router.get("/keys/{key}/holdings")
async def get_holdings(caller: Reader, key: KeyPath) -> Account:
    """Give what the account of a key holds, as it was last read."""
    found = await caller.house.vault.get_key(caller.owner, key)
    shown = await caller.house.portfolios.find(found.id) if found.status in IN_USE else None
    return _tell_account(found, shown)


@router.post("/keys/{key}/holdings", status_code=202)
async def request_holdings(caller: KeyKeeper, key: KeyPath, wish: CurrencyWish) -> Account:
    """Ask for what the account holds to be read anew, told in a currency."""
    found = await caller.house.vault.get_key(caller.owner, key)
    if found.status not in IN_USE:
        raise Conflict("key_not_usable", status=found.status)
    await caller.house.portfolios.ask(found.id, wish.currency)
    return _tell_account(found, await caller.house.portfolios.find(found.id))


@router.get("/keys/{key}/performance")
async def get_performance(
    caller: Reader, key: KeyPath, currency: Currency = "", risk_free_rate: RiskFree = "0"
) -> Performance:
    """Tell how the account of a key did, deposits and withdrawals apart."""
    found = await caller.house.vault.get_key(caller.owner, key)
    report = await caller.house.statistics.account(
        found.id, read_currency(currency), read_rate(risk_free_rate)
    )
    told = None if report is None else to_json(account_facts(report))
    return Performance(
        key_id=found.id,
        is_simulated=found.venue is Venue.PAPER,
        report=told if isinstance(told, dict) else None,
    )


def _tell_account(key: KeyRecord, shown: Shown | None) -> Account:
    portfolio = shown.portfolio if shown else None
    return Account(
        key_id=key.id,
        label=key.label,
        exchange=key.exchange,
        venue=key.venue,
        wished=shown.wished if shown else "",
        asked_ms=shown.asked_ms if shown else None,
        currency=portfolio.currency if portfolio else None,
        total=tell_amount(portfolio.total) if portfolio else None,
        as_of_ms=portfolio.as_of_ms if portfolio else None,
        holdings=[_tell_holding(it) for it in portfolio.holdings] if portfolio else [],
        unpriced=list(portfolio.unpriced) if portfolio else [],
        is_awaited=shown.is_awaited if shown else key.status in IN_USE,
        problem=_tell_problem(key, shown),
    )


def _tell_problem(key: KeyRecord, shown: Shown | None) -> Reason | None:
    if shown is None:
        return None
    facts = {"exchange": key.exchange, "label": key.label, **shown.problem_facts}
    return tell_reason(shown.problem, facts)


def _tell_holding(held: Holding) -> HoldingTold:
    return HoldingTold(
        currency=held.currency,
        free=plain(held.free),
        held=plain(held.held),
        value=tell_amount(held.value),
        price_age_ms=held.price_age_ms,
    )
