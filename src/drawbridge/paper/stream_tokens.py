"""Tokens that open private streams of the paper exchange, bound to a key of it.

A token is as good as its key: whoever shows one is asked again whether the key still works.
"""

from typing import Final

from drawbridge.catalogue.forms import Entropy, draw_text
from drawbridge.core.errors import NotProven
from drawbridge.core.operations import GetStreamToken, StreamToken
from drawbridge.paper.accounts import PaperKey
from drawbridge.wire.stream_tokens import TokenShelf

_ALPHABET: Final = "A-Za-z0-9"
_LENGTH: Final = 64
_MOST_OF_A_KEY: Final = 32


class StreamTokens:
    """All tokens that are alive."""

    def __init__(self, entropy: Entropy) -> None:
        """Start with none."""
        self._shelf: TokenShelf[PaperKey] = TokenShelf(
            lambda _: draw_text(_ALPHABET, _LENGTH, entropy),
            lambda key: (key.exchange_id, key.key),
            most_each=_MOST_OF_A_KEY,
        )

    def carry_out(self, key: PaperKey, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        """Draw a token, let one live on, or end one. Raises: as `TokenShelf.carry_out`."""
        return self._shelf.carry_out(key, wanted, now_ms)

    def key_of(self, exchange_id: str, token: str, now_ms: int) -> str:
        """Give the name of the key that drew a token. Raises: `NotProven("bad_key")`."""
        drawer = self._shelf.holder_of(token, now_ms)
        if drawer.exchange_id != exchange_id:
            raise NotProven("bad_key")
        return drawer.key
