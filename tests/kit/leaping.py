"""An event loop whose time leaps from one timer to the next: minutes of waiting in a moment."""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from drawbridge.core.clock import SECOND_MS

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")


class LeapingLoop(asyncio.SelectorEventLoop):
    """A loop that never sleeps; it is its own clock, and begins at zero."""

    def __init__(self) -> None:
        self._selector_of_time = _Leaps()
        super().__init__(self._selector_of_time)

    def time(self) -> float:
        return self._selector_of_time.now_s

    def now_ms(self) -> int:
        return round(self.time() * SECOND_MS)


class _Leaps(selectors.BaseSelector):
    """Waits for nothing: where nobody is ready, it is later."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._inner = selectors.DefaultSelector()

    def register(
        self, fileobj: "FileDescriptorLike", events: int, data: object = None
    ) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    def unregister(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout > 0:
            self.now_s += timeout
        return self._inner.select(0)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    def close(self) -> None:
        self._inner.close()


def run_leaping(work: Coroutine[Any, Any, T], loop: LeapingLoop) -> T:
    """Run until the work is done, and close the loop."""
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
