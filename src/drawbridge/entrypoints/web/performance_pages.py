"""How an account did: worth over time, return without transfers, what came in and went out."""

from dataclasses import dataclass

import orjson
from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.key_views import view_key
from drawbridge.entrypoints.web.performance_views import report_facts, report_points
from drawbridge.statistics.account import AccountReport
from drawbridge.vault.model import KeyRecord, Venue


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
            facts |= report_facts(report)
        return self.site.page(visit, "keys/performance.html", facts)

    async def show_chart(self, visit: Visit) -> Response:
        """Give worth and growth over time as JSON; amounts as text, because they are exact."""
        told = report_points(await self._report(await self._key(visit)))
        return Response(orjson.dumps(told), media_type="application/json")

    async def _key(self, visit: Visit) -> KeyRecord:
        key_id = str(visit.request.path_params["key"])
        return await self.house.vault.get_key(visit.person.account, key_id)

    async def _report(self, key: KeyRecord) -> AccountReport | None:
        shown = await self.house.portfolios.find(key.id)
        return await self.house.statistics.account(key.id, shown.wished if shown else "")
