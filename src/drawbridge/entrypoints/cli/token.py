"""Commands about tokens for programs: make, list, revoke."""

from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.accounts.api_tokens import ApiToken
    from drawbridge.app.build import House

app = typer.Typer(help=say("cli.token.help"), no_args_is_help=True)

_COLUMNS = ("name", "scopes", "used", "ends", "id")


@app.command(help=say("cli.token.make.help"))
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("cli.token.make.name"))],
    *,
    may: Annotated[
        str, typer.Option("--may", metavar="SCOPES", help=say("cli.token.make.may"))
    ] = "",
    lives: Annotated[
        str, typer.Option("--lives", metavar="SPAN", help=say("cli.token.make.lives"))
    ] = "90d",
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Make a token and print it, this one time."""
    from drawbridge.entrypoints.cli.house import in_house, person_of
    from drawbridge.entrypoints.cli.options import read_list, read_span_ms

    scopes, lives_ms = read_list(may), read_span_ms(lives, "expires")

    async def work(house: "House") -> None:
        person = await person_of(house, owner)
        token, text = await house.tokens.make(person, name, scopes, lives_ms)
        # The one moment at which it is shown.
        if json:
            print_json({**_told(token), "token": text.reveal()})
            return
        print_hint(say("tokens.once"))
        print_line(text.reveal())

    in_house(data, work)


@app.command("list", help=say("cli.token.list.help"))
def list_tokens(*, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """List the tokens with their rights, last use and end."""
    from drawbridge.entrypoints.cli.house import in_house, person_of

    async def work(house: "House") -> None:
        tokens = await house.tokens.list_tokens(await person_of(house, owner))
        if json:
            print_json([_told(token) for token in tokens])
        elif not tokens:
            print_line(say("tokens.none"))
        else:
            columns = [say(f"cli.token.column.{name}") for name in _COLUMNS]
            print_table(columns, [_row(token) for token in tokens])

    in_house(data, work)


@app.command(help=say("cli.token.revoke.help"))
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help=say("cli.token.revoke.token"))],
    *,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """End a token at once."""
    from drawbridge.core.errors import NotFound
    from drawbridge.entrypoints.cli.house import in_house, person_of

    async def work(house: "House") -> None:
        person = await person_of(house, owner)
        for it in await house.tokens.list_tokens(person):
            if token == it.id or token.casefold() == it.name.casefold():
                await house.tokens.revoke(person, it.id)
                if json:
                    print_json({"id": it.id, "revoked": True})
                else:
                    print_line(say("cli.token.revoke.done", name=it.name))
                return
        raise NotFound("unknown_token")

    in_house(data, work)


def _row(token: "ApiToken") -> list[str]:
    from drawbridge.wording.formats import moment

    return [
        token.name,
        " ".join(sorted(token.scopes)),
        or_dash(moment(token.used_ms) if token.used_ms else None),
        moment(token.expires_ms),
        token.id,
    ]


def _told(token: "ApiToken") -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": token.scopes,
        "created_ms": token.created_ms,
        "expires_ms": token.expires_ms,
        "used_ms": token.used_ms,
    }
