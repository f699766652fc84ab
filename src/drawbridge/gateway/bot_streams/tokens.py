"""Tokens that open private streams at our edge: drawn for a virtual key, and good for nothing else.

No exchange ever hears of them, and no exchange's own token is ever shown to a bot. They are kept in
memory and lost with the process, as sessions are; clients draw new ones.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.forms import Entropy, draw_text
from drawbridge.core.errors import NotProven
from drawbridge.core.operations import GetStreamToken, StreamToken
from drawbridge.virtual_keys.model import VirtualKey

_ALPHABET: Final = "A-Za-z0-9"
_LENGTH: Final = 64
# The one drawn first is forgotten first, of a key and of all.
_MOST_OF_A_KEY: Final = 16
_MOST: Final = 20_000


@dataclass(slots=True)
class _Token:
    virtual: VirtualKey
    until_ms: int


class BotTokens:
    """All tokens that are alive."""

    def __init__(self, entropy: Entropy) -> None:
        """Start with none."""
        self._entropy = entropy
        self._tokens: OrderedDict[str, _Token] = OrderedDict()

    def carry_out(self, virtual: VirtualKey, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        """Draw a token, let one live on, or end one.

        Raises: `NotProven("bad_stream_token")` for one that is not this key's or no longer alive.
        """
        name = wanted.token or self._only_one(virtual, wanted, now_ms)
        if not name and not wanted.ends:
            return self._draw(virtual, wanted, now_ms)
        token = self._tokens.get(name)
        if token is None or token.virtual.id != virtual.id or now_ms >= token.until_ms:
            raise NotProven("bad_stream_token")
        if wanted.ends:
            del self._tokens[name]
            return StreamToken(name, 0)
        token.until_ms = now_ms + wanted.lasts_ms
        return StreamToken(name, wanted.lasts_ms)

    def get(self, exchange_id: str, venue: str, name: str, now_ms: int) -> VirtualKey:
        """Give whom a token was drawn for, as the key was then. Raises: `NotProven("bad_key")`."""
        token = self._tokens.get(name)
        if token is None or now_ms >= token.until_ms:
            raise NotProven("bad_key")
        virtual = token.virtual
        if virtual.exchange != exchange_id or virtual.venue != venue:
            raise NotProven("bad_key")
        return virtual

    def _only_one(self, virtual: VirtualKey, wanted: GetStreamToken, now_ms: int) -> str:
        """Give the token that a key has where it may have only one, empty where it has none."""
        if not wanted.single:
            return ""
        alive = (name for name in self._of(virtual) if now_ms < self._tokens[name].until_ms)
        return next(alive, "")

    def _draw(self, virtual: VirtualKey, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        mine = self._of(virtual)
        if len(mine) >= _MOST_OF_A_KEY:
            del self._tokens[mine[0]]
        elif len(self._tokens) >= _MOST:
            self._tokens.popitem(last=False)
        name = draw_text(_ALPHABET, _LENGTH, self._entropy)
        self._tokens[name] = _Token(virtual, now_ms + wanted.lasts_ms)
        return StreamToken(name, wanted.lasts_ms)

    def _of(self, virtual: VirtualKey) -> list[str]:
        return [name for name, it in self._tokens.items() if it.virtual.id == virtual.id]
