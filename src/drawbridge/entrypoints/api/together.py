"""All accounts together, and what needs a person."""

from fastapi import APIRouter
from pydantic import Field, JsonValue

from drawbridge.app.attention import Matter, Need, Urgency
from drawbridge.app.overview import Purse, look_over, purses_of
from drawbridge.core.money import plain
from drawbridge.entrypoints.api.accounts import Currency, RiskFree
from drawbridge.entrypoints.api.caller import Reader
from drawbridge.entrypoints.api.shapes import (
    Amount,
    Moment,
    Reason,
    Told,
    tell_amount,
    tell_reason,
    to_json,
)
from drawbridge.statistics.account_telling import account_facts
from drawbridge.statistics.ratios import read_rate
from drawbridge.statistics.together import Together
from drawbridge.trading.adding_up import Wallet
from drawbridge.trading.holdings import read_currency
from drawbridge.vault.model import Venue

router = APIRouter(tags=["accounts"])


class WalletTold(Told):
    """One currency over all accounts; `value` is null where no account knows its price."""

    currency: str
    amount: Amount
    value: Amount | None
    accounts: int


class PartTold(Told):
    """One account's part of a sum."""

    key_id: str
    value: Amount


class SumTold(Told):
    """What all accounts of a venue are worth together; play money is never added to real money.

    `apart` are keys whose accounts know no price in this currency, `unpriced` what is in no part;
    `as_of_ms` is when the oldest account was read.
    """

    venue: Venue
    currency: str
    total: Amount
    as_of_ms: Moment
    parts: list[PartTold]
    wallets: list[WalletTold]
    unpriced: list[str]
    apart: list[str]


class Sums(Told):
    """The sums of all venues of which an account was read."""

    sums: list[SumTold]


class ArrivalTold(Told):
    """An account that was first seen later than the first, and what it brought along."""

    key_id: str
    at_ms: Moment
    worth: Amount


class TogetherTold(Told):
    """How all accounts of a venue did together."""

    venue: Venue
    is_simulated: bool
    report: dict[str, JsonValue] = Field(
        description="Worth, growth, gain, transfers, ratios, months and years."
    )
    arrivals: list[ArrivalTold]
    left_out: list[str]


class Performances(Told):
    """How the accounts of each venue did."""

    performances: list[TogetherTold]


class NeedTold(Told):
    """Something that needs a person; `subject` is a key, a robot or a channel, if any."""

    matter: Matter
    urgency: Urgency
    subject: str
    name: str
    count: int | None
    reason: Reason | None


class Needs(Told):
    """What needs a person, worst first."""

    needs: list[NeedTold]


@router.get("/portfolio/sums")
async def get_sums(caller: Reader) -> Sums:
    """Tell what all accounts are worth together, as they were last read."""
    keys = await caller.house.vault.list_keys(caller.owner)
    told = [_tell_sum(it) for it in await purses_of(caller.house, keys)]
    return Sums(sums=[it for it in told if it is not None])


@router.get("/portfolio/performance")
async def get_performance_together(
    caller: Reader, currency: Currency = "", risk_free_rate: RiskFree = "0"
) -> Performances:
    """Tell how all accounts did together, deposits and withdrawals apart."""
    into, rate = read_currency(currency), read_rate(risk_free_rate)
    told = []
    for purse in await purses_of(caller.house, await caller.house.vault.list_keys(caller.owner)):
        if purse.sum is not None:
            found = await caller.house.wealth.together(
                [it.key.id for it in purse.accounts],
                into or purse.sum.currency,
                risk_free_rate=rate,
            )
            told.append(_tell_together(purse.venue, found))
    return Performances(performances=told)


@router.get("/attention")
async def list_needs(caller: Reader) -> Needs:
    """List what needs the person, worst first."""
    overview = await look_over(caller.house, caller.person)
    return Needs(needs=[_tell_need(it) for it in overview.needs])


def _tell_sum(purse: Purse) -> SumTold | None:
    total = purse.sum
    if total is None:
        return None
    return SumTold(
        venue=purse.venue,
        currency=total.currency,
        total=plain(total.total),
        as_of_ms=total.as_of_ms,
        parts=[PartTold(key_id=key, value=plain(it)) for key, it in total.worths.items()],
        wallets=[_tell_wallet(it) for it in total.wallets],
        unpriced=list(total.unpriced),
        apart=list(total.apart),
    )


def _tell_wallet(wallet: Wallet) -> WalletTold:
    return WalletTold(
        currency=wallet.currency,
        amount=plain(wallet.amount),
        value=tell_amount(wallet.value),
        accounts=wallet.accounts,
    )


def _tell_together(venue: Venue, told: Together) -> TogetherTold:
    facts = to_json(account_facts(told.report))
    arrivals = [
        ArrivalTold(key_id=it.key_id, at_ms=it.at_ms, worth=plain(it.worth)) for it in told.arrivals
    ]
    return TogetherTold(
        venue=venue,
        is_simulated=venue is Venue.PAPER,
        report=facts if isinstance(facts, dict) else {},
        arrivals=arrivals,
        left_out=list(told.left_out),
    )


def _tell_need(need: Need) -> NeedTold:
    count = need.facts.get("count")
    return NeedTold(
        matter=need.matter,
        urgency=need.urgency,
        subject=need.subject,
        name=need.name,
        count=count if isinstance(count, int) and not need.reason else None,
        reason=tell_reason(need.reason, need.facts),
    )
