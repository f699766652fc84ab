"""Identifiers: what they look like and how they are derived.

Randomness is passed in as bytes (it is read in `accounts/tokens.py` and `app/`), and a client
order id is derived, never drawn: after a crash the same intention gives the same id.
"""

import base64
import hashlib
from typing import NewType

OwnerId = NewType("OwnerId", str)
KeyId = NewType("KeyId", str)
RobotId = NewType("RobotId", str)
ClientOrderId = NewType("ClientOrderId", str)

_ID_BYTES = 10
_CLIENT_ORDER_ID_LENGTH = 15


def id_from(prefix: str, entropy: bytes) -> str:
    """Make an id like `key_4f7q2m…` from at least ten random bytes.

    Why: it begins with letters and never looks numeric, because clients that read typed
    settings would turn an all-digit id into a number.
    """
    return f"{prefix}_{_letters(entropy[:_ID_BYTES])}"


def client_order_id(*parts: str) -> ClientOrderId:
    """Derive the client order id of an intention from what makes the intention unique.

    Shape: `db` and 15 characters of a-z2-7: 17 in all, which fits into the shortest free text
    among the exchanges (18); letters and digits only, which all of them accept. Fifteen such
    characters are 75 bits, which fit into two whole numbers of 45 and 30 bits where an exchange
    takes numbers only.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return ClientOrderId("db" + _letters(digest)[:_CLIENT_ORDER_ID_LENGTH])


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
