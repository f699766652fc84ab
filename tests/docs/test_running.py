"""No document lies: what its blocks tell people to type is run, in a house of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT
from tests.kit.documents import commands_in, read, read_fences, script_of, wrong_with
from tests.kit.processes import bots_address, free_port

_WITHIN_S: Final = 240
_USUAL: Final = ("127.0.0.1:8420", "127.0.0.1:8520", "127.0.0.1:8620", "127.0.0.1:8920")
# The database that a document on clusters speaks of.
_DATABASE: Final = "postgresql://drawbridge@/drawbridge?host=/run/postgresql"
# A person with the app and the paper exchange running, an open vault, a key and a robot.
_LIVED_IN: Final = """\
drawbridge up --with-paper > "$HOME/up.log" &
until grep -q "Paper exchange" "$HOME/up.log"; do sleep 0.2; done
echo "seven quiet herons at dusk" | drawbridge owner create --name Ann --json
echo "a vault needs its own phrase" | drawbridge vault create --json
drawbridge paper key --exchange kraken --json | drawbridge key add --exchange kraken --json
"""
_WITH_A_ROBOT: Final = (
    _LIVED_IN
    + 'drawbridge robot create --key "Kraken #1" --market BTC/USD --amount 100 --name Anchor\n'
)
# What each document finds when it is begun; others begin with nothing.
_FOUND: Final = {
    "README": _LIVED_IN,
    "howto/approvals": _LIVED_IN,
    "howto/import-keys": _LIVED_IN,
    "howto/key-life": _LIVED_IN,
    "howto/leaked-key": _LIVED_IN,
    "howto/limits-and-stop": _WITH_A_ROBOT,
    "howto/notices": _LIVED_IN,
    "howto/operate-mass-compromise": _LIVED_IN,
    "howto/operate-restore": _LIVED_IN,
    "howto/own-strategy": _LIVED_IN,
    "howto/replace-a-key": _LIVED_IN,
    "howto/run-a-cluster": _LIVED_IN,
    "howto/run-at-boot": _LIVED_IN,
    "howto/tradingview": _LIVED_IN,
    "howto/use-the-api": _LIVED_IN,
    # Stopped, as these two ask for.
    "howto/back-up": _LIVED_IN + "kill %1; wait %1 || true\n",
    "howto/lost-passphrase": _LIVED_IN + "kill %1; wait %1 || true\n",
    "howto/update": _LIVED_IN,
    "howto/virtual-keys": _LIVED_IN,
}
_WRITTEN_BY_A_TOOL: Final = ("docs/reference",)


def _documents() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if not path.relative_to(ROOT).as_posix().startswith(_WRITTEN_BY_A_TOOL):
            yield path


def _run_for_real() -> list[str]:
    return [
        path.relative_to(ROOT).with_suffix("").as_posix().removeprefix("docs/")
        for path in _documents()
        if any(fence.language == "sh" and not fence.rest for fence in read_fences(read(path)))
    ]


def _surroundings(home: Path) -> tuple[dict[str, str], Mapping[str, str]]:
    """Give the environment of a newcomer's shell, and where our usual addresses are in it."""
    app, paper, worker = (f"127.0.0.1:{free_port()}" for _ in range(3))
    proxy = bots_address()
    ours = dict(zip(_USUAL, (app, paper, proxy, worker), strict=True))
    bin_folder = Path(sys.executable).parent
    environment = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "DRAWBRIDGE_PORT": app.partition(":")[2],
        "DRAWBRIDGE_PAPER": paper,
        "DRAWBRIDGE_PROXY": proxy,
        "DRAWBRIDGE_WORKER": worker,
        # Loopback needs no proxy, whatever the surroundings say.
        "NO_PROXY": "*",
    }
    return environment, ours


def _run(
    script: str, folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script with all that it starts, and leave nothing of it behind."""
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        told, complained = shell.communicate(timeout=_WITHIN_S)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(script, shell.returncode, told, complained)


def test_a_command_that_does_not_exist_is_found() -> None:
    told = "```sh\ncd x && drawbridge key lst # no\n```\n`drawbridge paper key --skopes read`"
    assert [wrong_with(words) for words in commands_in(told)] == [
        "drawbridge key lst: there is no such command",
        "drawbridge paper key --skopes read: there is no --skopes",
    ]


def test_a_block_that_fails_ends_the_script_and_files_are_written(tmp_path: Path) -> None:
    told = "```text a.txt\n$HOME\n```\n```sh\ntest -s a.txt\n```\n```sh elsewhere\nexit 3\n```\n"
    good = script_of(read_fences(told))
    bad = script_of(read_fences(told + "```sh\nfalse\ntouch reached\n```\n"))
    for script, code in ((good, 0), (bad, 1)):
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, check=False)
        assert done.returncode == code
    assert not (tmp_path / "reached").exists()
    assert (tmp_path / "a.txt").read_text() == "$HOME\n"


def test_every_command_in_every_document_exists_with_its_options() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {found}"
        for path in _documents()
        for words in commands_in(read(path))
        if (found := wrong_with(words))
    ]
    assert wrong == []


def test_no_document_has_blocks_that_nobody_looks_at() -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        for fence in read_fences(read(path)):
            known = fence.language != "bash" and fence.rest != "elsewhere"
            assert known or fence.language == "sh", f"{path.name}:{fence.line}"


@pytest.mark.parametrize("name", _run_for_real())
def test_what_a_document_tells_to_type_works(
    tmp_path: Path, name: str, request: pytest.FixtureRequest
) -> None:
    inside = ROOT / f"docs/{name}.md"
    markdown = read(inside if inside.is_file() else ROOT / f"{name}.md")
    environment, ours = _surroundings(tmp_path)
    script = script_of(read_fences(markdown), _FOUND.get(name, ""))
    for usual, address in ours.items():
        script = script.replace(usual, address)
    if _DATABASE in script:
        script = script.replace(_DATABASE, request.getfixturevalue("postgres_url"))
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    done = _run(script, tmp_path, environment)
    assert done.returncode == 0, f"{name}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
