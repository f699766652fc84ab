"""The rim of the command line: errors become words and exit codes, and help stays quick."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from drawbridge.entrypoints.cli.main import app, main
from tests.kit.command_line import CommandLine

HEAVY = ("cryptography", "numpy", "numba", "rich", "starlette", "uvicorn", "drawbridge.paper.world")


@pytest.fixture
def line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(tmp_path, capsys)


def paths(command: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(command, TyperGroup):
        return [path]
    return [
        path,
        *(it for name, sub in command.commands.items() for it in paths(sub, (*path, name))),
    ]


PATHS = paths(typer.main.get_command(app))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nosuch"], "nosuch"),
        (["key", "nosuch"], "nosuch"),
        (["key", "list", "--nosuch"], "--nosuch"),
        (["key", "show"], "KEY"),
        (["key", "add"], "--exchange"),
        (["backtest", "--workers", "many"], "--workers"),
        (["up", "--port", "x"], "--port"),
        (["guide", "one", "two"], "two"),
    ],
)
def test_arguments_that_make_no_sense_are_named_with_exit_code_2(
    line: CommandLine, arguments: list[str], told: str
) -> None:
    code, out, err = line.run(*arguments)

    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_an_error_is_a_json_object_when_that_was_asked_for(line: CommandLine) -> None:
    code, told = line.refused("key", "list", "--nosuch")

    assert code == 2
    assert told["code"] == "bad_arguments"


def test_an_error_for_people_is_one_sentence_and_its_next_step(line: CommandLine) -> None:
    code, out, err = line.on_data("key", "list")

    assert (code, out) == (5, "")
    assert err == (
        "There is no owner yet. Create one with “drawbridge owner create”, "
        "or on the pages of “drawbridge up”.\n"
    )


@pytest.mark.parametrize("arguments", [(), ("key",), ("robot",), ("owner",), ("vault",)])
def test_a_group_without_a_command_prints_what_it_offers(
    line: CommandLine, arguments: tuple[str, ...]
) -> None:
    code, out, err = line.run(*arguments)

    assert (code, out) == (2, "")
    assert "Commands:" in err
    assert "See --help" not in err


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_tells_about_itself_and_all_its_options(
    path: tuple[str, ...], line: CommandLine
) -> None:
    code, out, err = line.run(*path, "--help")

    assert (code, err) == (0, "")
    for text in out.splitlines():
        if text.lstrip().startswith("--"):
            assert len(text.split(maxsplit=1)) == 2, f"{text!r} has no help"


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_no_option_tells_two_defaults(path: tuple[str, ...], line: CommandLine) -> None:
    told = " ".join(line.run(*path, "--help")[1].split())

    assert not re.search(r"\(default: [^)]*\)\.? \[default: ", told)


@pytest.mark.parametrize("port", ["0", "-1", "65536"])
def test_pages_are_not_started_on_a_port_that_is_none(line: CommandLine, port: str) -> None:
    code, told = line.run("up", "--port", port)[::2]

    assert (code, told) == (2, "port: a port is a whole number from 1 to 65535.\n")


@pytest.mark.parametrize("path", [path for path in PATHS if path], ids=" ".join)
def test_every_command_that_ends_by_itself_speaks_json(path: tuple[str, ...]) -> None:
    group = typer.main.get_command(app)
    for name in path:
        assert isinstance(group, TyperGroup)
        group = group.commands[name]
    if isinstance(group, TyperGroup) and path != ("paper",):
        return
    options = {option for parameter in group.params for option in parameter.opts}

    # Some serve until they are stopped, one is looked at, one prints a program for a shell.
    silent = {("up",), ("mcp",), ("tui",), ("completion",)}
    assert "--json" in options or path in silent or path[0] == "serve"


def test_the_version_is_printed(line: CommandLine) -> None:
    code, out, _ = line.run("--version")

    assert code == 0
    assert out.strip().count(".") == 2


def test_help_loads_nothing_heavy() -> None:
    check = (
        "import sys; from drawbridge.entrypoints.cli.main import main; main(['--help']);"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_fault_of_ours_is_one_line_and_no_traceback(line: CommandLine, tmp_path: Path) -> None:
    # A data folder that is a file: nothing in the house expects that.
    broken = tmp_path / "broken"
    broken.write_text("x")

    code, out, err = line.run("key", "list", "--data", str(broken))

    assert (code, out) == (9, "")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_whoever_stops_reading_gets_no_error() -> None:
    command = [sys.executable, "-m", "drawbridge.entrypoints.cli.main", "backtest", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() in {0, 141}


def test_main_gives_the_exit_code_and_does_not_end_the_process() -> None:
    assert main(["guide", "nowhere"]) == 5
