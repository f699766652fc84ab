"""What a key's account holds, on the command line: asked for, waited for, printed."""

from typing import Final

from drawbridge.entrypoints.cli.house import Place, has_gateway, looks
from drawbridge.entrypoints.cli.output import or_dash, print_hint, print_line, print_table
from drawbridge.trading.holdings import Shown
from drawbridge.vault.model import IN_USE, KeyRecord
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_COLUMNS: Final = ("currency", "free", "held", "worth")
_LONGEST_S: Final = 15


async def find_holdings(place: Place, key: KeyRecord, currency: str) -> Shown | None:
    """Give what was last read of a key's account; with a currency, have it read anew in it.

    Raises: `BadInput("bad_currency")`.
    """
    if currency:
        await place.portfolios.ask(key.id, currency)
        await _wait(place, key)
    return await place.portfolios.find(key.id) if key.status in IN_USE else None


def tell_holdings(key: KeyRecord, shown: Shown | None) -> dict[str, object] | None:
    """Give holdings as scripts read them; amounts stay exact."""
    if shown is None:
        return None
    problem = {"code": shown.problem, "message": _problem(key, shown)} if shown.problem else None
    portfolio = shown.portfolio
    return {
        "wished": shown.wished,
        "currency": portfolio.currency if portfolio else None,
        "total": portfolio.total if portfolio else None,
        "holdings": portfolio.holdings if portfolio else (),
        "unpriced": portfolio.unpriced if portfolio else (),
        "as_of_ms": portfolio.as_of_ms if portfolio else None,
        "is_awaited": shown.is_awaited,
        "problem": problem,
    }


def print_holdings(key: KeyRecord, shown: Shown | None, now_ms: int) -> None:
    """Print holdings, their worth in sum with its age, and what has no price."""
    if key.status not in IN_USE:
        return
    if shown is not None and shown.portfolio is not None:
        portfolio = shown.portfolio
        columns = [say(f"holdings.{name}") for name in _COLUMNS]
        rows = [
            [
                held.currency,
                formats.amount(held.free),
                formats.amount(held.held),
                or_dash(None if held.value is None else formats.rounded(held.value)),
            ]
            for held in portfolio.holdings
        ]
        print_table(columns, rows)
        unit, count = formats.span(max(0, now_ms - portfolio.as_of_ms))
        age = say("holdings.age", span=say(f"span.{unit}", count=count))
        worth = f"{formats.rounded(portfolio.total)} {portfolio.currency}"
        print_line(f"{say('holdings.total')}: {worth} ({age})")
        if portfolio.unpriced:
            print_line(say("holdings.unpriced", currencies=", ".join(portfolio.unpriced)))
    elif shown is None or not shown.problem:
        print_line(say("holdings.not_read"))
    if shown is not None and shown.problem:
        print_line(_problem(key, shown))


def _problem(key: KeyRecord, shown: Shown) -> str:
    return say_reason(shown.problem, {"exchange": key.exchange, **shown.problem_facts})


async def _wait(place: Place, key: KeyRecord) -> None:
    """Wait until what was asked for is there, if there is anybody who reads it."""
    if key.status in IN_USE and await has_gateway(place):
        async for _ in looks(place, _LONGEST_S):
            shown = await place.portfolios.find(key.id)
            if shown is not None and not shown.is_awaited:
                return
    print_hint(say("holdings.not_read_now"))
