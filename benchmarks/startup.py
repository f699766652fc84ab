"""From the command to the first page, and the memory of all processes at rest.

Both are printed, and held against the smallest Starlette application under the same server.
Memory is the resident set of each process added up: pages that processes share count each time.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.measure import Result
from tests.kit.processes import free_port

_ROUNDS = 5
_LONGEST_S = 30
_MIB = 1024


def run() -> list[Result]:
    """Start both several times, in turn."""
    ours, bare, memory, bare_memory = [], [], [], []
    for _ in range(_ROUNDS):
        taken, resident = _whole()
        ours.append(taken)
        memory.append(resident)
        taken, resident = _bare()
        bare.append(taken)
        bare_memory.append(resident)
    whole_s, bare_s = statistics.median(ours), statistics.median(bare)
    whole_mib, bare_mib = statistics.median(memory), statistics.median(bare_memory)
    return [
        Result(
            "start",
            "first page after `drawbridge up --with-paper` / bare Starlette app",
            whole_s / bare_s,
            None,
            f"{whole_s:.2f} s (aim: under 2 s) against {bare_s:.2f} s",
            at_least=False,
        ),
        Result(
            "memory",
            "all processes with paper exchange, at rest / bare Starlette app",
            whole_mib / bare_mib,
            None,
            f"{whole_mib:.0f} MiB (aim: under 200 MiB) against {bare_mib:.0f} MiB",
            at_least=False,
        ),
    ]


def _whole() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        web, paper = free_port(), free_port()
        settings = {
            "DRAWBRIDGE_DATA": folder,
            "DRAWBRIDGE_PORT": str(web),
            "DRAWBRIDGE_PAPER": f"127.0.0.1:{paper}",
            "PATH": "/usr/bin:/bin",
        }
        command = [sys.executable, "-m", "drawbridge.entrypoints.cli.main", "up", "--with-paper"]
        return _measured(command, settings, [f"http://127.0.0.1:{port}/" for port in (web, paper)])


def _bare() -> tuple[float, float]:
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.stubs.bare_app"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) as process:
        try:
            _answered(_address_of(process))
            return time.perf_counter() - began, _resident_mib(process.pid)
        finally:
            process.terminate()


def _address_of(process: subprocess.Popen[bytes]) -> str:
    line = process.stdout.readline() if process.stdout else b""
    return line.decode().split('"')[3]


def _measured(
    command: list[str], settings: dict[str, str], pages: list[str]
) -> tuple[float, float]:
    began = time.perf_counter()
    with subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL) as process:
        try:
            _answered(pages[0])
            taken = time.perf_counter() - began
            for page in pages[1:]:
                _answered(page)
            return taken, _resident_mib(process.pid)
        finally:
            process.terminate()


def _answered(page: str) -> None:
    deadline = time.perf_counter() + _LONGEST_S
    while time.perf_counter() < deadline:
        try:
            with urllib.request.urlopen(page, timeout=_LONGEST_S):  # noqa: S310  Our own address.
                return
        except urllib.error.URLError:
            time.sleep(0.005)
    message = f"no answer from {page}"
    raise RuntimeError(message)


def _resident_mib(pid: int) -> float:
    """Add up a process and its children."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    own = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return int(own.split()[1]) / _MIB + sum(_resident_mib(int(child)) for child in children)
