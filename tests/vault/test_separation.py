"""The half of the vault that pages use pulls in nothing that could open a secret."""

import subprocess
import sys

import pytest

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
