"""mitmproxy as the reference of `proxy.py`: started in its own environment, with an add-on of ours.

`make bench` installs it there from PyPI, with hashes; where it is not, nothing is compared.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.kit.processes import free_port

_ROOT: Final = Path(__file__).parents[1]
_PROGRAM: Final = _ROOT / ".referees" / "mitmproxy" / "bin" / "mitmdump"
_ADDON: Final = _ROOT / "benchmarks" / "stubs" / "mitm_addon.py"


_READY_WITHIN_S: Final = 20


def is_installed() -> bool:
    """Tell whether there is a mitmproxy to compare with."""
    return _PROGRAM.exists()


@contextmanager
def open_mitm(folder: Path, upstream: int, prefix: str, bot: Mapping[str, str]) -> Iterator[int]:
    """Let mitmproxy stand before an upstream as we do, for a bot's key; give its port."""
    port, home = free_port(), folder / "mitmproxy"
    home.mkdir()
    told = {
        "VIRTUAL_KEY": bot["api_key"],
        "VIRTUAL_SECRET": bot["api_secret"],
        "REAL_KEY": "K" * 64,
        "REAL_SECRET": "s" * 64,
        "PREFIX": f"/{prefix}",
        "JOURNAL": str(home / "orders.db"),
    }
    mode = f"reverse:http://127.0.0.1:{upstream}"
    process = subprocess.Popen(
        [
            *(_PROGRAM, "--quiet", "--mode", mode, "--listen-host", "127.0.0.1"),
            *("--listen-port", str(port), "--set", f"confdir={home}", "--scripts", _ADDON),
        ],
        env={**os.environ, **told},
    )
    try:
        until_listening(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def until_listening(port: int) -> None:
    """Wait until somebody listens there."""
    until = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    message = f"nobody listens on port {port}"
    raise RuntimeError(message)
