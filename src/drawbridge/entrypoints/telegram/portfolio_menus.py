"""Portfolio: what each account holds, what it is worth and how old that is."""

from collections import defaultdict
from decimal import Decimal
from typing import Final

from aiogram import F, Router
from aiogram.types import CallbackQuery

from drawbridge.catalogue.registry import get_card
from drawbridge.core.money import ZERO
from drawbridge.entrypoints.telegram.screens import Go, Screen, button, home_row
from drawbridge.entrypoints.telegram.visits import Visit
from drawbridge.trading.holdings import Portfolio, Shown
from drawbridge.vault.model import IN_USE, KeyRecord
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

_MOST_NAMED: Final = 6


def routes() -> Router:
    """Register these handlers anew: a router belongs to one dispatcher."""
    router = Router(name="portfolio")
    router.callback_query.register(show_portfolio, Go.filter(F.to == "portfolio"))
    return router


async def show_portfolio(_query: CallbackQuery, visit: Visit) -> None:
    """Show every account, and what those of one venue are worth together."""
    keys = [it for it in await visit.house.vault.list_keys(visit.account) if it.status in IN_USE]
    shown = [(key, await visit.house.portfolios.find(key.id)) for key in keys]
    now_ms = visit.house.clock.now_ms()
    parts = [say("holdings.all")]
    parts += [_account(key, found, now_ms) for key, found in shown]
    parts += _sums(shown)
    if not keys:
        parts.append(say("keys.none_lead"))
    rows = ((button("look", "portfolio"),), home_row())
    await visit.show(Screen("\n\n".join(parts), rows))


def _account(key: KeyRecord, found: Shown | None, now_ms: int) -> str:
    card = get_card(key.exchange)
    lines = [f"{key.label} ({card.name}, {say(f'venue.{key.venue.value}')})"]
    if found is None or (found.portfolio is None and not found.problem):
        lines.append(say("holdings.not_read"))
    elif found.portfolio is not None:
        lines += _holdings(found.portfolio, now_ms)
    if found is not None and found.problem:
        facts = {"exchange": card.name, "label": key.label, **found.problem_facts}
        lines.append(say_reason(found.problem, facts))
    return "\n".join(lines)


def _holdings(portfolio: Portfolio, now_ms: int) -> list[str]:
    unit, count = formats.span(max(0, now_ms - portfolio.as_of_ms))
    age = say("holdings.age", span=say(f"span.{unit}", count=count))
    worth = f"{formats.rounded(portfolio.total)} {portfolio.currency}"
    lines = [f"{say('holdings.total')}: {worth} ({age})"]
    first = portfolio.holdings[:_MOST_NAMED]
    lines += [f"• {formats.amount(held.free + held.held)} {held.currency}" for held in first]
    if more := len(portfolio.holdings) - len(first):
        lines.append(say("holdings.more", count=more))
    if portfolio.unpriced:
        lines.append(say("holdings.unpriced", currencies=", ".join(portfolio.unpriced)))
    return lines


def _sums(shown: list[tuple[KeyRecord, Shown | None]]) -> list[str]:
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for key, found in shown:
        if found is not None and found.portfolio is not None:
            sums[key.venue.value, found.portfolio.currency] += found.portfolio.total
    return [
        f"{say('holdings.sum', venue=say(f'venue.{venue}'))}: {formats.rounded(total)} {currency}"
        for (venue, currency), total in sorted(sums.items())
    ]
