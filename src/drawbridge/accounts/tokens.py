"""Session tokens, programs' tokens and recovery codes: how they are drawn, written and kept.

Only their SHA-256 is kept. Why no slow hash: they have 256 and 80 random bits, which nobody
guesses at any speed.
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Final, TypeAlias

from drawbridge.core.secret import Secret

Entropy: TypeAlias = Callable[[int], bytes]

RECOVERY_CODES: Final = 10
MAX_TOKEN_LENGTH: Final = 256
_TOKEN_BYTES: Final = 32
_RECOVERY_BYTES: Final = 10
_LINK_BYTES: Final = 10
_GROUP: Final = 4


def draw_token(entropy: Entropy) -> Secret:
    """Draw a session token."""
    return Secret(base64.urlsafe_b64encode(entropy(_TOKEN_BYTES)).decode().rstrip("="))


def hash_token(token: str) -> bytes:
    """Give what is kept of a session token."""
    return hashlib.sha256(b"session\x1f" + token.encode(errors="replace")).digest()


def hash_api_token(token: str) -> bytes:
    """Give what is kept of a program's token."""
    return hashlib.sha256(b"api\x1f" + token.encode(errors="replace")).digest()


def draw_link_code(entropy: Entropy) -> Secret:
    """Draw a code that links a chat. Shape: 16 of a-z and 2-7, which a t.me address may carry."""
    return Secret(base64.b32encode(entropy(_LINK_BYTES)).decode().lower())


def hash_link_code(code: str) -> bytes:
    """Give what is kept of a code that links a chat; blanks and capitals do not matter."""
    plain = "".join(code.split()).casefold()
    return hashlib.sha256(b"telegram\x1f" + plain.encode(errors="replace")).digest()


def hash_invitation(token: str) -> bytes:
    """Give what is kept of the link of an invitation."""
    return hashlib.sha256(b"invitation\x1f" + token.encode(errors="replace")).digest()


def draw_recovery_codes(entropy: Entropy) -> tuple[Secret, ...]:
    """Draw recovery codes. Shape: `xxxx-xxxx-xxxx-xxxx` of a-z and 2-7."""
    return tuple(Secret(_grouped(entropy(_RECOVERY_BYTES))) for _ in range(RECOVERY_CODES))


def hash_recovery_code(owner: str, code: str) -> bytes:
    """Give what is kept of a recovery code; blanks, hyphens and capitals do not matter."""
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(f"recovery\x1f{owner}\x1f{plain}".encode(errors="replace")).digest()


def _grouped(data: bytes) -> str:
    text = base64.b32encode(data).decode().lower()
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
