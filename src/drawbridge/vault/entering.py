"""May this key be added? Asked before anything is stored, and before a code is used up.

Nothing is written here; `service.py` asks the same again in the transaction that stores the key.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from drawbridge.catalogue.card import Card
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import check_fields, get_card, get_exchange, open_exchanges
from drawbridge.core.errors import BadInput, Conflict, Forbidden
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database
from drawbridge.vault import store
from drawbridge.vault.model import (
    RESEALABLE_STATUSES,
    KeyRecord,
    Venue,
    clean_label,
    fold_label,
    read_venue,
)

PUBLIC_FIELD: Final = "api_key"


@dataclass(frozen=True, slots=True)
class Typed:
    """A key as somebody typed it in. Its repr shows no field."""

    exchange: str
    venue: str
    fields: Mapping[str, str] = field(repr=False)
    label: str = ""


async def check_new_key(database: Database, owner: str, typed: Typed) -> None:
    """Make sure that this key could be added now.

    Why: a code counts only once, so it is asked for when nothing else is wrong.
    Raises: as `Vault.add`.
    """
    card = get_open_card(typed.exchange)
    place, label = read_place(card, typed.venue), clean_label(typed.label)
    checked = await asyncio.to_thread(check_fields, card, typed.fields)
    check_no_secret(card, label, checked.secrets)
    public_key = checked.secrets[PUBLIC_FIELD].reveal()
    known = await store.find_by_public_key(database, card.id, place, public_key)
    if known is not None:
        check_known(owner, known)
    mine = await store.list_of_owner(database, owner)
    if label:
        check_label(label, (key for key in mine if known is None or key.id != known.id))


def check_known(owner: str, known: KeyRecord) -> None:
    """Make sure that a key that is here already may get a new secret.

    Raises: `Conflict("key_known_elsewhere")`, `Conflict("key_already_yours")`.
    """
    if known.owner != owner:
        # Whose it is stays unsaid: a key's name is no proof of owning it.
        raise Conflict("key_known_elsewhere", field=PUBLIC_FIELD)
    if known.status not in RESEALABLE_STATUSES:
        raise Conflict("key_already_yours", field=PUBLIC_FIELD, label=known.label)


def check_no_secret(card: Card, label: str, fields: Mapping[str, Secret]) -> None:
    """Refuse a label into which a secret was pasted: labels are shown, told and kept in clear."""
    for part in card.credentials:
        secret = fields.get(part.field)
        if part.secret and secret is not None and secret.reveal() in label:
            raise BadInput("label_holds_secret", field="label")


def check_label(label: str, mine: Iterable[KeyRecord]) -> None:
    """Refuse a name that another key has. Raises: `Conflict("label_taken")`."""
    if fold_label(label) in {fold_label(key.label) for key in mine}:
        raise Conflict("label_taken", field="label", label=label)


def get_open_card(exchange_id: str) -> Card:
    """Give an exchange whose keys can be added.

    Raises: `NotFound("unknown_exchange")`, `Conflict("exchange_takes_no_keys")`,
    `Forbidden("exchange_unacceptable")`.
    """
    card = get_card(exchange_id)
    if not card.takes_keys:
        instead = ", ".join(other.name for other in open_exchanges())
        raise Conflict(
            "exchange_takes_no_keys", exchange=card.name, since=card.since, instead=instead
        )
    if card.unacceptable:
        raise Forbidden("exchange_unacceptable", rule="withdraw", exchange=card.name)
    get_exchange(card.id)  # refuses one of which only facts are known
    return card


def read_place(card: Card, venue: str) -> Venue:
    """Read where a key is good. Raises: `BadInput("exchange_not_papered")`."""
    place = read_venue(venue)
    if place is Venue.PAPER and card.level < Level.PAPERED:
        raise BadInput("exchange_not_papered", field="venue", exchange=card.name)
    return place
