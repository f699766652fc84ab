"""Programs' tokens: shown once, few rights, an end, and nothing of them kept in the clear."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drawbridge.accounts.api_tokens import LONGEST_MS, MOST_TOKENS, PREFIX, ApiTokens, TokenScope
from drawbridge.audit.store import AuditLog
from drawbridge.core.clock import DAY_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import BadInput, Conflict, Forbidden, NotFound, NotProven
from drawbridge.storage.database import Database
from drawbridge.storage.engines import open_database
from tests.gateway.setting import OWNER, add_owner
from tests.kit.store import files_of, place_in

ADDRESS = "203.0.113.9"


@dataclass
class Desk:
    database: Database
    clock: SteppedClock
    tokens: ApiTokens
    file: Path


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    clock, place = SteppedClock(1_790_000_000_000), place_in(tmp_path)
    database = await open_database(place, "app")
    await add_owner(database)
    tokens = ApiTokens(database, AuditLog(clock), clock, os.urandom)
    yield Desk(database, clock, tokens, tmp_path / "drawbridge.db")
    await database.close()


@pytest.mark.parametrize("lives_ms", [0, -1, LONGEST_MS + 1])
async def test_a_life_that_is_none_or_too_long_is_refused(desk: Desk, lives_ms: int) -> None:
    with pytest.raises(BadInput, match="token_life"):
        await desk.tokens.make(OWNER, "Bot", [], lives_ms)


async def test_a_right_that_does_not_exist_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(BadInput, match="unknown_token_scope") as caught:
        await desk.tokens.make(OWNER, "Bot", ["withdraw"], DAY_MS)
    assert caught.value.facts["given"] == "withdraw"


async def test_a_name_is_taken_once_and_tokens_are_bounded(desk: Desk) -> None:
    for number in range(MOST_TOKENS):
        await desk.tokens.make(OWNER, f"Bot {number}", [], DAY_MS)
        if not number:
            with pytest.raises(Conflict, match="token_name_taken"):
                await desk.tokens.make(OWNER, "BOT 0", [], DAY_MS)
    with pytest.raises(Conflict, match="too_many_tokens"):
        await desk.tokens.make(OWNER, "One more", [], DAY_MS)


@pytest.mark.parametrize("text", ["", "dbr_", "dbr_" + "x" * 43, "x" * 10_000, "dbr_\ud800"])
async def test_a_text_that_is_no_token_proves_nothing(desk: Desk, text: str) -> None:
    await desk.tokens.make(OWNER, "Bot", [], DAY_MS)
    with pytest.raises(NotProven, match="token_wrong"):
        await desk.tokens.prove(text, ADDRESS)


async def test_a_token_ends_by_itself_and_when_it_is_revoked(desk: Desk) -> None:
    _, short = await desk.tokens.make(OWNER, "Short", [], DAY_MS)
    long, text = await desk.tokens.make(OWNER, "Long", [], 2 * DAY_MS)
    desk.clock.advance(DAY_MS)
    with pytest.raises(NotProven, match="token_ended"):
        await desk.tokens.prove(short.reveal(), ADDRESS)
    with pytest.raises(NotFound, match="unknown_token"):
        await desk.tokens.revoke("owner_2", long.id)
    await desk.tokens.prove(text.reveal(), ADDRESS)
    await desk.tokens.revoke(OWNER, long.id)
    with pytest.raises(NotProven, match="token_wrong"):
        await desk.tokens.prove(text.reveal(), ADDRESS)


async def test_a_token_does_what_its_scopes_say(desk: Desk) -> None:
    _, text = await desk.tokens.make(OWNER, "Bot", ["robots"], DAY_MS)
    token = await desk.tokens.prove(text.reveal(), ADDRESS)
    token.check(TokenScope.READ)
    token.check(TokenScope.ROBOTS)
    with pytest.raises(Forbidden, match="token_lacks_scope"):
        token.check(TokenScope.KEYS)


async def test_the_last_use_is_told_and_the_token_itself_stands_nowhere(desk: Desk) -> None:
    _, text = await desk.tokens.make(OWNER, "Bot", [], DAY_MS)
    assert text.reveal().startswith(PREFIX)
    desk.clock.advance(MINUTE_MS)
    await desk.tokens.prove(text.reveal(), ADDRESS)
    [kept] = await desk.tokens.list_tokens(OWNER)
    assert kept.used_ms == desk.clock.now_ms()
    for file in files_of(desk.file.parent):
        assert text.reveal().encode() not in file.read_bytes()


async def test_who_keeps_asking_with_wrong_texts_has_to_wait_and_a_right_one_never(
    desk: Desk,
) -> None:
    _, text = await desk.tokens.make(OWNER, "Bot", [], DAY_MS)
    for _ in range(30):
        with pytest.raises(NotProven, match="token_wrong"):
            await desk.tokens.prove("dbr_wrong", ADDRESS)
    with pytest.raises(NotProven, match="too_many_attempts") as caught:
        await desk.tokens.prove("dbr_wrong", ADDRESS)
    assert caught.value.facts["retry_after_ms"] == MINUTE_MS // 2
    with pytest.raises(NotProven, match="token_wrong"):
        await desk.tokens.prove("dbr_wrong", "203.0.113.10")
    await desk.tokens.prove(text.reveal(), ADDRESS)
    desk.clock.advance(MINUTE_MS)
    with pytest.raises(NotProven, match="token_wrong"):
        await desk.tokens.prove("dbr_wrong", ADDRESS)
