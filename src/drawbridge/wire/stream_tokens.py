"""Tokens that open private streams, as a server keeps them: drawn over REST, bound to a holder.

The paper exchange and our own edge both keep theirs with this. They stand in memory only and are
lost with the process, as sessions are; clients draw new ones. What a token is worth when it is
shown is decided by whoever keeps it; times and the drawing are arguments.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from drawbridge.core.errors import NotProven
from drawbridge.core.operations import GetStreamToken, StreamToken

H = TypeVar("H")

_MOST: Final = 20_000


@dataclass(slots=True)
class _Token(Generic[H]):
    holder: H
    until_ms: int


class TokenShelf(Generic[H]):
    """All tokens of one server that are alive; the one drawn first is forgotten first."""

    def __init__(
        self, draw: Callable[[H], str], whose: Callable[[H], Hashable], *, most_each: int
    ) -> None:
        """Start with none; `whose` names a holder, whatever else of them changes."""
        self._new_name = draw
        self._whose = whose
        self._most_each = most_each
        self._tokens: OrderedDict[str, _Token[H]] = OrderedDict()

    def carry_out(self, holder: H, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        """Draw a token, let one live on, or end one.

        Raises: `NotProven("bad_stream_token")` for one that is not theirs or no longer alive.
        """
        name = wanted.token or self._only_one(holder, wanted, now_ms)
        if not name and not wanted.ends:
            return self._draw(holder, wanted, now_ms)
        token = self._tokens.get(name)
        if token is None or not self._is_of(token, holder) or now_ms >= token.until_ms:
            raise NotProven("bad_stream_token")
        if wanted.ends:
            del self._tokens[name]
            return StreamToken(name, 0)
        token.until_ms = now_ms + wanted.lasts_ms
        return StreamToken(name, wanted.lasts_ms)

    def holder_of(self, name: str, now_ms: int) -> H:
        """Give whom a token was drawn for, as given then. Raises: `NotProven("bad_key")`."""
        token = self._tokens.get(name)
        if token is None or now_ms >= token.until_ms:
            raise NotProven("bad_key")
        return token.holder

    def _only_one(self, holder: H, wanted: GetStreamToken, now_ms: int) -> str:
        """Give the token that a holder has where they may have only one, empty without one."""
        if not wanted.single:
            return ""
        alive = (name for name in self._of(holder) if now_ms < self._tokens[name].until_ms)
        return next(alive, "")

    def _draw(self, holder: H, wanted: GetStreamToken, now_ms: int) -> StreamToken:
        mine = self._of(holder)
        if len(mine) >= self._most_each:
            del self._tokens[mine[0]]
        elif len(self._tokens) >= _MOST:
            self._tokens.popitem(last=False)
        name = self._new_name(holder)
        self._tokens[name] = _Token(holder, now_ms + wanted.lasts_ms)
        return StreamToken(name, wanted.lasts_ms)

    def _of(self, holder: H) -> list[str]:
        return [name for name, token in self._tokens.items() if self._is_of(token, holder)]

    def _is_of(self, token: _Token[H], holder: H) -> bool:
        return self._whose(token.holder) == self._whose(holder)
