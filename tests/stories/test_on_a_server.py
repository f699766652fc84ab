"""The same tests over a server of rows: stores, doors, and stories in a cluster of two workers.

`make cluster` runs all of them so. Here is the part for which every check has time.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.kit.store import in_a_file

_ROOT: Final = Path(__file__).parents[2]
_WITHIN_S: Final = 600
_STORES: Final = (
    "approvals audit vault virtual_keys entrypoints/cli/test_doctor.py",
    "trading entrypoints/web/test_key_pages.py",
    "robots/running",
)
# What is long and reckons more than it writes: `make cluster` has time for it.
_LEFT_OUT: Final = ("robots/running/test_same_everywhere.py", "virtual_keys/test_laws.py")
_STORIES: Final = ("test_approvals.py", "test_notices.py", "test_signals.py")
# What a worker of the outer run is told of itself is no matter of the inner one.
_NOT_INHERITED: Final = "PYTEST_XDIST"


@in_a_file("it runs others over a server itself")
@pytest.mark.parametrize("rooms", _STORES)
def test_what_keeps_rows_keeps_them_on_a_server_as_well(rooms: str) -> None:
    _assert_pass([f"tests/{room}" for room in rooms.split()], workers=1)


@in_a_file("it runs others over a server itself")
@pytest.mark.parametrize("story", _STORIES)
def test_a_story_is_the_same_in_a_cluster(story: str) -> None:
    _assert_pass([f"tests/stories/{story}"], workers=2)


def _assert_pass(paths: list[str], workers: int) -> None:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_INHERITED)}
    left_out = [f"--ignore=tests/{it}" for it in _LEFT_OUT]
    chosen = {"DRAWBRIDGE_TEST_STORE": "postgresql", "DRAWBRIDGE_TEST_WORKERS": str(workers)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=short", *paths, *left_out],
        cwd=_ROOT,
        env=inherited | chosen,
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
