"""What a card tells the paper exchange: its pairs, its keys, its manners with certain orders.

The rest of a card stands in `card.py`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from drawbridge.core.markets import MarketKind
from drawbridge.core.money import ONE


class SelfTradeMode(StrEnum):
    """What the exchange does when an order would trade with the same person's own."""

    EXPIRE_MAKER = "expire_maker"
    CANCEL_NEWEST = "cancel_newest"


class SecretEncoding(StrEnum):
    """How the exchange writes the secrets that it draws.

    `FORM`: as `secret_form` says. `EC_PEM`: a P-256 private key in PEM; `ED25519`: a seed and its
    public key in base64.
    """

    ALPHANUMERIC = "alphanumeric"
    BASE64 = "base64"
    FORM = "form"
    EC_PEM = "ec_pem"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class SelfTrade:
    """The exchange's rule for trades with oneself."""

    mode: SelfTradeMode = SelfTradeMode.CANCEL_NEWEST


@dataclass(frozen=True, slots=True)
class PostOnly:
    """Whether an order that may only rest and would trade is refused, or taken in and ended."""

    refused: bool = True


@dataclass(frozen=True, slots=True)
class PaperMarket:
    """A pair that the paper exchange offers; `feed` names the prices that it follows.

    `price_digits` as in `Market`; with them, `price_tick` is a power of ten.
    """

    symbol: str
    id: str
    feed: str
    price_tick: Decimal
    quantity_step: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    spread_bps: int
    aliases: tuple[str, ...] = ()
    kind: MarketKind = MarketKind.SPOT
    contract_size: Decimal = ONE
    price_digits: int = 0


@dataclass(frozen=True, slots=True)
class PaperKeyRule:
    """How the paper exchange draws keys, so that they look like the real ones.

    Units: lengths in characters as shown. `key_alphabet` is the inside of a character class. A
    form is a text with `{alphabet*length}` for what is drawn: `{0-9a-f*8}-{0-9a-f*4}`; where
    there is one, alphabet and length do not count.
    """

    key_alphabet: str = "A-Za-z0-9"
    key_length: int = 64
    secret_encoding: SecretEncoding = SecretEncoding.ALPHANUMERIC
    secret_length: int = 64
    key_form: str = ""
    secret_form: str = ""
    passphrase: bool = False
    public_key_upload: bool = False
