"""T3, T4: what a bot's signed request costs more through us than through a plain pass-through.

Ways to one upstream that always gives the same answers (nginx): straight, through nginx as a
pass-through, and through us, where each request is verified, judged, journalled with a sync of
the disk, signed anew and forwarded; and through mitmproxy with an add-on that does about the
same, where that is installed. Throughput is wrk's at 32 connections; latency is the median of one
connection, in turns, and what a way adds is told as a share of what the pass-through adds.

Needs `nginx` and `wrk` of the system; without them there is nothing to measure, and it says so.
"""

import itertools
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from benchmarks.load import as_bytes
from benchmarks.measure import Result
from benchmarks.mitm import is_installed, open_mitm, until_listening
from benchmarks.stubs.exchange_server import canned_answers
from benchmarks.stubs.proxy_house import EXCHANGE, SYMBOL
from drawbridge.app.clock import SystemClock
from drawbridge.catalogue.registry import Exchange, credential_of, get_exchange
from drawbridge.core.operations import GetBalances, Operation, PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.wire.dialect import Credential, sign
from tests.kit.processes import Process, free_port

_CONNECTIONS: Final = 32
_SECONDS: Final = 2
_ROUNDS: Final = 5
_IN_TURN: Final = 200
# More than we can answer in one round; each order counts once.
_ORDERS: Final = 30_000
_NUMBERS: Final = itertools.count()
_WINDOW: Final = re.compile(rb"recvWindow=[0-9]+")
_WRK: Final = """
local file = io.open(os.getenv("REQUESTS"), "rb")
local requests, n = {}, 0
for one in file:read("*a"):gmatch("[^%z]+") do requests[#requests + 1] = one end
function request() n = n % #requests + 1; return requests[n] end
function done(summary)
  io.write(string.format('JSON{"requests":%d,"us":%d,"wrong":%d}\\n', summary.requests,
    summary.duration, summary.errors.status + summary.errors.connect + summary.errors.timeout))
end
"""
NGINX: Final = r"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map $msec $now_ms {{ "~^(?<s>\d+)\.(?<m>\d+)$" $s$m; }}
  upstream there {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{upstream}; {places} }}
  server {{
    listen 127.0.0.1:{through};
    location / {{
      proxy_pass http://there/{exchange}/; proxy_http_version 1.1;
      proxy_set_header Connection "";
    }}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class _Ways:
    """The ports of the ways, and the key of the bot, bare and prepared."""

    straight: int
    through: int
    ours: int
    key: Mapping[str, str]
    credential: Credential


def run() -> list[Result]:
    """Compare throughput and latency."""
    if shutil.which("nginx") is None or shutil.which("wrk") is None:
        print("proxy: nginx and wrk of the system are needed")
        return []
    exchange = get_exchange(EXCHANGE)
    with tempfile.TemporaryDirectory() as folder, _open_ways(Path(folder), exchange) as ways:
        place = Path(folder)
        sync_s = _sync_s(place)
        return [*_throughputs(place, ways, exchange), *_latencies(ways, exchange, sync_s)]


def _throughputs(folder: Path, ways: _Ways, exchange: Exchange) -> Iterator[Result]:
    what = "bots' signed orders with policy and journal: throughput /"
    yield _throughput(folder, ways, exchange, Result("T3", f"{what} nginx", 0, 0.40), ways.through)
    if not is_installed():
        print("proxy: mitmproxy is not installed under .referees; `make bench` does it")
        return
    with open_mitm(folder, ways.straight, EXCHANGE, ways.key) as port:
        against = Result("T3", f"{what} mitmproxy with an add-on", 0, 20)
        yield _throughput(folder, ways, exchange, against, port)


def _throughput(
    folder: Path, ways: _Ways, exchange: Exchange, result: Result, reference: int
) -> Result:
    ratios: list[float] = []
    ours: list[float] = []
    theirs: list[float] = []
    dice = random.Random(0)
    for _ in range(_ROUNDS):
        sides = [(ways.ours, ours), (reference, theirs)]
        dice.shuffle(sides)
        for port, told in sides:
            requests = [order_of(exchange, ways.credential) for _ in range(_ORDERS)]
            told.append(wrk(folder, port, requests))
        ratios.append(ours[-1] / theirs[-1])
    details = f"{statistics.median(ours):,.0f}/s against {statistics.median(theirs):,.0f}/s"
    return replace(result, ratio=statistics.median(ratios), details=details)


def wrk(folder: Path, port: int, requests: list[bytes]) -> float:
    """Give how many requests a second a way takes."""
    script, file = folder / "wrk.lua", folder / "requests"
    script.write_text(_WRK)
    file.write_bytes(b"\0".join(requests))
    command = [
        shutil.which("wrk") or "",
        "-t1",
        f"-c{_CONNECTIONS}",
        f"-d{_SECONDS}s",
        "-s",
        str(script),
    ]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}/"],
        env={**os.environ, "REQUESTS": str(file)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.partition("JSON")[2])
    if told["wrong"]:
        message = f"{told['wrong']} of {told['requests']} requests were not answered well"
        raise RuntimeError(message)
    rate: float = told["requests"] / told["us"] * 1e6
    return rate


def _latencies(ways: _Ways, exchange: Exchange, sync_s: float) -> Iterator[Result]:
    order, read = (
        _added(ways, lambda: order_of(exchange, ways.credential)),
        _added(ways, lambda: signed_of(exchange, ways.credential, GetBalances())),
    )
    micros = 1e6
    yield Result(
        "T4",
        "bots' signed reads, one connection: added median latency / nginx's",
        read[0] / read[1],
        2.5,
        f"{read[0] * micros:.0f} µs against {read[1] * micros:.0f} µs",
        at_least=False,
    )
    yield Result(
        "T4",
        "bots' signed orders, journal on disk, less four syncs: added median latency / nginx's",
        max(0.0, order[0] - 4 * sync_s) / order[1],
        2.5,
        f"{order[0] * micros:.0f} µs against {order[1] * micros:.0f} µs;"
        f" one sync {sync_s * micros:.0f} µs",
        at_least=False,
    )


def _added(ways: _Ways, make: Callable[[], bytes]) -> tuple[float, float]:
    """Give what we and what nginx add to the median of the straight way, in seconds."""
    ports = {"straight": ways.straight, "through": ways.through, "ours": ways.ours}
    took: dict[str, list[float]] = {name: [] for name in ports}
    dice, order = random.Random(0), list(ports)
    with open_lines(ports) as lines:
        for _ in range(_ROUNDS):
            dice.shuffle(order)
            for name in order:
                took[name] += in_turn(lines[name], make, at_root=name != "straight")
    medians = {name: statistics.median(told) for name, told in took.items()}
    straight = medians["straight"]
    return medians["ours"] - straight, medians["through"] - straight


def in_turn(line: socket.socket, make: Callable[[], bytes], *, at_root: bool) -> list[float]:
    """Give how long each of some requests took, one after the other."""
    took = []
    for _ in range(_IN_TURN):
        request = make()
        if not at_root:
            request = request.replace(b" /", b" /%s/" % EXCHANGE.encode(), 1)
        began = time.perf_counter()
        ask(line, request)
        took.append(time.perf_counter() - began)
    return took[1:]  # the first one wakes what slept


@contextmanager
def open_lines(ports: dict[str, int]) -> Iterator[dict[str, socket.socket]]:
    """Open a connection to each way."""
    lines = {name: socket.create_connection(("127.0.0.1", port)) for name, port in ports.items()}
    for line in lines.values():
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield lines
    finally:
        for line in lines.values():
            line.close()


def ask(line: socket.socket, request: bytes) -> None:
    """Send a request and wait for its answer, which must be a good one."""
    line.sendall(request)
    told = b""
    while True:
        told += line.recv(65_536)
        head, end, body = told.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if end and len(body) >= int(length):
            break
    if not head.startswith(b"HTTP/1.1 200"):
        message = f"a request was refused: {told[:400]!r}"
        raise RuntimeError(message)


def order_of(exchange: Exchange, credential: Credential) -> bytes:
    """Write a new order as its bytes, signed."""
    market = exchange.card.markets().get(SYMBOL)
    order = PlaceOrder(
        symbol=market.symbol,
        side=Side.BUY,
        type=OrderType.LIMIT,
        quantity=market.quantity_step * 1_000,
        price=market.price_tick * 1_000_000,
        client_id=f"bench-{next(_NUMBERS)}",
    )
    return signed_of(exchange, credential, order)


def signed_of(exchange: Exchange, credential: Credential, operation: Operation[object]) -> bytes:
    """Write what an operation asks as its bytes, signed."""
    request = exchange.codec.encode_request(operation, exchange.card.markets())
    # Some wait for their turn in a file for a few seconds.
    wide = b"recvWindow=60000"
    request = replace(
        request, query=_WINDOW.sub(wide, request.query), body=_WINDOW.sub(wide, request.body)
    )
    signed = sign(exchange.dialect, request, credential, str(SystemClock().now_ms()))
    return as_bytes(signed.method, signed.target, signed.headers, signed.body)


def _sync_s(folder: Path) -> float:
    """Give the median time of a sync of the disk on which the journal lies."""
    took = []
    with (folder / "synced").open("wb", buffering=0) as file:
        file.write(b"x" * 4_096)
        for _ in range(200):
            # In place, as a journal that is used again and again.
            os.pwrite(file.fileno(), b"y" * 4_096, 0)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took)


@contextmanager
def _open_ways(folder: Path, exchange: Exchange) -> Iterator[_Ways]:
    upstream, through, ours = free_port(), free_port(), free_port()
    told = {"folder": folder, "upstream": upstream, "through": through, "exchange": EXCHANGE}
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(**told, places=places_of(folder, exchange)))
    nginx = subprocess.Popen([shutil.which("nginx") or "", "-p", str(folder), "-c", str(config)])
    try:
        until_listening(upstream)
        house = Process(
            "benchmarks.stubs.proxy_house", [str(folder / "house"), str(upstream), str(ours)]
        )
        try:
            key: dict[str, str] = house.ready["key"]
            fields = {name: Secret(text) for name, text in key.items()}
            own = house.ready["exchanges"][EXCHANGE]["paper"]["rest"]
            credential = credential_of(exchange, fields)
            yield _Ways(upstream, through, int(own.rpartition(":")[2]), key, credential)
        finally:
            house.stop()
    finally:
        nginx.terminate()
        nginx.wait()


def places_of(folder: Path, exchange: Exchange) -> str:
    """Write what the upstream answers, file by file; a POST is answered like a GET."""
    files = folder / "answers"
    files.mkdir(mode=0o755)
    folder.chmod(0o755)
    places = []
    answers = {path: told for (_, path), told in canned_answers(exchange).items()}
    answers[b"/api/v3/account"] = b'\r\n\r\n{"balances":[]}'
    answers[b"/api/v3/time"] = b'\r\n\r\n{"serverTime":$now_ms}'
    for number, (path, told) in enumerate(answers.items()):
        # An order that has ended, so that none is kept in mind.
        body = told.partition(b"\r\n\r\n")[2].replace(b'"NEW"', b'"EXPIRED"')
        (files / str(number)).write_bytes(body)
        at = f"/{EXCHANGE}{path.decode()}"
        places.append(f"location = {at} {{ {_content(files / str(number), body)} }}")
    return " ".join(places)


def _content(file: Path, body: bytes) -> str:
    small = 4_000
    if len(body) < small and b"'" not in body:
        return f"return 200 '{body.decode()}';"
    return f"alias {file}; error_page 405 =200 $uri;"
