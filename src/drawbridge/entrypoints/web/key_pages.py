"""Profile, my exchange API keys: list, add, watch the check, switch off and on, delete."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from drawbridge.app.build import House
from drawbridge.app.guiding import guide_at
from drawbridge.app.observing.cluster import outgoing_addresses
from drawbridge.catalogue.card import Card
from drawbridge.catalogue.guide import Purpose
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.phones import FIELD as ON_PHONE
from drawbridge.entrypoints.pages.phones import check_phone, is_phone
from drawbridge.entrypoints.pages.second_factor import take_code
from drawbridge.entrypoints.pages.site import LEAVE, Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.entrypoints.web.holding_views import AccountView, view_accounts
from drawbridge.entrypoints.web.key_views import (
    CheckView,
    form_facts,
    view_check,
    view_key,
    view_verdict,
)
from drawbridge.entrypoints.web.robot_views import view_robot
from drawbridge.vault.entering import Typed, check_new_key
from drawbridge.vault.lives import LifeWish, read_made_ms
from drawbridge.vault.model import KeyRecord, KeyStatus, Proof, Venue, read_venue
from drawbridge.wording.say import say

_CODE: Final = ("code",)
# What a person may do with a key in each state; the rest would be refused anyway.
_ACTIONS: Final[Mapping[KeyStatus, tuple[str, ...]]] = {
    KeyStatus.UNVERIFIED: ("check", "disable", "delete"),
    KeyStatus.CHECKING: ("disable",),
    KeyStatus.ENABLED: ("check", "disable", "delete"),
    KeyStatus.READ_ONLY: ("check", "disable", "delete"),
    KeyStatus.DISABLED: ("enable", "delete"),
    KeyStatus.REFUSED: ("delete",),
    KeyStatus.INVALID: ("check", "disable", "delete"),
    KeyStatus.CLEANUP_PENDING: ("check", "disable"),
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What stands in the address of the page on which a key is added."""

    card: Card
    venue: Venue
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class KeyPages:
    """The pages of keys."""

    site: Site
    house: House

    async def show_all(self, visit: Visit) -> Response:
        """List the person's keys."""
        keys = await self.house.vault.list_keys(visit.person.account)
        return self.site.page(visit, "keys/list.html", {"keys": [view_key(key) for key in keys]})

    async def show_new(self, visit: Visit) -> Response:
        """Show the form beside its guide; without an exchange, the exchanges to choose from."""
        if not visit.request.query_params.get("exchange"):
            venue = read_venue(visit.request.query_params.get("venue", Venue.PAPER))
            cards = [get_card(name) for name in exchange_ids()]
            cards.sort(key=lambda card: not card.takes_keys)
            facts = {"cards": cards, "venue": venue.value}
            return self.site.page(visit, "keys/choose.html", facts)
        return await self._new(visit, _read_wanted(visit), Form())

    async def add(self, visit: Visit, fields: Fields) -> Response:
        """Store a key and lead on to its check."""
        wanted = _read_wanted(visit)
        names = [part.field for part in wanted.card.credentials]
        texts = {name: fields.text(name) for name in names}
        try:
            check_phone(visit.request, fields, wanted.card.name)
            read_made_ms(fields.line("made"), self.house.clock.now_ms())
            typed = Typed(wanted.card.id, wanted.venue, texts, fields.line("label"))
            check = check_new_key(self.house.database, visit.person.account, typed)
            await take_code(self.house.accounts, visit.person.id, fields, after=check)
            added = await self.house.vault.add(
                visit.person.account,
                wanted.card.id,
                wanted.venue,
                texts,
                fields.line("label"),
                proof=_proof_in(fields),
            )
        except DrawbridgeError as error:
            kept = _kept(wanted.card, fields, error)
            form = refused(error, ("label", "made", ON_PHONE, *_CODE, *names), kept)
            return await self._new(visit, wanted, form, error.http_status)
        finally:
            texts.clear()
        if fields.line("made"):
            said = LifeWish(made=fields.line("made"))
            await self.house.lives.change(visit.person.account, added.key.id, said)
        told = [("cleaned", name) for name in added.notes]
        if added.seen_before:
            told.append(("seen", "before"))
        return go(f"/keys/{added.key.id}{'?' if told else ''}{urlencode(told)}")

    async def show(self, visit: Visit) -> Response:
        """Show a key, its last check and what can be done with it."""
        return await self._show(visit, Form())

    async def show_check(self, visit: Visit) -> Response:
        """Show the check alone, for the page that watches it."""
        facts = await self._check_facts(await self._key(visit))
        check = facts["check"]
        page = self.site.page(visit, "keys/steps.html", facts)
        if isinstance(check, CheckView) and not check.running:
            # It has ended: status, rights and buttons of the whole page are other ones now.
            page.headers.update(LEAVE)
        return page

    async def show_holdings(self, visit: Visit) -> Response:
        """Show alone what the account holds, for the page that watches it."""
        key = await self._key(visit)
        account = await self._account(key)
        facts = {"key": view_key(key), "account": account}
        page = self.site.page(visit, "keys/holdings.html", facts)
        if account is None:
            # The key is not in use any more: the whole page is another one now.
            page.headers.update(LEAVE)
        return page

    async def choose_currency(self, visit: Visit, fields: Fields) -> Response:
        """Ask for what the account holds, told in another currency."""
        key = await self._key(visit)
        try:
            await self.house.portfolios.ask(key.id, fields.text("currency"))
        except DrawbridgeError as error:
            form = refused(error, ("currency",), fields.keep("currency"))
            return await self._show(visit, form, error.http_status)
        return go(f"/keys/{key.id}#account")

    async def check(self, visit: Visit, fields: Fields) -> Response:
        """Ask for a check, with the proof that was chosen."""
        key = await self.house.vault.request_check(
            visit.person.account, _id(visit), proof=_proof_in(fields)
        )
        return go(f"/keys/{key.id}")

    async def disable(self, visit: Visit, _fields: Fields) -> Response:
        """Switch a key off."""
        key = await self.house.vault.disable(visit.person.account, _id(visit))
        return go(f"/keys/{key.id}", "key_disabled")

    async def confirm(self, visit: Visit) -> Response:
        """Ask before a key is enabled or deleted."""
        return await self._confirm(visit, Form())

    async def enable(self, visit: Visit, fields: Fields) -> Response:
        """Switch a key on, on a code."""
        try:
            await self.house.accounts.check_second_factor(visit.person.id, fields.line("code"))
            key = await self.house.vault.enable(visit.person.account, _id(visit))
        except DrawbridgeError as error:
            return await self._confirm(visit, refused(error, _CODE, {}), error.http_status)
        return go(f"/keys/{key.id}")

    async def delete(self, visit: Visit, fields: Fields) -> Response:
        """Delete a key, on a code."""
        try:
            await self.house.accounts.check_second_factor(visit.person.id, fields.line("code"))
            await self.house.vault.delete(visit.person.account, _id(visit))
        except DrawbridgeError as error:
            return await self._confirm(visit, refused(error, _CODE, {}), error.http_status)
        return go("/keys", "key_deleted")

    async def _key(self, visit: Visit) -> KeyRecord:
        return await self.house.vault.get_key(visit.person.account, _id(visit))

    async def _show(self, visit: Visit, form: Form, status: int = 200) -> Response:
        key, asked = await self._key(visit), visit.request.query_params
        card = get_card(key.exchange)
        cleaned = [
            say(f"field.{part.field}")
            for part in card.credentials
            if part.field in asked.getlist("cleaned")
        ]
        facts = {
            **await self._check_facts(key),
            "actions": _ACTIONS[key.status],
            "cleaned": ", ".join(cleaned),
            "seen_before": "seen" in asked,
            "account": await self._account(key),
            "currencies": [currency.code for currency in card.currencies],
            "proofs": _proofs(card),
            "proof": Proof.ORDER.value,
            "form": form,
        }
        return self.site.page(visit, "keys/show.html", facts, status)

    async def _account(self, key: KeyRecord) -> AccountView | None:
        found = await view_accounts(self.house.portfolios, [key], self.house.clock.now_ms())
        return found[0] if found else None

    async def _check_facts(self, key: KeyRecord) -> dict[str, object]:
        check = await self.house.checks.find_latest(key.id)
        return {
            "key": view_key(key),
            "check": view_check(key, check),
            "verdict": view_verdict(key, check),
        }

    async def _confirm(self, visit: Visit, form: Form, status: int = 200) -> Response:
        key = view_key(await self._key(visit))
        action = visit.request.url.path.rpartition("/")[2]
        used_by = await self.house.robots.robots_of_key(visit.person.account, key.id)
        facts = {
            "key": key,
            "action": action,
            "form": form,
            "used_by": [view_robot(robot) for robot in used_by] if action == "delete" else [],
        }
        return self.site.page(visit, "keys/confirm.html", facts, status)

    async def _new(self, visit: Visit, wanted: _Wanted, form: Form, status: int = 200) -> Response:
        card = wanted.card
        papered = card.level >= Level.PAPERED
        addresses = await outgoing_addresses(self.house)
        facts = {
            "card": card,
            "can_add": card.takes_keys and not card.unacceptable,
            "venue": wanted.venue.value,
            "venues": [
                venue.value for venue in (Venue.PAPER, Venue.LIVE) if papered or venue is Venue.LIVE
            ],
            "purpose": wanted.purpose.value,
            "form": form,
            **form_facts(card),
            "guide": guide_at(card, wanted.purpose, wanted.venue, addresses),
            "proofs": _proofs(card),
            "proof": form.values.get("proof", Proof.ORDER.value),
            "on_phone": is_phone(visit.request),
            "word": card.name,
            "paper_site": self.house.settings.paper_url(),
        }
        return self.site.page(visit, "keys/new.html", facts, status)


def _read_purpose(text: str) -> Purpose:
    return Purpose.READING if text == Purpose.READING else Purpose.TRADING


def _read_wanted(visit: Visit) -> _Wanted:
    asked = visit.request.query_params
    card = get_card(asked.get("exchange", ""))
    # Of an exchange that is gone, only how it was can be shown.
    venue = read_venue(asked.get("venue", Venue.LIVE)) if card.takes_keys else Venue.LIVE
    return _Wanted(card, venue, _read_purpose(asked.get("purpose", "")))


def _proofs(card: Card) -> list[str]:
    has_dry_run = card.probe_order.dry_run
    return [proof.value for proof in Proof if has_dry_run or proof is not Proof.DRY_RUN]


def _proof_in(fields: Fields) -> str:
    """Give the chosen proof; a form that offers none means the usual one."""
    return fields.line("proof") or Proof.ORDER.value


def _kept(card: Card, fields: Fields, error: DrawbridgeError) -> dict[str, str]:
    """Choose what stands in the form again: the name, and what the exchange calls public.

    Why: people paste a secret into the wrong field. While the fields of the key are themselves
    in question, none of them is shown again, and never a text that holds a secret.
    """
    in_question = any(part.field == error.facts.get("field") for part in card.credentials)
    public = [part.field for part in card.credentials if not part.secret and not in_question]
    secrets = [fields.line(part.field) for part in card.credentials if part.secret]
    kept = fields.keep("label", "made", "proof", ON_PHONE, *public)
    return {
        name: text
        for name, text in kept.items()
        if not any(secret and secret in text for secret in secrets)
    }


def _id(visit: Visit) -> str:
    return str(visit.request.path_params["key"])
