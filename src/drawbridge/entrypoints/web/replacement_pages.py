"""Replacing a key, step by step: enter the new one beside its guide, watch, answer, finish."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.routing import Route

from drawbridge.accounts.roles import Act as May
from drawbridge.app.build import House
from drawbridge.app.guiding import guide_at
from drawbridge.app.observing.cluster import outgoing_addresses
from drawbridge.catalogue.card import Card
from drawbridge.catalogue.guide import Purpose, ending_steps
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.phones import FIELD as ON_PHONE
from drawbridge.entrypoints.pages.phones import check_phone, is_phone
from drawbridge.entrypoints.pages.second_factor import take_code
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.key_views import form_facts, view_key
from drawbridge.entrypoints.web.live import Live
from drawbridge.entrypoints.web.replacement_views import ReplacementView, view_replacement
from drawbridge.rotation.replacement import read_act
from drawbridge.rotation.replacements import Told
from drawbridge.vault.model import KeyRecord, KeyStatus, Proof

_POST: Final = ["POST"]
_CODE: Final = ("code",)


@dataclass(frozen=True, slots=True)
class ReplacementPages:
    """The page of one key's replacement."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show how far the replacement is; without one, the form for the new key."""
        return await self._show(visit, Form())

    async def show_live(self, visit: Visit) -> Response:
        """Show alone what changes, for the page that watches it."""
        key, told = await self._found(visit)
        return self.site.page(visit, "replacing/live.html", self._facts(key, told))

    async def enter(self, visit: Visit, fields: Fields) -> Response:
        """Take in the new key and lead on to its check."""
        owner, key_id = visit.person.account, _id(visit)
        key = await self.house.vault.get_key(owner, key_id)
        card = get_card(key.exchange)
        names = [part.field for part in card.credentials]
        texts = {name: fields.text(name) for name in names}
        try:
            check_phone(visit.request, fields, card.name)
            check = self.house.replacements.check_entry(owner, key_id, texts)
            await take_code(self.house.accounts, visit.person.id, fields, after=check)
            proof = fields.line("proof") or Proof.ORDER.value
            await self.house.replacements.enter(owner, key_id, texts, proof)
        except DrawbridgeError as error:
            # Nothing of the key is shown again: people paste a secret into the wrong field.
            kept = fields.keep("proof", ON_PHONE)
            form = refused(error, (ON_PHONE, *_CODE, *names), kept)
            return await self._show(visit, form, error.http_status)
        finally:
            texts.clear()
        return go(f"/keys/{key_id}/replace")

    async def do(self, visit: Visit, fields: Fields) -> Response:
        """Do what was pressed."""
        act = read_act(fields.line("act"))
        try:
            await self.house.replacements.do(visit.person.account, _id(visit), act)
        except DrawbridgeError as error:
            form = refused(error, (), {})
            return await self._show(visit, form, error.http_status)
        return go(f"/keys/{_id(visit)}/replace")

    async def _found(self, visit: Visit) -> tuple[KeyRecord, Told | None]:
        owner, key_id = visit.person.account, _id(visit)
        key = await self.house.vault.get_key(owner, key_id)
        return key, await self.house.replacements.find(owner, key_id)

    async def _show(self, visit: Visit, form: Form, status: int = 200) -> Response:
        key, told = await self._found(visit)
        card = get_card(key.exchange)
        reads = key.status is KeyStatus.READ_ONLY
        purpose = Purpose.READING if reads else Purpose.TRADING
        addresses = await outgoing_addresses(self.house)
        takes_entry = told is None or not told.replacement.is_open or told.replacement.takes_entry
        facts = {
            **self._facts(key, told),
            **form_facts(card),
            "form": form,
            "may_enter": takes_entry and card.takes_keys and visit.may(May.CHANGE),
            "guide": guide_at(card, purpose, key.venue, addresses),
            "proofs": _proofs(card),
            "proof": form.values.get("proof", key.check_proof.value),
            "on_phone": is_phone(visit.request),
            "word": card.name,
        }
        return self.site.page(visit, "replacing/show.html", facts, status)

    def _facts(self, key: KeyRecord, told: Told | None) -> dict[str, object]:
        card = get_card(key.exchange)
        view: ReplacementView | None = None
        if told is not None and (told.replacement.is_open or told.replacement.is_done):
            view = view_replacement(told)
        return {
            "key": view_key(key),
            "card": card,
            "can_add": card.takes_keys,
            "venue": key.venue.value,
            "it": view,
            "steps": ending_steps(card),
            "paper_site": self.house.settings.paper_url(),
        }


def replacement_routes(site: Site, house: House, live: Live) -> list[Route]:
    """Give the addresses of these pages, and the stream of what changes on them."""
    pages, one = ReplacementPages(site, house), "/keys/{key}/replace"
    return [
        Route(one, site.shows(pages.show)),
        Route(one, site.takes(pages.enter), methods=_POST),
        Route(f"{one}/live", site.shows(pages.show_live)),
        Route(f"{one}/do", site.takes(pages.do), methods=_POST),
        Route("/live/keys/{key}/replace", live.streams(pages.show_live)),
    ]


def _proofs(card: Card) -> list[str]:
    has_dry_run = card.probe_order.dry_run
    return [proof.value for proof in Proof if has_dry_run or proof is not Proof.DRY_RUN]


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["key"])
