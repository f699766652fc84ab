"""Texts that a program keeps encrypted in its settings: what they are, and which can be read.

Source: OctoBot encrypts by a key that is published in its own code (octobot_commons, Fernet), so
that this is a veil and no lock; hummingbot encrypts by its person's password, in an Ethereum key
file written in hexadecimal.
"""

import json
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from drawbridge.core.errors import BadInput

# Published by the program's makers, the same for everybody: it guards nothing.
PUBLISHED: Final = b"uVEw_JJe7uiXepaU_DR4T-ThkjZlDn8Pzl8hYPIv7w0="
_FERNET: Final = "gAAAA"
_HEXADECIMAL_BRACE: Final = "7b"
_SHORTEST: Final = 80


def unveil(text: str) -> str:
    """Give a text as it was typed in once; what is not encrypted stays as it is.

    Raises: `BadInput` `import_encrypted`, `import_encrypted_hummingbot`.
    """
    text = text.strip()
    if len(text) < _SHORTEST:
        return text
    if text.startswith(_FERNET):
        try:
            return Fernet(PUBLISHED).decrypt(text.encode()).decode()
        except (InvalidToken, UnicodeError):
            raise BadInput("import_encrypted", field="file") from None
    if text.lower().startswith(_HEXADECIMAL_BRACE) and _is_key_file(text):
        raise BadInput("import_encrypted_hummingbot", field="file")
    return text


def _is_key_file(text: str) -> bool:
    try:
        told = json.loads(bytes.fromhex(text))
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and ("crypto" in told or "Crypto" in told)
