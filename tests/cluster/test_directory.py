"""Where an account is served: asked rarely, and again where it was not served there."""

from collections.abc import Sequence

import pytest

from drawbridge.cluster.directory import Directory
from drawbridge.cluster.model import CLAIM_MS
from drawbridge.core.errors import ExchangeDown
from drawbridge.core.shards import shard_of
from drawbridge.storage.connection import Value
from drawbridge.storage.database import Row
from tests.cluster.worlds import Line, World

_KEY = "key_aaaaaaaaaaaaaaaa"


class Counted(Line):
    """A line that counts what is read over it."""

    reads = 0

    async def fetch_all(self, sql: str, *args: Value) -> Sequence[Row]:
        self.reads += 1
        return await super().fetch_all(sql, *args)


def _directory(here: World) -> tuple[Directory, Counted]:
    line = Counted(here.database, here.clock)
    # The part of a database that a directory uses.
    return Directory(line, here.clock.now_ms), line  # type: ignore[arg-type]


async def test_what_nobody_serves_is_found_nowhere(here: World) -> None:
    directory, _ = _directory(here)
    assert await directory.find(_KEY) is None
    await here.join("ann").member.step()
    here.kill("ann")
    here.clock.advance(CLAIM_MS)
    assert await directory.find(_KEY) is None


async def test_many_questions_are_one_look_for_a_quarter_of_a_second(here: World) -> None:
    await here.join("ann").member.step()
    directory, line = _directory(here)
    assert await directory.find(_KEY) == "127.0.0.1:3"
    here.clock.advance(249)
    assert await directory.find("key_another") == "127.0.0.1:3"
    assert line.reads == 1
    here.clock.advance(1)
    assert await directory.find(_KEY) == "127.0.0.1:3"
    assert line.reads == 2


async def test_what_was_forgotten_stays_so_while_nobody_answers(here: World) -> None:
    await here.join("ann").member.step()
    directory, line = _directory(here)
    assert await directory.find(_KEY) == "127.0.0.1:3"
    directory.forget(_KEY)
    line.is_cut = True
    for _ in range(2):
        with pytest.raises(ExchangeDown):
            await directory.find(_KEY)
    line.is_cut = False
    assert await directory.find(_KEY) == "127.0.0.1:3"
    assert line.reads == 2


async def test_what_was_forgotten_is_asked_anew_at_once(here: World) -> None:
    ann = here.join("ann")
    await ann.member.step()
    directory, line = _directory(here)
    assert await directory.find(_KEY) == "127.0.0.1:3"
    await ann.member.leave()
    robert = here.join("robert")
    await robert.member.step()
    assert shard_of(_KEY) in robert.held
    assert await directory.find(_KEY) == "127.0.0.1:3"
    directory.forget(_KEY)
    assert await directory.find(_KEY) == "127.0.0.1:6"
    assert line.reads == 2


async def test_who_serves_any_account_is_listed_once(here: World) -> None:
    directory, line = _directory(here)
    assert await directory.list_serving() == ()
    await here.join("ann").member.step()
    here.clock.advance(250)
    assert await directory.list_serving() == ("127.0.0.1:3",)
    assert await directory.find_shard(shard_of(_KEY)) == await directory.find(_KEY)
    assert line.reads == 2


async def test_a_shard_that_was_forgotten_is_asked_anew_at_once(here: World) -> None:
    await here.join("ann").member.step()
    directory, line = _directory(here)
    assert await directory.find_shard(7) == "127.0.0.1:3"
    directory.forget_shard(7)
    assert await directory.find_shard(7) == "127.0.0.1:3"
    assert line.reads == 2
