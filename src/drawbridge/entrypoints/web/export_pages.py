"""Trades as a file for tools of tax and books."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.narrowing import key_and_origin
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Form, refused
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.robots.model import Robot
from drawbridge.statistics.export import Tool, export_trades, read_wish
from drawbridge.trading.trades import TradeStore
from drawbridge.vault.model import KeyRecord
from drawbridge.wording.say import say

_FIELDS: Final = ("format", "year", "key", "robot")
_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class ExportPages:
    """The page that offers files, and the files."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the form."""
        return await self._form(visit, Form())

    async def download(self, visit: Visit) -> Response:
        """Give the file that was asked for, or the form again with what is wrong."""
        asked = {name: _asked(visit, name) for name in _FIELDS}
        simulated = bool(_asked(visit, "simulated"))
        try:
            text = await self._written(visit.person.account, asked, simulated=simulated)
        except DrawbridgeError as error:
            ticked = frozenset({"simulated"} if simulated else ())
            form = refused(error, _FIELDS, asked, ticked, {"format": _tools()})
            return await self._form(visit, form, error.http_status)
        pieces = ["drawbridge", asked["format"], asked["year"], "simulated" if simulated else ""]
        name = "-".join(piece for piece in pieces if piece)
        disposition = f'attachment; filename="{name}.csv"'
        return Response(text, media_type="text/csv", headers={"content-disposition": disposition})

    async def _written(self, owner: str, asked: dict[str, str], *, simulated: bool) -> str:
        wish = read_wish(asked["format"], asked["year"], simulated=simulated)
        robots = await self.house.robots.list_robots(owner)
        key_id, origin = await key_and_origin(
            self.house.vault, self.house.robots, owner, asked["key"], asked["robot"]
        )
        store = TradeStore(self.house.database)
        trades = await store.trades_of(owner, key_id=key_id, origin=origin)
        return export_trades(trades, wish, {robot.origin: robot.name for robot in robots}).text

    async def _form(self, visit: Visit, form: Form, status: int = 200) -> Response:
        owner = visit.person.account
        everything = ("", say("export.everything"))
        facts = {
            "form": form,
            "formats": _tools(),
            "keys": [everything, *_named_keys(await self.house.vault.list_keys(owner))],
            "robots": [everything, *_named_robots(await self.house.robots.list_robots(owner))],
        }
        return self.site.page(visit, "export.html", facts, status)


def _tools() -> list[tuple[str, str]]:
    return [(tool.value, say(f"export.tool.{tool.value}")) for tool in Tool]


def _asked(visit: Visit, name: str) -> str:
    return visit.request.query_params.get(name, "")[:_LONGEST].strip()


def _named_keys(keys: Sequence[KeyRecord]) -> list[tuple[str, str]]:
    return [(key.id, f"{key.label} ({get_card(key.exchange).name})") for key in keys]


def _named_robots(robots: Sequence[Robot]) -> list[tuple[str, str]]:
    return [(robot.id, robot.name) for robot in robots]
