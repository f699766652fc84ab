"""Closed exchanges are spoken to by the last ccxt that knew them, in a process of its own.

The same suite over the same kind of table: the older ccxt comes first on that process's path,
and never gets into this one. `make test` installs it, with hashes, under `.referees/`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.real_clients.table import get_table, papered_ids

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
# Closed exchanges tell no streams, and bots trade on none of them through us; what the others do
# has nothing to do with an older ccxt.
_ELSEWHERE = ("_pro_", "_through_", "_over_tls")
_SUITE = sorted(
    str(path)
    for path in _HERE.glob("test_ccxt_*.py")
    if not any(part in path.name for part in _ELSEWHERE)
)
_NEEDED = sorted({get_table(it).ccxt_version for it in papered_ids()} - {""})


@pytest.mark.parametrize("version", _NEEDED)
def test_an_older_ccxt_passes_the_same_suite(version: str) -> None:
    folder = _ROOT / ".referees" / f"ccxt-{version}"
    assert (folder / "ccxt").is_dir(), "`make referees` installs it"
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST_")}
    path = os.pathsep.join(filter(None, (str(folder), kept.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *_SUITE],
        cwd=_ROOT,
        env={**kept, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:]
    assert "passed" in done.stdout
