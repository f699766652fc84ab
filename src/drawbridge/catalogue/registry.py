"""The one door to the exchange folders: cards, tables and modules by an exchange's id.

Folders are found by their `exchange.toml` and imported when first asked for, so that nothing
of an exchange is loaded that nobody uses. There is no list of exchanges anywhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Protocol, cast

from drawbridge.catalogue.card import Card, read_card
from drawbridge.catalogue.fields import CheckedFields, check_texts
from drawbridge.catalogue.levels import Level
from drawbridge.core.errors import BadInput, NotFound
from drawbridge.core.operations import KeyRights, Operation
from drawbridge.core.secret import Secret
from drawbridge.wire.codec import Codec
from drawbridge.wire.dialect import Credential, Dialect, Keys
from drawbridge.wire.endpoints import Endpoints, read_endpoints
from drawbridge.wire.errors import ErrorTable, read_error_table
from drawbridge.wire.stream import Stream

_PACKAGE: Final = "drawbridge.exchanges"
_CARD: Final = "exchange.toml"
_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Probe(Protocol):
    """How an exchange is asked what a key may do. A folder's module `probe` is one of these."""

    def operations(self) -> tuple[Operation[Any], ...]:
        """Give the operations to carry out, in this order."""

    def read(self, answers: tuple[object, ...]) -> KeyRights:
        """Read their answers; one that failed is the `DrawbridgeError` that it raised."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Everything in an exchange's folder, opened. `dialect` and `keys` are the same module.

    `stream` is None below the level of streams.
    """

    card: Card
    endpoints: Endpoints
    errors: ErrorTable
    dialect: Dialect
    keys: Keys
    codec: Codec
    probe: Probe
    stream: Stream | None = None

    @property
    def id(self) -> str:
        """Give the card's id."""
        return self.card.id


@cache
def exchange_ids() -> tuple[str, ...]:
    """Give the ids of all exchanges that have a card, sorted."""
    return tuple(
        sorted(
            folder.name
            for folder in files(_PACKAGE).iterdir()
            if folder.is_dir() and folder.joinpath(_CARD).is_file()
        )
    )


@cache
def get_card(exchange_id: str) -> Card:
    """Read an exchange's card. Raises: `NotFound("unknown_exchange")`."""
    card = read_card(_folder(exchange_id).joinpath(_CARD).read_text("utf-8"))
    if card.id != exchange_id:
        message = f"the card in folder {exchange_id} says that it is {card.id}"
        raise ValueError(message)
    return card


@cache
def get_exchange(exchange_id: str) -> Exchange:
    """Open an exchange's folder, once.

    Raises: `NotFound("unknown_exchange")`; `NotFound("exchange_not_carried")` for one of which
    we know only facts and nothing that could be run.
    """
    card, folder = get_card(exchange_id), _folder(exchange_id)
    if card.level < Level.TRADED:
        raise NotFound("exchange_not_carried", exchange=card.name, level=card.level.name.lower())
    dialect = _module(exchange_id, "dialect")
    endpoints = read_endpoints(folder.joinpath("endpoints.toml").read_text("utf-8"))
    _check_hosts(card, endpoints)
    return Exchange(
        card=card,
        endpoints=endpoints,
        errors=read_error_table(folder.joinpath("errors.toml").read_text("utf-8")),
        dialect=cast("Dialect", dialect),
        keys=cast("Keys", dialect),
        codec=cast("Codec", _module(exchange_id, "codec")),
        probe=cast("Probe", _module(exchange_id, "probe")),
        stream=(
            cast("Stream", _module(exchange_id, "stream"))
            if card.level >= Level.STREAMING
            else None
        ),
    )


def open_exchanges() -> tuple[Card, ...]:
    """Give the cards of all exchanges at which a key can be made and used today."""
    cards = (get_card(exchange_id) for exchange_id in exchange_ids())
    return tuple(card for card in cards if card.takes_keys and card.level >= Level.TRADED)


def find_cards(name: str) -> tuple[Card, ...]:
    """Give the exchanges that are or were called so; one whose id it is comes alone."""
    wanted = _folded(name)
    cards = tuple(get_card(exchange_id) for exchange_id in exchange_ids())
    exact = tuple(card for card in cards if _folded(card.id) == wanted)
    if exact:
        return exact
    return tuple(
        card
        for card in cards
        if wanted in map(_folded, (card.name, *card.former_names, *card.aliases))
    )


def _folded(name: str) -> str:
    """Give a name as it is compared: without case, blanks and signs."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def check_fields(card: Card, fields: Mapping[str, str]) -> CheckedFields:
    """Clean and check a new key's fields, and see that its secret can really sign.

    Raises: `BadInput` naming the field (see `fields.check_texts`); nothing was sent anywhere.
    """
    others = tuple(get_card(other) for other in exchange_ids() if get_card(other).takes_keys)
    checked = check_texts(card, others, fields)
    if card.level >= Level.TRADED:
        credential_of(get_exchange(card.id), checked.secrets)
    return checked


def credential_of(exchange: Exchange, fields: Mapping[str, Secret]) -> Credential:
    """Prepare a key for signing.

    Raises: `BadInput` naming the field that is missing or that no signer can be made of.
    """
    key = fields.get("api_key")
    secret = fields.get("private_key") or fields.get("api_secret")
    if key is None or secret is None:
        raise BadInput("missing_field", field="api_key" if key is None else "api_secret")
    # The key's name is public: it travels in a header and is shown on pages.
    return Credential(key.reveal(), exchange.keys.signer(secret), fields.get("passphrase"))


def _folder(exchange_id: str) -> Traversable:
    # The id may come from a form or a URL: it must not be able to name another folder.
    folder = files(_PACKAGE).joinpath(exchange_id) if _ID.fullmatch(exchange_id) else None
    if folder is None or not folder.joinpath(_CARD).is_file():
        raise NotFound("unknown_exchange", exchange=exchange_id[:32])
    return folder


def _check_hosts(card: Card, endpoints: Endpoints) -> None:
    # Keys are sent to the hosts on the card and nowhere else, whatever a table says.
    for row in endpoints.rows():
        if row.host and row.host not in card.hosts:
            message = f"endpoint {row.name}: {row.host} is no host of the card"
            raise ValueError(message)
    for path, place in card.stream_places.items():
        if place.partition("/")[0] not in card.stream_hosts:
            message = f"stream {path}: {place} is at no host of the card's streams"
            raise ValueError(message)


def _module(exchange_id: str, name: str) -> object:
    return import_module(f"{_PACKAGE}.{exchange_id}.{name}")
