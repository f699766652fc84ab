"""The command line's start: all groups of commands, and the rim where errors become words.

`python -m drawbridge.entrypoints.cli.main` and `drawbridge` are the same.
"""

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from drawbridge.app.settings_file import name_file
from drawbridge.core.errors import BadInput, Corrupted, DrawbridgeError
from drawbridge.entrypoints.cli import (
    approval,
    audit,
    backtest,
    backup,
    candles,
    completion,
    demo,
    doctor,
    export,
    guide,
    hook,
    importing,
    key,
    key_life,
    key_replacing,
    leak,
    licence,
    licences,
    limit,
    mcp,
    notice,
    order,
    owner,
    panic,
    paper,
    people,
    proxy,
    remote,
    robot,
    scan,
    serve,
    settings,
    stop,
    trial,
    tui,
    up,
    vault,
    virtual_key,
    wealth,
)
from drawbridge.entrypoints.cli.framing import framed, refusal_of
from drawbridge.entrypoints.cli.output import print_error, print_hint, print_line
from drawbridge.entrypoints.cli.remote_choice import name_remote
from drawbridge.wording.say import say

_HELP = "--help"
_INTERRUPTED = 130
_BROKEN_PIPE = 141

app = typer.Typer(
    name="drawbridge",
    help=say("cli.help"),
    no_args_is_help=True,
    add_completion=False,
    # Plain help loads quickly and reads the same in a terminal, a pipe and the README.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("up", help=say("cli.up.help"))(up.up)
app.add_typer(serve.app, name="serve")
app.command("settings", help=say("cli.settings.help"))(settings.settings)
app.add_typer(owner.app, name="owner")
app.add_typer(people.app, name="people")
app.add_typer(vault.app, name="vault")
app.add_typer(paper.app, name="paper")
key.app.command("replace", help=say("cli.key.replace.help"))(key_replacing.replace)
key.app.command("replacement", help=say("cli.key.replacement.help"))(key_replacing.replacement)
key.app.command("life", help=say("cli.key.life.help"))(key_life.life)
key.app.command("strangers", help=say("cli.key.strangers.help"))(key_life.strangers)
key.app.command("leak-report", help=say("cli.leak_report.help"))(leak.leak_report)
app.add_typer(key.app, name="key")
robot.app.command("hook", help=say("cli.robot.hook.help"))(hook.hook)
app.command("import", help=say("cli.import.help"))(importing.bring_in)
app.command("scan", help=say("cli.scan.help"))(scan.scan)
app.add_typer(virtual_key.app, name="virtual-key")
app.add_typer(proxy.app, name="proxy")
app.add_typer(robot.app, name="robot")
app.add_typer(export.app, name="export")
app.add_typer(approval.app, name="approval")
app.add_typer(order.app, name="order")
app.command("portfolio", help=say("cli.portfolio.help"))(order.portfolio)
app.command("wealth", help=say("cli.wealth.help"))(wealth.wealth)
app.add_typer(limit.app, name="limit")
app.add_typer(notice.app, name="notice")
app.command("stop", help=say("cli.stop.help"))(stop.stop)
app.add_typer(licence.app, name="licence")
app.add_typer(licences.app, name="licences")
app.command("panic", help=say("cli.panic.help"))(panic.panic)
app.command("resume", help=say("cli.resume.help"))(stop.resume)
app.command("guide", help=say("cli.guide.help"))(guide.guide)
app.command("backtest", help=say("cli.backtest.help"))(backtest.backtest)
app.add_typer(trial.app, name="trial")
app.add_typer(candles.app, name="candles")
app.add_typer(audit.app, name="audit")
app.add_typer(backup.app, name="backup")
app.add_typer(remote.app, name="remote")
app.command("tui", help=say("cli.tui.help"))(tui.tui)
app.command("mcp", help=say("cli.mcp.help"))(mcp.mcp)
app.command("doctor", help=say("cli.doctor.help"))(doctor.doctor)
app.command("completion", help=say("cli.completion.help"))(completion.completion)
app.command("demo", help=say("cli.demo.help"))(demo.demo)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_line(version("drawbridge"))
        raise typer.Exit


@app.callback()
def begin(
    *,
    at: Annotated[
        str,
        typer.Option(
            "--at",
            metavar="NAME|URL",
            help=say("cli.option.at"),
            autocompletion=remote.known_places,
        ),
    ] = "",
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help=say("cli.option.config")),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _print_version(wanted=wanted),
            is_eager=True,
            help=say("cli.option.version"),
        ),
    ] = False,
) -> None:
    """Take the options that stand before every command."""
    del version
    name_remote(at)
    name_file(config)


def main(arguments: Sequence[str]) -> int:
    """Run one command and give the exit code of the error table."""
    as_json = "--json" in arguments
    if completion.VARIABLE in os.environ:
        completion.answer_shells()
    try:
        ended = _ended(arguments)
    except DrawbridgeError as error:
        return _told(error, as_json=as_json)
    except (typer.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except typer.TyperException as refused:
        return _refused(refused, as_json=as_json)
    except BrokenPipeError:
        # Whoever read has gone; nothing can be told any more, not even at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception as fault:  # noqa: BLE001  the rim: nobody is ever shown a traceback
        facts = {"kind": type(fault).__name__, "place": _place_of(fault)}
        return _told(Corrupted("program_fault", **facts), as_json=as_json)
    return ended if isinstance(ended, int) else 0


def _ended(arguments: Sequence[str]) -> object:
    """Run a command; a help that is asked for comes out in our words, its frame as well."""
    if _HELP not in arguments:
        return app(args=list(arguments), prog_name="drawbridge", standalone_mode=False)
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        ended = app(args=list(arguments), prog_name="drawbridge", standalone_mode=False)
    print_line(framed(told.getvalue()).rstrip())
    return ended


def _told(error: DrawbridgeError, *, as_json: bool) -> int:
    print_error(error, as_json=as_json)
    return error.exit_code


def run() -> None:
    """Be the program `drawbridge`."""
    sys.exit(main(sys.argv[1:]))


def _place_of(fault: Exception) -> str:
    """Name file and line of a fault of ours, and nothing of what it was about."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"


def _refused(refused: typer.TyperException, *, as_json: bool) -> int:
    """Say what was wrong about the arguments in the form of every other error."""
    message = getattr(refused, "format_message", lambda: str(refused))()
    context = getattr(refused, "ctx", None)
    if context is not None and message == context.get_help():
        # A group without a command: what it offers is the answer, not a fault to be worded.
        print_hint(framed(message))
        return BadInput.exit_code
    return _told(BadInput("bad_arguments", told=refusal_of(message)), as_json=as_json)


if __name__ == "__main__":
    run()
