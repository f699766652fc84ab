"""Home: what needs somebody, what all accounts are worth, what robots earned; or the first step."""

from dataclasses import dataclass

from starlette.responses import Response

from drawbridge.accounts.roles import Act
from drawbridge.app.build import House
from drawbridge.app.overview import look_over
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.home_views import Stage, stages_of, view_needs, view_robots
from drawbridge.entrypoints.web.purse_views import view_purse


@dataclass(frozen=True, slots=True)
class HomePages:
    """The page on which everybody arrives."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show how everything stands."""
        return self.site.page(visit, "home/show.html", await self._facts(visit))

    async def show_live(self, visit: Visit) -> Response:
        """Show only what changes."""
        return self.site.page(visit, "home/live.html", await self._facts(visit))

    async def _facts(self, visit: Visit) -> dict[str, object]:
        person, now_ms = visit.person, self.house.clock.now_ms()
        overview = await look_over(self.house, person)
        stages: tuple[Stage, ...] = ()
        if visit.may(Act.CHANGE):
            stages = stages_of(overview, has_authenticator=person.second_factor)
        missing = next((stage for stage in stages if not stage.done), None)
        return {
            "steps": stages,
            "next_step": missing.name if missing else "none",
            "next_path": missing.path if missing else "",
            "needs": view_needs(overview.needs, overview.keys),
            "purses": [view_purse(it, now_ms) for it in overview.purses],
            "robots": view_robots(overview.robots),
            "robot_count": len(overview.robots),
        }
