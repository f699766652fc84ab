"""How an account did: worth over time, return without transfers, what came in and went out."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import orjson
from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.core.money import plain
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.figure_views import title
from drawbridge.entrypoints.web.key_views import view_key
from drawbridge.statistics.account import AccountPeriod, AccountReport
from drawbridge.statistics.account_telling import (
    AccountFigure,
    headlines,
    ratio_figures,
    remarks,
    told_share,
    told_worth,
)
from drawbridge.statistics.days import sampled
from drawbridge.statistics.equity import Curve
from drawbridge.vault.model import KeyRecord, Venue
from drawbridge.wording.say import say

_POINTS: Final = 1_000
_TRANSFERS: Final = 200
_PERCENT: Final = 100
_PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class PerformancePages:
    """The pages of accounts' past."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show how a key's account did."""
        key = await self._key(visit)
        report = await self._report(key)
        facts: dict[str, object] = {
            "key": view_key(key),
            "simulated": key.venue is Venue.PAPER,
            "report": report,
        }
        if report is not None:
            facts |= _facts(report)
        return self.site.page(visit, "keys/performance.html", facts)

    async def show_chart(self, visit: Visit) -> Response:
        """Give worth and growth over time as JSON; amounts as text, because they are exact."""
        report = await self._report(await self._key(visit))
        worth = report.worth if report else ()
        growth = report.growth if report else ()
        percent = [(at_ms, round((size - 1) * _PERCENT, _PLACES)) for at_ms, size in growth]
        told = {"worth": _points(worth), "growth": _points(percent)}
        return Response(orjson.dumps(told), media_type="application/json")

    async def _key(self, visit: Visit) -> KeyRecord:
        key_id = str(visit.request.path_params["key"])
        return await self.house.vault.get_key(visit.person.account, key_id)

    async def _report(self, key: KeyRecord) -> AccountReport | None:
        shown = await self.house.portfolios.find(key.id)
        return await self.house.statistics.account(key.id, shown.wished if shown else "")


def _facts(report: AccountReport) -> dict[str, object]:
    tones = {"gain": _tone(report.gain), "growth_share": _tone(report.total_return)}
    newest = reversed(report.transfers[-_TRANSFERS:])
    return {
        "currency": report.currency,
        "headlines": [_figure(it, tones.get(it.name, "")) for it in headlines(report)],
        "ratios": [_figure(it, "") for it in ratio_figures(report)],
        "remarks": remarks(report),
        "transfers": [
            {
                "since_ms": it.since_ms,
                "until_ms": it.until_ms,
                "currency": it.currency,
                "amount": it.amount,
                "value": told_worth(it.value),
                "tone": _tone(it.amount),
            }
            for it in newest
        ],
        "periods": [
            {"title": say(f"performance.{name}"), "rows": [_row(row) for row in reversed(rows)]}
            for name, rows in (("months", report.months), ("years", report.years))
        ],
    }


def _figure(figure: AccountFigure, tone: str) -> dict[str, str]:
    return {"words": title(figure.words), "value": figure.value, "tone": tone}


def _row(period: AccountPeriod) -> dict[str, str]:
    return {
        "name": period.name,
        "gain": told_worth(period.gain),
        "share": told_share(period.share),
        "paid": told_worth(period.paid),
        "tone": _tone(period.gain),
    }


def _points(points: Sequence[tuple[int, Decimal]]) -> list[tuple[int, str]]:
    """Thin a line out to what a chart can show."""
    curve = Curve(Decimal(0), [at_ms for at_ms, _ in points], [value for _, value in points])
    return [(at_ms, plain(value)) for at_ms, value in sampled(curve, _POINTS)]


def _tone(value: Decimal | None) -> str:
    if not value:
        return ""
    return "up" if value > 0 else "down"
