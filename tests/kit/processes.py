"""The product's own processes, started as a user starts them, for tests that need the whole."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.kit.store import surroundings_of

READY_WITHIN_S = 60


# A paper exchange takes one port for its site and one for each exchange.
_ROOM = 20
# Who serves bots takes one for each exchange, and behind these one for each on paper.
BOTS_TAKE = 110
# Below those that the system gives to clients, which come and go while a server is down. Each
# worker of the suite has its own part: what one has found free, no other takes before it listens.
_ALL_PORTS = range(15_000, 32_000)
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
_PORTS = _ALL_PORTS[len(_ALL_PORTS) // _WORKERS * _WORKER :][: len(_ALL_PORTS) // _WORKERS]


def _rooms() -> Iterator[int]:
    """Give all ports of this worker, over and over; suites within a suite begin elsewhere."""
    begin = random.SystemRandom().randrange(len(_PORTS))
    return itertools.cycle([*_PORTS[begin:], *_PORTS[:begin]])


_ports = _rooms()


def free_port(room: int = _ROOM) -> int:
    """Find a port on which nobody listens, nor on those above it that a paper exchange takes.

    What was given is given again only after all others.
    """
    while True:
        found = [next(_ports) for _ in range(room)]
        if found[-1] == found[0] + room - 1 and all(map(_is_free, found)):
            return found[0]


def bots_address() -> str:
    """Find where bots can be served: nobody listens at any of the ports that this takes."""
    return f"127.0.0.1:{free_port(BOTS_TAKE)}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Process:
    """A process that prints one line of JSON when it is ready."""

    def __init__(
        self, module: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Start `python -m module arguments`; `ready` is what it printed."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            stderr=None,
            env={**os.environ, **(environment or {})},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(b"{"):
            self.kill()
            message = f"{module} did not become ready: {line!r}"
            raise AssertionError(message)
        self.ready: dict[str, Any] = json.loads(line)

    @property
    def told(self) -> Sequence[Mapping[str, Any]]:
        """Give the same, as that of the one process that it is."""
        return [self.ready]

    @property
    def pid(self) -> int:
        """Give the process id."""
        return self._process.pid

    def kill(self) -> None:
        """Kill it as a power cut would: no signal handler runs."""
        self._process.send_signal(signal.SIGKILL)
        self._close()

    def stop(self) -> int:
        """Ask it to stop and give its exit code."""
        self._process.terminate()
        return self._close()

    def tell_to_stop(self) -> None:
        """Ask it to stop, and wait for nothing."""
        self._process.terminate()

    def finish(self) -> int:
        """Wait until it has done its work and give its exit code."""
        return self._close()

    def _close(self) -> int:
        code = self._process.wait(READY_WITHIN_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return code


def drawbridge(
    *arguments: str, given: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does; `given` is its standard input.

    Where the rows of the folder that it names are, its surroundings tell.
    """
    return subprocess.run(
        [sys.executable, "-m", "drawbridge.entrypoints.cli.main", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        env={**os.environ, **surroundings_of(arguments), **(environment or {})},
        check=False,
    )


class Paper:
    """A paper exchange in a process of its own, with its state in a folder."""

    def __init__(
        self,
        state: Path,
        port_base: int = 0,
        *,
        unlimited: bool = False,
        only: Sequence[str] = (),
        speed: int = 1,
        faults: str = "",
    ) -> None:
        """Start it on free ports (or from `port_base`); `unlimited` is for load.

        `only` names the exchanges to serve, all of them when empty. With `speed` 60, the prices of
        an hour pass in a minute. `faults` go wrong from the start.
        """
        self.state = state
        self._arguments = ["--state", str(state), "--port-base", str(port_base)]
        if unlimited:
            self._arguments.append("--unlimited")
        for exchange in only:
            self._arguments += ["--exchange", exchange]
        if speed > 1:
            self._arguments += ["--speed", str(speed)]
        if faults:
            self._arguments += ["--faults", faults]
        self.process = self._start()

    def _start(self) -> Process:
        return Process("drawbridge.entrypoints.paper_server", self._arguments)

    @property
    def exchanges(self) -> dict[str, Any]:
        """Tell where each exchange stands."""
        told: dict[str, Any] = self.process.ready["exchanges"]
        return told

    @property
    def account_site(self) -> str:
        """Tell where the account site stands."""
        return str(self.process.ready["account_site"])

    def restart_after_kill(self) -> None:
        """Kill it and start it again on the same state."""
        self.process.kill()
        self.process = self._start()

    def key(self, exchange: str, scopes: str = "read,trade_spot", *more: str) -> dict[str, str]:
        """Make a key from the command line while it runs."""
        arguments = ("--state", str(self.state), "--exchange", exchange, "--scopes", scopes)
        told: dict[str, str] = self._command("key", *arguments, *more)
        return told

    def ledger(self) -> dict[str, Any]:
        """Read balances and the proof that the books balance."""
        told: dict[str, Any] = self._command("ledger", "--state", str(self.state))
        return told

    def _command(self, name: str, *arguments: str) -> Any:  # noqa: ANN401  Whatever JSON it printed.
        done = drawbridge("paper", name, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
