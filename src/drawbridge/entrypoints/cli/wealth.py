"""All accounts together, on the command line: what they hold, what they are worth, how they did."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner, RiskFree
from drawbridge.entrypoints.cli.output import or_dash, print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.statistics.together import Together
    from drawbridge.trading.adding_up import Sum
    from drawbridge.vault.model import Venue


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
    from drawbridge.app.overview import accounts_of, portfolios_in
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.statistics.ratios import read_rate
    from drawbridge.trading.adding_up import add_up
    from drawbridge.trading.holdings import read_currency

    into, rate = read_currency(currency), read_rate(risk_free)

    async def work(place: "Place") -> None:
        keys = await place.vault.list_keys(await owner_of(place, owner))
        labels = {str(key.id): key.label for key in keys}
        told = []
        for venue, accounts in (await accounts_of(place.portfolios, keys)).items():
            # Added up in the currency that was asked for, else in that of most of them.
            total = add_up(portfolios_in(accounts), into)
            if total is None:
                continue
            ids = [it.key.id for it in accounts]
            past = await place.wealth.together(ids, total.currency, risk_free_rate=rate)
            if json:
                told.append(_tell(venue, total, past))
            else:
                _print(venue, total, past, labels)
                told.append({})
        if json:
            print_json({"portfolios": told})
        elif not told:
            print_line(say("portfolio.none_lead"))

    in_place(data, work)


def _tell(venue: "Venue", total: "Sum", past: "Together") -> dict[str, object]:
    from drawbridge.statistics.account_telling import account_facts
    from drawbridge.statistics.telling import as_facts

    return {
        "venue": venue.value,
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


def _print(venue: "Venue", total: "Sum", past: "Together", labels: "Mapping[str, str]") -> None:
    from drawbridge.entrypoints.cli.performance import print_performance
    from drawbridge.wording import formats

    print_line(say(f"portfolio.{venue.value}"))
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
