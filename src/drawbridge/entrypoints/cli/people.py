"""Commands about people: list, invite by a link, change a role, end, let back in.

Each is done in an owner's name, which the audit log tells.
"""

from typing import TYPE_CHECKING, Annotated

import typer

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
    from drawbridge.accounts.people import Person
    from drawbridge.entrypoints.cli.house import Place

app = typer.Typer(help=say("cli.people.help"), no_args_is_help=True)

_COLUMNS = ("name", "role", "sessions", "seen", "id")

Who = Annotated[str, typer.Argument(metavar="PERSON", help=say("cli.people.person"))]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help=say("cli.people.role.what"))]


@app.command("list", help=say("cli.people.list.help"))
def list_people(*, data: Data = None, json: Json = False) -> None:
    """List everybody with their role."""
    from drawbridge.entrypoints.cli.house import in_place

    async def work(place: "Place") -> None:
        people = await place.people.list_people()
        if json:
            print_json([_told(it) for it in people])
            return
        columns = [say(f"cli.people.column.{name}") for name in _COLUMNS]
        print_table(columns, [_row(it) for it in people])

    in_place(data, work)


@app.command(help=say("cli.people.invite.help"))
def invite(role: RoleName, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Draw the link of an invitation and print it, this one time."""
    from drawbridge.accounts.roles import read_role
    from drawbridge.app.build import House
    from drawbridge.entrypoints.cli.house import in_place, ruler_of

    chosen = read_role(role)

    async def work(place: "Place") -> None:
        made, link = await place.invitations.invite(await ruler_of(place, owner), chosen)
        # The one moment at which it is shown; elsewhere it comes with its address.
        address = link.reveal()
        if isinstance(place, House):
            address = f"{place.settings.public_address}/join/{address}"
        if json:
            told = {"id": made.id, "role": made.role, "until_ms": made.until_ms, "link": address}
            print_json(told)
            return
        words = say(f"role.{made.role.value}")
        print_hint(say("cli.people.invite.done", role=words, until=made.until_ms))
        print_line(address)

    in_place(data, work)


@app.command(help=say("cli.people.role.help"))
def role(
    person: Who, role: RoleName, *, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Make somebody something else from now on."""
    from drawbridge.accounts.roles import read_role
    from drawbridge.entrypoints.cli.house import in_place, person_of, ruler_of

    chosen = read_role(role)

    async def work(place: "Place") -> None:
        by, whom = await ruler_of(place, owner), await person_of(place, person)
        await place.people.set_role(by, whom, chosen)
        await _tell(place, whom, "cli.people.role.done", as_json=json)

    in_place(data, work)


@app.command(help=say("cli.people.end.help"))
def end(
    person: Who, *, yes: Yes = False, owner: Owner = "", data: Data = None, json: Json = False
) -> None:
    """Let somebody in no more, and switch their keys off."""
    from drawbridge.entrypoints.cli.house import in_place, person_of, ruler_of
    from drawbridge.entrypoints.cli.typing_in import confirm

    async def work(place: "Place") -> None:
        by, whom = await ruler_of(place, owner), await person_of(place, person)
        name = (await place.people.get_person(whom)).owner.name
        confirm(f"{say('people.end_title', name=name)} {say('people.end_lead')}", yes=yes)
        await place.people.end(by, whom)
        await _tell(place, whom, "cli.people.end.done", as_json=json)

    in_place(data, work)


@app.command("let-back", help=say("cli.people.let_back.help"))
def let_back(person: Who, *, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Let somebody in again who was ended."""
    from drawbridge.entrypoints.cli.house import in_place, person_of, ruler_of

    async def work(place: "Place") -> None:
        by, whom = await ruler_of(place, owner), await person_of(place, person, or_ended=True)
        await place.people.let_back(by, whom)
        await _tell(place, whom, "cli.people.let_back.done", as_json=json)

    in_place(data, work)


async def _tell(place: "Place", person_id: str, sentence: str, *, as_json: bool) -> None:
    person = await place.people.get_person(person_id)
    if as_json:
        print_json(_told(person))
        return
    words = say(f"role.{person.owner.role.value}")
    print_line(say(sentence, name=person.owner.name, role=words))


def _row(person: "Person") -> list[str]:
    from drawbridge.wording.formats import moment

    owner, words = person.owner, say(f"role.{person.owner.role.value}")
    told = f"{words} ({say('people.ended')})" if owner.ended_ms else words
    return [
        owner.name,
        f"{told}, {say('people.sees', name=person.sees)}" if person.sees else told,
        str(person.sessions),
        or_dash(moment(person.seen_ms) if person.seen_ms else None),
        owner.id,
    ]


def _told(person: "Person") -> dict[str, object]:
    owner = person.owner
    return {
        "id": owner.id,
        "name": owner.name,
        "role": owner.role,
        "sees": person.sees or None,
        "has_authenticator": owner.second_factor,
        "created_ms": owner.created_ms,
        "ended_ms": owner.ended_ms,
        "sessions": person.sessions,
        "seen_ms": person.seen_ms,
    }
