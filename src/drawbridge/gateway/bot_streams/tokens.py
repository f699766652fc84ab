"""Tokens that open private streams at our edge: drawn for a virtual key, and good for nothing else.

No exchange ever hears of them, and no exchange's own token is ever shown to a bot.
"""

from typing import Final

from drawbridge.catalogue.forms import Entropy, draw_text
from drawbridge.core.errors import NotProven
from drawbridge.core.operations import GetStreamToken, StreamToken
from drawbridge.gateway.held_here import shard_letters
from drawbridge.virtual_keys.model import VirtualKey
from drawbridge.wire.stream_tokens import TokenShelf

_ALPHABET: Final = "A-Za-z0-9"
# Beside the two that tell where it was drawn.
_DRAWN: Final = 62
_MOST_OF_A_KEY: Final = 16


class BotTokens:
    """All tokens that are alive."""

    def __init__(self, entropy: Entropy) -> None:
        """Start with none."""
        self._shelf: TokenShelf[VirtualKey] = TokenShelf(
            lambda virtual: shard_letters(virtual.key_id) + draw_text(_ALPHABET, _DRAWN, entropy),
            lambda virtual: virtual.id,
            most_each=_MOST_OF_A_KEY,
        )

    def carry_out(self, virtual: VirtualKey, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        """Draw a token, let one live on, or end one. Raises: as `TokenShelf.carry_out`."""
        return self._shelf.carry_out(virtual, wanted, now_ms)

    def get(self, exchange_id: str, venue: str, name: str, now_ms: int) -> VirtualKey:
        """Give whom a token was drawn for, as the key was then. Raises: `NotProven("bad_key")`."""
        virtual = self._shelf.holder_of(name, now_ms)
        if virtual.exchange != exchange_id or virtual.venue != venue:
            raise NotProven("bad_key")
        return virtual
