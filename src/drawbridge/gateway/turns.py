"""Whose turn is it, among bots and robots that wait for one thing? Pure: no loop, no clock.

What is waited for, and how long anybody waits, is decided by who keeps the line: `budgets.py` for
what an exchange's limits leave, `stamps.py` for a key's next nonce.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Generic, TypeAlias, TypeVar

from drawbridge.core.values import light_value

T = TypeVar("T")
Sharer: TypeAlias = tuple[str, str]
"""Who has a share: an account, and which bot or robot of it."""

_MOST_WAITING: Final = 1_024
_MOST_OF_ONE: Final = 32
_MOST_REMEMBERED: Final = 1_024
# So many requests may somebody be behind the others, and catch up on when it comes again.
_MOST_OWED: Final = 8


@light_value
class Caller:
    """Who asks for something that is shared, and whether it goes before what is ordinary."""

    who: Sharer = ("", "")
    is_urgent: bool = False


NOBODY: Final = Caller()


@dataclass(slots=True, eq=False)
class Waiting(Generic[T]):
    """One that waits; `cost` is how much of the common thing it takes."""

    who: Sharer
    cost: int
    item: T
    is_urgent: bool = False
    number: int = field(default=0, init=False)


class Line(Generic[T]):
    """Those who wait. Who was given least goes next, and what is urgent before all else.

    Urgent ones go ahead of ordinary ones by no more than `ahead`, and then in turns with them: a
    bot that does nothing but cancel leaves the others the half of what there is.
    """

    __slots__ = ("_ahead", "_by", "_numbers", "_ordinary", "_urgent", "length")

    def __init__(self, ahead: int = 0) -> None:
        """Begin with nobody."""
        self.length = 0
        self._ahead = ahead
        self._by = 0
        self._numbers = count()
        self._ordinary: _Equals[T] = _Equals()
        self._urgent: _Equals[T] = _Equals()

    def join(self, one: Waiting[T]) -> bool:
        """Let one wait; False where too many do already, of all or of this one's own."""
        if self.length >= _MOST_WAITING:
            return False
        one.number = next(self._numbers)
        if not self._among(one).add(one):
            return False
        self.length += 1
        return True

    def heads(self) -> list[Waiting[T]]:
        """Give the first of everybody who waits, in the order in which they should go."""
        ordinary = self._ordinary.heads()
        if ordinary and self._by > self._ahead:
            return ordinary
        return [*self._urgent.heads(), *ordinary]

    def serve(self, one: Waiting[T]) -> None:
        """Let one go, and count what it was given."""
        self.leave(one)
        self._among(one).count(one)
        if not one.is_urgent:
            self._by = max(0, self._by - one.cost)
        else:
            # Where nobody had to wait for it, nothing is owed.
            self._by = self._by + one.cost if self._ordinary.queues else 0

    def leave(self, one: Waiting[T]) -> None:
        """Let one go that was given nothing; nothing happens where it has gone already."""
        if self._among(one).remove(one):
            self.length -= 1

    def _among(self, one: Waiting[T]) -> "_Equals[T]":
        return self._urgent if one.is_urgent else self._ordinary


class _Equals(Generic[T]):
    """Those among whom only that decides which each of them was given.

    `level` is how much the one that went last had been given before. Who comes anew begins there,
    and nobody saves up much for later by asking for nothing. But who waited in vain, and comes
    again after a moment, is where it was.
    """

    __slots__ = ("given", "level", "queues")

    def __init__(self) -> None:
        self.queues: dict[Sharer, deque[Waiting[T]]] = {}
        self.given: dict[Sharer, int] = {}
        self.level = 0

    def add(self, one: Waiting[T]) -> bool:
        queue = self.queues.setdefault(one.who, deque())
        if len(queue) >= _MOST_OF_ONE:
            return False
        queue.append(one)
        return True

    def remove(self, one: Waiting[T]) -> bool:
        queue = self.queues.get(one.who)
        if queue is None or one not in queue:
            return False
        queue.remove(one)
        if not queue:
            del self.queues[one.who]
        return True

    def heads(self) -> list[Waiting[T]]:
        heads = [queue[0] for queue in self.queues.values()]
        if len(heads) > 1:
            heads.sort(key=lambda it: (self._given(it), it.number))
        return heads

    def count(self, one: Waiting[T]) -> None:
        given = self._given(one)
        self.level = max(self.level, given)
        if len(self.given) >= _MOST_REMEMBERED:
            # Who was given no more than the level is nobody to remember.
            self.given = {who: it for who, it in self.given.items() if it > self.level}
        self.given[one.who] = given + one.cost

    def _given(self, one: Waiting[T]) -> int:
        given = self.given.setdefault(one.who, self.level)
        return max(given, self.level - _MOST_OWED * one.cost)
