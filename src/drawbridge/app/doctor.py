"""What is wrong with this installation: one finding per thing looked at, each with a next step.

Only looks; nothing is made or changed, so that it can be asked on a machine in any state.
"""

import stat
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from drawbridge.app.asking import ask
from drawbridge.app.build import House, open_house
from drawbridge.app.data_folder import has_rows
from drawbridge.app.finding import Finding, Health
from drawbridge.app.notice_ways import secret_reader
from drawbridge.app.observing.cluster import outgoing_addresses, see_cluster
from drawbridge.app.observing.looking import look_at_cluster
from drawbridge.app.presence import is_worker_there
from drawbridge.app.settings import Settings
from drawbridge.audit.store import verify
from drawbridge.catalogue.levels import Level
from drawbridge.catalogue.registry import exchange_ids, get_card
from drawbridge.core.errors import DrawbridgeError, NotFound
from drawbridge.core.operations import GetServerTime
from drawbridge.storage.acting import TENANT_ROLE
from drawbridge.storage.engines import is_separated, read_waiting
from drawbridge.vault.model import Venue
from drawbridge.vault.unlock import VaultState, VaultStatus, read_vault_state
from drawbridge.wording.say import say

_NEEDED_PYTHON: Final = (3, 11)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_PRIVATE_FILES: Final = ("vault.key", "local.key", "drawbridge.db")


async def examine(
    settings: Settings, *, online: bool, now_ms: Callable[[], int]
) -> AsyncIterator[Finding]:
    """Look at everything, one finding after the other.

    `online` also asks the real exchanges of stored keys for their clocks; without it nothing
    leaves this machine.
    """
    yield _python()
    yield _compiler()
    if not settings.data.is_dir():
        yield Finding("data", Health.WARN, "absent", {"path": settings.data})
        return
    yield _data(settings.data)
    if not has_rows(settings):
        yield Finding("database", Health.WARN, "absent")
        return
    try:
        async with open_house(settings) as house:
            async for finding in _inside(house):
                yield finding
            for exchange in await _exchanges(house, online=online):
                yield await _clock(settings, *exchange, now_ms)
    except DrawbridgeError as error:
        yield Finding("database", Health.FAIL, "failed", error=error)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= _NEEDED_PYTHON
    health, found = (Health.OK, "good") if good else (Health.FAIL, "old")
    return Finding("python", health, found, {"version": version})


def _compiler() -> Finding:
    good = find_spec("numba") is not None
    return Finding("compiler", Health.OK, "there" if good else "absent")


def _data(folder: Path) -> Finding:
    facts = {"path": folder}
    if folder.stat().st_mode & _OTHERS:
        return Finding("data", Health.WARN, "open_to_others", facts)
    for name in _PRIVATE_FILES:
        file = folder / name
        if file.exists() and file.stat().st_mode & _OTHERS and name.endswith(".key"):
            return Finding("data", Health.FAIL, "key_file_open", {"path": file})
    return Finding("data", Health.OK, "good", facts)


async def _inside(house: House) -> AsyncIterator[Finding]:
    yield await _database(house)
    if house.settings.is_cluster:
        yield await _tenants(house)
    try:
        chain = await verify(house.database)
        yield Finding("audit", Health.OK, "whole", {"count": chain.count})
    except DrawbridgeError as error:
        yield Finding("audit", Health.FAIL, "broken", error=error)
    has_owner = await house.accounts.has_owner()
    yield Finding(
        "owner", Health.OK if has_owner else Health.WARN, "there" if has_owner else "absent"
    )
    seen = await see_cluster(house)
    if seen.is_shared:
        running = bool(seen.versions)
        for finding in look_at_cluster(seen, await read_waiting(house.database)):
            yield finding
    else:
        running = await is_worker_there(house)
        found = "running" if running else "stopped"
        yield Finding("gateway", Health.OK if running else Health.WARN, found)
    yield await look_at_vault(house, running=running)
    known = bool(await outgoing_addresses(house))
    yield Finding("egress", Health.OK if known else Health.WARN, "known" if known else "unknown")
    for owner in await house.accounts.list_owners():
        if house.limits.is_stopped(owner.id):
            yield Finding("stop", Health.WARN, "stopped", {"owner": owner.name})
    for finding in _secrets_of_notices(house.settings):
        yield finding


def _secrets_of_notices(settings: Settings) -> Iterator[Finding]:
    """Look whether the files can be used that notices by mail and Telegram need."""
    told = settings.notices
    files = (("mail", told.smtp_password_file), ("telegram", told.telegram_token_file))
    for what, file in files:
        if file is None:
            continue
        facts = {"way": say(f"channel.{what}"), "path": file}
        try:
            secret_reader(file)()
            yield Finding("notices", Health.OK, "good", facts)
        except DrawbridgeError as error:
            yield Finding("notices", Health.FAIL, "no_secret", facts, error)


async def _database(house: House) -> Finding:
    if house.settings.is_cluster:
        # Its own checks are the server's; here it is only asked whether it answers.
        return Finding("database", Health.OK, "reached")
    row = await house.database.fetch_one("PRAGMA quick_check(1)")
    told = str(row[0]) if row else ""
    if told != "ok":
        return Finding("database", Health.FAIL, "damaged", {"told": told[:200]})
    return Finding("database", Health.OK, "good", {"path": house.settings.database})


async def _tenants(house: House) -> Finding:
    """Tell whether the server itself keeps people's rows apart, or our statements alone."""
    if is_separated(house.database):
        return Finding("tenants", Health.OK, "fenced")
    row = await house.database.fetch_one("SELECT current_user")
    facts = {"needed": TENANT_ROLE, "role": str(row[0]) if row else ""}
    return Finding("tenants", Health.WARN, "open", facts)


async def look_at_vault(house: House, *, running: bool) -> Finding:
    """Tell how the vault stands now; `running` tells whether a gateway is there to hold it."""
    state = await read_vault_state(house.database)
    path = house.settings.vault_key
    if running:
        return _held_vault(state, path)
    # What a gateway told that has ended is no fact any more; whether the file is there is one.
    if state.status is VaultStatus.ABSENT:
        return Finding("vault", Health.WARN, "absent")
    if not path.exists():
        error = NotFound("key_file_missing", path=str(path))
        return Finding("vault", Health.FAIL, "failed", error=error)
    return Finding("vault", Health.WARN, "closed")


def _held_vault(state: VaultState, path: Path) -> Finding:
    if state.status is VaultStatus.OPEN:
        return Finding("vault", Health.OK, "open")
    if state.error == "key_file_missing" and path.exists():
        return Finding("vault", Health.WARN, "file_back", {"path": path})
    if state.error:
        error = DrawbridgeError(state.error, **state.error_facts)
        return Finding("vault", Health.FAIL, "failed", error=error)
    absent = state.status is VaultStatus.ABSENT
    return Finding("vault", Health.WARN, "absent" if absent else "locked")


async def _exchanges(house: House, *, online: bool) -> list[tuple[str, Venue]]:
    """Choose whom to ask: the paper exchange always, real ones of stored keys when online."""
    papered = [name for name in exchange_ids() if get_card(name).level >= Level.PAPERED]
    chosen = [(name, Venue.PAPER) for name in papered]
    if online:
        stored = {
            key.exchange
            for owner in await house.accounts.list_owners()
            for key in await house.vault.list_keys(owner.id)
            if key.venue is Venue.LIVE
        }
        chosen += [(name, Venue.LIVE) for name in sorted(stored)]
    return chosen


async def _clock(
    settings: Settings, exchange: str, venue: Venue, now_ms: Callable[[], int]
) -> Finding:
    facts: dict[str, object] = {"exchange": get_card(exchange).name, "venue": venue.value}
    began_ms = now_ms()
    try:
        told = await ask(settings, exchange, venue, GetServerTime())
    except DrawbridgeError as error:
        health = Health.WARN if venue is Venue.PAPER else Health.FAIL
        return Finding("exchange", health, "unreachable", facts, error)
    ended_ms = now_ms()
    # The answer was made somewhere between question and answer.
    off_ms = abs(told.time_ms - (began_ms + ended_ms) // 2)
    facts |= {"off_ms": off_ms, "took_ms": ended_ms - began_ms}
    window_ms = get_card(exchange).stamp.window_ms or _DEFAULT_WINDOW_MS
    if off_ms > window_ms // 2:
        return Finding("exchange", Health.WARN, "clock_off", facts)
    return Finding("exchange", Health.OK, "good", facts)


_DEFAULT_WINDOW_MS: Final = 5_000
