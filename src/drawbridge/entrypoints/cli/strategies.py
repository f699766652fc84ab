"""Commands about strategies: which there are, and whether one of your own is good."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.entrypoints.cli.options import Data, Json, settings_for
from drawbridge.entrypoints.cli.output import print_hint, print_json, print_line
from drawbridge.wording.say import say, say_error, say_reason

if TYPE_CHECKING:
    from drawbridge.robots.own.check import Checked
    from drawbridge.robots.own.loading import Own
    from drawbridge.robots.strategy import Parameter, Strategy

Strategies = Annotated[
    Path | None, typer.Option("--strategies", metavar="DIR", help=say("cli.own.folder"))
]
_CANDLES = 3_000
_RECORDED = "ETH-BTC"
_LONGEST_S = 60


def list_strategies(
    *, strategies: Strategies = None, data: Data = None, json: Json = False
) -> None:
    """List the built-in strategies, and those in the folder of own ones."""
    from drawbridge.robots.own.loading import load_own, own_files
    from drawbridge.robots.strategies import STRATEGIES

    folder = folder_of(strategies, data)
    listed = [_told(it) for it in STRATEGIES.values()]
    wrong: list[dict[str, str]] = []
    for path in own_files(folder):
        try:
            own = load_own(path)
        except DrawbridgeError as error:
            wrong.append({"path": str(path), "code": error.code, "message": say_error(error)})
        else:
            listed.append(_told_own(own))
    if json:
        print_json({"strategies": listed, "wrong": wrong})
        return
    for told in listed:
        _show(told)
    if not any("path" in told for told in listed):
        print_hint(say("cli.robot.strategies.own_none", folder=folder))
    for it in wrong:
        print_hint(say("cli.robot.strategies.wrong", path=it["path"], told=it["message"]))


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=say("cli.own.file"))],
    *,
    json: Json = False,
) -> None:
    """Check a file with a strategy of your own."""
    from drawbridge.app.clock import monotonic_ns
    from drawbridge.robots.backtest.recorded import read_recorded
    from drawbridge.robots.own.check import check_own

    candles = read_recorded(_RECORDED).last(_CANDLES)
    with _no_longer_than(_LONGEST_S):
        checked = check_own(file, candles, monotonic_ns)
    if json:
        print_json(_told_check(checked))
    else:
        _show_check(file, checked, len(candles))
    if not checked.is_good:
        raise typer.Exit(BadInput.exit_code)


def folder_of(strategies: Path | None, data: Path | None) -> Path:
    """Give the folder of own strategies: the one named, or that in the data folder."""
    if strategies is not None:
        return strategies.expanduser().absolute()
    from drawbridge.app.own_strategies import FOLDER

    return settings_for(data).data / FOLDER


@contextlib.contextmanager
def _no_longer_than(seconds: int) -> Iterator[None]:
    """End what takes too long, by the alarm clock of this process, where it has one.

    Raises: `BadInput("own_takes_too_long")`.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, _frame: object) -> None:
        raise BadInput("own_takes_too_long", field="file", seconds=seconds)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _told(strategy: "Strategy") -> dict[str, Any]:
    key, parameters = f"robots.strategy.{strategy.id}", []
    for it in strategy.parameters:
        about = say(f"robots.parameter.{it.name}.about")
        parameters.append(_told_parameter(it) | {"about": about})
    return {
        "id": strategy.id,
        "name": say(f"{key}.name"),
        "about": say(f"{key}.about"),
        "kind": _kind_of(strategy),
        "parameters": parameters,
    }


def _told_own(own: "Own") -> dict[str, Any]:
    return {
        "id": own.strategy.id,
        "name": own.path.stem,
        "about": own.about,
        "kind": _kind_of(own.strategy),
        "parameters": [_told_parameter(it) for it in own.strategy.parameters],
        "path": str(own.path),
    }


def _kind_of(strategy: "Strategy") -> str:
    return "signals" if strategy.orders is None else "orders"


def _told_parameter(parameter: "Parameter") -> dict[str, Any]:
    told: dict[str, Any] = {"name": parameter.name, "default": parameter.default}
    if parameter.choices:
        return told | {"choices": parameter.choices}
    bounds = {"lowest": parameter.lowest, "highest": parameter.highest}
    return told | bounds | {"places": parameter.places}


def _show(told: dict[str, Any]) -> None:
    print_line(f"{told['id']}  {told['name']}")
    print_line(f"  {told['about']}")
    for it in told["parameters"]:
        key = "one_of" if "choices" in it else "from_to"
        facts = it | {"choices": ", ".join(it.get("choices", ()))}
        bounds = say(f"cli.robot.strategies.{key}", **facts)
        print_line(f"  {it['name']} ({bounds}) {it.get('about', '')}".rstrip())


def _told_check(checked: "Checked") -> dict[str, Any]:
    findings = [
        {
            "code": it.code,
            "is_fault": it.is_fault,
            "message": say_reason(it.code, it.facts),
            "facts": it.facts,
        }
        for it in checked.findings
    ]
    return {"good": checked.is_good, "speed": checked.speed, "findings": findings}


def _show_check(file: Path, checked: "Checked", candles: int) -> None:
    if checked.is_good:
        facts = {"acts": checked.acts, "candles": candles, "speed": checked.speed}
        print_line(say("cli.robot.check.good", name=file.stem, **facts))
    else:
        print_line(say("cli.robot.check.bad", name=file.name))
    for it in checked.findings:
        key = "fault" if it.is_fault else "hint"
        print_line(say(f"cli.robot.check.{key}", told=say_reason(it.code, it.facts)))
