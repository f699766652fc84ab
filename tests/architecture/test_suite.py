"""The suite itself keeps its promises: loopback only, and no browser is told loudly."""

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
    page_test = tmp_path / "test_page.py"
    page_test.write_text(_PAGE_TEST)
    empty = tmp_path / "nothing_on_path"
    empty.mkdir()
    arguments = [
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        str(ROOT / "pyproject.toml"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(page_test)],
        cwd=ROOT,
        env={**os.environ, "PATH": str(empty)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "NO BROWSER: 1 page tests did not run" in done.stdout
    assert "1 skipped" in done.stdout.splitlines()[-1]
