"""All accounts together, on the command line: what they hold, what they are worth, how they did."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner, RiskFree
from drawbridge.entrypoints.cli.output import or_dash, print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.statistics.together import Together
    from drawbridge.trading.adding_up import Sum
    from drawbridge.trading.holdings import Portfolio
    from drawbridge.vault.model import KeyRecord, Venue


def wealth(
    *,
    currency: Annotated[
        str, typer.Option("--currency", metavar="CODE", help=say("cli.wealth.currency"))
    ] = "",
    risk_free: RiskFree = "0",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Show what all accounts hold and are worth together, and how they did."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.statistics.ratios import read_rate
    from drawbridge.trading.adding_up import add_up
    from drawbridge.trading.holdings import read_currency

    into, rate = read_currency(currency), read_rate(risk_free)

    async def work(place: "Place") -> None:
        keys = await place.vault.list_keys(await owner_of(place, owner))
        labels = {str(key.id): key.label for key in keys}
        told = []
        for purse in await _purses_of(place, keys):
            # Added up in the currency that was asked for, else in that of most of them.
            total = add_up(purse.read, into)
            if total is None:
                continue
            past = await place.wealth.together(purse.ids, total.currency, risk_free_rate=rate)
            if json:
                told.append(_tell(purse, total, past))
            else:
                _print(purse, total, past, labels)
                told.append({})
        if json:
            print_json({"portfolios": told})
        elif not told:
            print_line(say("portfolio.none_lead"))

    in_place(data, work)


@dataclass(frozen=True, slots=True)
class _Purse:
    """The accounts of a venue, by the ids of their keys, and what was read of some."""

    venue: "Venue"
    ids: "list[str]"
    read: "Mapping[str, Portfolio]"


async def _purses_of(place: "Place", keys: "Sequence[KeyRecord]") -> "list[_Purse]":
    """Put the accounts of keys in use together by venue, real money first."""
    from drawbridge.app.overview import IN_USE
    from drawbridge.vault.model import Venue
    from drawbridge.vault.roles import one_of_each

    used = one_of_each(key for key in keys if key.status in IN_USE)
    read = await place.portfolios.find_all([key.id for key in used])
    purses = []
    for venue in Venue:
        ids = [str(key.id) for key in used if key.venue is venue]
        known = {it: read[it].portfolio for it in ids if it in read}
        told = {it: portfolio for it, portfolio in known.items() if portfolio is not None}
        purses.append(_Purse(venue, ids, told))
    return [purse for purse in purses if purse.ids]


def _tell(purse: "_Purse", total: "Sum", past: "Together") -> dict[str, object]:
    from drawbridge.statistics.account_telling import account_facts
    from drawbridge.statistics.telling import as_facts

    return {
        "venue": purse.venue.value,
        "currency": total.currency,
        "total": as_facts(total.total),
        "as_of_ms": total.as_of_ms,
        "accounts": {key: as_facts(it) for key, it in total.worths.items()},
        "wallets": as_facts(total.wallets),
        "unpriced": list(total.unpriced),
        "apart": list(total.apart),
        "performance": account_facts(past.report),
        "arrivals": as_facts(past.arrivals),
        "left_out": list(past.left_out),
    }


def _print(purse: "_Purse", total: "Sum", past: "Together", labels: "Mapping[str, str]") -> None:
    from drawbridge.entrypoints.cli.performance import print_performance
    from drawbridge.wording import formats

    print_line(say(f"portfolio.{purse.venue.value}"))
    worth = say("holdings.worth")
    rows = [
        [labels[key], f"{formats.rounded(it)} {total.currency}"] for key, it in total.worths.items()
    ]
    print_table([say("holdings.account"), worth], rows)
    wallets = [
        [
            it.currency,
            formats.amount(it.amount),
            or_dash(None if it.value is None else f"{formats.rounded(it.value)} {total.currency}"),
        ]
        for it in total.wallets
    ]
    print_table([say("holdings.currency"), say("portfolio.amount"), worth], wallets)
    print_line(f"{say('holdings.total')}: {formats.rounded(total.total)} {total.currency}")
    if total.unpriced:
        print_line(say("holdings.unpriced", currencies=", ".join(total.unpriced)))
    if total.apart:
        names = ", ".join(labels[key] for key in total.apart)
        print_line(say("portfolio.apart", currency=total.currency, names=names))
    print_line()
    if past.report.worth:
        print_performance(past.report)
        print_line()
