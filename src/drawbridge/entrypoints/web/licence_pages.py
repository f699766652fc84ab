"""A person's licence: how it stands, entering one, accounts set aside and taken up again.

Only where an operator asks for licences; else none of these pages is there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from drawbridge.accounts.roles import Act as Right
from drawbridge.app.build import House
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import DrawbridgeError, NotFound
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.licences.model import Act
from drawbridge.licences.service import Place, PlacedKey, Shown
from drawbridge.licences.standing import State
from drawbridge.licences.words import fields_of
from drawbridge.wording.say import say_reason

_POST: Final = ["POST"]
_WISHES: Final[Mapping[str, Act]] = {
    "renew": Act.RENEW,
    "release": Act.RELEASE,
    "archive": Act.ARCHIVE,
    "activate": Act.BIND,
    "claim": Act.CLAIM,
}
_ACTS: Final[Mapping[Place, str]] = {
    Place.ACTIVE: "archive",
    Place.ARCHIVED: "activate",
    Place.WAITING: "activate",
    Place.REFUSED: "activate",
}
_ELSEWHERE: Final = "licence_account_elsewhere"
_TONES: Final[Mapping[State, str]] = {State.GOOD: "good", State.GRACE: "warn", State.WAITING: ""}
_TAKES_NEW: Final = frozenset({State.ABSENT, State.EXPIRED, State.REVOKED})
_RECOVERS: Final = frozenset({"licence_active_elsewhere", "licence_copied", "licence_wrong_code"})


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key's account as the page lists it; `act` is what its button does."""

    id: str
    label: str
    exchange: str
    place: Place
    why: str
    act: str


@dataclass(frozen=True, slots=True)
class LicencePages:
    """The page, and what it takes."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show how the licence stands."""
        return await self._page(visit, Form(), Form())

    async def add(self, visit: Visit, fields: Fields) -> Response:
        """Enter a licence."""
        try:
            await self.house.licences.add(visit.person.account, fields.text("licence"))
        except DrawbridgeError as error:
            form = refused(error, ("licence",), fields.keep("licence"))
            return await self._page(visit, form, Form(), error.http_status)
        return go("/licence", "licence_added")

    async def recover(self, visit: Visit, fields: Fields) -> Response:
        """Go on here by the recovery code."""
        try:
            await self.house.licences.recover(visit.person.account, fields.text("code"))
        except DrawbridgeError as error:
            form = refused(error, ("code",), {})
            return await self._page(visit, Form(), form, error.http_status)
        return go("/licence", "licence_wished")

    async def wish(self, visit: Visit, fields: Fields) -> Response:
        """Write down what the licence server is to be asked."""
        act = _WISHES.get(visit.request.path_params["wish"])
        if act is None:
            raise NotFound("licence_none_held")
        await self.house.licences.wish(visit.person.account, act, fields.line("key"))
        return go("/licence", "licence_wished")

    async def _page(self, visit: Visit, form: Form, code_form: Form, status: int = 200) -> Response:
        shown = await self.house.licences.show(visit.person.account)
        facts = {
            "shown": shown,
            "tone": _TONES.get(shown.state, "bad"),
            "reason": say_reason(shown.reason, {}) if shown.reason else "",
            "problem": _problem_of(shown),
            "facts": tuple(fields_of(shown).items()),
            "takes_new": shown.state in _TAKES_NEW,
            "can_recover": shown.problem in _RECOVERS,
            "keys": [_view(it, has_licence=shown.known is not None) for it in shown.keys],
            "form": form,
            "code_form": code_form,
        }
        return self.site.page(visit, "licence/show.html", facts, status)


def licence_routes(site: Site, house: House) -> list[Route]:
    """Give the addresses, none where nobody asks for licences."""
    if not house.licences.is_asked:
        return []
    pages = LicencePages(site, house)
    return [
        Route("/licence", site.shows(pages.show)),
        Route("/licence", site.takes(pages.add, act=Right.CHANGE), methods=_POST),
        Route("/licence/recover", site.takes(pages.recover, act=Right.CHANGE), methods=_POST),
        Route("/licence/{wish}", site.takes(pages.wish, act=Right.CHANGE), methods=_POST),
    ]


def _problem_of(shown: Shown) -> str:
    if not shown.problem or shown.problem == shown.reason:
        return ""
    return say_reason(shown.problem, shown.problem_facts)


def _view(it: PlacedKey, *, has_licence: bool) -> KeyView:
    act = "claim" if it.reason == _ELSEWHERE else _ACTS.get(it.place, "")
    act = act if has_licence else ""
    why = say_reason(it.reason, it.facts) if it.reason else ""
    return KeyView(it.key.id, it.key.label, get_card(it.key.exchange).name, it.place, why, act)
