"""What a worker holds now: everything where there is one process, else the shards it has claimed.

Asked on the way of every order, so nothing here reads a row. A claim ends by a clock that only
runs forward, which also counts the time that a process was stopped or the machine slept.
"""

from collections.abc import Callable
from typing import Final, Protocol

from drawbridge.core.shards import HOUSE, shard_of

_NEVER: Final = -1
"""An end that is past at any time, also on a clock that began a moment ago."""


class Share(Protocol):
    """Which accounts this process works for."""

    @property
    def shards(self) -> frozenset[int] | None:
        """The shards held now; None: all of them, for ever."""

    @property
    def version(self) -> int:
        """A number that rises with every shard gained or lost."""

    @property
    def is_house(self) -> bool:
        """Whether what is done once for all is done here."""

    @property
    def neighbours(self) -> int:
        """How many processes go out by our addresses, with this one."""

    def holds(self, key_id: str) -> bool:
        """Tell whether this key's account is ours now."""

    def time_left_ms(self, key_id: str) -> int | None:
        """Give how long it surely stays ours, 0 where it is not; None: without end."""

    def held_for_ms(self, key_id: str) -> int | None:
        """Give how long it has been ours without a break, 0 where it is not; None: always."""

    def gained_since(self, version: int) -> frozenset[int]:
        """Give the shards held now that were not held all the time since that version.

        Why: one that ended and came back between two looks may have been another's meanwhile,
        and what is in memory about its accounts is older than what is on disk.
        """


class _Whole:
    """Everything, for ever: one process that shares with nobody."""

    shards: Final = None
    version: Final = 0
    is_house: Final = True
    neighbours: Final = 1

    def holds(self, key_id: str) -> bool:  # noqa: ARG002 - the same for every key
        return True

    def time_left_ms(self, key_id: str) -> int | None:  # noqa: ARG002 - the same for every key
        return None

    def held_for_ms(self, key_id: str) -> int | None:  # noqa: ARG002 - the same for every key
        return None

    def gained_since(self, version: int) -> frozenset[int]:  # noqa: ARG002 - nothing ever changes
        return frozenset()


WHOLE: Final[Share] = _Whole()


class HeldShares:
    """The shards that this worker has claimed, each until its end. A `Share`."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        """Hold nothing at first. `monotonic_ms` must also run while the process is stopped."""
        self._now_ms = monotonic_ms
        self.neighbours = 1
        self._ends: dict[int, int] = {}
        self._gained: dict[int, int] = {}
        self._begun_ms: dict[int, int] = {}
        self._shards: frozenset[int] = frozenset()
        self._first_end_ms = _NEVER
        self._version = 0

    @property
    def shards(self) -> frozenset[int]:
        """The shards held now."""
        self._drop_ended()
        return self._shards

    @property
    def version(self) -> int:
        """A number that rises with every shard gained or lost, also by its end."""
        self._drop_ended()
        return self._version

    @property
    def is_house(self) -> bool:
        """Whether what is done once for all is done here."""
        return self._ends.get(HOUSE, _NEVER) > self._now_ms()

    def holds(self, key_id: str) -> bool:
        """Tell whether this key's account is ours now."""
        return self._ends.get(shard_of(key_id), _NEVER) > self._now_ms()

    def time_left_ms(self, key_id: str) -> int:
        """Give how long it surely stays ours, 0 where it is not."""
        return max(0, self._ends.get(shard_of(key_id), _NEVER) - self._now_ms())

    def held_for_ms(self, key_id: str) -> int:
        """Give how long it has been ours without a break, 0 where it is not."""
        return self._now_ms() - self._begun_ms[shard_of(key_id)] if self.holds(key_id) else 0

    def gained_since(self, version: int) -> frozenset[int]:
        """Give the shards held now that were not held all the time since that version."""
        return frozenset(shard for shard in self.shards if self._gained[shard] > version)

    def hold(self, shard: int, until_ms: int) -> None:
        """Hold a shard until then, by the clock that only runs forward."""
        self._drop_ended()
        is_new = shard not in self._ends
        self._ends[shard] = until_ms
        self._settle(is_changed=is_new)
        if is_new:
            self._gained[shard] = self._version
            self._begun_ms[shard] = self._now_ms()

    def drop(self, shard: int) -> None:
        """Hold a shard no longer, from this moment on."""
        self._drop_ended()
        if self._ends.pop(shard, None) is not None:
            self._settle(is_changed=True)

    def _drop_ended(self) -> None:
        now_ms = self._now_ms()
        if not self._ends or now_ms < self._first_end_ms:
            return
        self._ends = {shard: end_ms for shard, end_ms in self._ends.items() if end_ms > now_ms}
        self._settle(is_changed=True)

    def _settle(self, *, is_changed: bool) -> None:
        self._first_end_ms = min(self._ends.values(), default=_NEVER)
        if is_changed:
            self._shards = frozenset(self._ends)
            self._version += 1
