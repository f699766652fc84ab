"""Keys out of other programs' files, on pages: brought in, and a copy without secrets.

A file is read in memory and forgotten; who wants a copy of it brings it once more.
"""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.catalogue.registry import get_card, open_exchanges
from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.phones import FIELD as ON_PHONE
from drawbridge.entrypoints.pages.phones import check_phone, is_phone
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.uploads import Upload
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.importing.service import Brought, Look
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.restrictions import GRANTABLE_SCOPES
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wording.say import say, say_error

_SHOWN: Final = ("file", "exchange", "venue", "scopes", "pairs", "code", ON_PHONE)
# What is typed to bring in keys from a phone: it is ours, and no exchange's.
_WORD: Final = "Drawbridge"


@dataclass(frozen=True, slots=True)
class BroughtView:
    """What became of one key of a file."""

    exchange_name: str
    key: str
    program: str
    place: str
    line: int
    state: str
    problem: str
    key_id: str
    label: str


@dataclass(frozen=True, slots=True)
class ImportPages:
    """The page that takes a file, and what comes of it."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the two forms."""
        return self._form(visit, Form({"venue": Venue.LIVE.value}))

    async def bring_in(self, visit: Visit, fields: Fields) -> Response:
        """Bring in what is new in a file, on a code, and show what became of each key."""
        owner = visit.person.account
        try:
            check_phone(visit.request, fields, _WORD)
            look = await self._look(visit, fields)
            # Last of all, because a code counts once.
            await self.house.accounts.check_second_factor(visit.person.id, fields.line("code"))
            brought = await self.house.importing.add(owner, look.seen, fields.line("venue"))
        except DrawbridgeError as error:
            return self._form(visit, _again(error, fields), error.http_status)
        facts = {
            "brought": [_view(it) for it in brought],
            "repaired": look.document.repaired,
        }
        return self.site.page(visit, "keys/imported.html", facts)

    async def copy(self, visit: Visit, fields: Fields) -> Response:
        """Show a copy of a file with virtual keys in place of the secrets, this one time."""
        pairs = tuple(it for it in fields.line("pairs").replace(",", " ").split() if it)
        wish = Wish(scopes=fields.chosen("scopes"), pairs=pairs)
        try:
            check_phone(visit.request, fields, _WORD)
            look = await self._look(visit, fields)
            rewritten = await self.house.importing.rewrite(
                visit.person.account,
                look,
                wish,
                self.house.settings.proxy_url,
                code=fields.line("code"),
            )
        except DrawbridgeError as error:
            return self._form(visit, _again(error, fields, copies=True), error.http_status)
        facts = {
            "text": rewritten.copy.text,
            "by_hand": [(it.found.place, it.base) for it in rewritten.copy.by_hand],
            "virtual_keys": [(it.virtual.id, it.virtual.label) for it in rewritten.made],
        }
        return self.site.page(visit, "keys/copied.html", facts)

    async def _look(self, visit: Visit, fields: Fields) -> Look:
        file = _file(fields)
        exchange = fields.line("exchange")
        return await self.house.importing.look(visit.person.account, file.raw, file.name, exchange)

    def _form(self, visit: Visit, form: Form, status: int = 200) -> Response:
        copies = "copies" in form.ticked
        # What was wrong stands in the form that was sent; the other one is as it was.
        other = Form(form.values, ticked=form.ticked)
        facts = {
            "form": form,
            "first": other if copies else form,
            "second": form if copies else other,
            "exchanges": [
                ("", say("keys_import.exchange_told")),
                *((card.id, card.name) for card in open_exchanges()),
            ],
            "venues": [(it.value, say(f"venue.{it.value}")) for it in (Venue.LIVE, Venue.PAPER)],
            "scopes": [
                (it.value, say(f"scope.{it.value}")) for it in Scope if it in GRANTABLE_SCOPES
            ],
            "copies": copies,
            "on_phone": is_phone(visit.request),
            "word": _WORD,
        }
        return self.site.page(visit, "keys/import.html", facts, status)


def _file(fields: Fields) -> Upload:
    file = fields.file("file")
    if file is None:
        raise BadInput("import_no_upload", field="file")
    return file


def _again(error: DrawbridgeError, fields: Fields, *, copies: bool = False) -> Form:
    kept = fields.keep("exchange", "venue", "pairs")
    ticked = frozenset(fields.chosen("scopes")) | ({"copies"} if copies else set())
    return refused(error, _SHOWN, kept, ticked)


def _view(brought: Brought) -> BroughtView:
    found, key = brought.seen.found, brought.seen.mine
    if brought.added is not None:
        key = brought.added.key
    state = "mine" if brought.seen.mine else "problem"
    return BroughtView(
        exchange_name=get_card(found.exchange).name if found.exchange else "",
        key=found.shown if found.key else "",
        program=say(f"importing.program.{found.program.value}"),
        place=found.place,
        line=found.line,
        state="added" if brought.added is not None else state,
        problem=say_error(brought.problem) if brought.problem else "",
        key_id=key.id if key else "",
        label=key.label if key else "",
    )
