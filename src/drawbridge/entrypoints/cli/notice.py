"""Commands about notices: read them, choose where they go, try a way out."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Data, Json, NoWait, Owner
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_hint,
    print_json,
    print_line,
    print_table,
    yes_or_no,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.core.secret import Secret
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.notices.model import Channel, Kept

app = typer.Typer(help=say("cli.notice.help"), no_args_is_help=True)

Way = Annotated[str, typer.Argument(metavar="WAY", help=say("cli.notice.way"))]

_LOOK_EVERY_S: Final = 0.1
_LONGEST_S: Final = 30
_FAILED: Final = 7


@app.command("list", help=say("cli.notice.list.help"))
def list_notices(
    *,
    read: Annotated[bool, typer.Option("--read", help=say("cli.notice.list.read"))] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """List the newest notices, newest first."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.notices.words import words_of
    from drawbridge.wording.formats import moment

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        found = await place.notices.list_notices(person)
        if read:
            await place.notices.mark_read(person)
        if json:
            print_json([_told(kept) for kept in found])
        elif not found:
            print_line(say("notices.none"))
        else:
            columns = [say("notices.when"), say("notices.what")]
            rows = [[moment(it.last_ms), words_of(it).line] for it in found]
            print_table(columns, rows)

    in_place(data, work)


@app.command(help=say("cli.notice.ways.help"))
def ways(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Show where notices go, and which kinds."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        told = []
        for channel, way in (await place.notices.list_ways(person)).items():
            kinds = sorted(kind.value for kind in await place.notices.kinds_of(person, channel))
            told.append({"way": channel, "on": way.is_on, "to": way.place, "kinds": kinds})
        summary = await place.notices.summary_at(person)
        if json:
            print_json({"ways": told, "summary": summary})
            return
        columns = [say(f"cli.notice.column.{name}") for name in ("way", "on", "to", "kinds")]
        rows = [
            [
                say(f"channel.{it['way']}"),
                yes_or_no(yes=bool(it["on"])),
                or_dash(it["to"]),
                ", ".join(map(str, it["kinds"])),  # type: ignore[call-overload]  # a list of texts, as made above
            ]
            for it in told
        ]
        print_table(columns, rows)
        print_line(
            say("cli.notice.summary_at", at=summary) if summary else say("notices.no_summary")
        )

    in_place(data, work)


@app.command("set", help=say("cli.notice.set.help"))
def set_way(
    way: Way,
    *,
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help=say("cli.notice.set.to"))] = "",
    off: Annotated[bool, typer.Option("--off", help=say("cli.notice.set.off"))] = False,
    kinds: Annotated[
        str | None, typer.Option("--kinds", metavar="LIST", help=say("cli.notice.set.kinds"))
    ] = None,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Choose where notices go by a way, and which kinds; `page` has kinds only."""
    from drawbridge.app.build import House
    from drawbridge.entrypoints.cli.house import in_place, owner_of
    from drawbridge.entrypoints.cli.options import read_list

    channel = _channel(way)

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        chosen = None if kinds is None else read_list(kinds)
        if isinstance(place, House):
            secret = await _set_here(place, person, channel, to, chosen, is_on=not off)
        else:
            secret = await place.notices.change_way(channel, to, chosen, is_on=not off)
        shown = None if secret is None else secret.reveal()
        if json:
            print_json({"way": channel, "on": not off, "secret": shown})
            return
        print_line(say("cli.notice.set.done", way=say(f"channel.{channel.value}")))
        if shown:
            print_line(say("cli.notice.set.secret", secret=shown))
            print_hint(say("notices.secret_once"))

    in_place(data, work)


@app.command(help=say("cli.notice.summary.help"))
def summary(
    at: Annotated[str, typer.Argument(metavar="HH:MM", help=say("cli.notice.summary.at"))] = "",
    *,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Choose when the daily summary is told (UTC); nothing for never."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    async def work(place: "Place") -> None:
        person = await owner_of(place, owner)
        await place.notices.set_summary(person, at)
        told = await place.notices.summary_at(person)
        if json:
            print_json({"summary": told})
        else:
            print_line(say("cli.notice.summary_at", at=told) if told else say("notices.no_summary"))

    in_place(data, work)


async def _set_here(
    house: "House",
    person: str,
    channel: "Channel",
    to: str,
    kinds: tuple[str, ...] | None,
    *,
    is_on: bool,
) -> "Secret | None":
    """Choose where notices go by a way of this machine, and which kinds."""
    from drawbridge.notices.model import Channel

    if kinds is not None:
        await house.notices.choose(person, channel, kinds)
    if channel is Channel.PAGE or not (to or not is_on or kinds is None):
        return None
    place = to or (await house.notices.list_ways(person))[channel].place
    return await house.notices.set_way(person, channel, place, is_on=is_on)


@app.command("test", help=say("cli.notice.test.help"))
def try_out(
    way: Way,
    *,
    no_wait: NoWait = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Send a test by a way, and tell what became of it."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of

    channel = _channel(way)

    async def work(house: "House") -> int:
        number = await house.notices.test(await owner_of(house, owner), channel)
        state, problem = await _settled(house, number, channel, wait=not no_wait)
        if json:
            print_json({"way": channel, "state": state, "problem": problem})
        else:
            print_line(say(f"notices.state.{state}"))
            if problem:
                print_hint(say_reason(problem, _NO_FACTS))
        return _FAILED if problem else 0

    raise typer.Exit(in_house(data, work))


# What a sentence about a delivery may name; what the case was, the notice itself tells.
_NO_FACTS: Final = {"host": "", "told": "", "status": "", "channel": "", "path": "", "field": ""}


async def _settled(
    house: "House", number: int, channel: "Channel", *, wait: bool
) -> tuple[str, str]:
    """Wait until the test was taken, or a first time not taken."""
    from drawbridge.app.presence import is_worker_there

    if not await is_worker_there(house):
        print_hint(say("cli.notice.no_gateway"))
        return "waiting", ""
    for _ in range(int(_LONGEST_S / _LOOK_EVERY_S) if wait else 1):
        found = await house.notices.find_delivery(number, channel)
        if found is not None and (found[0] != "waiting" or found[1]):
            return found
        await asyncio.sleep(_LOOK_EVERY_S)
    return "waiting", ""


def _channel(text: str) -> "Channel":
    from drawbridge.notices.model import Channel

    if text not in set(Channel):
        raise BadInput("unknown_channel", field="way", known=tuple(Channel))
    return Channel(text)


def _told(kept: "Kept") -> dict[str, object]:
    from drawbridge.notices.words import words_of

    notice = kept.notice
    return {
        "id": f"notice_{kept.n}",
        "kind": notice.kind,
        "subject": notice.subject,
        "at_ms": kept.at_ms,
        "last_ms": kept.last_ms,
        "count": kept.count,
        "read": kept.is_read,
        "facts": notice.facts,
        "text": words_of(kept).line,
    }
