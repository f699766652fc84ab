"""What every test of the suite gets: loopback only, hypothesis' profile, compiled strategies.

Page tests carry `@pytest.mark.browser` and take `browser_path`; where there is no Chromium they
are skipped, and the end of the run says so in a line of its own. What a test records as "told"
is printed there as well, and what failed before it ran again. Fixtures of a single part stand in
`tests/kit` or beside their tests.
"""

import ipaddress
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import hypothesis
import pytest

from drawbridge.robots.backtest.keeping import compiled_kept_in
from drawbridge.robots.search.trying import cores
from tests.kit.browser import find_browser
from tests.kit.postgres import PrivateServer
from tests.kit.processes import bots_address, free_port
from tests.kit.store import ON_SERVER

_NO_BROWSER = "no browser"
# The property under which a test records a line for the end of the run.
_TOLD = "told"
# So much of each failure of a test that ran again: the line, and what was found there.
_LAST_OF_UNSTEADY: Final = 3_000
_APP_FILE = "drawbridge.db"
_LOOKED_INTO = "drawbridge-verify-"
_LOCAL_NAMES = {"", "localhost"}
_MEMORY = Path("/dev/shm")  # noqa: S108  pytest makes a folder in it that is its own
_MEMORY_WANTED = 6 << 30
_COMPILED = Path(__file__).parents[1] / ".pytest_cache" / "compiled"

# No deadline: how fast a busy machine is says nothing about whether a law holds. Each run draws
# other examples; `make fuzz` looks for as long as one likes.
hypothesis.settings.register_profile("drawbridge", deadline=None, print_blob=True, max_examples=50)
# As many examples as it takes to believe it, where a test asks a running exchange for each.
hypothesis.settings.register_profile(
    "thorough", hypothesis.settings.get_profile("drawbridge"), max_examples=200
)
# Tests read sentences, also those of processes that they start: English, whatever speaks here.
os.environ["DRAWBRIDGE_LANGUAGE"] = "en"
# Houses that several workers start at once must not wish for the same ports for their bots.
os.environ["DRAWBRIDGE_PROXY"] = bots_address()
if ON_SERVER:
    os.environ["DRAWBRIDGE_WORKER"] = f"127.0.0.1:{free_port()}"
# Thousands of small databases wait for a disk at each commit. What tests kill is processes, and
# what a process has written outlives it in memory as well.
if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _MEMORY_WANTED:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "drawbridge"))


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in _LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_the_world(event: str, arguments: tuple[object, ...]) -> None:
    if event == "sqlite3.connect":
        _refuse_a_file(str(arguments[0]))
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket: a path, not a place in the world
            return
        host = address[0]
    else:
        return
    if not _is_local(host):
        # Not an OSError: code under test may take one for an exchange that is down.
        pytest.fail(f"a test reached for the network: {host!r}")


def _refuse_a_file(name: str) -> None:
    # Whoever asks past `tests.kit.store` would prove the file once more, and say it was the server.
    # A backup is looked into where it was restored for it, wherever its rows came from.
    place = Path(name)
    is_rows = place.name == _APP_FILE and not place.parent.name.startswith(_LOOKED_INTO)
    if ON_SERVER and is_rows:
        pytest.fail(f"a test over a server opened a file of rows: {name}")


sys.addaudithook(_refuse_the_world)


def pytest_xdist_auto_num_workers() -> int:
    """Use one worker more than there are cores: tests wait for processes and for prices."""
    return cores() + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what tells of a file where there is none, and page tests without a browser."""
    if ON_SERVER:
        of_files = [item for item in items if item.get_closest_marker("in_a_file")]
        config.hook.pytest_deselected(items=of_files)
        items[:] = [item for item in items if item not in of_files]
    if find_browser() is not None:
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=_NO_BROWSER))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests measured, and say loudly that the pages were not tested."""
    for report in terminalreporter.stats.get("passed", []):
        for name, words in report.user_properties:
            if name == _TOLD:
                terminalreporter.write_line(str(words))
    skipped = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if _NO_BROWSER in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_sep(
            "!",
            f"NO BROWSER: {len(skipped)} page tests did not run; install chromium",
            red=True,
            bold=True,
        )
    _tell_unsteady(terminalreporter)


def _tell_unsteady(reporter: pytest.TerminalReporter) -> None:
    """Tell what failed before it passed: green does not make it right."""
    failed = {report.nodeid for report in reporter.stats.get("failed", [])}
    unsteady = [it for it in reporter.stats.get("rerun", []) if it.nodeid not in failed]
    if not unsteady:
        return
    reporter.write_sep("!", f"UNSTEADY: {len(unsteady)} times a test ran again", yellow=True)
    for report in unsteady:
        reporter.write_line(f"{report.nodeid} failed in {report.duration:.1f} s:")
        reporter.write_line(report.longreprtext[-_LAST_OF_UNSTEADY:])


@pytest.fixture(scope="session", autouse=True)
def _compiled_strategies() -> Iterator[None]:
    """Compile each strategy once for all workers, and not again while nothing has changed."""
    with compiled_kept_in(_COMPILED):
        yield


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """Give the Chromium of this machine; only for tests marked `browser`."""
    found = find_browser()
    assert found is not None, "a test that takes browser_path must carry @pytest.mark.browser"
    return found


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PrivateServer]:
    """Give this run's own PostgreSQL server; it is started for the first test that wants it."""
    server = PrivateServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PrivateServer) -> Iterator[str]:
    """Give an empty PostgreSQL database with the app's tables, this test's alone."""
    url = postgres_server.new_database("app")
    yield url
    postgres_server.drop_database(url)
