"""Commands of an operator: make a folder with keys, issue and revoke licences, serve them.

They work on the operator's own folder, and on nobody's data folder.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli.options import Json, Yes, read_span_ms, settings_for
from drawbridge.entrypoints.cli.output import (
    or_dash,
    print_fields,
    print_hint,
    print_json,
    print_line,
    print_table,
)
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from drawbridge.licences.office import Listed, Made

app = typer.Typer(help=say("cli.licences.help"), no_args_is_help=True)

_COLUMNS: Final = ("id", "holder", "slots", "state", "asked", "refused")
_PORTS: Final = range(65_536)

Folder = Annotated[Path, typer.Option("--folder", metavar="DIR", help=say("cli.licences.folder"))]


@app.command(help=say("cli.licences.init.help"))
def init(*, folder: Folder, json: Json = False) -> None:
    """Make an operator's folder with fresh keys, and print what installations are set to."""
    from drawbridge.app.licence_office import make_office

    keys = make_office(_absolute(folder))
    if json:
        print_json({"public_key": keys.public})
        return
    print_line(say("cli.licences.init.done"))
    print_fields({"DRAWBRIDGE_LICENCE_KEY": keys.public})
    print_hint(say("cli.licences.init.hint"))


@app.command(help=say("cli.licences.issue.help"))
def issue(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help=say("cli.licences.holder"))],
    *,
    slots: Annotated[int, typer.Option("--slots", metavar="N", help=say("cli.licences.slots"))] = 1,
    feature: Annotated[
        list[str] | None,
        typer.Option("--feature", metavar="NAME", help=say("cli.licences.feature")),
    ] = None,
    lasts: Annotated[
        str, typer.Option("--lasts", metavar="SPAN", help=say("cli.licences.lasts"))
    ] = "",
    lease: Annotated[
        str, typer.Option("--lease", metavar="SPAN", help=say("cli.licences.lease"))
    ] = "1d",
    grace: Annotated[
        str, typer.Option("--grace", metavar="SPAN", help=say("cli.licences.grace"))
    ] = "7d",
    folder: Folder,
    json: Json = False,
) -> None:
    """Issue a licence; its recovery code is printed this one time."""
    from drawbridge.app.clock import SystemClock
    from drawbridge.app.licence_office import open_office
    from drawbridge.licences.model import Feature
    from drawbridge.licences.office import Terms

    known = {it.value for it in Feature}
    wanted = set(feature or known)
    if not wanted <= known:
        raise BadInput("licence_no_feature", field="feature", known=sorted(known))
    lasts_ms = read_span_ms(lasts, "lasts") if lasts else None
    terms = Terms(
        holder=holder,
        slots=slots,
        features=frozenset(map(Feature, wanted)),
        expires_ms=None if lasts_ms is None else SystemClock().now_ms() + lasts_ms,
        lease_ms=read_span_ms(lease, "lease"),
        grace_ms=read_span_ms(grace, "grace"),
    )

    async def work() -> "Made":
        async with open_office(_absolute(folder)) as opened:
            return await opened.office.issue(terms)

    made = asyncio.run(work())
    # The one moment at which the code is shown.
    code = made.recovery_code.reveal()
    if json:
        print_json({"id": made.licence.id, "licence": made.document, "recovery_code": code})
        return
    print_line(made.document)
    print_fields({say("cli.licences.id"): made.licence.id, say("cli.licences.code"): code})
    print_hint(say("cli.licences.issue.hint"))


@app.command(help=say("cli.licences.revoke.help"))
def revoke(
    licence: Annotated[str, typer.Argument(metavar="ID", help=say("cli.licences.id"))],
    *,
    yes: Yes = False,
    folder: Folder,
    json: Json = False,
) -> None:
    """Revoke a licence for good."""
    from drawbridge.app.licence_office import open_office
    from drawbridge.entrypoints.cli.typing_in import confirm

    confirm(say("cli.licences.revoke.confirm", id=licence), yes=yes)

    async def work() -> bool:
        async with open_office(_absolute(folder)) as opened:
            return await opened.office.revoke(licence)

    is_news = asyncio.run(work())
    if json:
        print_json({"revoked": licence, "was_revoked": not is_news})
    else:
        print_line(say("cli.licences.revoke.done" if is_news else "cli.licences.revoke.again"))


@app.command("list", help=say("cli.licences.list.help"))
def list_licences(*, folder: Folder, json: Json = False) -> None:
    """List all licences and how they are used."""
    from drawbridge.app.licence_office import open_office

    async def work() -> "tuple[Listed, ...]":
        async with open_office(_absolute(folder)) as opened:
            return await opened.office.list_licences()

    found = asyncio.run(work())
    if json:
        print_json([_told(it) for it in found])
    elif not found:
        print_line(say("cli.licences.list.none"))
    else:
        print_table([say(f"cli.licences.column.{it}") for it in _COLUMNS], list(map(_row, found)))


@app.command(help=say("cli.licences.revocations.help"))
def revocations(*, folder: Folder, json: Json = False) -> None:
    """Print the signed list of what is revoked, for installations without a network."""
    from drawbridge.app.licence_office import open_office

    async def work() -> str:
        async with open_office(_absolute(folder)) as opened:
            return await opened.office.revocations()

    signed = asyncio.run(work())
    if json:
        print_json({"revocations": signed})
    else:
        print_line(signed)


@app.command(help=say("cli.licences.serve.help"))
def serve(
    *,
    port: Annotated[int, typer.Option("--port", metavar="N", help=say("cli.licences.port"))] = 8720,
    with_paper: Annotated[
        bool, typer.Option("--with-paper", help=say("cli.licences.with_paper"))
    ] = False,
    folder: Folder,
    json: Json = False,
) -> None:
    """Answer installations until Ctrl-C."""
    from drawbridge.app.lifetime import begin_log, tell_ready
    from drawbridge.app.observing.operations import told_to_operators
    from drawbridge.app.observing.settings import read_observing_settings
    from drawbridge.app.settings import given_to
    from drawbridge.entrypoints.licence_server.hosting import Counter, host

    if port not in _PORTS:
        raise BadInput("bad_port", field="port")
    paper = settings_for(None).paper if with_paper else ""
    counter = Counter(_absolute(folder), port=port, paper=paper)
    tell = tell_ready if json else _tell

    async def work() -> None:
        settings = read_observing_settings(given_to())
        async with told_to_operators(settings, "licences") as seen:
            await host(counter, on_ready=lambda ready: tell({**ready, **seen}))

    begin_log("licences")
    asyncio.run(work())


def _tell(ready: Mapping[str, object]) -> None:
    print_line(say("cli.licences.serve.ready", address=ready["licence_server"]))


def _absolute(folder: Path) -> Path:
    return folder.expanduser().absolute()


def _told(it: "Listed") -> dict[str, object]:
    issued, licence = it.issued, it.licence
    return {
        "id": issued.id,
        "holder": issued.holder,
        "slots": licence.slots,
        "used_slots": it.used_slots,
        "features": licence.features,
        "expires_ms": licence.expires_ms,
        "is_held": bool(issued.installation),
        "asked_ms": issued.asked_ms,
        "revoked_ms": issued.revoked_ms,
        "refused": issued.refused_code,
        "refused_times": issued.refused_times,
    }


def _row(it: "Listed") -> list[str]:
    issued = it.issued
    state = "revoked" if issued.revoked_ms else "held" if issued.installation else "free"
    asked = "" if issued.asked_ms is None else say("licence.at", at_ms=issued.asked_ms)
    refused = f"{issued.refused_code} ({issued.refused_times})" if issued.refused_code else ""
    return [
        issued.id,
        issued.holder,
        say("licence.slots_used", used=it.used_slots, count=it.licence.slots),
        say(f"cli.licences.state.{state}"),
        or_dash(asked),
        or_dash(refused),
    ]
