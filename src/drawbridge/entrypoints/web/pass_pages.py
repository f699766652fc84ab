"""The form of a new key behind a pass: it opens once, for whoever asked the bot for it.

It shows nothing of the account, and nothing is stored without the authenticator's code.
"""

from dataclasses import dataclass

from starlette.responses import Response

from drawbridge.accounts.key_passes import KeyPass
from drawbridge.app.build import House
from drawbridge.app.guiding import guide_at
from drawbridge.app.observing.cluster import outgoing_addresses
from drawbridge.catalogue.guide import Purpose
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.phones import FIELD as ON_PHONE
from drawbridge.entrypoints.pages.phones import check_phone, is_phone
from drawbridge.entrypoints.pages.second_factor import take_code
from drawbridge.entrypoints.pages.site import Site
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.key_views import form_facts
from drawbridge.vault.entering import Typed, check_new_key
from drawbridge.vault.model import Venue
from drawbridge.wording.language import speaking


@dataclass(frozen=True, slots=True)
class PassPages:
    """The pages behind a pass."""

    site: Site
    house: House

    async def show(self, visit: Visit) -> Response:
        """Show the form beside its guide; looking uses nothing up."""
        opened = await self.house.passes.get(_token(visit))
        return await self._form(visit, opened, Form())

    async def add(self, visit: Visit, fields: Fields) -> Response:
        """Store the key, on the code of whoever asked for the pass."""
        opened = await self.house.passes.get(_token(visit))
        card, owner = get_card(opened.exchange), opened.owner.id
        names = [part.field for part in card.credentials]
        texts = {name: fields.text(name) for name in names}
        try:
            check_phone(visit.request, fields, card.name)
            typed = Typed(card.id, opened.venue, texts)
            check = check_new_key(self.house.database, owner, typed)
            await take_code(self.house.accounts, owner, fields, after=check)
        except DrawbridgeError as error:
            texts.clear()
            form = refused(error, (ON_PHONE, "code", *names), fields.keep(ON_PHONE))
            return await self._form(visit, opened, form, error.http_status)
        try:
            # Used up before anything is stored: two who hold the same pass are not both served.
            await self.house.passes.use(_token(visit))
            added = await self.house.vault.add(owner, card.id, opened.venue, texts)
        finally:
            texts.clear()
        with speaking(opened.owner.language):
            return self.site.page(visit, "telegram/added.html", {"label": added.key.label})

    async def _form(self, visit: Visit, opened: KeyPass, form: Form, status: int = 200) -> Response:
        card = get_card(opened.exchange)
        venue = Venue(opened.venue)
        addresses = await outgoing_addresses(self.house)
        facts = {
            "card": card,
            "venue": opened.venue,
            "purpose": Purpose.TRADING.value,
            "can_add": True,
            "token": _token(visit),
            "on_phone": is_phone(visit.request),
            "word": card.name,
            "form": form,
            **form_facts(card),
            "guide": guide_at(card, Purpose.TRADING, venue, addresses),
            "paper_site": self.house.settings.paper_url(),
        }
        with speaking(opened.owner.language):
            return self.site.page(visit, "telegram/add.html", facts, status)


def _token(visit: Visit) -> str:
    return str(visit.request.path_params["token"])
