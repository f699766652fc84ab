"""The world on disk: it goes on where it stood, and one process runs it."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import Conflict, Corrupted, NotFound
from drawbridge.core.operations import CancelOrder, GetTicker
from drawbridge.core.orders import OrderStatus
from drawbridge.paper.accounts import KeyWish
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.paper.setting_up import Scenery
from drawbridge.paper.store import DATABASE, PaperStore
from drawbridge.paper.world import PaperWorld, read_books
from drawbridge.storage.connection import connect
from tests.paper.small import ALPHA, BETA, BUY, START_MS, TAKE

EXCHANGES = (ALPHA, BETA)


async def _open(folder: Path, clock: SteppedClock, speed: int = 1) -> PaperWorld:
    return await PaperWorld.open(folder, EXCHANGES, clock, os.urandom, scenery=Scenery(speed))


async def test_only_one_process_runs_a_world(tmp_path: Path) -> None:
    clock = SteppedClock(START_MS)
    world = await _open(tmp_path, clock)
    with pytest.raises(Conflict, match="paper_running"):
        await _open(tmp_path, clock)
    await world.close()
    await (await _open(tmp_path, clock)).close()


def test_there_are_no_books_where_no_world_was(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no_paper_state"):
        asyncio.run(read_books(tmp_path, EXCHANGES, START_MS))
    assert list(tmp_path.iterdir()) == []


async def test_a_world_whose_steps_changed_is_not_misread(tmp_path: Path) -> None:
    world = await _open(tmp_path, SteppedClock(START_MS))
    await world.close()
    connection = connect(tmp_path / DATABASE)
    connection.execute("UPDATE paper_settings SET value = replace(value, '0.5', '0.25')")
    connection.close()
    with pytest.raises(Conflict, match="paper_rules_changed"):
        await _open(tmp_path, SteppedClock(START_MS))


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("UPDATE paper_commands SET batch = 'x'", "paper_journal_unreadable"),
        ('UPDATE paper_commands SET batch = \'[["alpha",[["a",1]]]]\'', "paper_journal_unreadable"),
        (
            'UPDATE paper_commands SET batch = \'[["gone",[["e",1,"expired",1]]]]\'',
            "paper_journal_unreadable",
        ),
        (
            'UPDATE paper_commands SET batch = \'[["alpha",[["e",7,"expired",1]]]]\'',
            "paper_journal_unreadable",
        ),
        ("INSERT INTO paper_snapshots VALUES (9, x'7b7d')", "paper_snapshot_unreadable"),
    ],
)
async def test_a_damaged_journal_stops_the_start(tmp_path: Path, damage: str, code: str) -> None:
    at = Surroundings(SteppedClock(START_MS), os.urandom)
    await (await _open(tmp_path, SteppedClock(START_MS))).close()
    await make_key(tmp_path, EXCHANGES, "ann", KeyWish("alpha"), at)
    connection = connect(tmp_path / DATABASE)
    connection.execute("DELETE FROM paper_snapshots")
    connection.execute("INSERT INTO paper_commands VALUES (1, '[]')")
    connection.execute(damage)
    connection.close()
    with pytest.raises(Corrupted, match=code):
        await _open(tmp_path, SteppedClock(START_MS))


async def test_a_restart_goes_on_where_the_world_stood(tmp_path: Path) -> None:
    clock = SteppedClock(START_MS)
    world = await _open(tmp_path, clock)
    await world.open_account("ann", START_MS)
    rests = world.carry_out("alpha", "ann", BUY, START_MS).order
    world.carry_out("beta", "ann", TAKE, START_MS)
    await world.durable()
    balances, proof = world.balances("ann"), world.books_balance()
    await world.close()
    clock.advance(90_000)
    again = await _open(tmp_path, clock)
    assert again.balances("ann") == balances
    assert again.books_balance() == proof
    cancel = CancelOrder(order_id=rests.order_id)
    assert again.carry_out("alpha", "ann", cancel, clock.now_ms()).order_id == rests.order_id
    following = again.carry_out("alpha", "ann", BUY, clock.now_ms()).order
    assert following.order_id not in {rests.order_id, ""}
    await again.close()


async def test_prices_go_on_over_a_restart_and_over_a_change_of_speed(tmp_path: Path) -> None:
    clock = SteppedClock(START_MS)
    world = await _open(tmp_path, clock, speed=60)
    clock.advance(120_000)
    before = world.carry_out("alpha", None, GetTicker("BTC/USD"), clock.now_ms())
    await world.close()
    for speed in (60, 1):
        world = await _open(tmp_path, clock, speed=speed)
        ticker = world.carry_out("alpha", None, GetTicker("BTC/USD"), clock.now_ms())
        assert (ticker.last, ticker.bid) == (before.last, before.bid)
        await world.close()


async def test_accounts_are_opened_once(tmp_path: Path) -> None:
    world = await _open(tmp_path, SteppedClock(START_MS))
    await world.open_account("ann", START_MS)
    before = world.balances("ann")
    await world.open_account("ann", START_MS)
    await world.refresh()
    assert world.balances("ann") == before
    assert {it.currency: it.free for it in before}["USD"] == 100_000
    await world.close()


async def test_keys_work_until_they_are_disabled_or_deleted(tmp_path: Path) -> None:
    world = await _open(tmp_path, SteppedClock(START_MS))
    keys = world.keys
    shown = await keys.create("ann", KeyWish("alpha", "bot", frozenset({"look"})))
    found = world.keys.find("alpha", shown.api_key)
    assert found is not None
    assert (found.account, found.label) == ("ann", "bot")
    assert found.switches == {"look"}
    assert world.keys.find("beta", shown.api_key) is None
    for stranger in (keys.disable, keys.enable, keys.delete):
        with pytest.raises(NotFound, match="unknown_key"):
            await stranger("bob", "alpha", shown.api_key)
    await keys.disable("ann", "alpha", shown.api_key)
    assert keys.of("ann")[0].disabled
    await keys.enable("ann", "alpha", shown.api_key)
    assert not keys.of("ann")[0].disabled
    await keys.delete("ann", "alpha", shown.api_key)
    assert world.keys.find("alpha", shown.api_key) is None
    with pytest.raises(NotFound, match="unknown_exchange"):
        await keys.create("ann", KeyWish("gamma"))
    await world.close()


async def test_only_changes_of_accounts_and_keys_are_taken_in_anew(tmp_path: Path) -> None:
    """What the world itself writes for every order is nothing that it must read again."""
    world = await _open(tmp_path, SteppedClock(START_MS))
    store = PaperStore(world.database)
    shown = await world.keys.create("ann", KeyWish("alpha", "bot", frozenset({"look"})))
    await world.refresh()
    before = await store.changes()
    found = world.keys.find("alpha", shown.api_key)
    assert found is not None
    world.raise_nonce(found, 7)
    world.carry_out("alpha", "ann", BUY, START_MS)
    await world.durable()
    assert await store.changes() == before
    for change in (world.keys.disable, world.keys.enable, world.keys.delete):
        await change("ann", "alpha", shown.api_key)
        before += 1
        assert await store.changes() == before
    await world.open_account("bob", START_MS)
    assert await store.changes() == before + 1
    await world.close()


async def test_a_key_made_by_another_process_is_taken_in(tmp_path: Path) -> None:
    """The account page's twin on the command line works while the exchange runs."""
    clock = SteppedClock(START_MS)
    world = await _open(tmp_path, clock)
    at = Surroundings(clock, os.urandom)
    shown = await make_key(tmp_path, EXCHANGES, "cli", KeyWish("beta"), at)
    assert world.keys.find("beta", shown.api_key) is None
    await world.refresh()
    assert world.keys.find("beta", shown.api_key) is not None
    placed = world.carry_out("beta", "cli", BUY, START_MS).order
    assert placed.order_id
    await world.durable()
    books = await read_books(tmp_path, EXCHANGES, START_MS)
    assert books.balances["cli"] == world.balances("cli")
    assert books.proofs == world.books_balance()
    await world.close()


async def test_whoever_finds_a_new_key_finds_its_account_open(tmp_path: Path) -> None:
    clock = SteppedClock(START_MS)
    world = await _open(tmp_path, clock)
    shown = await make_key(
        tmp_path, EXCHANGES, "cli", KeyWish("beta"), Surroundings(clock, os.urandom)
    )
    loop, statuses = asyncio.get_running_loop(), list[OrderStatus]()

    def come_in() -> None:
        # At every turn of the loop: a request may come in wherever `refresh` waits for the disk.
        if world.keys.find("beta", shown.api_key) is None:
            loop.call_soon(come_in)
        else:
            statuses.append(world.carry_out("beta", "cli", BUY, START_MS).order.status)

    loop.call_soon(come_in)
    await world.refresh()
    assert statuses == [OrderStatus.OPEN]
    await world.close()


async def test_a_nonce_that_counted_counts_after_a_restart(tmp_path: Path) -> None:
    """Scenario 89: a used nonce stays used."""
    clock = SteppedClock(START_MS)
    world = await _open(tmp_path, clock)
    shown = await world.keys.create("ann", KeyWish("beta"))
    wide = 2**64 - 1
    found = world.keys.find("beta", shown.api_key)
    assert found is not None
    world.raise_nonce(found, wide)
    await world.durable()
    await world.close()
    again = await _open(tmp_path, clock)
    kept = again.keys.find("beta", shown.api_key)
    assert kept is not None
    assert kept.last_nonce == wide
    await again.close()


async def test_state_and_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    world = await _open(folder, SteppedClock(START_MS))
    await world.keys.create("ann", KeyWish("alpha"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
    await world.close()


async def test_snapshots_keep_the_journal_short(tmp_path: Path) -> None:
    world = await _open(tmp_path, SteppedClock(START_MS))
    await world.open_account("ann", START_MS)
    for _ in range(50):
        order = world.carry_out("alpha", "ann", BUY, START_MS).order
        world.carry_out("alpha", "ann", CancelOrder(order_id=order.order_id), START_MS)
    await world.durable()
    balances = world.balances("ann")
    await world.close()
    connection = connect(tmp_path / DATABASE)
    (rows,) = connection.execute("SELECT count(*) FROM paper_commands").fetchone()
    connection.close()
    assert rows == 0
    again = await _open(tmp_path, SteppedClock(START_MS))
    assert again.balances("ann") == balances
    await again.close()


async def test_many_waiters_share_what_is_written(tmp_path: Path) -> None:
    world = await _open(tmp_path, SteppedClock(START_MS))
    await world.open_account("ann", START_MS)

    async def trade() -> None:
        order = world.carry_out("alpha", "ann", BUY, START_MS).order
        await world.durable()
        world.carry_out("alpha", "ann", CancelOrder(order_id=order.order_id), START_MS)
        await world.durable()

    await asyncio.gather(*(trade() for _ in range(60)))
    books = await read_books(tmp_path, EXCHANGES, START_MS)
    assert books.balances["ann"] == world.balances("ann")
    await world.close()


async def test_once_the_disk_failed_nothing_is_promised_any_more(tmp_path: Path) -> None:
    world = await _open(tmp_path, SteppedClock(START_MS))
    await world.open_account("ann", START_MS)
    connection = connect(tmp_path / DATABASE)
    connection.execute("DROP TABLE paper_commands")
    connection.close()
    world.carry_out("alpha", "ann", BUY, START_MS)
    with pytest.raises(Corrupted, match="paper_journal_failed"):
        await world.durable()
    with pytest.raises(Corrupted, match="paper_journal_failed"):
        world.carry_out("alpha", "ann", BUY, START_MS)
    with pytest.raises(Corrupted, match="paper_journal_failed"):
        await world.close()
