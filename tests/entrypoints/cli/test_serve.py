"""`drawbridge serve`: each role is one process, started by one command, by the same settings."""

import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from drawbridge.app.gateway_lock import is_gateway_running
from drawbridge.entrypoints.cli.main import main
from tests.kit.processes import Process, drawbridge, free_port


@pytest.fixture
def around(tmp_path: Path) -> Mapping[str, str]:
    """Write one file of settings for all roles."""
    file = tmp_path / "drawbridge.toml"
    names = {"PORT": "", "PAPER": "127.0.0.1:", "PROXY": "127.0.0.1:"}
    text = "".join(f'DRAWBRIDGE_{it} = "{at}{free_port()}"\n' for it, at in names.items())
    file.write_text(f'{text}DRAWBRIDGE_DATA = "{tmp_path / "data"}"\n', encoding="utf-8")
    empty = dict.fromkeys((f"DRAWBRIDGE_{it}" for it in (*names, "DATA")), "")
    return {**empty, "DRAWBRIDGE_CONFIG": str(file)}


def served(role: str, around: Mapping[str, str]) -> Process:
    return Process("drawbridge.entrypoints.cli.main", ["serve", role], around)


def test_a_gateway_apart_from_its_worker_needs_a_server_of_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "gateway", "--data", str(tmp_path)]) == 5
    assert "DRAWBRIDGE_DATABASE" in capsys.readouterr().err


def test_more_workers_than_one_need_a_server_of_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["up", "--workers", "2", "--data", str(tmp_path)]) == 5
    assert "DRAWBRIDGE_DATABASE" in capsys.readouterr().err


def test_a_role_that_cannot_start_says_why(around: Mapping[str, str]) -> None:
    bad = {**around, "DRAWBRIDGE_PORT": "none"}
    done = drawbridge("serve", "web", environment=bad)
    assert done.returncode == 2
    assert "DRAWBRIDGE_PORT" in done.stderr


def test_the_pages_are_served_by_a_process_that_is_nothing_else(
    around: Mapping[str, str],
) -> None:
    web = served("web", around)
    try:
        command = Path(f"/proc/{web.pid}/cmdline").read_text(encoding="utf-8")
        assert command.split("\0")[1:3] == ["-m", "drawbridge.entrypoints.web"]
        surroundings = Path(f"/proc/{web.pid}/environ").read_text(encoding="utf-8")
        assert "glibc.malloc.perturb" in surroundings, "freed memory is not overwritten"
        with urllib.request.urlopen(web.ready["address"]) as page:  # noqa: S310  our own page
            assert page.status == 200
    finally:
        assert web.stop() == 0


def test_over_a_file_of_rows_one_worker_has_everything_and_serves_bots(
    tmp_path: Path, around: Mapping[str, str]
) -> None:
    worker = served("worker", around)
    try:
        assert worker.ready["vault"] == "closed"
        assert worker.ready["proxy"].startswith("http://127.0.0.1:")
        assert is_gateway_running(tmp_path / "data" / "gateway.lock")
        second = drawbridge("serve", "worker", environment=around)
        assert second.returncode == 5
        assert "already runs" in second.stderr
    finally:
        assert worker.stop() == 0


def test_the_paper_exchange_is_one_role_among_the_others(
    tmp_path: Path, around: Mapping[str, str]
) -> None:
    paper = served("paper", around)
    try:
        shown = drawbridge("settings", "--json", environment=around)
        address = json.loads(shown.stdout)["DRAWBRIDGE_PAPER"]["value"]
        assert paper.ready["account_site"].startswith(f"http://{address}")
        assert (tmp_path / "data" / "paper").is_dir()
    finally:
        assert paper.stop() == 0
