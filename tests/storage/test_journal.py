"""The journal: what was answered is on disk, whatever happens to its neighbours or to us."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.storage.connection import connect
from drawbridge.storage.journal import GroupCommit
from drawbridge.storage.rows import Rows
from tests.kit.house import until

_INSERT = "INSERT INTO rows VALUES (?, ?)"
_INSERT_ROWS = Rows("INSERT INTO rows VALUES {rows}", "(?, ?)", key=1)
_APPEND = Rows(
    "WITH told (id, more) AS (VALUES {rows})"
    " UPDATE rows SET body = body || told.more FROM told WHERE rows.id = told.id",
    "(?, ?)",
    key=1,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "journal.db"
    connection = connect(made)
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
    connection.close()
    return made


def _rows(path: Path) -> list[tuple[int, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT id, body FROM rows ORDER BY id").fetchall()
    connection.close()
    return rows


@pytest.mark.parametrize("insert", [_INSERT, _INSERT_ROWS])
async def test_a_bad_row_fails_alone(path: Path, insert: str | Rows) -> None:
    journal = GroupCommit(path)
    await journal.write(insert, (1, "first"))
    told = await asyncio.gather(
        journal.write(insert, (2, "second")),
        journal.write(insert, (1, "again")),
        journal.write(insert, (3, None)),
        journal.write("INSERT INTO nowhere VALUES (1)", ()),
        journal.write(insert, (4, "\ud800")),
        journal.write(insert, (2**63, "too large")),
        journal.write(insert, (5, "fifth")),
        return_exceptions=True,
    )
    await journal.close()
    kinds = [type(answer) for answer in told]
    bug = sqlite3.OperationalError
    nothing = type(None)
    assert kinds == [nothing, Conflict, Corrupted, bug, Corrupted, Corrupted, nothing]
    assert _rows(path) == [(1, "first"), (2, "second"), (5, "fifth")]


async def test_rows_of_one_unit_are_written_all_or_none(path: Path) -> None:
    journal = GroupCommit(path)
    with pytest.raises(Conflict):
        await journal.write_many([(_INSERT, (1, "a")), (_INSERT, (2, "b")), (_INSERT, (1, "c"))])
    assert _rows(path) == []
    await journal.write_many([(_INSERT, (1, "a")), (_INSERT, (2, "b"))])
    assert _rows(path) == [(1, "a"), (2, "b")]
    await journal.close()


async def test_a_row_is_on_disk_when_its_write_returns(path: Path) -> None:
    journal = GroupCommit(path)
    await journal.write(_INSERT, (1, "a"))
    assert _rows(path) == [(1, "a")]
    await journal.close()


async def test_a_row_is_handed_in_at_once_whenever_it_is_awaited(path: Path) -> None:
    journal = GroupCommit(path)
    first = journal.write(_INSERT, (1, "a"))
    await journal.write(_INSERT, (2, "b"))
    assert _rows(path) == [(1, "a"), (2, "b")]
    await first
    await journal.close()


async def test_rows_keep_the_order_in_which_they_were_handed_in(path: Path) -> None:
    journal = GroupCommit(path)
    add = "INSERT INTO rows (body) VALUES (?)"
    await asyncio.gather(*(journal.write(add, (str(n),)) for n in range(500)))
    await journal.close()
    assert [body for _, body in _rows(path)] == [str(n) for n in range(500)]


async def test_rows_of_one_shape_are_written_together_whatever_their_number(path: Path) -> None:
    journal = GroupCommit(path)
    await asyncio.gather(*(journal.write(_INSERT_ROWS, (n, str(n))) for n in range(1_000)))
    await journal.close()
    assert _rows(path) == [(n, str(n)) for n in range(1_000)]


async def test_rows_of_one_name_are_written_one_after_the_other(path: Path) -> None:
    journal = GroupCommit(path)
    await journal.write_many([(_INSERT_ROWS, (n, "")) for n in range(3)])
    words = [(n, letter) for letter in "abc" for n in range(3)]
    # The statement between them is no row of a shape, and keeps its place as well.
    erase = "UPDATE rows SET body = '' WHERE id = 1"
    writes = [journal.write(_APPEND, word) for word in words[:4]]
    writes.append(journal.write(erase, ()))
    writes += [journal.write(_APPEND, word) for word in words[4:]]
    await asyncio.gather(*writes)
    await journal.close()
    assert _rows(path) == [(0, "abc"), (1, "bc"), (2, "abc")]


async def test_more_writers_than_there_is_room_for_are_all_served(path: Path) -> None:
    journal = GroupCommit(path)
    await asyncio.gather(*(journal.write(_INSERT, (n, "x")) for n in range(12_000)))
    await journal.close()
    assert len(_rows(path)) == 12_000


async def test_rows_that_nobody_waits_for_are_written_with_the_next_ones(path: Path) -> None:
    journal = GroupCommit(path)
    journal.write_later(((_INSERT_ROWS, (1, "later")),))
    await journal.write(_INSERT_ROWS, (2, "now"))
    assert _rows(path) == [(1, "later"), (2, "now")]
    await journal.close()


async def test_rows_that_nobody_waits_for_are_written_by_themselves_after_a_moment(
    path: Path,
) -> None:
    journal = GroupCommit(path)
    journal.write_later(((_INSERT_ROWS, (1, "later")),))
    await until(partial(asyncio.to_thread, _rows, path), "the row was not written")
    journal.write_later(((_INSERT_ROWS, (2, "last")),))
    await journal.close()
    assert _rows(path) == [(1, "later"), (2, "last")]


async def test_rows_that_nobody_waits_for_fail_alone_and_it_is_logged(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = GroupCommit(path)
    journal.write_later(((_INSERT_ROWS, (1, None)),))
    await journal.write(_INSERT_ROWS, (2, "now"))
    await journal.close()
    journal.write_later(((_INSERT_ROWS, (3, "too late")),))
    assert _rows(path) == [(2, "now")]
    assert len(caplog.records) == 2


async def test_the_version_of_others_does_not_change_by_what_the_journal_writes(
    path: Path,
) -> None:
    journal = GroupCommit(path)
    before = await journal.version_of_others()
    await journal.write(_INSERT_ROWS, (1, "own"))
    assert await journal.version_of_others() == before
    connection = sqlite3.connect(path)
    connection.execute(_INSERT, (2, "another's"))
    connection.commit()
    connection.close()
    assert await journal.version_of_others() != before
    await journal.close()


async def test_closing_writes_what_is_queued_and_then_refuses(path: Path) -> None:
    journal = GroupCommit(path)
    tasks = [asyncio.ensure_future(journal.write(_INSERT, (n, "x"))) for n in range(50)]
    while not all(task.done() for task in tasks):
        await asyncio.wait(tasks)
    await journal.close()
    assert len(_rows(path)) == 50
    with pytest.raises(Corrupted) as told:
        await journal.write(_INSERT, (99, "late"))
    assert told.value.code == "journal_closed"


async def test_a_cancelled_writer_disturbs_nobody(path: Path) -> None:
    journal = GroupCommit(path)
    tasks = [asyncio.ensure_future(journal.write(_INSERT, (n, "x"))) for n in range(100)]
    await asyncio.wait(tasks[:1], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks[50:]:
        task.cancel()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    await journal.write(_INSERT, (1_000, "after"))
    await journal.close()
    written = {number for number, _ in _rows(path)}
    assert {n for n, answer in enumerate(told) if answer is None} <= written
    assert 1_000 in written


async def test_a_table_that_is_gone_is_told_to_every_writer(path: Path) -> None:
    journal = GroupCommit(path)
    await journal.write(_INSERT, (1, "a"))
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE rows")
    connection.close()
    told = await asyncio.gather(
        *(journal.write(_INSERT, (n, "x")) for n in range(5)), return_exceptions=True
    )
    await journal.close()
    assert all(isinstance(answer, sqlite3.OperationalError) for answer in told)


_WRITES_UNTIL_KILLED = """
import asyncio, itertools, sys
from pathlib import Path
from drawbridge.storage.journal import GroupCommit

async def main():
    journal = GroupCommit(Path(sys.argv[1]))
    ids = itertools.count()

    async def writer():
        while True:
            n = next(ids)
            await journal.write("INSERT INTO rows VALUES (?, ?)", (n, "x"))
            sys.stdout.write(f"{n}\\n")
            sys.stdout.flush()

    await asyncio.gather(*(writer() for _ in range(32)))

asyncio.run(main())
"""


def test_whatever_was_answered_survives_a_kill(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(500)]
        os.kill(process.pid, signal.SIGKILL)
        # A last line may be cut off in the middle: it was not fully told.
        with contextlib.suppress(ValueError):
            told.extend(int(line) for line in process.stdout if line.endswith("\n"))
    written = {number for number, _ in _rows(path)}
    assert set(told) <= written
    assert len(told) >= 500
