"""Ready is what passes every check in time; what fails is told by a code and nothing else."""

import asyncio

from drawbridge.app.observing.health import LATE, OK, Check, look_at_all
from drawbridge.core.errors import Corrupted


async def _fine() -> str:
    return OK


async def test_an_error_of_ours_is_told_by_its_code_alone() -> None:
    async def look() -> str:
        raise Corrupted("database_failed", reason="secret of somebody")

    found = await look_at_all([Check("vault", _fine), Check("database", look)])
    assert not found.is_ready
    assert dict(found.found) == {"vault": OK, "database": "database_failed"}


async def test_a_check_that_takes_too_long_has_failed() -> None:
    async def look() -> str:
        await asyncio.Event().wait()
        return OK

    found = await look_at_all([Check("database", look)], within_s=0.01)
    assert dict(found.found) == {"database": LATE}


async def test_one_that_is_not_ready_says_why() -> None:
    async def look() -> str:
        return "vault_locked"

    found = await look_at_all([Check("database", _fine), Check("vault", look)])
    assert not found.is_ready
    assert found.found["vault"] == "vault_locked"


async def test_ready_is_what_passes_all_and_what_has_nothing_to_pass() -> None:
    assert (await look_at_all([Check("database", _fine)])).is_ready
    assert (await look_at_all([])).is_ready
