"""Kept answers: a request is done once, whatever is sent twice, and no body can be guessed."""

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drawbridge.accounts.api_answers import KEPT_MS, ApiAnswers, KeptAnswer, Ticket
from drawbridge.accounts.api_tokens import ApiToken, ApiTokens
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import DAY_MS, SteppedClock
from drawbridge.core.errors import BadInput, Conflict
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.gateway.setting import OWNER, add_owner
from tests.kit.store import files_of, place_in

REQUEST = {"path": b"/keys", "body": b'{"secret": "hunter2"}'}
ANSWER = KeptAnswer(201, b'{"id": 1}')


@dataclass
class Desk:
    database: Database
    clock: SteppedClock
    answers: ApiAnswers
    token: ApiToken
    other: ApiToken
    file: Path


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock, place = SteppedClock(1_790_000_000_000), place_in(tmp_path)
    database = await open_database(place, "app")
    await add_owner(database)
    tokens = ApiTokens(database, AuditLog(clock), clock, os.urandom)
    one, _ = await tokens.make(OWNER, "One", [], 9 * DAY_MS)
    other, _ = await tokens.make(OWNER, "Other", [], 9 * DAY_MS)
    yield Desk(database, clock, ApiAnswers(database, clock), one, other, tmp_path / "drawbridge.db")
    await database.close()


async def _begin(desk: Desk, key: str = "one", **other: bytes) -> Ticket:
    begun = await desk.answers.begin(desk.token, key, {**REQUEST, **other})
    assert isinstance(begun, Ticket)
    return begun


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "é", "a\n"])
async def test_a_key_that_is_none_is_refused(desk: Desk, key: str) -> None:
    with pytest.raises(BadInput, match="idempotency_key_wrong"):
        await desk.answers.begin(desk.token, key, REQUEST)


async def test_while_it_is_under_way_nothing_begins_anew(desk: Desk) -> None:
    await _begin(desk)
    with pytest.raises(Conflict, match="request_under_way"):
        await desk.answers.begin(desk.token, "one", REQUEST)
    with pytest.raises(Conflict, match="idempotency_key_used"):
        await desk.answers.begin(desk.token, "one", {**REQUEST, "body": b"{}"})


async def test_of_what_was_lost_nobody_knows_and_it_is_not_done_again(desk: Desk) -> None:
    desk.answers.lose(await _begin(desk))
    with pytest.raises(Conflict, match="request_interrupted"):
        await desk.answers.begin(desk.token, "one", REQUEST)


async def test_after_a_new_start_what_was_under_way_is_lost(desk: Desk) -> None:
    await _begin(desk)
    with pytest.raises(Conflict, match="request_interrupted"):
        await ApiAnswers(desk.database, desk.clock).begin(desk.token, "one", REQUEST)


async def test_the_first_answer_comes_again_for_a_day(desk: Desk) -> None:
    await desk.answers.keep(await _begin(desk), ANSWER)
    desk.clock.advance(KEPT_MS - 1)
    assert await desk.answers.begin(desk.token, "one", REQUEST) == ANSWER
    desk.clock.advance(1)
    await _begin(desk)


async def test_what_was_refused_may_be_tried_again(desk: Desk) -> None:
    await desk.answers.forget(await _begin(desk))
    await _begin(desk, body=b"{}")


async def test_each_token_has_keys_of_its_own(desk: Desk) -> None:
    await desk.answers.keep(await _begin(desk), ANSWER)
    assert isinstance(await desk.answers.begin(desk.other, "one", REQUEST), Ticket)


async def test_parts_of_a_request_do_not_run_into_each_other(desk: Desk) -> None:
    await _begin(desk, path=b"/a", body=b"bc")
    with pytest.raises(Conflict, match="idempotency_key_used"):
        await desk.answers.begin(desk.token, "one", {**REQUEST, "path": b"/ab", "body": b"c"})


async def test_what_lies_on_disk_is_no_test_for_guesses_at_a_body(desk: Desk) -> None:
    await desk.answers.keep(await _begin(desk, key="a-key-of-its-own"), ANSWER)
    kept = b"".join(it.read_bytes() for it in files_of(desk.file.parent))
    assert b"hunter2" not in kept
    assert b"a-key-of-its-own" not in kept
    assert hashlib.sha256(REQUEST["body"]).digest() not in kept
