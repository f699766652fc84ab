"""The processes of one machine: a dead child is started again, a dead parent takes all along."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drawbridge.app.gateway_lock import is_gateway_running, only_gateway
from drawbridge.app.listening import listen, port_of
from drawbridge.core.errors import Conflict
from tests.kit.processes import Process, free_port

WITHIN_S = 30


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    settings = {"DRAWBRIDGE_DATA": str(folder), "DRAWBRIDGE_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "drawbridge.app.up"],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
    )
    try:
        page = f"http://127.0.0.1:{port}/"
        until(lambda: answers(page))
        yield process, page
    finally:
        process.kill()
        process.wait(WITHIN_S)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, for a bounded time."""
    deadline = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"


def answers(page: str) -> bool:
    try:
        with urllib.request.urlopen(page, timeout=WITHIN_S) as answer:  # noqa: S310  Our own page.
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in listed.split()]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def test_a_child_that_is_killed_comes_back(tmp_path: Path) -> None:
    with running(tmp_path) as (process, page):
        web = next(it for it in children(process.pid) if "entrypoints.web" in command_of(it))
        os.kill(web, signal.SIGKILL)
        until(lambda: web not in children(process.pid))
        until(lambda: answers(page))
        process.terminate()
        assert process.wait(WITHIN_S) == 0


def test_when_the_parent_is_killed_its_children_end(tmp_path: Path) -> None:
    with running(tmp_path) as (process, page):
        orphans = children(process.pid)
        until(lambda: is_gateway_running(tmp_path / "gateway.lock"))
        process.kill()
        process.wait(WITHIN_S)
        until(lambda: not any("drawbridge" in command_of(orphan) for orphan in orphans))
        assert not answers(page)
        assert not is_gateway_running(tmp_path / "gateway.lock")


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    taken = listen("127.0.0.1", 0)
    try:
        with pytest.raises(Conflict, match="port_taken"):
            listen("127.0.0.1", port_of(taken))
        settings = {"DRAWBRIDGE_DATA": str(tmp_path), "DRAWBRIDGE_PORT": str(port_of(taken))}
        done = subprocess.run(
            [sys.executable, "-m", "drawbridge.app.up"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
    finally:
        taken.close()
    assert done.returncode == 9
    assert "in use by another program" in done.stderr
    assert "Traceback" not in done.stderr


def test_only_one_gateway_works_on_a_data_folder(tmp_path: Path) -> None:
    settings = {"DRAWBRIDGE_DATA": str(tmp_path)}
    first = Process("drawbridge.app.gateway_process", (), settings)
    try:
        assert json.dumps(first.ready) == '{"vault": "closed"}'
        second = subprocess.run(
            [sys.executable, "-m", "drawbridge.app.gateway_process"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert second.returncode == 5
        assert "already runs" in second.stderr
    finally:
        assert first.stop() == 0


async def test_who_only_asks_does_not_keep_a_gateway_from_starting(tmp_path: Path) -> None:
    """Asking takes the lock for an instant; a gateway that starts just then waits for it."""
    lock = tmp_path / "gateway.lock"
    async with only_gateway(lock):
        assert is_gateway_running(lock)
    asking = os.open(lock, os.O_RDWR)
    fcntl.flock(asking, fcntl.LOCK_EX)
    starting = asyncio.ensure_future(only_gateway(lock).__aenter__())
    taken, _ = await asyncio.wait((starting,), timeout=0.01)
    assert not taken
    os.close(asking)
    await starting
