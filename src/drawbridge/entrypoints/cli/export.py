"""Commands that write what other programs read: trades for tools of tax and books."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.core.errors import Conflict, Corrupted
from drawbridge.entrypoints.cli.options import Data, Json, Owner
from drawbridge.entrypoints.cli.output import print_hint, print_json
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.statistics.export import Export

app = typer.Typer(help=say("cli.export.help"), no_args_is_help=True)

_STANDARD = "-"
_OWNER_ONLY = 0o600


@app.callback()
def group() -> None:
    """Keep `trades` a command of its own, beside those that will come."""


@app.command(help=say("cli.export.trades.help"))
def trades(
    *,
    tool: Annotated[
        str,
        typer.Option(
            "--format", metavar="koinly|cointracking", help=say("cli.export.trades.format")
        ),
    ],
    key: Annotated[
        str, typer.Option("--key", metavar="KEY", help=say("cli.export.trades.key"))
    ] = "",
    robot: Annotated[
        str, typer.Option("--robot", metavar="ROBOT", help=say("cli.export.trades.robot"))
    ] = "",
    year: Annotated[
        str, typer.Option("--year", metavar="YEAR", help=say("cli.export.trades.year"))
    ] = "",
    simulated: Annotated[
        bool, typer.Option("--simulated", help=say("cli.export.trades.simulated"))
    ] = False,
    out: Annotated[
        str, typer.Option("--out", metavar="FILE|-", help=say("cli.export.trades.out"))
    ] = _STANDARD,
    owner: Owner = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Write trades as CSV."""
    from drawbridge.entrypoints.cli import house
    from drawbridge.statistics.export import export_trades, read_wish

    wish = read_wish(tool.strip().lower(), year.strip(), simulated=simulated)

    async def work(place: "Place") -> "Export":
        person = await house.owner_of(place, owner)
        key_id = (await house.key_named(place, person, key)).id if key else ""
        origin = (await house.robot_named(place, person, robot)).origin if robot else ""
        found = await house.trades_of(place, person, key_id=key_id, origin=origin)
        robots = await place.robots.list_robots(person)
        return export_trades(found, wish, {it.origin: it.name for it in robots})

    made = house.in_place(data, work)
    _tell(made, out, json=json)


def _tell(made: "Export", out: str, *, json: bool) -> None:
    """Write the file, and say what stands in it."""
    if out != _STANDARD:
        _write(Path(out).expanduser(), made.text)
    elif not json:
        sys.stdout.write(made.text)
    if json:
        told: dict[str, object] = {
            "lines": made.lines,
            "simulated_left_out": made.simulated_left_out,
        }
        print_json({**told, "file": out} if out != _STANDARD else {**told, "csv": made.text})
        return
    if made.simulated_left_out:
        print_hint(say("cli.export.trades.left_out", count=made.simulated_left_out))
    print_hint(say("cli.export.trades.done", count=made.lines))


def _write(path: Path, text: str) -> None:
    """Write a new file that only its owner may read: what somebody earned is nobody else's.

    Raises: `Conflict("export_file_exists")`, `Corrupted("export_not_written")`.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise Conflict("export_file_exists", path=str(path)) from None
    except OSError as error:
        raise Corrupted("export_not_written", path=str(path), why=error.strerror or "") from None
