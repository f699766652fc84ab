"""Stopping in a hurry, and what comes after: the page of a leak, and the panic page.

What these stop can be switched on again by its owner, so they ask for no code: when it burns,
nobody should have to look for a telephone.
"""

from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from starlette.responses import JSONResponse, Response

from drawbridge.app.build import House
from drawbridge.app.leak_file import write_report
from drawbridge.catalogue.guide import ending_steps
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.key_views import KeyView, view_key
from drawbridge.entrypoints.web.leak_views import view_report
from drawbridge.entrypoints.web.searching import file_headers
from drawbridge.rotation.leak import LeakReport, read_since
from drawbridge.rotation.leak_telling import report_facts
from drawbridge.trading.limit_store import key_subject
from drawbridge.vault.freezing import FROZEN, LEAKED
from drawbridge.vault.lots import Lot
from drawbridge.vault.model import KeyRecord, KeyStatus
from drawbridge.virtual_keys.model import VirtualState
from drawbridge.wording.say import say

_EVERYWHERE: Final = "stop"
_SINCE: Final = ("1h", "24h", "7d", "30d", "90d")
_USUAL: Final = "7d"
_SHOWN: Final = 300
_ALL: Final = "all"
_FIELDS: Final = ("what", "word")
_SAID_WHY: Final = frozenset({LEAKED, FROZEN})
_AT_REST: Final = frozenset({KeyStatus.DISABLED, KeyStatus.REFUSED})


@dataclass(frozen=True, slots=True)
class StateView:
    """How far the end of a key has come."""

    is_stopped: bool
    robots: int
    orders: int
    is_cancelling: bool


@dataclass(frozen=True, slots=True)
class PanicPages:
    """The page of a key that may have leaked, and the page on which much is stopped at once."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show what was stopped, what is to be done, and what the key did."""
        return await self._leak(visit, Form())

    async def show_live(self, visit: Visit) -> Response:
        """Show alone what changes, for the page that watches it."""
        return self.site.page(visit, "leak/live.html", await self._facts(visit, Form()))

    async def stop(self, visit: Visit, fields: Fields) -> Response:
        """Stop the use of a key that may have leaked, at once."""
        cancel = bool(fields.line("cancel"))
        key = await self.house.panic.stop_key(visit.person.account, _id(visit), cancel=cancel)
        return go(f"/keys/{key.id}/leak", "key_stopped")

    async def ask(self, visit: Visit, fields: Fields) -> Response:
        """Ask the exchange what was done since a time."""
        try:
            since_ms = read_since(fields.line("since"), self.house.clock.now_ms())
            await self.house.leaks.ask(visit.person.account, _id(visit), since_ms)
        except DrawbridgeError as error:
            form = refused(error, ("since",), fields.keep("since"))
            return await self._leak(visit, form, error.http_status)
        return go(f"/keys/{_id(visit)}/leak#report")

    async def download(self, visit: Visit) -> Response:
        """Give the report as a file for a spreadsheet."""
        text = write_report(await self._report(visit))
        headers = file_headers("drawbridge-leak-report.csv")
        return Response(text, media_type="text/csv", headers=headers)

    async def download_json(self, visit: Visit) -> Response:
        """Give the report as a file for programs."""
        headers = file_headers("drawbridge-leak-report.json")
        return JSONResponse(report_facts(await self._report(visit)), headers=headers)

    async def show_panic(self, visit: Visit) -> Response:
        """Show what can be stopped, and what was."""
        return await self._panic(visit, Form())

    async def panic(self, visit: Visit, fields: Fields) -> Response:
        """Stop what was chosen, once the word is typed."""
        owner, cancel = visit.person.account, bool(fields.line("cancel"))
        kind, _, name = fields.line("what").partition(":")
        try:
            _check_word(fields.line("word"))
            if kind == "key":
                key = await self.house.panic.stop_key(owner, name, cancel=cancel)
                return go(f"/keys/{key.id}/leak", "key_stopped")
            if kind == "virtual":
                await self.house.panic.stop_virtual_key(owner, name, cancel=cancel)
                return go("/panic", "virtual_key_revoked")
            if kind not in {_ALL, "exchange"}:
                raise BadInput("panic_choose", field="what")
            await self.house.panic.stop_lot(Lot(owner, name), cancel=cancel, by=visit.person.name)
        except DrawbridgeError as error:
            ticked = frozenset({"cancel"} if cancel else ())
            form = refused(error, _FIELDS, fields.keep("what"), ticked)
            return await self._panic(visit, form, error.http_status)
        return go("/panic", "keys_stopped")

    async def _report(self, visit: Visit) -> LeakReport:
        report = await self.house.leaks.find(visit.person.account, _id(visit))
        if report is None:
            raise NotFound("leak_not_asked")
        return report

    async def _leak(self, visit: Visit, form: Form, status: int = 200) -> Response:
        return self.site.page(visit, "leak/show.html", await self._facts(visit, form), status)

    async def _facts(self, visit: Visit, form: Form) -> dict[str, object]:
        owner = visit.person.account
        key = await self.house.vault.get_key(owner, _id(visit))
        report = await self.house.leaks.find(owner, key.id)
        names = await self._names(owner)
        return {
            "key": view_key(key),
            "state": await self._state(key),
            "report": None if report is None else view_report(report, names, _SHOWN),
            "steps": ending_steps(get_card(key.exchange)),
            "paper_site": self.house.settings.paper_url(),
            "spans": [(span, say(f"leak.span.{span}")) for span in _SINCE],
            "usual": _USUAL,
            "form": form,
        }

    async def _state(self, key: KeyRecord) -> StateView:
        return StateView(
            is_stopped=key.status in _AT_REST,
            robots=len(await self.house.robots.robots_of_key(key.owner, key.id)),
            orders=len(await self.house.orders.unsettled_of(key_subject(key.id))),
            is_cancelling=await self.house.panic.is_cancelling(key.id),
        )

    async def _names(self, owner: str) -> dict[str, str]:
        robots = await self.house.robots.list_robots(owner)
        virtual = await self.house.virtual_keys.list_virtual_keys(owner)
        names = {robot.origin: robot.name for robot in robots}
        return names | {it.virtual.origin: it.virtual.label for it in virtual}

    async def _panic(self, visit: Visit, form: Form, status: int = 200) -> Response:
        keys = await self.house.vault.list_keys(visit.person.account)
        stopped = [view_key(key) for key in keys if key.reason in _SAID_WHY]
        facts = {
            "choices": await self._choices(visit.person.account, keys),
            "stopped": stopped,
            "word": say("panic.word"),
            "form": form,
        }
        return self.site.page(visit, "leak/panic.html", facts, status)

    async def _choices(self, owner: str, keys: tuple[KeyRecord, ...]) -> list[tuple[str, str]]:
        """Give what can be stopped: everything first, because that is asked for in a hurry."""
        used = [view_key(key) for key in keys if key.status not in _AT_REST]
        now_ms = self.house.clock.now_ms()
        virtual = await self.house.virtual_keys.list_virtual_keys(owner)
        living = [it for it in virtual if it.virtual.state(now_ms) is VirtualState.LIVE]
        choices = [(_ALL, say("panic.all"))] if used else []
        choices += _exchanges(used)
        choices += [(f"key:{key.id}", say("panic.one_key", label=key.label)) for key in used]
        choices += [
            (f"virtual:{it.virtual.id}", say("panic.one_virtual", label=it.virtual.label))
            for it in living
        ]
        return choices


def _exchanges(used: list[KeyView]) -> list[tuple[str, str]]:
    names = {key.exchange: key.exchange_name for key in used}
    return [
        (f"exchange:{exchange}", say("panic.exchange", exchange=name))
        for exchange, name in sorted(names.items(), key=lambda it: it[1])
    ]


def _check_word(given: str) -> None:
    """Make sure that much is not stopped by a slip of the finger."""
    # A keyboard for another script may widen letters, and is not at hand everywhere in a hurry.
    typed = normalize("NFKC", given).casefold()
    if typed not in {say("panic.word").casefold(), _EVERYWHERE}:
        raise BadInput("bad_word", field="word")


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["key"])
