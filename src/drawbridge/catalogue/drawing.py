"""Drawing keys that look like those of an exchange: for the paper exchange, and for bots.

Pure: randomness is passed in. How they look are facts of the card.
"""

import base64
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.forms import Entropy, draw_text, fill_form
from drawbridge.catalogue.paper_facts import PaperKeyRule, SecretEncoding
from drawbridge.core.secret import Secret
from drawbridge.wire.algorithms import ec_pem, ed25519_pair

_ALPHANUMERIC: Final = "A-Za-z0-9"
_PASSPHRASE_LENGTH: Final = 20
_SEED_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DrawnSecrets:
    """A key as an exchange issues it; the passphrase where it has one."""

    api_key: str
    api_secret: Secret
    passphrase: Secret | None = None


def draw_secrets(rule: PaperKeyRule, entropy: Entropy) -> DrawnSecrets:
    """Draw key, secret and passphrase as the exchange issues them."""
    api_key = (
        fill_form(rule.key_form, entropy)
        if rule.key_form
        else draw_text(rule.key_alphabet, rule.key_length, entropy)
    )
    passphrase = None
    if rule.passphrase:
        passphrase = Secret(draw_text(_ALPHANUMERIC, _PASSPHRASE_LENGTH, entropy))
    return DrawnSecrets(api_key, _secret(rule, entropy), passphrase)


def _secret(rule: PaperKeyRule, entropy: Entropy) -> Secret:
    match rule.secret_encoding:
        case SecretEncoding.BASE64:
            # The fewest bytes that are written with so many characters, padding included.
            size = (rule.secret_length // 4 - 1) * 3 + 1
            return Secret(base64.b64encode(entropy(size)).decode("ascii"))
        case SecretEncoding.FORM:
            return Secret(fill_form(rule.secret_form, entropy))
        case SecretEncoding.EC_PEM:
            return Secret(ec_pem(entropy(_SEED_BYTES)))
        case SecretEncoding.ED25519:
            return Secret(ed25519_pair(entropy(_SEED_BYTES)))
        case _:
            return Secret(draw_text(_ALPHANUMERIC, rule.secret_length, entropy))
