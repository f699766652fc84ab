"""API management of the paper exchange: create, show once, disable, enable, delete.

Switches, groups and what else a key has are read off each exchange's card, so that a key is
made here as at the real exchange.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from starlette.responses import Response

from drawbridge.accounts.service import Accounts
from drawbridge.catalogue.card import Card, Permission
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import DAY_MS, Clock
from drawbridge.core.errors import BadInput, DrawbridgeError, NotFound
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.pages.fields import Fields, Form, refused
from drawbridge.entrypoints.pages.site import Site, go
from drawbridge.entrypoints.pages.visits import Visit
from drawbridge.paper.accounts import KeyWish, NewPaperKey, PaperKey, draw_key
from drawbridge.paper.world import PaperWorld
from drawbridge.wording.say import say

_KEPT: Final = ("label", "ip_list", "days", "public_key")
_BETWEEN: Final = re.compile(r"[\s,;]+")
_DAYS: Final = range(1, 3_651)
_NAME_LENGTH = 16
_API: Final = "/api-management"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as a row shows it."""

    name: str
    key: str
    label: str
    switches: tuple[str, ...]
    ip_list: tuple[str, ...]
    expires_ms: int | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class KeyGroup:
    """An exchange and one person's keys at it."""

    card: Card
    keys: tuple[KeyRow, ...]


@dataclass(frozen=True, slots=True)
class KeyPages:
    """The pages of keys."""

    site: Site
    world: PaperWorld
    accounts: Accounts
    exchanges: Sequence[Exchange]
    clock: Clock
    entropy: Callable[[int], bytes]

    async def show(self, visit: Visit) -> Response:
        """Show all keys, exchange by exchange."""
        keys = self.world.keys.of(visit.person.id)
        groups = [_group(exchange.card, keys) for exchange in self.exchanges]
        return self.site.page(visit, "keys.html", {"exchanges": groups})

    async def show_new(self, visit: Visit) -> Response:
        """Show the form, with the switches as the exchange presets them."""
        card = self._exchange(visit).card
        preset = frozenset(switch.api for switch in card.permissions if switch.default)
        return self._new(visit, card, Form(ticked=preset))

    async def create(self, visit: Visit, fields: Fields) -> Response:
        """Make a key and show it this one time."""
        exchange = self._exchange(visit)
        card = exchange.card
        try:
            wish = self._read_wish(card, fields)
            # Drawn once for the look of it and thrown away: a code counts once, so it is only
            # asked for when nothing else in the form is wrong.
            draw_key(exchange, wish, self.entropy, self.clock.now_ms())
            await self.accounts.check_second_factor(visit.person.id, fields.line("code"))
            made = await self.world.keys.create(visit.person.id, wish)
        except DrawbridgeError as error:
            ticked = frozenset(fields.chosen("switch"))
            form = refused(error, _fields_of(card), fields.keep(*_KEPT), ticked)
            return self._new(visit, card, form, error.http_status)
        facts = {"card": card, "made": made, "shown": _shown(card, made)}
        return self.site.page(visit, "made_key.html", facts)

    async def disable(self, visit: Visit, _fields: Fields) -> Response:
        """Stop a key from working."""
        key = self._key(visit)
        await self.world.keys.disable(key.account, key.exchange_id, key.key)
        return go(_API, "paper_key_disabled")

    async def enable(self, visit: Visit, _fields: Fields) -> Response:
        """Let a key work again."""
        key = self._key(visit)
        await self.world.keys.enable(key.account, key.exchange_id, key.key)
        return go(_API, "paper_key_enabled")

    async def show_delete(self, visit: Visit) -> Response:
        """Ask before a key is deleted."""
        facts = {"label": self._key(visit).label, "form": Form()}
        return self.site.page(visit, "delete_key.html", facts)

    async def delete(self, visit: Visit, fields: Fields) -> Response:
        """Delete a key, on a code."""
        key = self._key(visit)
        try:
            await self.accounts.check_second_factor(visit.person.id, fields.line("code"))
        except DrawbridgeError as error:
            facts = {"label": key.label, "form": refused(error, ("code",), {})}
            return self.site.page(visit, "delete_key.html", facts, error.http_status)
        await self.world.keys.delete(key.account, key.exchange_id, key.key)
        return go(_API, "paper_key_deleted")

    def _new(self, visit: Visit, card: Card, form: Form, status: int = 200) -> Response:
        facts = {"card": card, "form": form, "switch_groups": _groups(card)}
        return self.site.page(visit, "new_key.html", facts, status)

    def _exchange(self, visit: Visit) -> Exchange:
        wanted = visit.request.query_params.get("exchange", "")
        for exchange in self.exchanges:
            if exchange.id == wanted:
                return exchange
        raise NotFound("unknown_exchange")

    def _key(self, visit: Visit) -> PaperKey:
        place = visit.request.path_params
        for key in self.world.keys.of(visit.person.id):
            if key.exchange_id == place["exchange"] and _name_of(key) == place["name"]:
                return key
        raise NotFound("unknown_key")

    def _read_wish(self, card: Card, fields: Fields) -> KeyWish:
        days = fields.line("days")
        return KeyWish(
            exchange_id=card.id,
            label=fields.line("label"),
            switches=frozenset(fields.chosen("switch")),
            ip_list=tuple(text for text in _BETWEEN.split(fields.text("ip_list")) if text),
            expires_ms=self.clock.now_ms() + _read_days(days) * DAY_MS if days else None,
            public_key=fields.text("public_key"),
        )


def _read_days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) not in _DAYS:
        raise BadInput("bad_days", field="days")
    return int(text)


def _fields_of(card: Card) -> tuple[str, ...]:
    """Name the fields that an exchange's form has."""
    there = {
        "ip_list": card.ip_list.supported,
        "days": card.expiry.settable,
        "public_key": card.paper_key.public_key_upload,
    }
    return ("label", "switches", "code", *(name for name, shown in there.items() if shown))


def _groups(card: Card) -> list[tuple[str, list[Permission]]]:
    shown = [switch for switch in card.permissions if switch.shown]
    return [(name, list(group)) for name, group in groupby(shown, lambda switch: switch.group)]


def _group(card: Card, keys: Sequence[PaperKey]) -> KeyGroup:
    return KeyGroup(card, tuple(_row(card, key) for key in keys if key.exchange_id == card.id))


def _row(card: Card, key: PaperKey) -> KeyRow:
    labels = (switch.label for switch in card.permissions if switch.api in key.switches)
    return KeyRow(
        name=_name_of(key),
        key=key.key,
        label=key.label,
        switches=tuple(labels),
        ip_list=tuple(str(network) for network in key.ip_list),
        expires_ms=key.expires_ms,
        disabled=key.disabled,
    )


def _name_of(key: PaperKey) -> str:
    """Name a key in an address: keys themselves hold letters that addresses give a meaning."""
    return hashlib.sha256(key.key.encode()).hexdigest()[:_NAME_LENGTH]


def _shown(card: Card, made: NewPaperKey) -> list[tuple[str, str, str]]:
    """Give what is shown once: an element's id, the exchange's own label, the text."""
    parts = {
        "api_key": Secret(made.api_key),
        "api_secret": made.api_secret,
        "passphrase": made.passphrase,
    }
    labels = {part.field: part.label for part in card.credentials}
    return [
        (name.replace("_", "-"), labels.get(name, say(f"field.{name}")), text.reveal())
        for name, text in parts.items()
        if text is not None
    ]
