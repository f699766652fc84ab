"""Passkeys: what proves nothing, what is counted, and a device that logs its owner in."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from drawbridge.accounts.passkey_proof import ANSWER_WITHIN_MS, Place
from drawbridge.accounts.passkeys import MOST_PASSKEYS, Passkeys
from drawbridge.accounts.service import Accounts
from drawbridge.audit.store import AuditLog, list_events
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict, NotFound, NotProven
from drawbridge.core.secret import Secret
from drawbridge.storage.database import Database
from tests.kit.passkey_device import Device, changed, encode

PLACE = Place("bridge.example.com", "https://bridge.example.com")
OTHER = Place("localhost", "http://localhost:8420")
HERE = "203.0.113.9"
VISITOR = "token in a cookie"


@dataclass
class Desk:
    database: Database
    clock: SteppedClock
    accounts: Accounts
    passkeys: Passkeys
    ada: str

    async def given(self, owner: str = "", device: Device | None = None) -> Device:
        """Give a device with a passkey of this owner."""
        device, owner = device or Device(PLACE.origin), owner or self.ada
        options = await self.passkeys.begin_adding(owner, VISITOR, "Ring", PLACE)
        await self.passkeys.add(owner, VISITOR, "Ring", PLACE, device.make(options))
        return device

    async def asked(self, visitor: str = VISITOR, address: str = HERE) -> str:
        return await self.passkeys.begin_log_in(visitor, PLACE, address)

    async def log_in(self, answer: str, visitor: str = VISITOR, address: str = HERE) -> Secret:
        return await self.passkeys.log_in(visitor, PLACE, answer, address)


@pytest.fixture
async def desk(database: Database, clock: SteppedClock, accounts: Accounts) -> Desk:
    ada = await accounts.create_owner("Ada", Secret("walnut ferry 9 orbit"))
    passkeys = Passkeys(database, AuditLog(clock), clock, os.urandom)
    return Desk(database, clock, accounts, passkeys, ada.id)


def _elsewhere(device: Device) -> None:
    device.origin = "https://bridge.example.com.evil.example"


def _without_finger(device: Device) -> None:
    device.is_verifying = False


def _of_somebody_else(device: Device) -> None:
    device.owner = b"owner_2"


def _of_nobody(device: Device) -> None:
    device.owner = b""


def _unknown(device: Device) -> None:
    device.credential_id = os.urandom(16)


def _another_key(device: Device) -> None:
    device.key = Device("").key


LIES = [_elsewhere, _without_finger, _of_somebody_else, _of_nobody, _unknown, _another_key]


@pytest.mark.parametrize("lie", LIES)
async def test_a_device_that_lies_logs_nobody_in(desk: Desk, lie: Callable[[Device], None]) -> None:
    device = await desk.given()
    lie(device)
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(device.use(await desk.asked()))
    assert [passkey.used_ms for passkey in await desk.passkeys.list_passkeys(desk.ada)] == [None]


@pytest.mark.parametrize("changes", [{"challenge": encode(bytes(32))}, {"rpId": "localhost"}])
async def test_what_signs_another_challenge_or_site_logs_nobody_in(
    desk: Desk, changes: dict[str, str]
) -> None:
    device = await desk.given()
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(device.use(changed(await desk.asked(), **changes)))


async def test_an_answer_counts_once_and_a_wrong_one_uses_its_challenge_up(desk: Desk) -> None:
    device = await desk.given()
    options = await desk.asked()
    answer = device.use(options)
    await desk.log_in(answer)
    with pytest.raises(NotProven, match="passkey_late"):
        await desk.log_in(answer)
    await desk.asked()
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(answer)
    options = await desk.asked()
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in("{}")
    with pytest.raises(NotProven, match="passkey_late"):
        await desk.log_in(device.use(options))


async def test_a_copy_of_a_device_is_refused_by_its_count(desk: Desk) -> None:
    device = await desk.given()
    await desk.log_in(device.use(await desk.asked()))
    await desk.log_in(device.use(await desk.asked()))
    device.count = 0
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(device.use(await desk.asked()))


async def test_an_answer_comes_from_the_browser_that_was_asked_and_in_time(desk: Desk) -> None:
    device = await desk.given()
    answer = device.use(await desk.asked())
    with pytest.raises(NotProven, match="passkey_late"):
        await desk.log_in(answer, visitor="another cookie")
    desk.clock.advance(ANSWER_WITHIN_MS)
    with pytest.raises(NotProven, match="passkey_late"):
        await desk.log_in(answer)


@pytest.mark.parametrize(
    "answer",
    [
        *("", "[]", "1", '"x"', '{"id": 5}', '{"id": "é"}', '{"id": "\ud800"}'),
        pytest.param("[" * 60_000, id="deep"),
        pytest.param("x" * 1_000_000, id="long"),
    ],
)
async def test_what_is_no_answer_at_all_is_refused_like_a_wrong_one(
    desk: Desk, answer: str
) -> None:
    await desk.asked()
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(answer)
    await desk.passkeys.begin_adding(desk.ada, VISITOR, "Ring", PLACE)
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.passkeys.add(desk.ada, VISITOR, "Ring", PLACE, answer)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", [None, 5, "", "AAAA", "é"])
async def test_an_answer_with_a_broken_part_is_refused(
    desk: Desk, part: str, value: object
) -> None:
    device = await desk.given()
    answer = json.loads(device.use(await desk.asked()))
    answer["response"][part] = value
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(json.dumps(answer))


async def test_a_challenge_to_log_in_adds_no_passkey_and_the_other_way_round(desk: Desk) -> None:
    device = await desk.given()
    options = await desk.passkeys.begin_adding(desk.ada, VISITOR, "Ring", PLACE)
    with pytest.raises(NotProven, match="passkey_late"):
        await desk.log_in(device.use(changed(options, rpId=PLACE.host)))
    await desk.passkeys.add(desk.ada, VISITOR, "Two", PLACE, Device(PLACE.origin).make(options))
    with pytest.raises(NotProven, match="passkey_late"):
        await desk.passkeys.add(desk.ada, VISITOR, "Three", PLACE, device.make(options))


@pytest.mark.parametrize("lie", [_elsewhere, _without_finger])
async def test_a_device_that_lies_when_it_is_added_is_refused(
    desk: Desk, lie: Callable[[Device], None]
) -> None:
    device = Device(PLACE.origin)
    lie(device)
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.given(device=device)
    assert await desk.passkeys.list_passkeys(desk.ada) == ()


async def test_a_passkey_of_one_person_is_not_anothers(desk: Desk) -> None:
    bob = await desk.accounts.create_owner("Bob", Secret("walnut ferry 9 orbit"))
    device = await desk.given()
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.given(bob.id, device)
    [passkey] = await desk.passkeys.list_passkeys(desk.ada)
    with pytest.raises(NotFound, match="unknown_passkey"):
        await desk.passkeys.remove(bob.id, passkey.id)
    assert await desk.passkeys.list_passkeys(bob.id) == ()


async def test_names_and_numbers_of_passkeys_are_bounded(desk: Desk) -> None:
    with pytest.raises(BadInput, match="name_missing"):
        await desk.passkeys.begin_adding(desk.ada, VISITOR, " ", PLACE)
    for _ in range(MOST_PASSKEYS):
        await desk.given()
    with pytest.raises(Conflict, match="too_many_passkeys"):
        await desk.given()


async def test_who_keeps_asking_waits_and_a_log_in_clears_the_count(desk: Desk) -> None:
    device = await desk.given()
    for _ in range(29):
        await desk.asked()
    await desk.log_in(device.use(await desk.asked()))
    for _ in range(30):
        options = await desk.asked()
    with pytest.raises(NotProven, match="too_many_attempts") as told:
        await desk.asked()
    assert told.value.facts["retry_after_ms"]
    await desk.asked(visitor="elsewhere", address="203.0.113.10")
    await desk.log_in(device.use(options))


async def test_a_removed_passkey_logs_nobody_in(desk: Desk) -> None:
    device = await desk.given()
    [passkey] = await desk.passkeys.list_passkeys(desk.ada)
    options = await desk.asked()
    await desk.passkeys.remove(desk.ada, passkey.id)
    with pytest.raises(NotProven, match="passkey_refused"):
        await desk.log_in(device.use(options))


async def test_a_passkey_of_this_site_is_not_made_twice_on_a_device(desk: Desk) -> None:
    device = await desk.given()
    here = json.loads(await desk.passkeys.begin_adding(desk.ada, VISITOR, "Two", PLACE))
    there = json.loads(await desk.passkeys.begin_adding(desk.ada, VISITOR, "Two", OTHER))
    assert [it["id"] for it in here["excludeCredentials"]] == [encode(device.credential_id)]
    assert there["excludeCredentials"] == []


@pytest.mark.parametrize("count", [0, 7])
async def test_a_device_logs_its_owner_in_and_the_log_tells(desk: Desk, count: int) -> None:
    device = await desk.given(device=Device(PLACE.origin, count=count))
    desk.clock.advance(1_000)
    token = await desk.log_in(device.use(await desk.asked()))
    owner = await desk.accounts.session(token.reveal())
    assert owner is not None
    assert owner.id == desk.ada
    [passkey] = await desk.passkeys.list_passkeys(desk.ada)
    assert (passkey.name, passkey.host) == ("Ring", PLACE.host)
    assert passkey.used_ms == desk.clock.now_ms()
    await desk.passkeys.remove(desk.ada, passkey.id)
    tags = [event.tag for event in await list_events(desk.database, desk.ada)]
    assert tags[:3] == [
        "account:passkey:removed",
        "account:session:started",
        "account:passkey:added",
    ]


async def test_a_device_without_a_counter_works_again_and_again(desk: Desk) -> None:
    device = await desk.given()
    for _ in range(3):
        device.count = -1
        await desk.log_in(device.use(await desk.asked()))
