"""Commands about Drawbridges elsewhere: name one, list them, use one from now on, forget it.

Of a remote, its address is kept and where its token stands. The token is asked for or read from a
pipe into a file of its own, or stands in a file that is named; it is never an argument.
"""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.app.remotes import (
    HERE,
    Remote,
    own_token_file,
    read_remote_name,
    read_remotes,
    write_for_owner,
    write_remotes,
)
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.cli.options import Json
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_hint,
    print_json,
    print_line,
    print_table,
    yes_or_no,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.client.me import Me

app = typer.Typer(help=say("cli.remote.help"), no_args_is_help=True)

_COLUMNS = ("name", "address", "token_file", "used")


def known_names(incomplete: str) -> list[str]:
    """Offer the names of remotes to a shell that completes; nothing where they are unreadable."""
    try:
        names = [remote.name for remote in read_remotes().remotes]
    except DrawbridgeError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def known_places(incomplete: str) -> list[str]:
    """Offer the names of remotes, and that of this machine."""
    here = [HERE] if HERE.startswith(incomplete) else []
    return [*here, *known_names(incomplete)]


Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help=say("cli.remote.name"), autocompletion=known_names),
]


@app.command(help=say("cli.remote.add.help"))
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help=say("cli.remote.name"))],
    url: Annotated[str, typer.Argument(metavar="URL", help=say("cli.remote.url"))],
    *,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", metavar="FILE", help=say("cli.remote.token_file")),
    ] = None,
    json: Json = False,
) -> None:
    """Keep a remote, once its token was good there."""
    from drawbridge.entrypoints.cli.remote_place import Elsewhere
    from drawbridge.entrypoints.cli.typing_in import read_secret

    file = token_file.expanduser().absolute() if token_file else own_token_file(name)
    remote = Remote(read_remote_name(name), url.strip().rstrip("/"), file)
    # Refused before a token is asked for.
    remotes = read_remotes().adding(remote)
    if token_file is None:
        token = read_secret(say("cli.remote.token"))
        write_for_owner(file, token.reveal().strip() + "\n")
    try:
        me = asyncio.run(Elsewhere(remote).who())
    except BaseException:
        # A token that was not good there is kept nowhere.
        if token_file is None:
            file.unlink(missing_ok=True)
        raise
    write_remotes(remotes)
    if json:
        print_json({**_told(remote, used=remotes.used), "person": me["name"], "token": me["token"]})
        return
    _print_who(remote, me)


def _print_who(remote: Remote, me: "Me") -> None:
    from drawbridge.wording.formats import day

    token = me["token"]
    facts = {"name": remote.name, "person": me["name"], "scopes": token["scopes"]}
    print_line(say("cli.remote.add.done", **facts, ends=day(token["expires_ms"])))
    print_hint(say("cli.remote.add.next", name=remote.name))


@app.command("list", help=say("cli.remote.list.help"))
def list_remotes(*, json: Json = False) -> None:
    """List the remotes, and which one is used."""
    known = read_remotes()
    if json:
        print_json([_told(it, used=known.used) for it in known.remotes])
    elif not known.remotes:
        print_line(say("cli.remote.none"))
    else:
        columns = [say(f"cli.remote.column.{name}") for name in _COLUMNS]
        rows = [
            [it.name, it.address, or_dash(it.token_file), yes_or_no(yes=it.name == known.used)]
            for it in known.remotes
        ]
        print_table(columns, rows)


@app.command(help=say("cli.remote.use.help"))
def use(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help=say("cli.remote.use.name"), autocompletion=known_places
        ),
    ],
    *,
    json: Json = False,
) -> None:
    """Speak to this remote from now on, or to this machine again."""
    remotes = read_remotes().using(name)
    write_remotes(remotes)
    if json:
        print_json({"used": remotes.used or HERE})
    else:
        key = "cli.remote.use.done" if remotes.used else "cli.remote.use.here"
        print_line(say(key, name=remotes.used))


@app.command(help=say("cli.remote.remove.help"))
def remove(name: Name, *, json: Json = False) -> None:
    """Forget a remote, and the token that was kept for it."""
    known = read_remotes()
    write_remotes(known.removing(name))
    own_token_file(name).unlink(missing_ok=True)
    if json:
        print_json({"name": name, "removed": True})
    else:
        print_line(say("cli.remote.remove.done", name=name))
        print_hint(say("cli.remote.remove.revoke"))


def _told(remote: Remote, *, used: str) -> dict[str, object]:
    return {
        "name": remote.name,
        "address": remote.address,
        "token_file": remote.token_file,
        "used": remote.name == used,
    }
