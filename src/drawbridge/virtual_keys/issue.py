"""Drawing a virtual key in the exchange's own format, and what we keep to check signatures by.

Nothing is stored here, and no randomness is read: it is passed in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.drawing import DrawnSecrets, draw_secrets
from drawbridge.catalogue.forms import Entropy
from drawbridge.catalogue.paper_facts import SecretEncoding
from drawbridge.catalogue.registry import Exchange
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import Binding
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.algorithms import public_half

MATERIAL: Final = "material"
PASSPHRASE: Final = "passphrase"  # noqa: S105  the name of a field

_PAIRS: Final = frozenset({SecretEncoding.EC_PEM, SecretEncoding.ED25519})
# Where one letter in three is a letter of the alphabet, one draw in thirty is good.
_MOST_DRAWS: Final = 1_000


# What we keep of a virtual key never changes: another secret is another virtual key.
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh virtual key: what the bot gets, and what is sealed of it."""

    drawn: DrawnSecrets
    kept: Mapping[str, Secret]


def issue(exchange: Exchange, entropy: Entropy) -> Issued:
    """Draw a key, its secret and, where the exchange has one, its passphrase.

    Why until all begin with a letter: clients read typed settings, and a secret like `12e34`
    would become a number on the way.
    """
    rule = exchange.card.paper_key
    for _ in range(_MOST_DRAWS):
        drawn = draw_secrets(rule, entropy)
        if _are_texts(drawn, is_pair=rule.secret_encoding in _PAIRS):
            break
    else:
        message = "the dice show the same again and again"
        raise RuntimeError(message)
    secret = drawn.api_secret
    # Of a pair, the bot alone has the half that signs.
    material = Secret(public_half(secret)) if rule.secret_encoding in _PAIRS else secret
    # Preparing it now proves that requests can be checked by it at all.
    exchange.keys.verifier(material)
    kept = {MATERIAL: material}
    if drawn.passphrase is not None:
        kept[PASSPHRASE] = drawn.passphrase
    return Issued(drawn, kept)


def binding_of(virtual: VirtualKey, field: str) -> Binding:
    """Give what a field of this virtual key is sealed for."""
    return Binding(virtual.owner, virtual.exchange, virtual.id, field, _VERSION, virtual.venue)


def _are_texts(drawn: DrawnSecrets, *, is_pair: bool) -> bool:
    texts = [drawn.api_key] if is_pair else [drawn.api_key, drawn.api_secret.reveal()]
    if drawn.passphrase is not None:
        texts.append(drawn.passphrase.reveal())
    return all(text[0].isalpha() for text in texts)
