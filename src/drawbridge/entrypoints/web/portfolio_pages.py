"""Portfolio: what all accounts hold and are worth together, and how they did."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.overview import Purse, purses_of
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.performance_views import report_facts, report_points
from drawbridge.entrypoints.web.purse_views import view_purse
from drawbridge.statistics.together import Together
from drawbridge.trading.holdings import read_currency
from drawbridge.vault.model import IN_USE, KeyRecord, read_venue
from drawbridge.wording import formats
from drawbridge.wording.say import say

_SUGGESTED = ("USDT", "USD", "USDC", "EUR", "BTC")


@dataclass(frozen=True, slots=True)
class PortfolioPages:
    """The pages of all accounts together."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show what all accounts hold and how they did."""
        return await self._show(visit, Form())

    async def show_live(self, visit: Visit) -> Response:
        """Show only what the accounts hold, for the page that watches them."""
        keys, now_ms = await self._keys(visit), self.house.clock.now_ms()
        purses = [view_purse(it, now_ms) for it in await purses_of(self.house, keys)]
        return self.site.page(visit, "portfolio/live.html", {"purses": purses})

    async def show_chart(self, visit: Visit) -> Response:
        """Give worth and growth of a venue's accounts as JSON."""
        venue = read_venue(visit.request.query_params.get("venue", ""))
        purses = await purses_of(self.house, await self._keys(visit))
        found = next((it for it in purses if it.venue is venue), None)
        report = (await self._together(found)).report if found and found.sum else None
        return Response(orjson.dumps(report_points(report)), media_type="application/json")

    async def choose_currency(self, visit: Visit, fields: Fields) -> Response:
        """Ask for all accounts to be read anew and told in one currency."""
        try:
            currency = read_currency(fields.text("currency"))
            for key in await self._keys(visit):
                if key.status in IN_USE:
                    await self.house.portfolios.ask(key.id, currency)
        except DrawbridgeError as error:
            form = refused(error, ("currency",), fields.keep("currency"))
            return await self._show(visit, form, error.http_status)
        return go("/portfolio")

    async def _show(self, visit: Visit, form: Form, status: int = 200) -> Response:
        keys, now_ms = await self._keys(visit), self.house.clock.now_ms()
        labels = {str(key.id): key.label for key in keys}
        purses = await purses_of(self.house, keys)
        pasts = []
        for purse in purses:
            if purse.sum is not None:
                told = await self._together(purse)
                pasts.append({"venue": purse.venue.value, **_past(told, labels)})
        facts: dict[str, object] = {
            "purses": [view_purse(it, now_ms) for it in purses],
            "pasts": pasts,
            "wished": _wished(purses),
            "currencies": _SUGGESTED,
            "unused": sum(key.status not in IN_USE for key in keys),
            "form": form,
        }
        return self.site.page(visit, "portfolio/show.html", facts, status)

    async def _keys(self, visit: Visit) -> tuple[KeyRecord, ...]:
        return await self.house.vault.list_keys(visit.person.account)

    async def _together(self, purse: Purse) -> Together:
        currency = purse.sum.currency if purse.sum else ""
        read = [it.key.id for it in purse.accounts if it.shown and it.shown.portfolio]
        return await self.house.wealth.together(read, currency)


def _wished(purses: tuple[Purse, ...]) -> str:
    """Give the currency that stands in the form: the one asked for last, else the sum's."""
    asked = [it.shown for purse in purses for it in purse.accounts if it.shown]
    newest = max(asked, key=lambda it: it.asked_ms, default=None)
    if newest is not None and newest.wished:
        return newest.wished
    return next((purse.sum.currency for purse in purses if purse.sum), "")


def _past(told: Together, labels: Mapping[str, str]) -> dict[str, object]:
    """Give what is said about how accounts did together."""
    facts = report_facts(told.report)
    currency = told.report.currency
    later = ", ".join(
        f"{labels[it.key_id]} ({formats.moment(it.at_ms)}: {formats.rounded(it.worth)} {currency})"
        for it in told.arrivals
    )
    left_out = ", ".join(labels[key_id] for key_id in told.left_out)
    more = [
        say("portfolio.arrivals", accounts=later) if later else "",
        say("portfolio.left_out", currency=currency, names=left_out) if left_out else "",
    ]
    remarks = facts["remarks"]
    facts["remarks"] = [*(remarks if isinstance(remarks, list) else ()), *filter(None, more)]
    return {"has_past": bool(told.report.worth), **facts}
