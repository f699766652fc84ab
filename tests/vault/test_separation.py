"""The half of the vault that pages use pulls in nothing that could open a secret.

Nor has a process of a cluster that is no worker the vault's key: not in its memory, and not open.
"""

import base64
import json
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.cluster_here import found_cluster
from tests.kit.memory import find_in_memory
from tests.kit.processes import Process, free_port

_LOADED = "import sys, {module}; print('\\n'.join(sys.modules))"


@pytest.mark.parametrize("module", ["drawbridge.vault.service", "drawbridge.vault.unlock"])
def test_sealing_a_key_loads_no_code_that_opens_one(module: str) -> None:
    """Scenario 31: the process of the pages cannot open anything."""
    code = _LOADED.format(module=module)
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    private = {
        "drawbridge.sealing.keyring",
        "drawbridge.vault.opening",
        "drawbridge.vault.keyholder",
    }
    assert private.isdisjoint(loaded)


def test_the_process_of_the_pages_loads_no_code_that_opens_a_key() -> None:
    """Scenario 31."""
    code = _LOADED.format(module="drawbridge.entrypoints.web.__main__")
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    opens = {"keyring", "opening", "keyholder"}
    assert not [it for it in loaded if it.startswith("drawbridge.") and it.split(".")[-1] in opens]


def test_of_a_running_cluster_only_workers_have_the_vaults_key(
    tmp_path: Path, postgres_url: str
) -> None:
    """Scenario 31, where many processes share the rows: looked for where it would have to be."""
    with found_cluster(tmp_path, postgres_url, workers=1) as cluster:
        proxied, town = cluster.proxied, cluster.proxied.town
        town.settings = replace(town.settings, port=free_port())
        web = town.start("drawbridge.entrypoints.web", ["--with-parent"])
        proxied.make("kraken", "trade_spot", "looked at")
        with urllib.request.urlopen(web.ready["address"]) as page:  # noqa: S310  our own page
            assert page.status == 200
        written = json.loads(town.settings.vault_key.read_bytes())["key"]
        seed = base64.b64decode(written)
        wanted = (seed, written.encode())
        (worker,) = cluster.workers.values()
        assert isinstance(worker, Process)
        assert seed in find_in_memory(worker.pid, wanted), "it is not found where it is"
        for process in (web, proxied.process):
            assert isinstance(process, Process)
            assert find_in_memory(process.pid, wanted) == set()
            assert town.settings.vault_key not in _opened_by(process.pid)


def _opened_by(pid: int) -> set[Path]:
    """Give the files that a process has open."""
    return {Path(it.readlink()) for it in Path(f"/proc/{pid}/fd").iterdir()}
