"""Commands about limits of accounts and robots: set, list, clear."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import or_dash, print_json, print_line, print_table
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.trading.limit_store import Limited

app = typer.Typer(help=say("cli.limit.help"), no_args_is_help=True)

OfKey = Annotated[str, typer.Option("--key", metavar="KEY", help=say("cli.limit.key"))]
OfRobot = Annotated[str, typer.Option("--robot", metavar="ROBOT", help=say("cli.limit.robot"))]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is limited: the name under which it stands, and what people call it."""

    id: str
    name: str


@app.command("set", help=say("cli.limit.set.help"))
def set_limits(
    *,
    key: OfKey = "",
    robot: OfRobot = "",
    position: Annotated[
        str | None, typer.Option("--position", metavar="N", help=say("limits.position_hint"))
    ] = None,
    day_loss: Annotated[
        str | None, typer.Option("--day-loss", metavar="N", help=say("limits.day_loss_hint"))
    ] = None,
    open_orders: Annotated[
        str | None, typer.Option("--open-orders", metavar="N", help=say("limits.open_orders_hint"))
    ] = None,
    open_value: Annotated[
        str | None, typer.Option("--open-value", metavar="N", help=say("limits.open_value_hint"))
    ] = None,
    collar: Annotated[
        str | None, typer.Option("--collar", metavar="PERCENT", help=say("limits.collar_hint"))
    ] = None,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Change the limits that are named; the others stay, and an empty one is taken off."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.trading.limit_service import limit_texts

    given = {
        "position": position,
        "day_loss": day_loss,
        "open_orders": open_orders,
        "open_value": open_value,
        "collar": collar,
    }
    changes = {name: text for name, text in given.items() if text is not None}
    if not changes:
        raise BadInput("limit_none_given", field="position")

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        subject = await _subject(place, person, key, robot)
        known = {
            it.subject: limit_texts(it.limits) for it in await place.limits.list_limits(person)
        }
        texts = {**known.get(subject.id, {}), **changes}
        limits = await place.limits.set_limits(person, subject.id, subject.name, texts)
        if json:
            print_json({"subject": subject.id, "name": subject.name, "limits": limits})
        else:
            print_line(say("cli.limit.set.done", name=subject.name))

    in_place(data, work)


@app.command("list", help=say("cli.limit.list.help"))
def list_limits(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the limits."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        found = await place.limits.list_limits(await owner_of(place, owner))
        if json:
            print_json([_told(it) for it in found])
        elif not found:
            print_line(say("limits.none"))
        else:
            print_table(*_table(found))

    in_place(data, work)


@app.command(help=say("cli.limit.clear.help"))
def clear(
    *,
    key: OfKey = "",
    robot: OfRobot = "",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Take all limits off a key or a robot, also off one that is gone."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        kind, wanted = ("key", key) if key else ("robot", robot)
        named = [
            _Subject(it.subject, it.name)
            for it in await place.limits.list_limits(person)
            if it.subject.startswith(f"{kind}:") and wanted in {it.name, it.subject}
        ]
        subject = named[0] if named else await _subject(place, person, key, robot)
        await place.limits.clear_limits(person, subject.id)
        if json:
            print_json({"subject": subject.id, "cleared": True})
        else:
            print_line(say("cli.limit.clear.done", name=subject.name))

    in_place(data, work)


async def _subject(place: "Place", person: str, key: str, robot: str) -> _Subject:
    from drawbridge.entrypoints.cli.house import key_named, robot_named
    from drawbridge.trading.limit_store import key_subject

    if bool(key) == bool(robot):
        raise BadInput("limit_of_what", field="key")
    if key:
        record = await key_named(place, person, key)
        return _Subject(key_subject(record.id), record.label)
    found = await robot_named(place, person, robot)
    return _Subject(found.origin, found.name)


def _told(limited: "Limited") -> dict[str, object]:
    return {"subject": limited.subject, "name": limited.name, "limits": limited.limits}


def _table(found: "tuple[Limited, ...]") -> tuple[list[str], list[list[str]]]:
    from drawbridge.trading.limit_service import LIMIT_FIELDS, limit_texts

    columns = [say("limits.of"), *(say(f"field.{name}") for name in LIMIT_FIELDS)]
    rows = [
        [
            say(f"limits.of_{it.subject.partition(':')[0]}", name=it.name),
            *(or_dash(text) for text in limit_texts(it.limits).values()),
        ]
        for it in found
    ]
    return columns, rows
