"""Paper keys: what one is, how a new one is drawn, and what a person may ask of it.

Who the people are and how they log in is the accounts package's business; here they are account
ids. Pure: randomness is passed in, and storing is `store.py`'s.
"""

import hashlib
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from drawbridge.catalogue.card import Card, Need
from drawbridge.catalogue.drawing import draw_secrets
from drawbridge.catalogue.forms import Entropy
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.clock import DAY_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import Verifier

Network = IPv4Network | IPv6Network

_MOST_LABEL: Final = 60
_MOST_ADDRESSES: Final = 30
_MOST_PUBLIC_KEY: Final = 8_192
# Numbers of accounts have eight digits or more, as on real exchanges.
_LEAST_NUMBER: Final = 10_000_000
_NUMBER_BYTES: Final = 3


@dataclass(slots=True, eq=False)
class PaperKey:
    """A key of the paper exchange, ready to verify with.

    Only `disabled` and `last_nonce` change.
    """

    exchange_id: str
    key: str
    account: str
    label: str
    switches: frozenset[str]
    ip_list: tuple[Network, ...]
    expires_ms: int | None
    disabled: bool
    created_ms: int
    verifier: Verifier
    passphrase: str | None = None
    last_nonce: int = 0


@dataclass(frozen=True, slots=True)
class KeyWish:
    """What a person asks for on the page where keys are made."""

    exchange_id: str
    label: str = ""
    switches: frozenset[str] = frozenset()
    ip_list: tuple[str, ...] = ()
    expires_ms: int | None = None
    public_key: str = ""


@dataclass(frozen=True, slots=True)
class NewPaperKey:
    """A new key, shown once; no secret where the person keeps the private half."""

    api_key: str
    api_secret: Secret | None
    passphrase: Secret | None


@dataclass(frozen=True, slots=True)
class DrawnKey:
    """A new key with what the exchange keeps of it."""

    shown: NewPaperKey
    label: str
    switches: frozenset[str]
    ip_list: tuple[Network, ...]
    expires_ms: int | None
    material: Secret


def switches_for(card: Card, scopes: frozenset[Scope]) -> frozenset[str]:
    """Choose the switches that give these rights, and others only where one switch gives both.

    Raises: `BadInput("scope_not_offered")` for a right that no switch gives.
    """
    needed = (Need.REQUIRED, Need.TRADING)
    chosen = {
        switch.api
        for switch in card.permissions
        if scopes.issuperset(switch.scopes)
        or (switch.need in needed and not scopes.isdisjoint(switch.scopes))
    }
    missing = scopes - card.scopes_of(chosen)
    chosen.update(
        switch.api for switch in card.permissions if not missing.isdisjoint(switch.scopes)
    )
    missing = scopes - card.scopes_of(chosen)
    if missing:
        raise BadInput("scope_not_offered", field="scopes", scope=min(missing), exchange=card.name)
    return frozenset(chosen)


def draw_key(exchange: Exchange, wish: KeyWish, entropy: Entropy, now_ms: int) -> DrawnKey:
    """Check a wish against the exchange's card and draw the key.

    Raises: `BadInput` naming the field.
    """
    card = exchange.card
    label = wish.label.strip() or card.name
    if len(label) > _MOST_LABEL or not label.isprintable():
        raise BadInput("bad_label", field="label", most=_MOST_LABEL)
    for switch in sorted(wish.switches):
        if card.find_permission(switch) is None:
            raise BadInput("no_such_switch", field="switches", switch=switch[:_MOST_LABEL])
    ip_list = _read_ip_list(card, wish)
    expires_ms = _expiry(card, wish, now_ms)
    shown, material = _draw(exchange, wish.public_key, entropy)
    # Preparing the verifier now proves that the key can be used at all.
    exchange.keys.verifier(material)
    switches = card.with_needed(wish.switches)
    return DrawnKey(shown, label, switches, ip_list, expires_ms, material)


def own_name(account: str, of: str) -> str:
    """Give the number by which an exchange calls an account or its owner; always the same one."""
    digest = hashlib.sha256(f"{of} {account}".encode()).digest()
    return str(_LEAST_NUMBER + int.from_bytes(digest[:_NUMBER_BYTES], "big"))


def _draw(exchange: Exchange, public_key: str, entropy: Entropy) -> tuple[NewPaperKey, Secret]:
    drawn = draw_secrets(exchange.card.paper_key, entropy)
    if not public_key.strip():
        shown = NewPaperKey(drawn.api_key, drawn.api_secret, drawn.passphrase)
        return shown, drawn.api_secret
    if not exchange.card.paper_key.public_key_upload:
        raise BadInput("public_key_not_taken", field="public_key", exchange=exchange.card.name)
    if len(public_key) > _MOST_PUBLIC_KEY or "PRIVATE" in public_key:
        # Whoever pastes the private half by mistake must not have it stored.
        raise BadInput("bad_public_key", field="public_key")
    return NewPaperKey(drawn.api_key, None, drawn.passphrase), Secret(public_key)


def _read_ip_list(card: Card, wish: KeyWish) -> tuple[Network, ...]:
    texts = tuple(text.strip() for text in wish.ip_list if text.strip())
    if texts and not card.ip_list.supported:
        raise BadInput("no_ip_list", field="ip_list", exchange=card.name)
    if len(texts) > (card.ip_list.max or _MOST_ADDRESSES):
        raise BadInput("too_many_addresses", field="ip_list", most=card.ip_list.max)
    networks = tuple(_read_network(text) for text in texts)
    if not card.ip_list.cidr and any(it.num_addresses > 1 for it in networks):
        raise BadInput("no_networks", field="ip_list", exchange=card.name)
    needing = card.scopes_of(wish.switches).intersection(card.ip_list.required_for)
    if needing and not networks:
        raise BadInput("ip_list_needed", field="ip_list", scope=min(needing))
    return networks


def _read_network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise BadInput("bad_address", field="ip_list", address=text[:_MOST_LABEL]) from None


def _expiry(card: Card, wish: KeyWish, now_ms: int) -> int | None:
    if wish.expires_ms is not None:
        if wish.expires_ms <= now_ms:
            raise BadInput("expiry_in_the_past", field="expires")
        return wish.expires_ms
    rule = card.expiry
    applies = card.scopes_of(wish.switches).intersection(rule.applies_to)
    if rule.without_ip_list_days and applies and not any(map(str.strip, wish.ip_list)):
        return now_ms + rule.without_ip_list_days * DAY_MS
    return None
