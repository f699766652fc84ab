"""How accounts stand, asked for over REST: once for all who came before it was asked.

Why not kept for those who come later: between an answer and who comes after it, something may have
happened that nobody would tell them.
"""

import asyncio
from typing import Any, TypeAlias, TypeVar

from drawbridge.core.operations import Operation
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.policy import Purpose

A = TypeVar("A")
_At: TypeAlias = tuple[str, Operation[Any]]


class Snapshots:
    """Questions about accounts; of each, one is under way and one waits at most."""

    def __init__(self, gateway: Gateway) -> None:
        """Ask over this gateway."""
        self._gateway = gateway
        self._waiting: dict[_At, asyncio.Task[Any]] = {}
        self._under_way: dict[_At, asyncio.Task[Any]] = {}

    async def ask(self, key_id: str, operation: Operation[A]) -> A:
        """Give an answer to a question that is asked from now on. Raises: as `Gateway.cross`."""
        at = (key_id, operation)
        task = self._waiting.get(at)
        if task is None:
            task = asyncio.create_task(self._ask(at, self._under_way.get(at)))
            self._waiting[at] = task
            task.add_done_callback(_heard)
        # Who gives up waiting must not take the answer from the others.
        answer: A = await asyncio.shield(task)
        return answer

    async def _ask(self, at: _At, before: "asyncio.Task[Any] | None") -> object:
        if before is not None:
            await asyncio.wait((before,))
        # Whoever comes from here on is too late for this answer.
        task = self._under_way[at] = self._waiting.pop(at)
        try:
            key_id, operation = at
            answer: object = await self._gateway.call(key_id, operation, purpose=Purpose.READ)
            return answer
        finally:
            if self._under_way.get(at) is task:
                del self._under_way[at]


def _heard(task: "asyncio.Task[Any]") -> None:
    # All who wanted it may have gone; a failure that nobody waits for is none.
    if not task.cancelled():
        task.exception()
