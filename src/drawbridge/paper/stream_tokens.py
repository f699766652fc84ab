"""Tokens that open private streams: drawn over REST, kept in memory, bound to a key.

A token is as good as its key: whoever shows one is asked again whether the key still works. They
are lost when the process ends, as sessions are; clients draw new ones.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from drawbridge.catalogue.forms import Entropy, draw_text
from drawbridge.core.errors import NotProven
from drawbridge.core.operations import GetStreamToken, StreamToken
from drawbridge.paper.accounts import PaperKey

_ALPHABET: Final = "A-Za-z0-9"
_LENGTH: Final = 64
# The one drawn first is forgotten first, of a key and of all.
_MOST_OF_A_KEY: Final = 32
_MOST: Final = 20_000


@dataclass(slots=True)
class _Token:
    exchange_id: str
    key: str
    until_ms: int


class StreamTokens:
    """All tokens that are alive."""

    def __init__(self, entropy: Entropy) -> None:
        """Start with none."""
        self._entropy = entropy
        self._tokens: OrderedDict[str, _Token] = OrderedDict()

    def carry_out(self, key: PaperKey, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        """Draw a token, let one live on, or end one.

        Raises: `NotProven("bad_stream_token")` for one that is not this key's or no longer alive.
        """
        name = wanted.token or self._only_one(key, wanted, now_ms)
        if not name and not wanted.ends:
            return self._draw(key, wanted, now_ms)
        token = self._tokens.get(name)
        if token is None or not _is_of(token, key) or now_ms >= token.until_ms:
            raise NotProven("bad_stream_token")
        if wanted.ends:
            del self._tokens[name]
            return StreamToken(name, 0)
        token.until_ms = now_ms + wanted.lasts_ms
        return StreamToken(name, wanted.lasts_ms)

    def key_of(self, exchange_id: str, token: str, now_ms: int) -> str:
        """Give the name of the key that drew a token. Raises: `NotProven("bad_key")`."""
        found = self._tokens.get(token)
        if found is None or found.exchange_id != exchange_id or now_ms >= found.until_ms:
            raise NotProven("bad_key")
        return found.key

    def _only_one(self, key: PaperKey, wanted: GetStreamToken, now_ms: int) -> str:
        """Give the token that a key has where it may have only one, empty where it has none."""
        if not wanted.single:
            return ""
        alive = (
            name
            for name, token in self._tokens.items()
            if _is_of(token, key) and now_ms < token.until_ms
        )
        return next(alive, "")

    def _draw(self, key: PaperKey, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        mine = [name for name, token in self._tokens.items() if _is_of(token, key)]
        if len(mine) >= _MOST_OF_A_KEY:
            del self._tokens[mine[0]]
        elif len(self._tokens) >= _MOST:
            self._tokens.popitem(last=False)
        name = draw_text(_ALPHABET, _LENGTH, self._entropy)
        self._tokens[name] = _Token(key.exchange_id, key.key, now_ms + wanted.lasts_ms)
        return StreamToken(name, wanted.lasts_ms)


def _is_of(token: _Token, key: PaperKey) -> bool:
    return token.exchange_id == key.exchange_id and token.key == key.key
