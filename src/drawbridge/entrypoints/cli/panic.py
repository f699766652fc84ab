"""`drawbridge panic`: stop a key, a virtual key, or all keys of an exchange or at all."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Json, Owner, Yes
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from drawbridge.client.panic import StoppedKey
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.robots.model import Robot
    from drawbridge.vault.model import KeyRecord

_ONWARD: Final = " \u203a "
_COLUMNS: Final = ("owner", "key", "venue", "status", "robots", "orders")


def panic(
    *,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help=say("cli.panic.key"))] = "",
    virtual_key: Annotated[
        str, typer.Option("--virtual-key", metavar="KEY", help=say("cli.panic.virtual_key"))
    ] = "",
    exchange: Annotated[
        str, typer.Option("--exchange", metavar="ID", help=say("cli.panic.exchange"))
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help=say("cli.panic.all"))] = False,
    cancel_orders: Annotated[
        bool, typer.Option("--cancel-orders", help=say("cli.panic.cancel_orders"))
    ] = False,
    owner: Owner = "",
    yes: Yes = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Stop it at once, and tell what was stopped."""
    from drawbridge.entrypoints.cli.house import has_gateway, in_place

    if sum((bool(key), bool(virtual_key), bool(exchange), everything)) != 1:
        raise BadInput("panic_what", field="--key")

    async def work(place: "Place") -> None:
        if key:
            await _stop_key(place, (owner, key), cancel=cancel_orders, yes=yes, as_json=json)
        elif virtual_key:
            wanted = (owner, virtual_key)
            await _stop_virtual(place, wanted, cancel=cancel_orders, yes=yes, as_json=json)
        else:
            wanted = (owner, exchange.strip().lower())
            await _stop_lot(place, wanted, cancel=cancel_orders, yes=yes, as_json=json)
        if cancel_orders and not json and not await has_gateway(place):
            print_hint(say("cli.stop.no_gateway"))

    in_place(data, work)


async def _stop_key(
    place: "Place", named: tuple[str, str], *, cancel: bool, yes: bool, as_json: bool
) -> None:
    from drawbridge.catalogue.registry import get_card
    from drawbridge.entrypoints.cli.house import key_named
    from drawbridge.entrypoints.cli.typing_in import confirm

    person = await _owner_of_named(place, *named)
    found = await key_named(place, person, named[1])
    confirm(say("cli.panic.sure_key", label=found.label), yes=yes)
    await place.panic.stop_key(person, found.id, cancel=cancel)
    if as_json:
        told = await _told(place, [found])
        print_json({"keys": told, "virtual_keys": [], "cancelling": cancel})
        return
    page = get_card(found.exchange).key_page
    print_line(say("cli.panic.stopped_key", label=found.label))
    print_line(say("leak.delete_at", exchange=get_card(found.exchange).name))
    for part in (_ONWARD.join(page.menu_path), page.url):
        if part:
            print_line(f"  {part}")
    print_line(say("cli.panic.then", key=found.id))


async def _stop_virtual(
    place: "Place", named: tuple[str, str], *, cancel: bool, yes: bool, as_json: bool
) -> None:
    from drawbridge.entrypoints.cli.house import owner_of
    from drawbridge.entrypoints.cli.typing_in import confirm

    person = await owner_of(place, named[0])
    found = await place.virtual_keys.find(person, named[1])
    confirm(say("cli.panic.sure_virtual", label=found.label), yes=yes)
    await place.panic.stop_virtual_key(person, found.id, cancel=cancel)
    if as_json:
        told = {"id": found.id, "label": found.label}
        print_json({"keys": [], "virtual_keys": [told], "cancelling": cancel})
    else:
        print_line(say("cli.panic.stopped_virtual", label=found.label))


async def _stop_lot(
    place: "Place", wanted: tuple[str, str], *, cancel: bool, yes: bool, as_json: bool
) -> None:
    from drawbridge.app.build import House
    from drawbridge.catalogue.registry import get_card
    from drawbridge.entrypoints.cli.house import owner_of
    from drawbridge.entrypoints.cli.typing_in import confirm
    from drawbridge.vault.lots import Lot

    owner, exchange = wanted
    # Elsewhere, a token stops what is its owner's.
    of = owner if isinstance(place, House) else place.address
    lot = Lot(await owner_of(place, owner) if of else "", exchange)
    name = get_card(exchange).name if exchange else ""
    confirm(_question(name, of), yes=yes)
    told: list[dict[str, object]]
    if isinstance(place, House):
        told = await _told(place, await place.panic.stop_lot(lot, cancel=cancel))
    else:
        stopped_there = await place.panic.stop_lot(lot, cancel=cancel)
        told = [_told_there(place.owner, key) for key in stopped_there]
    if as_json:
        print_json({"keys": told, "virtual_keys": [], "cancelling": cancel})
    elif not told:
        print_line(say("cli.panic.none"))
    else:
        _print_keys(told)


def _question(exchange: str, owner: str) -> str:
    of = "owner" if owner else "everybody"
    at = "exchange" if exchange else "all"
    return say(f"cli.panic.sure_{at}_{of}", exchange=exchange, owner=owner)


def _print_keys(told: Sequence[dict[str, object]]) -> None:
    columns = [say(f"cli.panic.column.{name}") for name in _COLUMNS]
    print_table(columns, [[or_dash(row[name]) for name in _COLUMNS] for row in told])
    print_line(say("cli.panic.done", count=len(told)))


async def _owner_of_named(place: "Place", owner: str, name: str) -> str:
    """Give whose key this is; nobody is asked for their name where the key's id tells it."""
    from drawbridge.entrypoints.cli.house import owner_of, owners_of

    if not owner:
        for person in await owners_of(place):
            if any(name == key.id for key in await place.vault.list_keys(person)):
                return person
    return await owner_of(place, owner)


async def _told(place: "Place", keys: "Sequence[KeyRecord]") -> list[dict[str, object]]:
    """Tell keys as they stood, here with what each was used for; counted once for all of them."""
    from drawbridge.app.build import House

    names: dict[str, str] = {}
    robots: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    if is_here := isinstance(place, House):
        names = {it.id: it.name for it in await place.accounts.list_owners()}
        orders.update(order.key_id for order in await place.orders.unsettled())
        for owner in {key.owner for key in keys}:
            robots.update(_keys_at_work(await place.robots.list_robots(owner)))
    return [
        {
            "owner": names.get(key.owner, key.owner),
            "key": key.label,
            "id": key.id,
            "exchange": key.exchange,
            "venue": key.venue.value,
            "status": key.status.value,
            "robots": robots[key.id] if is_here else None,
            "orders": orders[key.id] if is_here else None,
        }
        for key in keys
    ]


def _keys_at_work(robots: "Iterable[Robot]") -> "Iterator[str]":
    """Give the key of each account on which a robot has not stopped."""
    from drawbridge.robots.model import RobotStatus

    for robot in robots:
        for account in robot.accounts:
            if account.status is not RobotStatus.STOPPED:
                yield account.key_id


def _told_there(owner: str, key: "StoppedKey") -> dict[str, object]:
    """Tell a key of another machine in the same columns; what it was used for, its page tells."""
    return {
        "owner": owner,
        "key": key["label"],
        "id": key["id"],
        "exchange": key["exchange"],
        "venue": key["venue"],
        "status": key["was"],
        "robots": None,
        "orders": None,
    }
