"""Opening the data folder for one command, or the line to one elsewhere, and finding things there.

Whoever may read the data folder may use this command line: the operating system's account is
the proof here, as the password is in the browser. Elsewhere the proof is a token.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Act, check_may, may
from drawbridge.app.build import House, open_house
from drawbridge.audit.chain import Verified
from drawbridge.audit.store import ToldEvent
from drawbridge.core.errors import BadInput, Conflict, NotFound
from drawbridge.core.ids import OwnerId
from drawbridge.entrypoints.cli.options import settings_for
from drawbridge.entrypoints.cli.remote_choice import chosen_remote
from drawbridge.robots.model import Robot
from drawbridge.trading.model import OwnTrade
from drawbridge.vault.model import KeyRecord, fold_label
from drawbridge.vault.unlock import VaultStatus

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.remote_place import Elsewhere

A = TypeVar("A")
Place: TypeAlias = "House | Elsewhere"
"""Where a command works that makes sense from elsewhere too: both have rooms of the same names."""

_LOOK_EVERY_S: Final = 0.1
# Each look is a request there, and a token has so many a minute.
_LOOK_ELSEWHERE_EVERY_S: Final = 0.5


def in_house(data: Path | None, work: Callable[[House], Awaitable[A]]) -> A:
    """Open the house on this machine, do the work, close the house.

    Raises: `Conflict("only_on_its_machine")` where one elsewhere is chosen.
    """

    async def opened() -> A:
        async with open_house(settings_for(data)) as house:
            return await work(house)

    return asyncio.run(opened())


def in_place(data: Path | None, work: Callable[[Place], Awaitable[A]]) -> A:
    """Do the work in the house on this machine, or in the one elsewhere that is chosen."""
    remote = chosen_remote(data)
    if remote is None:
        return in_house(data, work)

    async def spoken() -> A:
        from drawbridge.entrypoints.cli.remote_place import Elsewhere

        return await work(Elsewhere(remote))

    return asyncio.run(spoken())


async def owner_of(place: Place, name: str) -> str:
    """Give the id of the named owner, or of the only one there is; elsewhere, the token's.

    Raises: `Conflict("no_owner_yet")`, `BadInput("which_owner")`, `NotFound("no_such_owner")`,
    `BadInput("owner_elsewhere")`; `Forbidden("role_forbids")` for who has nothing of their own.
    """
    if not isinstance(place, House):
        if name:
            raise BadInput("owner_elsewhere", field="--owner")
        return place.owner
    owner = await _found(place, name, Act.CHANGE)
    check_may(owner.role, Act.CHANGE)
    return owner.id


async def person_of(place: Place, name: str, *, or_ended: bool = False) -> str:
    """Give the id of the named person, whatever their role, or of the only one who can trade.

    Raises: as `owner_of`.
    """
    if not isinstance(place, House):
        people = [it.owner for it in await place.people.list_people()]
        wanted = name.strip().casefold()
        standing = (it for it in people if it.ended_ms is None or or_ended)
        found = next((it for it in standing if it.id == name or it.name.casefold() == wanted), None)
        if found is None:
            raise NotFound("no_such_owner", field="owner")
        return found.id
    return (await _found(place, name, Act.CHANGE, or_ended=or_ended)).id


async def ruler_of(place: Place, name: str) -> Owner:
    """Give the named owner, or the only one there is, in whose name people are decided about.

    Elsewhere that is who the token says. Raises: as `owner_of`.
    """
    if not isinstance(place, House):
        return Owner(OwnerId(await owner_of(place, name)), "", 0)
    owner = await _found(place, name, Act.RULE)
    check_may(owner.role, Act.RULE)
    return owner


async def _found(house: House, name: str, act: Act, *, or_ended: bool = False) -> Owner:
    """Find a person by name; without one, the only one whose role may do this."""
    everybody = await house.accounts.list_owners()
    if not everybody:
        raise Conflict("no_owner_yet")
    people = [it for it in everybody if it.ended_ms is None or or_ended]
    if not name:
        known = [it for it in people if may(it.role, act)]
        if len(known) == 1:
            return known[0]
        raise BadInput("which_owner", field="owner", known=[it.name for it in known])
    for person in people:
        if name == person.id or person.name.casefold() == name.strip().casefold():
            return person
    raise NotFound("no_such_owner", field="owner")


async def owners_of(place: Place) -> list[str]:
    """Give the ids of all whose things there are; elsewhere there is only the token's owner."""
    if not isinstance(place, House):
        return [place.owner]
    return [owner.id for owner in await place.accounts.list_owners()]


async def key_named(place: Place, owner: str, name: str) -> KeyRecord:
    """Find a key by its id or its name. Raises: `NotFound("unknown_key")`."""
    for key in await place.vault.list_keys(owner):
        if name in {key.id, key.label} or fold_label(name.strip()) == fold_label(key.label):
            return key
    raise NotFound("unknown_key")


async def robot_named(place: Place, owner: str, name: str) -> Robot:
    """Find a robot by its id or its name. Raises: `NotFound("unknown_robot")`."""
    for robot in await place.robots.list_robots(owner):
        if name in {robot.id, robot.name} or fold_label(name.strip()) == fold_label(robot.name):
            return robot
    raise NotFound("unknown_robot")


async def has_gateway(place: Place) -> bool:
    """Tell whether a gateway is there, which carries out what is wished."""
    if not isinstance(place, House):
        return await place.has_gateway()
    from drawbridge.app.presence import is_worker_there

    return await is_worker_there(place)


async def vault_status(place: Place) -> VaultStatus:
    """Tell how the vault stands."""
    if not isinstance(place, House):
        return await place.vault_status()
    from drawbridge.vault.unlock import read_vault_state

    return (await read_vault_state(place.database)).status


async def trades_of(
    place: Place, owner: str, *, key_id: str = "", origin: str = ""
) -> tuple[OwnTrade, ...]:
    """Give all executions, or those of one key or origin, oldest first."""
    if not isinstance(place, House):
        return await place.orders.trades_of(key_id, origin)
    from drawbridge.trading.trades import TradeStore

    return await TradeStore(place.database).trades_of(owner, key_id=key_id, origin=origin)


async def list_events(place: Place, owner: str, limit: int) -> tuple[ToldEvent, ...]:
    """List at most so many events of the audit log, the newest first."""
    if not isinstance(place, House):
        return await place.list_events(limit)
    from drawbridge.audit.store import list_events as listed

    return await listed(place.database, owner, limit=limit)


async def verify_audit(place: Place) -> Verified:
    """Follow the whole chain of the audit log. Raises: `Corrupted("audit_chain_broken")`."""
    if not isinstance(place, House):
        return await place.verify_audit()
    from drawbridge.audit.store import verify

    return await verify(place.database)


async def looks(place: Place, longest_s: int) -> AsyncIterator[None]:
    """Let somebody look again and again at what is under way, at most for so long."""
    every_s = _LOOK_EVERY_S if isinstance(place, House) else _LOOK_ELSEWHERE_EVERY_S
    for _ in range(int(longest_s / every_s)):
        yield
        await asyncio.sleep(every_s)
