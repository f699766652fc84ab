"""How processes live: on which event loop, and that they end when they are told to."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import pytest

_CHILD = """
import asyncio, sys
from drawbridge.app.lifetime import run_process, tell_ready, until_stopped
if "without" in sys.argv:
    sys.modules["uvloop"] = None  # as where it is not installed
async def work():
    stopped = asyncio.create_task(until_stopped(with_parent=True))
    await asyncio.sleep(0)
    tell_ready({"loop": type(asyncio.get_running_loop()).__module__.partition(".")[0]})
    await stopped
sys.exit(run_process("gateway", work, carries_orders="carries" in sys.argv))
"""
_WITHIN_S = 30

_Child = subprocess.Popen[bytes]


def _hang_up(child: _Child) -> None:
    _pipe(child.stdin).close()


def _interrupt(child: _Child) -> None:
    child.send_signal(signal.SIGINT)


def _terminate(child: _Child) -> None:
    child.send_signal(signal.SIGTERM)


def test_who_carries_no_orders_lives_on_the_loop_that_keeps_nothing_it_read() -> None:
    with _living() as (_, loop):
        assert loop == "asyncio"


def test_without_uvloop_orders_are_carried_all_the_same() -> None:
    with _living("carries", "without") as (_, loop):
        assert loop == "asyncio"


def test_who_carries_orders_lives_on_uvloop() -> None:
    with _living("carries") as (_, loop):
        assert loop == "uvloop"


@pytest.mark.parametrize("given", [(), ("carries",)])
@pytest.mark.parametrize("tell_to_end", [_terminate, _interrupt, _hang_up])
def test_a_process_ends_when_it_is_told_to_or_its_parent_is_gone(
    tell_to_end: Callable[[_Child], None], given: tuple[str, ...]
) -> None:
    with _living(*given) as (child, _):
        tell_to_end(child)
        assert child.wait(_WITHIN_S) == 0


@contextmanager
def _living(*given: str) -> Iterator[tuple[_Child, str]]:
    """Give a process that lives, and the package that its event loop is from."""
    command = [sys.executable, "-c", _CHILD, *given]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as child:
        try:
            yield child, json.loads(_pipe(child.stdout).readline())["loop"]
        finally:
            child.kill()


def _pipe(it: IO[bytes] | None) -> IO[bytes]:
    assert it is not None
    return it
