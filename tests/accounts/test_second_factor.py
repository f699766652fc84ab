"""The authenticator: a code counts once, guesses are throttled, recovery codes work once."""

import asyncio
from pathlib import Path

import pyotp
import pytest

from drawbridge.accounts.model import Owner
from drawbridge.accounts.second_factor import STEP_MS, clean_code, find_step
from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import list_events, verify
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Conflict, DrawbridgeError, NotProven
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database
from tests.kit.store import place_in, read_everything

_PASSWORD = Secret("walnut ferry 9 orbit")
_HOME = "127.0.0.1"


class Phone:
    """An authenticator as people have it: it knows the secret and the time."""

    def __init__(self, secret: str, clock: SteppedClock) -> None:
        self._totp = pyotp.TOTP(secret)
        self._clock = clock

    def code(self) -> str:
        return self._totp.at(self._clock.now_ms() // 1_000)

    def next_code(self) -> str:
        self._clock.advance(STEP_MS)
        return self.code()

    def wrong_code(self) -> str:
        return f"{(int(self.code()) + 1) % 1_000_000:06}"


@pytest.fixture
async def owner(accounts: Accounts) -> Owner:
    return await accounts.create_owner("Ann", _PASSWORD)


@pytest.fixture
async def phone(accounts: Accounts, owner: Owner, clock: SteppedClock) -> Phone:
    enrolment = await accounts.enrol_second_factor(owner.id)
    phone = Phone(enrolment.secret.reveal(), clock)
    await accounts.confirm_second_factor(owner.id, phone.code())
    clock.advance(STEP_MS)
    return phone


async def _refusal(accounts: Accounts, owner: Owner, code: str) -> DrawbridgeError:
    with pytest.raises((NotProven, Conflict)) as told:
        await accounts.check_second_factor(owner.id, code)
    return told.value


async def test_a_code_is_refused_where_no_authenticator_is_set_up(
    accounts: Accounts, owner: Owner
) -> None:
    for _ in range(10):
        assert (await _refusal(accounts, owner, "123456")).code == "second_factor_not_set"
    with pytest.raises(Conflict) as told:
        await accounts.confirm_second_factor(owner.id, "123456")
    assert told.value.code == "second_factor_not_started"


async def test_an_authenticator_does_not_count_before_its_first_code(
    accounts: Accounts, owner: Owner, clock: SteppedClock
) -> None:
    enrolment = await accounts.enrol_second_factor(owner.id)
    phone = Phone(enrolment.secret.reveal(), clock)
    with pytest.raises(NotProven):
        await accounts.confirm_second_factor(owner.id, phone.wrong_code())
    assert (await _refusal(accounts, owner, phone.code())).code == "second_factor_not_set"
    assert await accounts.log_in("Ann", _PASSWORD, None, _HOME)


@pytest.mark.parametrize("code", ["", "   ", "\n", "１２３４５６"])  # noqa: RUF001  wide digits
@pytest.mark.usefixtures("phone")
async def test_an_empty_or_odd_code_is_asked_for_again(
    accounts: Accounts, owner: Owner, code: str
) -> None:
    told = await _refusal(accounts, owner, code)
    assert (told.code, told.facts["field"]) == ("code_needed", "code")


@pytest.mark.parametrize("code", ["000", "1234567", "abcdef", "x" * 1_000_000, "'; --"])
@pytest.mark.usefixtures("phone")
async def test_what_is_no_code_is_wrong(accounts: Accounts, owner: Owner, code: str) -> None:
    assert (await _refusal(accounts, owner, code)).code == "code_wrong"


async def test_a_code_counts_once(accounts: Accounts, owner: Owner, phone: Phone) -> None:
    code = phone.code()
    await accounts.check_second_factor(owner.id, code)
    assert (await _refusal(accounts, owner, code)).code == "code_wrong"
    await accounts.check_second_factor(owner.id, phone.next_code())


async def test_one_code_used_twice_at_the_same_moment_counts_once(
    accounts: Accounts, owner: Owner, phone: Phone
) -> None:
    code = phone.code()
    told = await asyncio.gather(
        *(accounts.check_second_factor(owner.id, code) for _ in range(4)), return_exceptions=True
    )
    assert sum(answer is None for answer in told) == 1


async def test_an_older_code_does_not_count_after_a_newer_one(
    accounts: Accounts, owner: Owner, phone: Phone
) -> None:
    older, newer = phone.code(), phone.next_code()
    await accounts.check_second_factor(owner.id, newer)
    assert (await _refusal(accounts, owner, older)).code == "code_wrong"


async def test_five_wrong_codes_make_one_wait(
    accounts: Accounts, owner: Owner, phone: Phone, clock: SteppedClock
) -> None:
    """Scenario 29: five tries, then wait; the answer never holds the right code."""
    for _ in range(5):
        told = await _refusal(accounts, owner, phone.wrong_code())
        assert told.code == "code_wrong"
        assert phone.code() not in str(told)
    assert (await _refusal(accounts, owner, phone.code())).code == "too_many_attempts"
    clock.advance(30_000)
    await accounts.check_second_factor(owner.id, phone.code())


async def test_the_password_alone_does_not_log_in(
    accounts: Accounts, owner: Owner, phone: Phone, database: Database
) -> None:
    for code, expected in ((None, "code_needed"), ("", "code_needed"), ("abc", "code_wrong")):
        with pytest.raises(NotProven) as told:
            await accounts.log_in("Ann", _PASSWORD, code, _HOME)
        assert told.value.code == expected
    with pytest.raises(NotProven) as told:
        await accounts.log_in("Ann", Secret("not the password"), phone.code(), _HOME)
    assert told.value.code == "login_refused"
    refused = [event for event in await list_events(database, owner.id) if "refused" in event.tag]
    assert [event.facts["wrong"] for event in refused] == ["password", "code"]
    token = await accounts.log_in(
        "Ann", _PASSWORD, f" {phone.code()[:3]} {phone.code()[3:]}", _HOME
    )
    found = await accounts.session(token.reveal())
    assert found is not None
    assert found.second_factor


async def test_asking_for_the_code_is_no_wrong_attempt(
    accounts: Accounts, owner: Owner, phone: Phone
) -> None:
    for _ in range(20):
        with pytest.raises(NotProven) as told:
            await accounts.log_in("Ann", _PASSWORD, None, _HOME)
        assert told.value.code == "code_needed"
    assert await accounts.log_in(owner.name, _PASSWORD, phone.code(), _HOME)


async def test_an_authenticator_is_not_replaced_in_passing(
    accounts: Accounts, owner: Owner, phone: Phone
) -> None:
    with pytest.raises(Conflict) as told:
        await accounts.enrol_second_factor(owner.id)
    assert told.value.code == "second_factor_already_set"
    with pytest.raises(Conflict):
        await accounts.confirm_second_factor(owner.id, phone.next_code())


async def test_each_recovery_code_works_once_and_helps_to_a_new_telephone(
    accounts: Accounts, owner: Owner, clock: SteppedClock, database: Database
) -> None:
    """Scenario 36: recovery codes exist, and a lost telephone has a way back."""
    enrolment = await accounts.enrol_second_factor(owner.id)
    lost = Phone(enrolment.secret.reveal(), clock)
    codes = await accounts.confirm_second_factor(owner.id, lost.code())
    texts = [code.reveal() for code in codes]
    assert len(set(texts)) == 10
    await accounts.check_second_factor(owner.id, texts[0].upper().replace("-", " "))
    assert (await _refusal(accounts, owner, texts[0])).code == "code_wrong"
    await accounts.log_in("Ann", _PASSWORD, texts[1], _HOME)
    await accounts.remove_second_factor(owner.id, texts[2])
    again = await accounts.enrol_second_factor(owner.id)
    clock.advance(STEP_MS)
    found = Phone(again.secret.reveal(), clock)
    await accounts.confirm_second_factor(owner.id, found.code())
    assert (await _refusal(accounts, owner, texts[3])).code == "code_wrong"
    clock.advance(STEP_MS)
    assert (await _refusal(accounts, owner, lost.code())).code == "code_wrong"
    tags = [event.tag for event in await list_events(database, owner.id)]
    assert tags.count("account:recovery_code:used") == 3
    assert (await verify(database)).count == len(tags)


async def test_another_persons_recovery_code_does_not_work(
    accounts: Accounts, owner: Owner, clock: SteppedClock
) -> None:
    codes: dict[str, str] = {}
    eve = await accounts.create_owner("Eve", _PASSWORD)
    for person in (owner, eve):
        enrolment = await accounts.enrol_second_factor(person.id)
        phone = Phone(enrolment.secret.reveal(), clock)
        drawn = await accounts.confirm_second_factor(person.id, phone.code())
        codes[person.name] = drawn[0].reveal()
    assert (await _refusal(accounts, owner, codes["Eve"])).code == "code_wrong"


async def test_secret_and_recovery_codes_stand_nowhere_in_the_clear(
    accounts: Accounts, owner: Owner, clock: SteppedClock, tmp_path: Path
) -> None:
    enrolment = await accounts.enrol_second_factor(owner.id)
    secret = enrolment.secret.reveal()
    codes = await accounts.confirm_second_factor(owner.id, Phone(secret, clock).code())
    assert secret in enrolment.uri.reveal()
    assert "issuer=Drawbridge" in enrolment.uri.reveal()
    dump = read_everything(place_in(tmp_path))
    assert owner.id in dump
    for planted in (secret, *(code.reveal() for code in codes)):
        assert planted not in dump


def test_codes_follow_the_vectors_of_rfc_6238() -> None:
    """Source: RFC 6238, appendix B, SHA-1, the last six digits."""
    secret = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
    for time_s, code in ((59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")):
        assert find_step(secret, code, time_s * 1_000, 0) == time_s // 30
        assert find_step(secret, code, time_s * 1_000 + 2 * STEP_MS, 0) is None
        assert find_step(secret, code, time_s * 1_000, time_s // 30) is None


@pytest.mark.parametrize(("typed", "code"), [(" 123 456\n", "123456"), ("é", ""), ("", "")])
def test_blanks_in_a_code_do_not_matter(typed: str, code: str) -> None:
    assert clean_code(typed) == code
