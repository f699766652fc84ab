"""Commands about safe keeping: a recovery key, backups made, looked through and put back.

Making one asks for no secret; reading one asks for the recovery key, typed or from a pipe.
"""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.entrypoints.cli.options import Data, Json, Owner, Yes, settings_for
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_qr,
    print_table,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.app.backup_reading import Contents
    from drawbridge.app.backup_records import Backup
    from drawbridge.app.build import House
    from drawbridge.sealing.recovery import RecoveryKey

app = typer.Typer(help=say("cli.backup.help"), no_args_is_help=True)

_COLUMNS: Final = ("when", "file", "size", "recovery_key")
_SMALLEST_MB: Final = Decimal("0.1")
_COUNTED: Final = ("people", "keys", "robots", "orders", "events")

File = Annotated[Path, typer.Argument(metavar="FILE", help=say("cli.backup.file"))]


@app.command(help=say("cli.backup.key.help"))
def key(*, yes: Yes = False, owner: Owner = "", data: Data = None, json: Json = False) -> None:
    """Draw a recovery key and print it, this one time."""
    from drawbridge.entrypoints.cli.house import in_house, ruler_of
    from drawbridge.entrypoints.cli.typing_in import confirm

    async def work(house: "House") -> None:
        person = await ruler_of(house, owner)
        if (await house.safe_keeping.read_kept()).recovery_made_ms is not None:
            confirm(say("cli.backup.key.replace"), yes=yes)
        # The one moment at which it is shown.
        text = (await house.safe_keeping.make_recovery_key(person.id)).reveal()
        if json:
            print_json({"recovery_key": text})
            return
        print_hint(say("cli.backup.key.done"))
        print_qr(text)
        print_line(text)
        print_hint(say("cli.backup.key.hint"))

    in_house(data, work)


@app.command(help=say("cli.backup.make.help"))
def make(
    place: Annotated[Path, typer.Argument(metavar="FILE|DIR", help=say("cli.backup.make.place"))],
    *,
    with_paper: Annotated[
        bool, typer.Option("--with-paper", help=say("cli.backup.make.with_paper"))
    ] = False,
    with_candles: Annotated[
        bool, typer.Option("--with-candles", help=say("cli.backup.make.with_candles"))
    ] = False,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Write a backup of everything to a new file, also while Drawbridge runs."""
    from drawbridge.app.backup import Wish
    from drawbridge.entrypoints.cli.house import in_house, ruler_of

    async def work(house: "House") -> None:
        person = await ruler_of(house, owner)
        wish = Wish(paper=with_paper, candles=with_candles)
        made = await house.safe_keeping.make(person.id, place.expanduser().absolute(), wish)
        if json:
            print_json(made)
            return
        print_line(say("cli.backup.make.done", name=made.name, size=_megabytes(made.size_bytes)))
        print_hint(say("cli.backup.make.hint"))

    in_house(data, work)


@app.command(help=say("cli.backup.verify.help"))
def verify(
    file: File,
    *,
    without_key: Annotated[
        bool, typer.Option("--without-key", help=say("cli.backup.verify.without_key"))
    ] = False,
    json: Json = False,
) -> None:
    """Look whether a backup is good, without putting it back."""
    from drawbridge.app import backup_reading

    path = file.expanduser().absolute()
    if without_key:
        digest = asyncio.run(backup_reading.check_file(path))
        if json:
            print_json({"digest": digest, "proven": False})
        else:
            print_line(say("cli.backup.verify.as_written"))
        return
    recovery = _read_recovery_key()
    contents = asyncio.run(backup_reading.verify(path, recovery))
    if json:
        print_json(contents)
        return
    print_line(say("cli.backup.verify.done"))
    _print_contents(contents)


@app.command(help=say("cli.backup.restore.help"))
def restore(file: File, *, data: Data = None, json: Json = False) -> None:
    """Put a backup back into a data folder that holds nothing yet."""
    from drawbridge.app import backup_restoring

    settings = settings_for(data)
    backup_restoring.check_empty(settings.data)
    recovery = _read_recovery_key()
    path = file.expanduser().absolute()
    contents = asyncio.run(backup_restoring.restore(path, recovery, settings))
    if json:
        print_json({"data": settings.data, "contents": contents})
        return
    print_line(say("cli.backup.restore.done", path=settings.data))
    _print_contents(contents)
    print_hint(say("cli.backup.restore.hint", path=settings.data))


@app.command("list", help=say("cli.backup.list.help"))
def list_backups(*, data: Data = None, json: Json = False) -> None:
    """List the backups that were made, the newest first."""
    from drawbridge.entrypoints.cli.house import in_house

    async def work(house: "House") -> None:
        kept = await house.safe_keeping.read_kept()
        made = await house.safe_keeping.list_backups()
        if json:
            print_json({"recovery_key_made_ms": kept.recovery_made_ms, "backups": list(made)})
            return
        if kept.recovery_made_ms is None:
            print_hint(say("cli.backup.list.no_key"))
        print_table([say(f"cli.backup.column.{name}") for name in _COLUMNS], [*map(_row, made)])

    in_house(data, work)


def _read_recovery_key() -> "RecoveryKey":
    from drawbridge.entrypoints.cli.typing_in import read_secret
    from drawbridge.sealing.recovery import RecoveryKey

    return RecoveryKey.read(read_secret(say("cli.prompt.recovery_key")))


def _print_contents(contents: "Contents") -> None:
    from drawbridge.wording.formats import moment

    fields = {say("cli.backup.column.when"): moment(contents.made_ms)}
    for name in _COUNTED:
        fields[say(f"cli.backup.column.{name}")] = str(getattr(contents, name))
    print_fields({**fields, say("cli.backup.column.head"): contents.head})
    if contents.keys and not contents.has_vault:
        print_hint(say("cli.backup.verify.no_vault"))


def _row(made: "Backup") -> list[str]:
    from drawbridge.wording.formats import moment

    size = say("backups.megabytes", size=_megabytes(made.size_bytes))
    return [moment(made.made_ms), or_dash(made.name), size, made.fingerprint]


def _megabytes(size_bytes: int) -> str:
    from drawbridge.wording.formats import to_places

    return to_places(max(Decimal(size_bytes) / 1_000_000, _SMALLEST_MB), 1)
