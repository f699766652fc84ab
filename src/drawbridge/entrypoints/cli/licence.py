"""Commands about a person's own licence: how it stands, entering it, accounts set aside.

What needs the licence server is carried out by the gateway; these wait until it was.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.entrypoints.cli.options import Data, Json, NoWait, Owner, Yes
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say, say_reason

if TYPE_CHECKING:
    from drawbridge.app.build import House
    from drawbridge.licences.service import Shown

app = typer.Typer(help=say("cli.licence.help"), no_args_is_help=True)

_WAIT_S: Final = 30
_COLUMNS: Final = ("key", "exchange", "place", "why")
# Commands that name an account, and what each of them wishes for.
_ABOUT_AN_ACCOUNT: Final = {"archive": "archive", "activate": "bind", "claim": "claim"}

Key = Annotated[str, typer.Argument(metavar="KEY", help=say("cli.licence.key"))]


@app.command(help=say("cli.licence.show.help"))
def show(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Show how the licence stands, and which accounts have a place under it."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of
    from drawbridge.licences.words import told_of

    async def work(house: "House") -> None:
        shown = await house.licences.show(await owner_of(house, owner))
        if json:
            print_json(told_of(shown))
        else:
            _print(shown)

    in_house(data, work)


@app.command(help=say("cli.licence.add.help"))
def add(
    document: Annotated[
        str, typer.Argument(metavar="LICENCE", help=say("cli.licence.add.document"))
    ] = "",
    *,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Enter a licence: as an argument, or from standard input."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of
    from drawbridge.entrypoints.cli.typing_in import read_line
    from drawbridge.licences.words import told_of

    async def work(house: "House") -> None:
        text = document or read_line(say("cli.licence.add.prompt"))
        shown = await house.licences.add(await owner_of(house, owner), text)
        if json:
            print_json(told_of(shown))
            return
        print_line(say("cli.licence.add.done"))
        await _hint_without_gateway(house)

    in_house(data, work)


def _about_an_account(act: str) -> Callable[..., None]:
    """Make a command that wishes for something to be done about one account's place."""

    def command(
        key: Key,
        *,
        no_wait: NoWait = False,
        owner: Owner = "",
        data: Data = None,
        json: Json = False,
    ) -> None:
        _wish(act, key, owner, data, wait=not no_wait, json=json)

    return command


for _name, _act in _ABOUT_AN_ACCOUNT.items():
    app.command(_name, help=say(f"cli.licence.{_name}.help"))(_about_an_account(_act))


@app.command(help=say("cli.licence.renew.help"))
def renew(
    *, no_wait: NoWait = False, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Ask the licence server for a new lease now."""
    _wish("renew", "", owner, data, wait=not no_wait, json=json)


@app.command(help=say("cli.licence.release.help"))
def release(
    *,
    yes: Yes = False,
    no_wait: NoWait = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Give the licence up here, so that it may be entered elsewhere."""
    from drawbridge.entrypoints.cli.typing_in import confirm

    confirm(say("cli.licence.release.confirm"), yes=yes)
    _wish("release", "", owner, data, wait=not no_wait, json=json)


@app.command(help=say("cli.licence.recover.help"))
def recover(
    *, no_wait: NoWait = False, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Go on here with a licence whose installation is lost, by its recovery code."""
    from drawbridge.entrypoints.cli.house import in_house, owner_of
    from drawbridge.entrypoints.cli.typing_in import read_secret

    async def work(house: "House") -> None:
        code = read_secret(say("cli.licence.recover.prompt"))
        person = await owner_of(house, owner)
        number = await house.licences.recover(person, code.reveal())
        await _told_end(house, person, number, wait=not no_wait, json=json)

    in_house(data, work)


@app.command(help=say("cli.licence.revocations.help"))
def revocations(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("cli.licence.revocations.file"))],
    *,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Take in the operator's list of revoked licences from a file."""
    from drawbridge.core.errors import BadInput
    from drawbridge.entrypoints.cli.house import in_house, owner_of

    try:
        text = file.expanduser().read_text(encoding="ascii", errors="replace")
    except OSError:
        raise BadInput("licence_unreadable", field="file") from None

    async def work(house: "House") -> None:
        await house.licences.take_list(await owner_of(house, owner), text)
        if json:
            print_json({"taken": True})
        else:
            print_line(say("cli.licence.revocations.done"))

    in_house(data, work)


def _wish(name: str, key: str, owner: str, data: Path | None, *, wait: bool, json: bool) -> None:
    from drawbridge.entrypoints.cli.house import in_house, key_named, owner_of
    from drawbridge.licences.model import Act

    async def work(house: "House") -> None:
        person = await owner_of(house, owner)
        act: Act = Act(name)
        key_id = (await key_named(house, person, key)).id if key else ""
        number = await house.licences.wish(person, act, key_id)
        await _told_end(house, person, number, wait=wait, json=json)

    in_house(data, work)


async def _told_end(house: "House", person: str, number: int, *, wait: bool, json: bool) -> None:
    """Wait until a wish was carried out, and tell what came of it."""
    from drawbridge.core.errors import Forbidden
    from drawbridge.entrypoints.cli.house import has_gateway, looks

    wish = None
    if wait and await has_gateway(house):
        async for _ in looks(house, _WAIT_S):
            wish = await house.licences.find_wish(person, number)
            if wish is not None and wish.done_ms is not None:
                break
    is_done = wish is not None and wish.done_ms is not None
    if wish is not None and wish.code:
        raise Forbidden(wish.code, **wish.facts)
    if json:
        print_json({"wish": number, "done": is_done})
    elif is_done:
        print_line(say("cli.licence.done"))
    else:
        print_line(say("cli.licence.wished"))
        await _hint_without_gateway(house)


async def _hint_without_gateway(house: "House") -> None:
    from drawbridge.entrypoints.cli.house import has_gateway

    if not await has_gateway(house):
        print_hint(say("cli.licence.no_gateway"))


def _print(shown: "Shown") -> None:
    from drawbridge.licences.words import fields_of

    print_line(say(f"licence.state.{shown.state}"))
    if shown.reason:
        print_line(say_reason(shown.reason, {}))
    if shown.problem:
        print_hint(say_reason(shown.problem, shown.problem_facts))
    known = shown.known
    if known is not None:
        print_fields(fields_of(shown))
    if shown.keys:
        print_line()
        rows = [
            [
                it.key.label,
                it.key.exchange,
                say(f"licence.place.{it.place}"),
                or_dash(say_reason(it.reason, it.facts) if it.reason else ""),
            ]
            for it in shown.keys
        ]
        print_table([say(f"licence.column.{name}") for name in _COLUMNS], rows)
