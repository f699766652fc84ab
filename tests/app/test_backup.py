"""Backups: what cannot be made or read is told, and what was kept comes back as it was."""

import asyncio
import hashlib
import io
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawbridge.app.backup import Wish
from drawbridge.app.backup_file import Entry, Manifest, unpack, write_entries
from drawbridge.app.backup_reading import check_file, verify
from drawbridge.app.backup_records import OLD_MS
from drawbridge.app.backup_restoring import SETTINGS_FILE, restore
from drawbridge.app.build import open_house
from drawbridge.app.data_folder import database_file
from drawbridge.app.settings import Settings
from drawbridge.audit.store import list_events
from drawbridge.audit.store import verify as verify_chain
from drawbridge.core.errors import (
    BadInput,
    Conflict,
    Corrupted,
    DrawbridgeError,
    NotFound,
    NotProven,
)
from drawbridge.core.secret import Secret
from drawbridge.sealing.keyring import Keyring
from drawbridge.sealing.recovery import RecoveryKey
from drawbridge.sealing.stream import DIGEST_LENGTH, SealedWriter
from drawbridge.storage.connection import connect
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.opening import Opening
from drawbridge.vault.unlock import Wish as VaultWish
from tests.kit.backups import PASSPHRASE, SECRET, START_MS, Kept, kept_house
from tests.kit.holding import held_here

_MANIFEST = Manifest(START_MS, "0.1.0", {})


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    async with kept_house(tmp_path / "data", passphrase="") as opened:
        yield opened


@pytest.fixture
async def locked(tmp_path: Path) -> AsyncIterator[Kept]:
    """Give a house whose vault has a passphrase."""
    async with kept_house(tmp_path / "data") as opened:
        yield opened


def _files(folder: Path) -> set[str]:
    return {str(it.relative_to(folder)) for it in folder.rglob("*") if it.is_file()}


async def test_without_a_recovery_key_none_is_made(tmp_path: Path) -> None:
    async with open_house(Settings(tmp_path / "data")) as house:
        with pytest.raises(Conflict) as told:
            await house.safe_keeping.make("owner", tmp_path / "out", Wish())
    assert told.value.code == "recovery_key_absent"
    assert not (tmp_path / "out").exists()


async def test_no_file_is_ever_written_over_and_no_half_of_one_is_left(
    kept: Kept, tmp_path: Path
) -> None:
    there = tmp_path / "letter"
    there.write_text("dear reader")
    with pytest.raises(Conflict) as told:
        await kept.house.safe_keeping.make(kept.owner, there, Wish())
    assert told.value.code == "backup_file_exists"
    assert there.read_text() == "dear reader"
    with pytest.raises(NotFound) as missing:
        await kept.house.safe_keeping.make(kept.owner, tmp_path / "no" / "out", Wish())
    assert missing.value.code == "backup_folder_missing"
    (tmp_path / "data" / "paper").mkdir()
    (tmp_path / "data" / "paper" / "paper.db").write_text("no database")
    with pytest.raises(Corrupted) as failed:
        await kept.house.safe_keeping.make(kept.owner, tmp_path / "out", Wish(paper=True))
    assert failed.value.code == "database_failed"
    assert _files(tmp_path) == {"letter", *(f"data/{it}" for it in _files(tmp_path / "data"))}
    assert not any(".backup-" in name for name in _files(tmp_path / "data"))


async def test_two_at_once_are_one_and_a_refusal(kept: Kept, tmp_path: Path) -> None:
    """Both would copy the database; the second is told to wait."""
    made = await asyncio.gather(
        *(
            kept.house.safe_keeping.make(kept.owner, tmp_path / name, Wish())
            for name in ("one", "two", "three")
        ),
        return_exceptions=True,
    )
    refused = [it for it in made if isinstance(it, DrawbridgeError)]
    assert {it.code for it in refused} <= {"backup_running"}
    assert len(refused) < 3


@pytest.mark.parametrize(
    "name",
    [
        "../vault.key",
        "/etc/passwd",
        "strategies/../../x",
        "strategies//x",
        "strategies",
        "elsewhere/x",
        "vault.key/x",
        "proxy-tls.pem",
        "",
    ],
)
def test_a_name_that_no_backup_has_puts_no_file_anywhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "content").write_bytes(b"planted")
    key, file = RecoveryKey.draw(), io.BytesIO()
    entries = [Entry(name, tmp_path / "content")]
    write_entries(SealedWriter(file, key.half()), _MANIFEST, entries)
    file.seek(0)
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(Corrupted) as told:
        unpack(file, key, inside)
    assert told.value.code == "backup_newer"
    assert _files(tmp_path) == {"content"}


async def test_a_wrong_key_another_file_and_a_missing_one_are_told_apart(
    kept: Kept, tmp_path: Path
) -> None:
    file = await kept.backup(tmp_path)
    with pytest.raises(NotProven) as wrong:
        await verify(file, RecoveryKey.draw())
    assert wrong.value.code == "recovery_key_wrong"
    letter = tmp_path / "letter"
    letter.write_text("dear reader")
    with pytest.raises(BadInput) as other:
        await verify(letter, kept.recovery)
    assert other.value.code == "not_a_backup"
    with pytest.raises(NotFound) as missing:
        await check_file(tmp_path / "nothing")
    assert missing.value.code == "backup_missing"
    with pytest.raises(Corrupted) as unread:
        await check_file(tmp_path)
    assert unread.value.code == "backup_not_read"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RecoveryKey]:
    """Make a whole backup of a house with a vault and a key in it."""

    async def made() -> tuple[Path, RecoveryKey]:
        folder = tmp_path_factory.mktemp("small")
        async with kept_house(folder / "data", passphrase="") as kept:
            return await kept.backup(folder), kept.recovery

    return asyncio.run(made())


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_flipped_bit_anywhere_in_a_backup_is_found(
    small: tuple[Path, RecoveryKey], tmp_path: Path, data: st.DataObject
) -> None:
    """Issue 7, what must be shown, 4: by accident, and by somebody who writes a new digest."""
    file, key = small
    is_meant = data.draw(st.booleans())
    whole = bytearray(file.read_bytes())
    end = len(whole) - (DIGEST_LENGTH if is_meant else 0)
    whole[data.draw(st.integers(0, end - 1))] ^= 1 << data.draw(st.integers(0, 7))
    if is_meant:
        whole[end:] = hashlib.sha256(whole[:end]).digest()
    changed = tmp_path / "changed"
    changed.write_bytes(whole)
    with pytest.raises(DrawbridgeError) as told:
        asyncio.run(verify(changed, key))
    assert told.value.code in {"backup_damaged", "not_a_backup", "recovery_key_wrong"}


async def test_a_damaged_backup_leaves_no_folder_behind(kept: Kept, tmp_path: Path) -> None:
    file = await kept.backup(tmp_path)
    whole = bytearray(file.read_bytes())
    whole[-100] ^= 1
    whole[-DIGEST_LENGTH:] = hashlib.sha256(whole[:-DIGEST_LENGTH]).digest()
    file.write_bytes(whole)
    with pytest.raises(Corrupted) as told:
        await restore(file, kept.recovery, Settings(tmp_path / "new"))
    assert told.value.code == "backup_damaged"
    assert {it.split("/")[0] for it in _files(tmp_path)} == {"data", file.name}


@pytest.mark.parametrize("what", ["a file in it", "itself a file", "in use"])
async def test_nothing_is_put_back_where_something_is(
    kept: Kept, tmp_path: Path, what: str
) -> None:
    file = await kept.backup(tmp_path)
    folder = tmp_path / "data" if what == "in use" else tmp_path / "there"
    if what == "a file in it":
        folder.mkdir()
        (folder / "notes").write_text("mine")
    elif what == "itself a file":
        folder.write_text("mine")
    with pytest.raises(Conflict) as told:
        await restore(file, kept.recovery, Settings(folder))
    assert told.value.code == "folder_in_use"


async def test_an_audit_log_that_was_changed_is_found_in_its_backup(
    kept: Kept, tmp_path: Path
) -> None:
    with closing(connect(database_file(kept.house.settings))) as raw:
        for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {row['name']}")
        raw.execute("UPDATE audit_events SET subject = 'another' WHERE n = 1")
    file = await kept.backup(tmp_path)
    with pytest.raises(Corrupted) as told:
        await verify(file, kept.recovery)
    assert told.value.code == "audit_chain_broken"


async def test_a_backup_is_readable_for_its_owner_alone_and_tells_no_secret(
    locked: Kept, tmp_path: Path
) -> None:
    file = await locked.backup(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    data = file.read_bytes()
    for planted in (SECRET, PASSPHRASE, "Ada", locked.recovery.text().reveal()):
        assert planted.encode() not in data


async def test_verifying_tells_what_is_in_it(kept: Kept, tmp_path: Path) -> None:
    chain = await verify_chain(kept.house.database)
    found = await verify(await kept.backup(tmp_path), kept.recovery)
    assert (found.people, found.keys, found.robots, found.orders) == (1, 1, 0, 0)
    assert (found.made_ms, found.has_vault) == (START_MS, True)
    assert (found.events, found.head) == (chain.count, chain.head.hex())
    assert set(found.files) == {"drawbridge.db", "vault.key", "local.key"}


async def test_what_was_put_back_is_what_was_kept_and_stands_still(
    locked: Kept, tmp_path: Path
) -> None:
    """Issue 7: restore on a new machine; the secret of the key opens there."""
    session = await locked.house.accounts.log_in(
        "Ada", Secret("seven quiet herons at dusk"), None, "127.0.0.1"
    )
    strategies = tmp_path / "data" / "strategies"
    strategies.mkdir()
    (strategies / "mine.py").write_text("print(1)")
    file = await locked.backup(tmp_path)
    new = Settings(tmp_path / "new")
    await restore(file, locked.recovery, new, locked.clock)
    assert stat.S_IMODE(new.data.stat().st_mode) == 0o700
    assert (new.data / "strategies" / "mine.py").read_text() == "print(1)"
    assert "DRAWBRIDGE_NAMES=bridge.example.com\n" in (new.data / SETTINGS_FILE).read_text()
    async with open_house(new, locked.clock) as house:
        assert await house.sessions.find_owner(session.reveal()) is None
        assert house.limits.is_stopped(locked.owner)
        tags = [it.tag for it in await list_events(house.database, locked.owner)]
        assert tags[0] == "backup:backup:restored"
        await verify_chain(house.database)
        holder = KeyHolder(house.database, locked.clock, new.vault_key)
        await holder.start()
        await held_here(house).door.ask(locked.owner, VaultWish.UNLOCK, Secret(PASSPHRASE))
        await holder.answer()
        opening = Opening(house.database, locked.clock, holder.keyring)
        async with opening.open_fields(locked.key_id) as fields:
            assert fields["api_secret"] == Secret(SECRET)
        await holder.stop()


async def test_paper_exchange_and_candles_come_along_when_they_are_wished_for(
    kept: Kept, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    (data / "paper").mkdir()
    with closing(connect(data / "paper" / "paper.db")) as raw:
        raw.execute("CREATE TABLE said (word TEXT)")
        raw.execute("INSERT INTO said VALUES ('kept')")
    (data / "candles" / "far").mkdir(parents=True)
    (data / "candles" / "far" / "BTC.parquet").write_bytes(b"columns" * 300_000)
    plain = await verify(await kept.backup(tmp_path), kept.recovery)
    assert not any("/" in name for name in plain.files)
    kept.clock.advance(1_000)
    file = await kept.backup(tmp_path, paper=True, candles=True)
    await restore(file, kept.recovery, Settings(tmp_path / "new"))
    with closing(connect(tmp_path / "new" / "paper" / "paper.db")) as raw:
        assert raw.execute("SELECT word FROM said").fetchone()["word"] == "kept"
    assert (tmp_path / "new" / "candles" / "far" / "BTC.parquet").stat().st_size == 2_100_000


async def test_a_backup_is_of_one_moment_while_others_go_on_writing(
    kept: Kept, tmp_path: Path
) -> None:
    """Each transaction writes two rows; no backup ever has one of them alone."""
    database = kept.house.database
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE pairs (n INTEGER, half TEXT)")
    going_on = True

    async def write() -> int:
        n = 0
        while going_on:
            async with database.transaction() as tx:
                await tx.execute("INSERT INTO pairs VALUES (?, 'left')", n)
                await tx.execute("INSERT INTO pairs VALUES (?, 'right')", n)
            n += 1
        return n

    writing = asyncio.create_task(write())
    files = []
    for _ in range(3):
        kept.clock.advance(1_000)
        files.append(await kept.backup(tmp_path))
    going_on = False
    assert await writing > 3
    for n, file in enumerate(files):
        new = Settings(tmp_path / f"new{n}")
        await restore(file, kept.recovery, new)
        with closing(connect(database_file(new))) as raw:
            odd = raw.execute("SELECT n FROM pairs GROUP BY n HAVING count(*) <> 2").fetchall()
        assert odd == []


async def test_each_recovery_key_opens_the_backups_of_its_time(kept: Kept, tmp_path: Path) -> None:
    before = await kept.backup(tmp_path)
    newer = RecoveryKey.read(await kept.house.safe_keeping.make_recovery_key(kept.owner))
    kept.clock.advance(1_000)
    after = await kept.backup(tmp_path)
    await verify(before, kept.recovery)
    await verify(after, newer)
    for file, key in ((before, newer), (after, kept.recovery)):
        with pytest.raises(NotProven):
            await verify(file, key)


async def test_it_is_remembered_when_the_last_one_was_made(kept: Kept, tmp_path: Path) -> None:
    assert (await kept.house.safe_keeping.read_kept()).last is None
    file = await kept.backup(tmp_path)
    found = await kept.house.safe_keeping.read_kept()
    assert found.last is not None
    assert found.last.size_bytes == file.stat().st_size
    assert found.last.digest == await check_file(file)
    assert not found.is_old(START_MS + OLD_MS)
    assert found.is_old(START_MS + OLD_MS + 1)
    assert found == replace(found, last=(await kept.house.safe_keeping.list_backups())[0])


async def test_the_vaults_key_in_it_is_wrapped_as_it_was(locked: Kept, tmp_path: Path) -> None:
    file = await locked.backup(tmp_path)
    await restore(file, locked.recovery, Settings(tmp_path / "new"))
    with pytest.raises(NotProven):
        Keyring.load(tmp_path / "new" / "vault.key", None)
