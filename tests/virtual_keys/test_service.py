"""Making, narrowing and revoking virtual keys, for the person who owns them alone."""

import os
from dataclasses import dataclass, field

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.audit.store import list_events
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict, NotFound, NotProven
from drawbridge.core.operations import Scope
from drawbridge.core.refusals import Refused
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.sealing.keyring import Keyring
from drawbridge.storage.database import Database
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.vault.service import Vault
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.amounts import LargestOrder
from drawbridge.virtual_keys.opening import VirtualOpening
from drawbridge.virtual_keys.restrictions import Rate, Scopes
from drawbridge.virtual_keys.service import VirtualKeys, check_no_bots
from drawbridge.virtual_keys.uses import PASSED, UseCounter
from drawbridge.virtual_keys.wishes import Wish

TRADES = Wish(scopes=("trade_spot",), pairs=("BTC/USDT",), largest_order="500 USDT")


@dataclass
class Codes:
    """Somebody who knows one code, and counts how often it was asked for."""

    asked: list[str] = field(default_factory=list)

    async def check_second_factor(self, _owner: str, code: str) -> None:
        """Take 123456 alone."""
        self.asked.append(code)
        if code != "123456":
            raise NotProven("code_wrong" if code else "code_needed", field="code")


@pytest.fixture
def codes() -> Codes:
    return Codes()


@pytest.fixture
def virtual_keys(
    database: Database, clock: SteppedClock, keyring: Keyring, codes: Codes
) -> VirtualKeys:
    async def public_key() -> VaultPublicKey:
        return keyring.public

    return VirtualKeys(database, clock, os.urandom, public_key, codes)


@pytest.fixture
async def ready(vault: Vault, key: KeyRecord) -> KeyRecord:
    scopes = frozenset({Scope.READ, Scope.TRADE_SPOT})
    return await vault.record_verdict(key.id, Standing(KeyStatus.ENABLED, scopes=scopes))


async def test_a_key_that_was_not_checked_gets_no_virtual_ones(
    virtual_keys: VirtualKeys, ann: Owner, key: KeyRecord
) -> None:
    with pytest.raises(Conflict) as refused:
        await virtual_keys.make(ann.id, key.id, TRADES)
    assert refused.value.code == "virtual_key_not_usable"


async def test_anothers_key_is_unknown(virtual_keys: VirtualKeys, ready: KeyRecord) -> None:
    with pytest.raises(NotFound):
        await virtual_keys.make("eve", ready.id, TRADES)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (Wish(scopes=("trade_margin",)), "virtual_scope_beyond_key"),
        (Wish(scopes=("withdraw",)), "virtual_bad_scope"),
        (Wish(scopes=("trade_spot",), pairs=("DOGE/USDT",)), "virtual_no_such_pair"),
    ],
)
async def test_what_the_real_key_or_the_exchange_has_not_is_not_given(
    virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord, wish: Wish, code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        await virtual_keys.make(ann.id, ready.id, wish)
    assert refused.value.code == code


async def test_who_has_an_authenticator_is_asked_for_its_code(
    database: Database, virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord, codes: Codes
) -> None:
    """Scenario 77: a code is asked for, and without it nothing is made."""
    await virtual_keys.make(ann.id, ready.id, TRADES)
    assert codes.asked == []
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO second_factors VALUES (?, ?, 1, 1, 0)", ann.id, b"sealed")
    for code in ("", "654321"):
        with pytest.raises(NotProven):
            await virtual_keys.make(ann.id, ready.id, TRADES, code=code)
    assert len(await virtual_keys.list_virtual_keys(ann.id)) == 1
    await virtual_keys.make(ann.id, ready.id, TRADES, code="123456")
    assert len(await virtual_keys.list_virtual_keys(ann.id)) == 2


async def test_a_virtual_key_is_shown_once_and_only_sealed_on_disk(
    database: Database, virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord, keyring: Keyring
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, TRADES, label="my bot")
    secret = made.drawn.api_secret.reveal()
    assert secret not in repr(made)
    assert made.virtual.public == made.drawn.api_key
    assert made.virtual.restrictions[0] == Scopes(frozenset({Scope.READ, Scope.TRADE_SPOT}))
    told = [str(event) for event in await list_events(database, ann.id)]
    assert "virtual_keys:key:made" in told[0]
    assert not any(secret in event for event in told)
    sealed = await store.read_sealed(database, made.virtual.id)
    assert not any(secret.encode() in data for data in sealed.values())
    opening = VirtualOpening(database, lambda: keyring)
    assert await opening.get(made.virtual) is opening.find(made.virtual)


async def test_without_rights_named_it_may_read(
    virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, Wish(rate="5"))
    assert made.virtual.restrictions == (Scopes(frozenset({Scope.READ})), Rate(5))


async def test_names_are_given_once_and_free_again_after_the_end(
    virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    first = await virtual_keys.make(ann.id, ready.id, TRADES, label="Bot")
    with pytest.raises(Conflict):
        await virtual_keys.make(ann.id, ready.id, TRADES, label="bot")
    assert (await virtual_keys.find(ann.id, "BOT")).id == first.virtual.id
    await virtual_keys.revoke(ann.id, first.virtual.id)
    again = await virtual_keys.make(ann.id, ready.id, TRADES, label="bot")
    assert (await virtual_keys.find(ann.id, "Bot")).id == again.virtual.id
    unnamed = await virtual_keys.make(ann.id, ready.id, TRADES)
    assert unnamed.virtual.label == f"{ready.label} #1"


async def test_narrowing_only_ever_adds(
    virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, TRADES)
    narrowed = await virtual_keys.narrow(
        ann.id, made.virtual.id, Wish(largest_order="9000 USDT", rate="3")
    )
    assert narrowed.restrictions[: len(made.virtual.restrictions)] == made.virtual.restrictions
    assert [type(it) for it in narrowed.restrictions[3:]] == [LargestOrder, Rate]
    assert await virtual_keys.get(ann.id, made.virtual.id) == narrowed
    for wish in (Wish(), Wish(rate="3")):
        with pytest.raises(BadInput):
            await virtual_keys.narrow(ann.id, made.virtual.id, wish)
    with pytest.raises(NotFound):
        await virtual_keys.narrow("eve", made.virtual.id, Wish(rate="1"))


async def test_a_key_cannot_be_narrowed_for_ever(
    virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, Wish())
    for number in range(1, 40):
        await virtual_keys.narrow(ann.id, made.virtual.id, Wish(rate=str(number)))
    with pytest.raises(Conflict):
        await virtual_keys.narrow(ann.id, made.virtual.id, Wish(rate="40"))


async def test_revoked_is_for_good(
    database: Database, virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, TRADES)
    with pytest.raises(NotFound):
        await virtual_keys.revoke("eve", made.virtual.id)
    revoked = await virtual_keys.revoke(ann.id, made.virtual.id)
    assert revoked.revoked_ms is not None
    assert await virtual_keys.revoke(ann.id, made.virtual.id) == revoked
    assert await store.read_sealed(database, made.virtual.id) == {}
    with pytest.raises(Conflict):
        await virtual_keys.narrow(ann.id, made.virtual.id, Wish(rate="1"))


async def test_a_real_key_is_not_deleted_under_its_virtual_keys(
    database: Database, virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, TRADES)
    async with database.transaction() as tx:
        with pytest.raises(Conflict):
            await check_no_bots(tx, ready)
    await virtual_keys.revoke(ann.id, made.virtual.id)
    async with database.transaction() as tx:
        await check_no_bots(tx, ready)


async def test_use_is_counted_by_hour_and_rule(
    database: Database, virtual_keys: VirtualKeys, ann: Owner, ready: KeyRecord
) -> None:
    made = await virtual_keys.make(ann.id, ready.id, TRADES)
    counter, now_ms = UseCounter(database), 1_790_000_000_000
    refused = Refused("virtual_pair", {"rule": "pairs"})
    for number in range(3):
        counter.note(made.virtual.id, None, now_ms + number)
    counter.note(made.virtual.id, refused, now_ms + 5)
    await counter.flush()
    counter.note(made.virtual.id, None, now_ms + 9)
    await counter.flush()
    await counter.flush()
    uses = await virtual_keys.uses(ann.id, made.virtual.id, now_ms)
    assert {it.rule: (it.times, it.last_ms - now_ms) for it in uses} == {
        PASSED: (4, 9),
        "pairs": (1, 5),
    }
    [listed] = await virtual_keys.list_virtual_keys(ann.id)
    assert listed.used_ms == now_ms + 9
    assert listed.key_label == ready.label
