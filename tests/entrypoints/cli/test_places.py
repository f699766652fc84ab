"""Which commands work from elsewhere, and which only on their own machine: all of them, decided."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from drawbridge.entrypoints.cli.main import app, main
from tests.kit.remote_line import Surroundings, typing

# What the API carries: with `--at` it is done there.
ELSEWHERE = """
    key list  key show  key stats  key verify  key disable  key enable  key delete
    key life  key strangers
    robot create  robot list  robot status  robot start  robot stop  robot delete
    robot account add  robot account remove
    virtual-key make  virtual-key list  virtual-key show  virtual-key narrow  virtual-key revoke
    people list  people invite  people role  people end  people let-back
    approval list  approval approve  approval decline
    order list  portfolio  wealth  export trades
    limit list  limit set  limit clear  stop  resume  panic
    notice list  notice ways  notice set  notice summary
    trial order  trial list  trial show  trial stop  trial delete
    audit list  audit verify  guide  scan  tui
"""
# What opens this machine's data folder, keyring or processes, or hands out what must not travel.
HERE = """
    up  serve web  serve gateway  serve worker  serve telegram  serve paper  settings
    doctor  demo  mcp  proxy tls  vault create  vault unlock  vault status  vault rotate
    vault destroy-old-key  vault keep-in
    backup key  backup list  backup make  backup restore
    import  key add  key replace  key replacement  key leak-report
    virtual-key test  robot hook  approval propose  approval show
    notice test
    owner create  owner authenticator  owner language  owner telegram
    owner token make  owner token list  owner token revoke
    licence activate  licence add  licence archive  licence claim  licence recover
    licence release  licence renew  licence revocations  licence show
    paper key  paper ledger  paper faults  robot strategies
    backtest  candles list  candles check  candles download  candles import
"""
# What works on a folder or files of its own, whichever Drawbridge was chosen.
FOLDERS = """
    licences init  licences issue  licences list  licences revocations  licences revoke
    licences serve  serve licences  backup verify  robot check
"""
# What concerns the command line itself, or no Drawbridge at all.
_EXAMPLES = {
    "act": "stop_everything",
    "way": "mail",
    "keeper": "passphrase",
    "exchange": "kraken",
    "name": "kraken/BTC-USD/1m",
    "series": "kraken/BTC-USD/1m",
}
NOBODYS = "remote add  remote list  remote use  remote remove  completion"


def names(table: str) -> set[str]:
    return {" ".join(it.split()) for it in table.replace("\n", "  ").split("  ") if it.strip()}


def commands() -> Iterator[tuple[str, Any]]:
    """Give every command with its whole name."""
    waiting: list[tuple[str, Any]] = [("", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name.strip(), command
        else:
            waiting += [(f"{name} {it}", inner[it]) for it in inner]


def arguments_for(command: Any, file: Path) -> list[str]:  # noqa: ANN401  a command of typer's
    """Give what a command needs, so that it gets as far as its place."""
    given: list[str] = []
    for it in command.params:
        if not it.required:
            continue
        text = str(file) if "file" in it.name else _EXAMPLES.get(it.name, "1")
        given += [it.opts[0], text] if it.param_type_name == "option" else [text]
    return given


@pytest.fixture
def surroundings(tmp_path: Path) -> Iterator[Surroundings]:
    made = Surroundings(tmp_path)
    token = tmp_path / "token"
    token.write_text("dbr_" + "a" * 43)
    token.chmod(0o600)
    made.set("DRAWBRIDGE_TOKEN_FILE", str(token))
    yield made
    made.put_back()


def test_of_every_command_it_is_decided_where_it_works() -> None:
    told = [names(ELSEWHERE), names(HERE), names(FOLDERS), names(NOBODYS)]
    there = {name for name, _ in commands()}
    assert set().union(*told) == there
    assert sum(map(len, told)) == len(there)


@pytest.mark.parametrize("name", sorted(names(HERE)))
@pytest.mark.usefixtures("surroundings")
def test_what_needs_its_machine_says_so_and_touches_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = dict(commands())[name]
    file = tmp_path / "file"
    file.write_text("1")
    file.chmod(0o600)
    given = arguments_for(command, file)
    flags = [it for it in ("--json", "--yes") if any(it in one.opts for one in command.params)]
    with typing("1\n1\n"):
        code = main(["--at", "http://127.0.0.1:9", *name.split(), *given, *flags])
    told = capsys.readouterr()
    assert code != 0
    assert "works only on the machine" in told.err or "only_on_its_machine" in told.err, told.err
    assert not (tmp_path / "none").exists(), "a data folder was made here"
