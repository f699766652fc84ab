"""Creating people, logging in and out: refusals first, throttled, and the same for strangers."""

import asyncio
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from drawbridge.accounts.model import SESSION_IDLE_MS, SESSION_LONGEST_MS, check_password
from drawbridge.accounts.passwords import STAND_IN_HASH, Passwords
from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import list_events, verify
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, SteppedClock
from drawbridge.core.errors import BadInput, Conflict, Corrupted, NotFound, NotProven
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database
from tests.kit.store import place_in, read_everything

_PASSWORD = Secret("walnut ferry 9 orbit")
_WRONG = Secret("walnut ferry 8 orbit")
_HOME = "127.0.0.1"


async def _refusal(accounts: Accounts, name: str, password: Secret, address: str = _HOME) -> str:
    with pytest.raises(NotProven) as told:
        await accounts.log_in(name, password, None, address)
    return str(told.value)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_missing"),
        (" \n ", "name_missing"),
        ("x" * 65, "name_too_long"),
        ("x" * 1_000_000, "name_too_long"),
        ("Ann\u202e", "name_unreadable"),
        ("Ann\x00", "name_unreadable"),
        ("\ud800", "name_unreadable"),
    ],
)
async def test_an_impossible_name_is_refused_by_its_field(
    accounts: Accounts, name: str, code: str
) -> None:
    with pytest.raises(BadInput) as told:
        await accounts.create_owner(name, _PASSWORD)
    assert (told.value.code, told.value.facts["field"]) == (code, "name")
    assert not await accounts.has_owner()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password_too_short"),
        ("elevenchars", "password_too_short"),
        ("  blanks     ", "password_too_short"),
        ("x" * 1_000_000, "password_too_long"),
        ("aaaaaaaaaaaaaaaa", "password_too_easy"),
        ("abababababababab", "password_too_easy"),
        ("123456789012", "password_too_easy"),
        ("password12345", "password_too_easy"),
        ("Drawbridge-2026", "password_too_easy"),
        ("drawbridgedrawbridge", "password_too_easy"),
        ("qwertyuiop12", "password_too_easy"),
        ("Ann-of-York-1", "password_too_easy"),
        ("annofyork annofyork", "password_too_easy"),
        ("half a pair \ud800 here", "not_text"),
    ],
)
async def test_a_weak_password_is_refused_by_its_field(
    accounts: Accounts, password: str, code: str
) -> None:
    with pytest.raises(BadInput) as told:
        await accounts.create_owner("Ann of York", Secret(password))
    assert (told.value.code, told.value.facts["field"]) == (code, "password")
    assert not await accounts.has_owner()


async def test_names_that_look_alike_are_one_name(accounts: Accounts) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    for name in ("Ann", "  ann ", "ANN", "Ａnn"):  # noqa: RUF001  a wide A is the point
        with pytest.raises(Conflict) as told:
            await accounts.create_owner(name, _PASSWORD)
        assert told.value.code == "name_taken"


async def test_only_one_of_two_becomes_the_first_owner(accounts: Accounts) -> None:
    told = await asyncio.gather(
        accounts.create_owner("Ann", _PASSWORD, first=True),
        accounts.create_owner("Eve", _PASSWORD, first=True),
        return_exceptions=True,
    )
    refused = [answer for answer in told if isinstance(answer, Conflict)]
    assert [error.code for error in refused] == ["owner_exists"]


async def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(
    accounts: Accounts,
) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    wrong = await _refusal(accounts, "Ann", _WRONG)
    assert wrong == await _refusal(accounts, "Nobody", _WRONG) == "login_refused"
    assert await _refusal(accounts, "Ann", Secret("x" * 2_000)) == "login_refused"


def test_the_stand_in_for_unknown_names_costs_what_a_password_costs() -> None:
    real = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    assert not real.check_needs_rehash(STAND_IN_HASH)


async def test_a_damaged_hash_is_no_wrong_password() -> None:
    with pytest.raises(Corrupted) as told:
        await Passwords().fits(_PASSWORD, "no hash")
    assert told.value.code == "password_hash_damaged"


async def test_five_wrong_passwords_make_everybody_at_that_address_wait(
    accounts: Accounts, clock: SteppedClock
) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    for _ in range(5):
        assert await _refusal(accounts, "Ann", _WRONG) == "login_refused"
    for password in (_WRONG, _PASSWORD):
        with pytest.raises(NotProven) as told:
            await accounts.log_in("Ann", password, None, _HOME)
        assert told.value.code == "too_many_attempts"
        assert told.value.facts == {"retry_after_ms": 30_000}
    # The owner is not locked out elsewhere by a stranger's attempts.
    assert await accounts.log_in("Ann", _PASSWORD, None, "10.0.0.1")
    clock.advance(30_000)
    assert await accounts.log_in("Ann", _PASSWORD, None, _HOME)


async def test_waits_double_and_end_at_an_hour(accounts: Accounts, clock: SteppedClock) -> None:
    waits = []
    for _ in range(20):
        try:
            await accounts.log_in("Ann", _WRONG, None, _HOME)
        except NotProven as told:
            waited = told.facts.get("retry_after_ms", 0)
            assert isinstance(waited, int)
            clock.advance(waited)
            if waited:
                waits.append(waited)
    assert waits[:4] == [30_000, 60_000, 120_000, 240_000]
    assert max(waits) == HOUR_MS


async def test_attempts_made_at_the_same_moment_cannot_slip_past_the_limit(
    accounts: Accounts,
) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    told = await asyncio.gather(
        *(accounts.log_in("Ann", _WRONG, None, _HOME) for _ in range(20)), return_exceptions=True
    )
    codes = [answer.code for answer in told if isinstance(answer, NotProven)]
    assert codes.count("login_refused") == 5
    assert codes.count("too_many_attempts") == 15


async def test_one_address_with_many_names_has_to_wait(accounts: Accounts) -> None:
    for n in range(30):
        assert await _refusal(accounts, f"name {n}", _WRONG) == "login_refused"
    assert (await _refusal(accounts, "another", _WRONG)).startswith("too_many_attempts")


async def test_many_addresses_with_one_name_have_to_wait_in_the_end(accounts: Accounts) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    for n in range(100):
        assert await _refusal(accounts, "Ann", _WRONG, f"10.0.0.{n}") == "login_refused"
    assert (await _refusal(accounts, "Ann", _WRONG, "10.0.1.1")).startswith("too_many")


async def test_attempts_are_forgotten_after_a_day(
    accounts: Accounts, clock: SteppedClock, database: Database
) -> None:
    for _ in range(5):
        await _refusal(accounts, "Ann", _WRONG)
    clock.advance(DAY_MS)
    assert await _refusal(accounts, "Ann", _WRONG) == "login_refused"
    assert len(await database.fetch_all("SELECT * FROM attempts")) == 3


async def test_nothing_that_was_typed_is_kept(accounts: Accounts, tmp_path: Path) -> None:
    """Scenario 34: also not a password typed into the field of the name."""
    await accounts.create_owner("Ann", _PASSWORD)
    await _refusal(accounts, "planted-in-name", Secret("planted-in-password"))
    token = await accounts.log_in("Ann", _PASSWORD, None, _HOME)
    dump = read_everything(place_in(tmp_path))
    assert "Ann" in dump
    for planted in ("planted", "walnut", token.reveal()):
        assert planted not in dump


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\ud800"])
async def test_a_made_up_token_is_no_session(accounts: Accounts, token: str) -> None:
    assert await accounts.session(token) is None
    await accounts.log_out(token)


async def test_a_session_ends_when_it_is_idle(accounts: Accounts, clock: SteppedClock) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    token = (await accounts.log_in("Ann", _PASSWORD, None, _HOME)).reveal()
    clock.advance(SESSION_IDLE_MS - MINUTE_MS)
    assert await accounts.session(token) is not None
    clock.advance(SESSION_IDLE_MS - MINUTE_MS)
    assert await accounts.session(token) is not None
    clock.advance(SESSION_IDLE_MS)
    assert await accounts.session(token) is None


async def test_a_session_ends_after_a_week_however_busy(
    accounts: Accounts, clock: SteppedClock
) -> None:
    await accounts.create_owner("Ann", _PASSWORD)
    token = (await accounts.log_in("Ann", _PASSWORD, None, _HOME)).reveal()
    for _ in range(SESSION_LONGEST_MS // HOUR_MS - 1):
        clock.advance(HOUR_MS)
        assert await accounts.session(token) is not None
    clock.advance(HOUR_MS)
    assert await accounts.session(token) is None


async def test_a_password_changes_only_with_the_old_one(accounts: Accounts) -> None:
    owner = await accounts.create_owner("Ann", _PASSWORD)
    with pytest.raises(NotProven) as told:
        await accounts.change_password(owner.id, _WRONG, Secret("another 7 long one"))
    assert told.value.code == "password_wrong"
    with pytest.raises(BadInput):
        await accounts.change_password(owner.id, _PASSWORD, Secret("short"))
    with pytest.raises(NotFound):
        await accounts.change_password("owner_x", _PASSWORD, Secret("another 7 long one"))


async def test_a_changed_password_ends_every_session(accounts: Accounts) -> None:
    owner = await accounts.create_owner("Ann", _PASSWORD)
    token = await accounts.log_in("Ann", _PASSWORD, None, _HOME)
    await accounts.change_password(owner.id, _PASSWORD, Secret("another 7 long one"))
    assert await accounts.session(token.reveal()) is None
    assert await _refusal(accounts, "Ann", _PASSWORD) == "login_refused"
    assert await accounts.log_in("Ann", Secret("another 7 long one"), None, _HOME)


async def test_logging_in_gives_a_session_and_logging_out_ends_it(
    accounts: Accounts, database: Database
) -> None:
    assert not await accounts.has_owner()
    created = await accounts.create_owner("  Ann   of York ", _PASSWORD, first=True)
    assert created.name == "Ann of York"
    assert await accounts.has_owner()
    token = await accounts.log_in(" ann of york", _PASSWORD, None, _HOME)
    assert await accounts.session(token.reveal()) == created
    await accounts.log_out(token.reveal())
    await accounts.log_out(token.reveal())
    assert await accounts.session(token.reveal()) is None
    events = [event.tag for event in await list_events(database, created.id)]
    assert events == ["account:session:ended", "account:session:started", "account:owner:created"]
    assert (await verify(database)).count == 3


@pytest.mark.parametrize(
    "password", ["walnut ferry 9 orbit", "Пароль из слов", "🐴🔋📎🧷 wxyz abc"]
)
def test_several_unusual_words_are_a_good_password(password: str) -> None:
    check_password(Secret(password), "Ann")
