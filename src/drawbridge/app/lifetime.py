"""How a process lives: from its start to its exit code, until it is told to stop."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping

from drawbridge.app.observing.logs import Teller, log_to_stderr, read_log_style
from drawbridge.app.settings import given_to, speak_as_asked
from drawbridge.core.errors import DrawbridgeError
from drawbridge.wording.say import say_error


def run_process(
    name: str, work: Callable[[], Coroutine[object, object, None]], *, carries_orders: bool = False
) -> int:
    """Do a process's work and give the exit code of the error table.

    What went wrong is said on standard error in words, never as a traceback.
    """
    speak_as_asked()
    try:
        begin_log(name)
        with asyncio.Runner(loop_factory=_quick_loop() if carries_orders else None) as runner:
            runner.run(work())
    except DrawbridgeError as error:
        sys.stderr.write(say_error(error) + "\n")
        return error.exit_code
    return 0


def _quick_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Give what makes uvloop's event loop; None, for asyncio's own, where it is not installed.

    Why not for all: uvloop reads into a buffer of its own and leaves there what came last, and in
    the pages' process that may be a password (docs/decisions/0005).
    """
    try:
        import uvloop  # noqa: PLC0415  only for who carries orders
    except ImportError:
        return None
    return uvloop.new_event_loop


def begin_log(name: str) -> None:
    """Write this process's log from now on, as its settings say. Raises: as `read_log_style`."""
    lines = log_to_stderr(Teller(name), read_log_style(given_to()))
    logging.basicConfig(handlers=[lines], level=logging.WARNING)


async def until_stopped(*, with_parent: bool) -> None:
    """Wait for SIGINT or SIGTERM; with a parent, also for the end of standard input.

    Why: a parent that is killed cannot tell its children; the pipe that it held open does.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    transport = None
    if with_parent:
        transport, _ = await loop.connect_read_pipe(lambda: _UntilEnd(stopped), sys.stdin)
    await stopped.wait()
    if transport is not None:
        transport.close()


def tell_ready(facts: Mapping[str, object]) -> None:
    """Print the one line of JSON by which the parent (or a script) knows that all is up."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class _UntilEnd(asyncio.Protocol):
    def __init__(self, stopped: asyncio.Event) -> None:
        self._stopped = stopped

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._stopped.set()

    def eof_received(self) -> None:
        self._stopped.set()
