"""T6: memory of the gateway's process for each virtual key that is in use, OpenSSL's share with it.

One thousand bots, then ten thousand, each read and place an order through a real process; what
the resident memory grew by between them is divided by nine thousand. Beside it: what of that are
the prepared hash states by which signatures are checked, weighed bare in this process. All bots are
held to the same, and each has an end of its own.

Needs `nginx` of the system as the upstream; without it there is nothing to measure.
"""

import ctypes
import gc
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.measure import Result
from benchmarks.mitm import until_listening
from benchmarks.proxy import NGINX, ask, order_of, places_of, signed_of
from benchmarks.stubs.open_world import resident_kib
from benchmarks.stubs.proxy_house import EXCHANGE
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.operations import GetBalances
from drawbridge.core.secret import Secret
from tests.kit.processes import Process, free_port

_FEW: Final = 1_000
_MANY: Final = 10_000
_MOST_BYTES: Final = 4_096
_KIB: Final = 1_024
# What was noted is written, and what was sent is forgotten, a moment later.
_SETTLED_S: Final = 2


def run() -> list[Result]:
    """Weigh a virtual key."""
    if shutil.which("nginx") is None:
        print("bots_memory: nginx of the system is needed")
        return []
    exchange = get_exchange(EXCHANGE)
    with tempfile.TemporaryDirectory() as folder:
        few, many = _weighed(Path(folder), exchange)
    each = (many - few) * _KIB / (_MANY - _FEW)
    bare = _bare(exchange)
    return [
        Result(
            "T6",
            "a virtual key in use: bytes of the gateway's process / 4 KiB",
            each / _MOST_BYTES,
            1,
            f"{each:,.0f} bytes, of which {bare:,.0f} for the hash states (OpenSSL and ours);"
            f" {few / _KIB:.0f} MiB with {_FEW:,} of them, {many / _KIB:.0f} with {_MANY:,}",
            at_least=False,
        )
    ]


def _weighed(folder: Path, exchange: Exchange) -> tuple[int, int]:
    """Give the resident memory, in KiB, with few virtual keys in use and with many."""
    upstream, house = free_port(), folder / "house"
    with open_upstream(folder, exchange, upstream):
        arguments = [str(house), str(upstream), str(free_port()), str(_MANY)]
        process = Process("benchmarks.stubs.proxy_house", arguments)
        try:
            own = process.ready["exchanges"][EXCHANGE]["paper"]["rest"]
            bots = json.loads((house / "bots.json").read_text())
            port = int(own.rpartition(":")[2])
            # What the first bots need is there for all: buffers, caches, code.
            _use(exchange, port, bots[:_FEW])
            few = _resident_kib(process.pid)
            _use(exchange, port, bots[_FEW:])
            return few, _resident_kib(process.pid)
        finally:
            process.stop()


def _use(exchange: Exchange, port: int, bots: Sequence[dict[str, str]]) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, fields in enumerate(bots):
            bot = credential_of(exchange, {name: Secret(it) for name, it in fields.items()})
            ask(line, signed_of(exchange, bot, GetBalances()))
            ask(line, order_of(exchange, bot))
            if not number % _FEW:
                time.sleep(0.1)
    time.sleep(_SETTLED_S)


def _resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def _bare(exchange: Exchange) -> float:
    """Give the bytes of what checks one bot's signatures, with OpenSSL's share."""
    gc.collect()
    # What this process has freed before would be used again, and hide what these take.
    libc = ctypes.CDLL(None)
    libc.malloc_trim(0)
    before = resident_kib()
    kept = [exchange.keys.verifier(Secret(f"s{number:063}")) for number in range(_MANY)]
    grown = resident_kib() - before
    return grown * _KIB / len(kept)


@contextmanager
def open_upstream(folder: Path, exchange: Exchange, port: int) -> Iterator[None]:
    """Let an exchange always give the same answers, on a port."""
    told = {"folder": folder, "upstream": port, "through": free_port(), "exchange": EXCHANGE}
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(**told, places=places_of(folder, exchange)))
    nginx = subprocess.Popen([shutil.which("nginx") or "", "-p", str(folder), "-c", str(config)])
    try:
        until_listening(port)
        yield
    finally:
        nginx.terminate()
        nginx.wait()
