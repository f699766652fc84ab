"""The exchanges' own Python SDKs read a balance, place an order and cancel it, pointed at paper."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.processes import Paper
from tests.real_clients.bench import Bench, Keys
from tests.real_clients.sdk_run import sdks_of
from tests.real_clients.table import papered_ids

_ROOT = Path(__file__).parents[2]
_SDKS = [(exchange_id, name) for exchange_id in papered_ids() for name in sdks_of(exchange_id)]
_MOST_S = 60


@pytest.mark.parametrize(("exchange_id", "name"), _SDKS)
def test_an_sdk_reads_places_and_cancels(
    paper: Paper, keys: Keys, exchange_id: str, name: str
) -> None:
    folder = _ROOT / ".referees" / "sdks"
    assert folder.is_dir(), "`make referees` installs it"
    bench = Bench(paper, keys, exchange_id)
    told = {
        "rest": paper.exchanges[exchange_id]["rest"],
        "key": bench.key(account=f"sdk-{name}"),
        "price": bench.desk().far_price,
    }
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "tests.real_clients.sdk_run", exchange_id, name, json.dumps(told)],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=_MOST_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
