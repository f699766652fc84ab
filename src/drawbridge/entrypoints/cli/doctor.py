"""The command `doctor`: what is wrong with this installation, and the next step."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from drawbridge.entrypoints.cli.options import Data, Json, settings_for
from drawbridge.entrypoints.cli.output import print_json, print_line
from drawbridge.wording.say import say, say_error

if TYPE_CHECKING:
    from drawbridge.app.finding import Finding

_FAILED = 1


def doctor(
    *,
    online: Annotated[bool, typer.Option("--online", help=say("cli.doctor.online"))] = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Look at everything and print what is found."""
    from drawbridge.app.clock import SystemClock
    from drawbridge.app.doctor import examine
    from drawbridge.app.finding import Health

    settings = settings_for(data)

    async def look() -> list["Finding"]:
        findings = []
        async for finding in examine(settings, online=online, now_ms=SystemClock().now_ms):
            findings.append(finding)
            if not json:
                _show(finding)
        return findings

    findings = asyncio.run(look())
    failed = any(finding.health is Health.FAIL for finding in findings)
    if json:
        print_json({"healthy": not failed, "findings": [_told(it) for it in findings]})
    else:
        print_line(say("cli.doctor.failed" if failed else "cli.doctor.healthy"))
    if failed:
        raise typer.Exit(_FAILED)


def _words(finding: "Finding") -> str:
    words = say(f"doctor.{finding.what}.{finding.found}", **finding.facts)
    return f"{words} {say_error(finding.error)}" if finding.error else words


def _show(finding: "Finding") -> None:
    print_line(f"{finding.health.value:4}  {_words(finding)}")


def _told(finding: "Finding") -> dict[str, object]:
    return {
        "what": finding.what,
        "health": finding.health,
        "found": finding.found,
        "facts": finding.facts,
        "code": finding.error.code if finding.error else "",
        "message": _words(finding),
    }
