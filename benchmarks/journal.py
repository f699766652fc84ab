"""T10: durable journal rows per second, 32 writers through group commit against single commits.

Both sides write the same rows into the same kind of file: WAL, synchronous=FULL.
"""

import asyncio
import itertools
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.measure import Result, compare
from drawbridge.storage.connection import connect
from drawbridge.storage.engines import open_journal

_WRITERS: Final = 32
_ROWS: Final = 6_400
_TABLE: Final = "CREATE TABLE orders (id TEXT PRIMARY KEY, at_ms INTEGER, body TEXT) STRICT"
_INSERT: Final = "INSERT INTO orders VALUES (?, ?, ?)"
_BODY: Final = '{"symbol":"BTC/USDT","side":"buy","type":"limit","quantity":"0.01","price":"1"}'


def run() -> list[Result]:
    """Write the same rows both ways and compare rows per second."""
    ids = itertools.count()
    with tempfile.TemporaryDirectory(prefix="drawbridge-journal-") as folder:
        grouped, single = Path(folder, "grouped.db"), Path(folder, "single.db")
        for path in (grouped, single):
            connection = connect(path)
            connection.execute(_TABLE)
            connection.close()
        pair = compare(
            lambda: asyncio.run(_write_grouped(grouped, ids)),
            lambda: _write_single(single, ids),
        )
    ours, reference = _ROWS / pair.ours.wall_s, _ROWS / pair.reference.wall_s
    details = f"{ours:,.0f} rows/s grouped, {reference:,.0f} rows/s one by one"
    return [Result("T10", "journal rows/s, 32 writers", pair.times_faster, 4, details)]


async def _write_grouped(path: Path, ids: Iterator[int]) -> None:
    journal = open_journal(path)

    async def writer() -> None:
        for _ in range(_ROWS // _WRITERS):
            await journal.write(_INSERT, (f"order-{next(ids)}", 0, _BODY))

    await asyncio.gather(*(writer() for _ in range(_WRITERS)))
    await journal.close()


def _write_single(path: Path, ids: Iterator[int]) -> None:
    connection: sqlite3.Connection = connect(path)
    for _ in range(_ROWS):
        connection.execute(_INSERT, (f"order-{next(ids)}", 0, _BODY))
    connection.close()
