"""The front pulls in nothing that could open a secret, whichever way one imports."""

import subprocess
import sys

_LOADED = "import sys, drawbridge.entrypoints.front.__main__; print('\\n'.join(sys.modules))"


def test_the_front_loads_no_code_that_opens_a_key() -> None:
    """Scenario 31, for the process that all bots reach: it cannot open anything."""
    loaded = set(
        subprocess.run(
            [sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True
        ).stdout.split()
    )
    assert "drawbridge.entrypoints.front.routes" in loaded
    opens = {"keyring", "opening", "keyholder", "key_file"}
    assert not [it for it in loaded if it.startswith("drawbridge.") and it.split(".")[-1] in opens]
    # Nor what judges and sends: whoever took the front over could order in nobody's name.
    roads = {"drawbridge.gateway.crossing", "drawbridge.gateway.egress", "drawbridge.trading.bots"}
    assert roads.isdisjoint(loaded)
