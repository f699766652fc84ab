"""Virtual keys: the list, the form that makes one, one with its use, narrowing and revoking."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.catalogue.registry import get_card
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.operations import Scope
from drawbridge.core.orders import OrderType, Side
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.phones import FIELD as ON_PHONE
from drawbridge.entrypoints.pages.phones import check_phone, is_phone
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.virtual_key_views import (
    VirtualView,
    choices,
    request_view,
    use_view,
    view_of,
    wish_of,
)
from drawbridge.gateway.crossings import Query, find_crossings
from drawbridge.vault.model import IN_USE, KeyRecord
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.virtual_keys.recipes import Place, write_recipes
from drawbridge.virtual_keys.restrictions import GRANTABLE_SCOPES, Pairs
from drawbridge.virtual_keys.service import Made
from drawbridge.virtual_keys.wishes import DAYS
from drawbridge.wording.say import say

_HERE: Final = "/virtual-keys"
_LAST: Final = 20
_TEXTS: Final = (
    *("pairs", "largest_order", "open_exposure", "day_turnover", "collar", "addresses"),
    *("hours", "rate", "expires", "order_sides", "order_types"),
)
_SHOWN: Final = ("key", "label", "scopes", "days", "code", ON_PHONE, *_TEXTS)
# What is typed to make a key from a phone: it is ours, and no exchange's.
_WORD: Final = "Drawbridge"
# Those that stand folded away until they are wanted.
_MORE: Final = ("open_exposure", "collar", "addresses", "hours", "days", "rate", "order_types")
_LIVES: Final = ("7", "30", "90", "365")


@dataclass(frozen=True, slots=True)
class VirtualKeyPages:
    """Pages and forms of virtual keys."""

    site: Site
    house: House

    async def show_all(self, visit: Visit) -> Response:
        """List virtual keys, those in use first."""
        now_ms = self.house.clock.now_ms()
        listed = await self.house.virtual_keys.list_virtual_keys(visit.person.account)
        views = [view_of(it.virtual, it.key_label, it.used_ms, now_ms) for it in listed]
        views.sort(key=lambda it: not it.is_live)
        facts = {"virtual_keys": views, "keys": await self._keys(visit)}
        return self.site.page(visit, "virtual_keys/list.html", facts)

    async def show_new(self, visit: Visit) -> Response:
        """Show the form that makes one."""
        ticked = frozenset({Scope.TRADE_SPOT.value})
        chosen = visit.request.query_params.get("key", "")
        return await self._new(visit, Form({"key": chosen}, ticked=ticked))

    async def make(self, visit: Visit, fields: Fields) -> Response:
        """Make a virtual key and show it with its recipes, this one time."""
        try:
            check_phone(visit.request, fields, _WORD)
            made = await self.house.virtual_keys.make(
                visit.person.account,
                fields.line("key"),
                wish_of(fields, self._end(fields)),
                fields.line("label"),
                fields.line("code"),
            )
        except DrawbridgeError as error:
            return await self._new(visit, _again(error, fields), error.http_status)
        return self.site.page(visit, "virtual_keys/made.html", self._shown(made))

    async def show(self, visit: Visit) -> Response:
        """Show one: what it is held to, and how it was used in the last day."""
        return self.site.page(visit, "virtual_keys/show.html", await self._watched(visit))

    async def show_live(self, visit: Visit) -> Response:
        """Show only how one is used, for the page that watches it."""
        return self.site.page(visit, "virtual_keys/live.html", await self._watched(visit))

    async def show_narrow(self, visit: Visit) -> Response:
        """Show the form that narrows one."""
        return await self._narrowing(visit, Form())

    async def narrow(self, visit: Visit, fields: Fields) -> Response:
        """Hold one to more."""
        virtual = await self._found(visit)
        try:
            wish = wish_of(fields, self._end(fields))
            await self.house.virtual_keys.narrow(virtual.owner, virtual.id, wish)
        except DrawbridgeError as error:
            return await self._narrowing(visit, _again(error, fields), error.http_status)
        return go(f"{_HERE}/{virtual.id}", "virtual_key_narrowed")

    async def show_revoke(self, visit: Visit) -> Response:
        """Ask before one is ended for good."""
        facts = {"virtual": await self._view(await self._found(visit))}
        return self.site.page(visit, "virtual_keys/revoke.html", facts)

    async def revoke(self, visit: Visit, fields: Fields) -> Response:
        """End one for good, at once; its open orders with it where that was chosen."""
        virtual, cancel = await self._found(visit), bool(fields.line("cancel"))
        await self.house.panic.stop_virtual_key(virtual.owner, virtual.id, cancel=cancel)
        return go(_HERE, "virtual_key_revoked")

    async def _watched(self, visit: Visit) -> dict[str, object]:
        virtual = await self._found(visit)
        now_ms = self.house.clock.now_ms()
        uses = await self.house.virtual_keys.uses(virtual.owner, virtual.id, now_ms - DAY_MS)
        query = Query(virtual.id)
        crossed = await find_crossings(self.house.database, virtual.owner, query, _LAST)
        return {
            "virtual": await self._view(virtual),
            "use": use_view(uses, now_ms),
            "requests": [request_view(it) for it in crossed],
        }

    async def _found(self, visit: Visit) -> VirtualKey:
        virtual_id = visit.request.path_params["virtual"]
        return await self.house.virtual_keys.get(visit.person.account, virtual_id)

    async def _keys(self, visit: Visit) -> list[KeyRecord]:
        """Give the real keys that a virtual one can be made for."""
        keys = await self.house.vault.list_keys(visit.person.account)
        return [key for key in keys if key.status in IN_USE]

    async def _view(self, virtual: VirtualKey) -> VirtualView:
        listed = await self.house.virtual_keys.list_virtual_keys(virtual.owner)
        one = next(it for it in listed if it.virtual.id == virtual.id)
        return view_of(virtual, one.key_label, one.used_ms, self.house.clock.now_ms())

    async def _new(self, visit: Visit, form: Form, status: int = 200) -> Response:
        keys = await self._keys(visit)
        scopes = {scope for key in keys for scope in key.scopes} & GRANTABLE_SCOPES
        facts = {
            "keys": [(key.id, f"{key.label} · {get_card(key.exchange).name}") for key in keys],
            "scopes": _scope_choices(scopes - {Scope.READ}),
            "on_phone": is_phone(visit.request),
            "word": _WORD,
            **_form_facts(form),
        }
        return self.site.page(visit, "virtual_keys/new.html", facts, status)

    async def _narrowing(self, visit: Visit, form: Form, status: int = 200) -> Response:
        view = await self._view(await self._found(visit))
        facts = {
            "virtual": view,
            "scopes": _scope_choices(GRANTABLE_SCOPES - {Scope.READ}),
            **_form_facts(form),
        }
        return self.site.page(visit, "virtual_keys/narrow.html", facts, status)

    def _end(self, fields: Fields) -> int | None:
        days = fields.line("expires")
        return self.house.clock.now_ms() + int(days) * DAY_MS if days in _LIVES else None

    def _shown(self, made: Made) -> dict[str, object]:
        """Give what is shown once. It goes into this one answer and nowhere else."""
        virtual, drawn, card = made.virtual, made.drawn, get_card(made.virtual.exchange)
        pairs = [sorted(it.symbols) for it in virtual.restrictions if isinstance(it, Pairs)]
        base = self.house.settings.proxy_url(card.id, virtual.venue.value)
        place = Place(base, base.replace("http", "ws", 1))
        recipes = write_recipes(card, drawn, place, tuple(pairs[0]) if pairs else ())
        told = {"api_key": drawn.api_key, "api_secret": drawn.api_secret.reveal()}
        if drawn.passphrase is not None:
            told["passphrase"] = drawn.passphrase.reveal()
        labels = {part.field: part.label for part in card.credentials}
        return {
            "virtual": view_of(virtual, "", None, virtual.created_ms),
            "base": base,
            "secrets": [(name, labels.get(name, name), text) for name, text in told.items()],
            "recipes": [(it.program, it.title, it.text.reveal().strip()) for it in recipes],
        }


def _again(error: DrawbridgeError, fields: Fields) -> Form:
    ticked = frozenset((*fields.chosen("scopes"), *fields.chosen("days")))
    return refused(error, _SHOWN, fields.keep("key", "label", ON_PHONE, *_TEXTS), ticked)


def _scope_choices(scopes: Iterable[Scope]) -> list[tuple[str, str]]:
    return [(it.value, say(f"scope.{it.value}")) for it in Scope if it in set(scopes)]


def _form_facts(form: Form) -> dict[str, object]:
    is_wanted = any(name in form.problems or form.values.get(name) for name in _MORE)
    return {
        "form": form,
        "more_open": is_wanted or not form.ticked.isdisjoint(DAYS),
        "sides": choices("virtual.side", [side.value for side in Side]),
        "order_types": choices("virtual.type", [kind.value for kind in OrderType]),
        "days": [(day, say(f"virtual.day.{day}")) for day in DAYS],
        "lives": [
            ("", say("virtual_keys.no_end")),
            *((days, say("span.days", count=int(days))) for days in _LIVES),
        ],
    }
