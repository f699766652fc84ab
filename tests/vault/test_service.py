"""Adding, switching and deleting keys: refusals first, nothing stored by them."""

import asyncio
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from drawbridge.accounts.model import Owner
from drawbridge.audit.store import list_events, verify
from drawbridge.audit.tags import Tag
from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import BadInput, Conflict, DrawbridgeError, NotFound
from drawbridge.core.operations import Scope
from drawbridge.sealing.envelope import VaultPublicKey
from drawbridge.storage.database import Database
from drawbridge.vault.model import RESEALABLE_STATUSES, KeyStatus, Standing, Venue
from drawbridge.vault.opening import Opening
from drawbridge.vault.service import Vault
from tests.kit.credentials import binance_fields, kraken_fields
from tests.kit.store import files_of, in_a_file

_ENABLED = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
_READS = Standing(KeyStatus.READ_ONLY, scopes=frozenset({Scope.READ}))


async def _stored(database: Database) -> int:
    row = await database.fetch_one(
        "SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM key_secrets) AS n"
    )
    return int(row["n"]) if row else -1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "api_key"),
        ({"api_key": "", "api_secret": ""}, "api_key"),
        ({"api_key": " \n\t", "api_secret": "''"}, "api_key"),
        ({"api_key": kraken_fields()["api_key"]}, "api_secret"),
        (kraken_fields() | {"api_secret": "x" * 1_000_000}, "api_secret"),
        (kraken_fields() | {"api_secret": "half \ud800"}, "api_secret"),
        (kraken_fields() | {"api_key": "ключ" * 14}, "api_key"),
        (binance_fields(), "api_key"),
        (
            {
                "api_key": kraken_fields()["api_secret"],
                "api_secret": kraken_fields()["api_key"],
            },
            "api_key",
        ),
        (kraken_fields() | {"withdrawal_password": "x"}, "withdrawal_password"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    vault: Vault, ann: Owner, database: Database, fields: dict[str, str], field: str
) -> None:
    """Scenario 4: impossible fields are refused before anything is sent."""
    with pytest.raises(BadInput) as told:
        await vault.add(ann.id, "kraken", "live", fields)
    assert told.value.facts["field"] == field
    assert await _stored(database) == 0


@pytest.mark.parametrize(
    ("place", "label", "code"),
    [
        (("nowhere", "live"), "", "unknown_exchange"),
        (("../kraken", "live"), "", "unknown_exchange"),
        (("kraken", "moon"), "", "bad_venue"),
        (("kraken", "live"), "x" * 65, "label_too_long"),
    ],
)
async def test_a_wrong_place_or_label_is_refused(
    vault: Vault, ann: Owner, place: tuple[str, str], label: str, code: str
) -> None:
    with pytest.raises(DrawbridgeError) as told:
        await vault.add(ann.id, *place, kraken_fields(), label)
    assert told.value.code == code
    assert await vault.list_keys(ann.id) == ()


async def test_without_a_vault_nothing_is_stored(
    database: Database, clock: SteppedClock, ann: Owner
) -> None:
    async def absent() -> VaultPublicKey:
        raise Conflict("vault_absent")

    vault = Vault(database, clock, bytes, absent)
    with pytest.raises(Conflict):
        await vault.add(ann.id, "kraken", "live", kraken_fields())
    assert await _stored(database) == 0


async def test_a_label_is_unique_for_one_person_only(vault: Vault, ann: Owner, eve: Owner) -> None:
    """Scenario 3: one's own second key of a name is refused, another person's is not."""
    await vault.add(ann.id, "kraken", "live", kraken_fields(1), "Main")
    for label in ("Main", " main ", "MAIN"):
        with pytest.raises(Conflict) as told:
            await vault.add(ann.id, "kraken", "live", kraken_fields(2), label)
        assert (told.value.code, told.value.facts["field"]) == ("label_taken", "label")
    added = await vault.add(eve.id, "kraken", "live", kraken_fields(3), "Main")
    assert added.key.label == "Main"
    assert len(await vault.list_keys(ann.id)) == 1


async def test_another_persons_key_is_refused_without_saying_whose(
    vault: Vault, ann: Owner, eve: Owner
) -> None:
    """Scenario 17."""
    await vault.add(ann.id, "kraken", "live", kraken_fields(), "Ann's own")
    with pytest.raises(Conflict) as told:
        await vault.add(eve.id, "kraken", "live", kraken_fields(secret="guessed"))
    assert told.value.code == "key_known_elsewhere"
    assert "Ann" not in str(told.value)
    assert ann.id not in str(told.value)
    assert await vault.list_keys(eve.id) == ()


@pytest.mark.parametrize("status", [KeyStatus.ENABLED, KeyStatus.READ_ONLY, KeyStatus.CHECKING])
async def test_ones_own_working_key_is_not_replaced_in_passing(
    vault: Vault, ann: Owner, status: KeyStatus
) -> None:
    """Scenario 17: the same person is told that they have the key already."""
    added = await vault.add(ann.id, "kraken", "live", kraken_fields(), "Main")
    await vault.record_verdict(added.key.id, Standing(status))
    with pytest.raises(Conflict) as told:
        await vault.add(ann.id, "kraken", "live", kraken_fields())
    assert told.value.facts == {"field": "api_key", "label": "Main"}
    assert (await vault.get_key(ann.id, added.key.id)).version == 1


@pytest.mark.parametrize("status", sorted(RESEALABLE_STATUSES))
async def test_a_key_that_never_worked_may_be_entered_again(
    vault: Vault, ann: Owner, opening: Opening, status: KeyStatus
) -> None:
    """Scenario 17: who pasted the wrong secret pastes the right one, and is told."""
    first = await vault.add(ann.id, "kraken", "live", kraken_fields(secret="wrong"), "Main")
    if status is KeyStatus.REFUSED:
        await vault.refuse(first.key.id, "may_withdraw", {})
    else:
        await vault.record_verdict(first.key.id, Standing(status, "bad_signature"))
    again = await vault.add(ann.id, "kraken", "live", kraken_fields(secret="right"))
    assert again.seen_before
    assert again.key.id == first.key.id
    assert (again.key.label, again.key.version, again.key.reason) == ("Main", 2, "")
    assert again.key == await vault.get_key(ann.id, again.key.id)
    async with opening.open_fields(again.key.id) as fields:
        assert fields["api_secret"].reveal() == kraken_fields(secret="right")["api_secret"]


async def test_the_same_key_added_twice_at_the_same_moment_is_stored_once(
    vault: Vault, ann: Owner, eve: Owner
) -> None:
    await asyncio.gather(
        vault.add(ann.id, "kraken", "live", kraken_fields()),
        vault.add(eve.id, "kraken", "live", kraken_fields()),
        return_exceptions=True,
    )
    both = await vault.list_keys(ann.id) + await vault.list_keys(eve.id)
    assert len(both) == 1


async def test_another_persons_key_is_as_unknown_as_one_that_never_was(
    vault: Vault, ann: Owner, eve: Owner
) -> None:
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    for key_id in (key.id, "key_never", "", "' OR 1 --"):
        for wish in (vault.get_key, vault.request_check, vault.disable, vault.enable):
            with pytest.raises(NotFound):
                await wish(eve.id, key_id)
        with pytest.raises(NotFound):
            await vault.delete(eve.id, key_id)
    assert (await vault.get_key(ann.id, key.id)).status is KeyStatus.UNVERIFIED


async def test_a_refused_key_loses_its_secret_and_stays_refused(
    vault: Vault, ann: Owner, database: Database
) -> None:
    """Scenario 11: the secret of a key that can withdraw is not kept."""
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    refused = await vault.refuse(
        key.id, "may_withdraw", {"switch": "Withdraw Funds"}, frozenset({Scope.WITHDRAW})
    )
    assert (refused.status, refused.reason) == (KeyStatus.REFUSED, "may_withdraw")
    assert refused.facts == {"switch": "Withdraw Funds"}
    assert refused.scopes == {Scope.WITHDRAW}
    assert await database.fetch_all("SELECT * FROM key_secrets") == []
    for wish in (vault.request_check, vault.disable, vault.enable):
        with pytest.raises(Conflict) as told:
            await wish(ann.id, key.id)
        assert told.value.code == "key_refused"
    assert (await vault.record_verdict(key.id, _ENABLED)).status is KeyStatus.REFUSED


async def test_a_verdict_does_not_switch_on_what_the_person_switched_off(
    vault: Vault, ann: Owner
) -> None:
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    await vault.record_verdict(key.id, Standing(KeyStatus.CHECKING))
    await vault.disable(ann.id, key.id)
    after = await vault.record_verdict(key.id, _ENABLED)
    assert after.status is KeyStatus.DISABLED
    assert after.check_requested_ms is None
    with pytest.raises(Conflict) as told:
        await vault.request_check(ann.id, key.id)
    assert told.value.code == "key_disabled"


@pytest.mark.parametrize("status", [KeyStatus.DISABLED, KeyStatus.REFUSED])
async def test_a_check_cannot_conclude_what_it_has_no_right_to(
    vault: Vault, ann: Owner, status: KeyStatus
) -> None:
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    with pytest.raises(ValueError, match=status):
        await vault.record_verdict(key.id, Standing(status))


async def test_what_is_not_there_gets_no_verdict(vault: Vault) -> None:
    for wish in (vault.record_verdict("key_x", _ENABLED), vault.refuse("key_x", "", {})):
        with pytest.raises(NotFound):
            await wish
    with pytest.raises(NotFound):
        await vault.get_record("key_x")


async def test_a_key_whose_order_may_be_open_is_not_deleted(vault: Vault, ann: Owner) -> None:
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields())).key
    for status in (KeyStatus.CHECKING, KeyStatus.CLEANUP_PENDING):
        await vault.record_verdict(key.id, Standing(status))
        with pytest.raises(Conflict):
            await vault.delete(ann.id, key.id)
    assert await vault.list_standing(KeyStatus.CLEANUP_PENDING, KeyStatus.CHECKING)


async def test_a_deleted_key_leaves_no_secret_and_frees_its_name(
    vault: Vault, ann: Owner, eve: Owner, database: Database
) -> None:
    """Scenario 41: the secret is gone, the history stays."""
    key = (await vault.add(ann.id, "kraken", "live", kraken_fields(), "Main")).key
    await vault.delete(ann.id, key.id)
    assert await vault.list_keys(ann.id) == ()
    assert await database.fetch_all("SELECT * FROM key_secrets") == []
    assert len(await database.fetch_all("SELECT * FROM keys")) == 1
    with pytest.raises(NotFound):
        await vault.delete(ann.id, key.id)
    assert (await vault.add(eve.id, "kraken", "live", kraken_fields())).key.version == 1
    await vault.add(ann.id, "kraken", "live", kraken_fields(2), "Main")


async def test_labels_are_numbered_per_person(vault: Vault, ann: Owner, eve: Owner) -> None:
    """Scenario 2: the next free number for that person."""
    labels = []
    for number, owner in enumerate((ann, ann, eve, ann), 1):
        added = await vault.add(owner.id, "kraken", "live", kraken_fields(number))
        labels.append(added.key.label)
    assert labels == ["Kraken #1", "Kraken #2", "Kraken #1", "Kraken #3"]
    second = (await vault.list_keys(ann.id))[1]
    await vault.delete(ann.id, second.id)
    added = await vault.add(ann.id, "kraken", "live", kraken_fields(9))
    assert added.key.label == "Kraken #2"


async def test_what_stood_around_a_field_is_taken_off_and_told(
    vault: Vault, ann: Owner, opening: Opening
) -> None:
    """Scenario 4."""
    fields = kraken_fields()
    pasted = {"api_key": f' "{fields["api_key"]}"\r\n', "api_secret": fields["api_secret"]}
    added = await vault.add(ann.id, "kraken", "live", pasted)
    assert added.notes == ("api_key",)
    async with opening.open_fields(added.key.id) as opened:
        assert {name: secret.reveal() for name, secret in opened.items()} == fields


async def test_the_same_key_may_stand_at_both_venues(vault: Vault, ann: Owner) -> None:
    live = await vault.add(ann.id, "kraken", "live", kraken_fields())
    paper = await vault.add(ann.id, "kraken", "paper", kraken_fields())
    assert (live.key.venue, paper.key.venue) == (Venue.LIVE, Venue.PAPER)


async def test_a_key_goes_its_way_from_added_to_enabled_and_each_step_is_told(
    vault: Vault, ann: Owner, clock: SteppedClock, database: Database
) -> None:
    key = (await vault.add(ann.id, "binance", "live", binance_fields())).key
    assert (key.status, key.check_requested_ms) == (KeyStatus.UNVERIFIED, clock.now_ms())
    assert [asked.id for asked in await vault.list_asked()] == [key.id]
    clock.advance(1_000)
    joined = await vault.request_check(ann.id, key.id)  # scenario 19: it joins the first wish
    assert joined.check_requested_ms == key.check_requested_ms
    checking = await vault.record_verdict(key.id, Standing(KeyStatus.CHECKING))
    assert checking.status is KeyStatus.CHECKING
    facts = {"needed": Decimal("5.5")}
    standing = Standing(KeyStatus.ENABLED, "funds_missing", facts, _ENABLED.scopes, 9_999, "acct 1")
    enabled = await vault.record_verdict(key.id, standing)
    assert enabled.status is KeyStatus.ENABLED
    assert (enabled.reason, enabled.facts) == ("funds_missing", {"needed": "5.5"})
    assert (enabled.scopes, enabled.expires_ms) == (_ENABLED.scopes, 9_999)
    assert (enabled.account_hint, enabled.checked_ms) == ("acct 1", clock.now_ms())
    assert await vault.list_asked() == ()
    off = await vault.disable(ann.id, key.id)
    assert off == await vault.disable(ann.id, key.id)
    on = await vault.enable(ann.id, key.id)
    assert (on.status, on.check_requested_ms) == (KeyStatus.UNVERIFIED, clock.now_ms())
    read_only = await vault.record_verdict(key.id, _READS)
    assert read_only.account_hint == "acct 1"
    told = [event.tag for event in await list_events(database, ann.id)][::-1]
    assert told == [
        Tag.ACCOUNT_OWNER_CREATED,
        Tag.VAULT_KEY_ADDED,
        Tag.VAULT_KEY_CHECKED,
        Tag.VAULT_KEY_DISABLED,
        Tag.VAULT_KEY_ENABLED,
        Tag.VAULT_KEY_CHECKED,
    ]
    assert (await verify(database)).count == len(told)


async def test_a_planted_secret_stands_in_no_file(
    vault: Vault, ann: Owner, opening: Opening, tmp_path: Path
) -> None:
    """Scenarios 31 and 34: neither in the database nor beside it, also after deleting."""
    fields = binance_fields()
    key = (await vault.add(ann.id, "binance", "live", fields)).key
    async with opening.open_fields(key.id) as opened:
        assert "opened" not in repr(opened)
    _assert_nowhere(tmp_path, fields["api_secret"])
    await vault.delete(ann.id, key.id)
    _assert_nowhere(tmp_path, fields["api_secret"])


def _assert_nowhere(folder: Path, planted: str) -> None:
    for path in files_of(folder):
        assert planted.encode() not in path.read_bytes(), path.name


@in_a_file("a server frees what was deleted when it vacuums")
async def test_a_deleted_secret_is_overwritten_on_disk(
    vault: Vault, ann: Owner, database: Database, tmp_path: Path
) -> None:
    key = (await vault.add(ann.id, "binance", "live", binance_fields())).key
    rows = await database.fetch_all("SELECT sealed FROM key_secrets")
    pieces = [row["sealed"][100:132] for row in rows]
    await vault.delete(ann.id, key.id)
    path = tmp_path / "drawbridge.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = _read(path)
    assert not any(piece in data for piece in pieces)


def _read(path: Path) -> bytes:
    return path.read_bytes()
