"""Is an account ours to judge, and since when? Asked before anything of a bot is believed.

What a bot has sent before an account came here was perhaps taken by whoever had it then, and what
that one saw is not known here; so it counts as seen (`replay.py`).
"""

import string
from collections.abc import Callable
from typing import Final

from drawbridge.cluster.looking import Looking
from drawbridge.cluster.share import WHOLE, Share
from drawbridge.core.shards import SHARDS, shard_of
from drawbridge.gateway.permission import moved

SHARD: Final = "shard"
_ALPHABET: Final = string.ascii_letters + string.digits
_SHARD_LETTERS: Final = 2
_SINCE_EVER: Final = -1


class HeldHere:
    """The accounts of this process, for those who judge what bots send."""

    def __init__(self, share: Share, now_ms: Callable[[], int]) -> None:
        """Ask this share; `now_ms` is the time that bots' stamps are held against."""
        self._share = share
        self._now_ms = now_ms
        self._looking = Looking(share)
        self._since_ms: dict[int, int] = {}

    def look(self) -> None:
        """Note what came here since the last look. Looked at often, it is noted in time."""
        news = self._looking.look()
        if news is not None:
            self._since_ms.update(dict.fromkeys(news.gained, self._now_ms()))

    def check(self, key_id: str) -> None:
        """Refuse what is another's. Raises: `ExchangeDown("account_moved")` with the shard."""
        if not self._share.holds(key_id):
            _refuse(shard_of(key_id))

    def check_token(self, token: str) -> None:
        """Refuse a token for streams that only another can know. Raises: as `check`."""
        shard, shards = find_shard(token), self._share.shards
        if shards is not None and shard is not None and shard not in shards:
            _refuse(shard)

    def since_ms(self, key_id: str) -> int:
        """Give when the account came here, -1 where it has been here since the beginning."""
        self.look()
        return self._since_ms.get(shard_of(key_id), _SINCE_EVER)


EVERYTHING_HERE: Final = HeldHere(WHOLE, lambda: _SINCE_EVER)
"""For one process that shares with nobody."""


def shard_letters(key_id: str) -> str:
    """Write an account's shard as the beginning of a token, so that all know where it was drawn."""
    first, second = divmod(shard_of(key_id), len(_ALPHABET))
    return _ALPHABET[first] + _ALPHABET[second]


def find_shard(token: str) -> int | None:
    """Read it, None where no token of ours begins so. Nothing is believed of it."""
    first, second = (_ALPHABET.find(letter) for letter in token[:_SHARD_LETTERS].ljust(2))
    shard = first * len(_ALPHABET) + second
    return shard if first >= 0 and second >= 0 and shard < SHARDS else None


def _refuse(shard: int) -> None:
    error = moved()
    error.facts[SHARD] = shard
    raise error
