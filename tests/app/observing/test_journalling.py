"""A timed journal writes what any journal writes, and fails as it fails."""

from collections.abc import Sequence

import pytest

from drawbridge.app.observing.journalling import TimedJournal
from drawbridge.core.errors import Conflict
from drawbridge.storage.connection import Value
from drawbridge.storage.rows import Rows, Statement


class _Journal:
    """Keeps what it is handed; takes each key once."""

    def __init__(self) -> None:
        self.written: list[Value] = []
        self.is_closed = False

    async def write(self, sql: str | Rows, args: Sequence[Value]) -> None:
        del sql
        if args[0] in self.written:
            raise Conflict("row_exists")
        self.written += args

    async def write_many(self, statements: Sequence[Statement]) -> None:
        for sql, args in statements:
            await self.write(sql, args)

    def write_later(self, statements: Sequence[Statement]) -> None:
        self.written += [args[0] for _, args in statements]

    async def close(self) -> None:
        self.is_closed = True


class _Ticks:
    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        self.now_ns += 3_000
        return self.now_ns


async def test_a_failure_goes_on_to_whoever_waits_and_has_no_time() -> None:
    timed = TimedJournal(_Journal(), _Ticks())
    await timed.write("", (1,))
    for _ in range(16):
        with pytest.raises(Conflict):
            await timed.write("", (1,))
    assert timed.times.spreads() == {}


async def test_one_write_in_eight_is_timed_and_all_are_written() -> None:
    inner = _Journal()
    timed = TimedJournal(inner, _Ticks())
    for n in range(16):
        await timed.write("", (2 * n,))
        await timed.write_many([("", (2 * n + 1,))])
    timed.write_later([("", (99,))])
    assert inner.written == [*range(32), 99]
    spread = timed.times.spreads()[()]
    assert sum(spread.counts) == 4
    assert spread.sum_us == 4 * 3
    await timed.close()
    assert inner.is_closed
