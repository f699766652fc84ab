"""The suite itself keeps its promises: loopback only; no browser, and what is unsteady, is told."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

_PAGE_TEST = """
import pytest

@pytest.mark.browser
def test_a_page(browser_path): ...
"""
_UNSTEADY_TEST = """
from itertools import count
tried = count()

def test_it():
    assert next(tried) == {passes}, "too early"
"""


@pytest.mark.parametrize("host", ["exchange.example", "192.0.2.1", b"other.example"])
def test_a_test_that_looks_up_a_host_elsewhere_fails(host: str | bytes) -> None:
    with pytest.raises(pytest.fail.Exception, match="reached for the network"):
        socket.getaddrinfo(host, 443)


def test_a_test_that_connects_elsewhere_fails() -> None:
    with (
        socket.socket() as out,
        pytest.raises(pytest.fail.Exception, match="reached for the network"),
    ):
        out.connect(("192.0.2.1", 443))


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.create_connection(listener.getsockname()).close()


def test_page_tests_without_a_browser_are_told_at_the_end(tmp_path: Path) -> None:
    empty = tmp_path / "nothing_on_path"
    empty.mkdir()
    done = _run(tmp_path, _PAGE_TEST, PATH=str(empty))
    assert done.returncode == 0, done.stdout
    assert "NO BROWSER: 1 page tests did not run" in done.stdout
    assert "1 skipped" in done.stdout.splitlines()[-1]


def test_a_failure_that_went_when_it_was_run_again_is_told_at_the_end(tmp_path: Path) -> None:
    done = _run(tmp_path, _UNSTEADY_TEST.format(passes=2))
    assert done.returncode == 0, done.stdout
    assert "UNSTEADY: 2 times a test ran again" in done.stdout
    assert "AssertionError: too early" in done.stdout
    assert "1 passed, 2 rerun" in done.stdout.splitlines()[-1]


def test_what_fails_each_time_is_red(tmp_path: Path) -> None:
    done = _run(tmp_path, _UNSTEADY_TEST.format(passes=3))
    assert done.returncode == 1, done.stdout
    assert "UNSTEADY" not in done.stdout
    assert "1 failed, 2 rerun" in done.stdout.splitlines()[-1]


def _run(folder: Path, test: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test as the suite does."""
    written = folder / "test_planted.py"
    written.write_text(test)
    settings = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *settings, str(written)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
