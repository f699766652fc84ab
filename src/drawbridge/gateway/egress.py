"""The only HTTP client of the product: HTTP/1.1 over an asyncio protocol and httptools.

TLS, a pool of kept connections per address, and bounds on everything. No redirects, no cookies,
no compression, no proxies, no retries but one: a GET that met a connection which the other side
had just closed. What an answer means is not known here.
"""

import asyncio
import re
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import httptools

from drawbridge.core.errors import BadInput, ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.gateway.venues import Address, is_allowed, is_ip
from drawbridge.wire.http import WireAnswer, WireRequest

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_ANSWER_BYTES: Final = 2 * MAX_BODY_BYTES
_MAX_WAITING: Final = 1_024
_INTERIM: Final = range(100, 200)
_REDIRECTS: Final = range(300, 400)
_SWITCHING: Final = 101

# A blank or control character in a target would let a value end the request line early.
_UNSAFE_TARGET = re.compile(rb"[\x00-\x20\x7f-\xff]")
# Who these are for and how long the body is: the sender alone decides, or a value could
# smuggle a second request.
_OURS = frozenset({b"host", b"content-length", b"transfer-encoding", b"connection"})


@dataclass(frozen=True, slots=True)
class Reach:
    """How much the egress takes on.

    Why: `idle_ms` stays below the five seconds after which common servers close a quiet
    connection, so that an order is hardly ever written into a closing one.
    """

    connections: int = 64
    idle_ms: int = 4_000


class Egress:
    """Send requests to addresses; one instance for a process."""

    def __init__(self, *, reach: Reach = Reach(), trusted_pem: str | None = None) -> None:
        """Prepare TLS; `trusted_pem` replaces the system's authorities (tests bring their own)."""
        self._reach = reach
        self._tls = ssl.create_default_context(cadata=trusted_pem)
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.set_alpn_protocols(["http/1.1"])
        self._pools: dict[Address, _Pool] = {}

    async def send(self, address: Address, request: WireRequest, timeout_ms: int) -> WireAnswer:
        """Send one request and give its answer, whatever its status (but no redirect).

        Raises: `ExchangeDown` when nothing was written; `OutcomeUnknown` when something was and
        no whole answer came back; `Forbidden("private_address")`; `BadInput("unsafe_request")`.
        """
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools[address] = _Pool(address, self._reach, self._tls)
        data = _written(pool.prefix, address.base_path, request)
        deadline = pool.loop.time() + timeout_ms / 1_000
        connection, is_reused = await pool.take(deadline)
        try:
            answer = await connection.ask(data, deadline)
        except _ClosedBeforeAnswer:
            if not is_reused or request.method != "GET":
                raise OutcomeUnknown("answer_lost") from None
        else:
            return _checked(answer)
        finally:
            pool.give_back(connection)
        connection, _ = await pool.take(deadline, fresh=True)
        try:
            return _checked(await connection.ask(data, deadline))
        except _ClosedBeforeAnswer:
            raise OutcomeUnknown("answer_lost") from None
        finally:
            pool.give_back(connection)

    async def close(self) -> None:
        """Close every connection; requests under way end as `OutcomeUnknown`."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()


class _ClosedBeforeAnswer(Exception):
    """The other side closed after the request was written and before it said anything."""


class _Pool:
    """The connections to one address: idle ones, last used first, and how many there may be."""

    def __init__(self, address: Address, reach: Reach, tls: ssl.SSLContext) -> None:
        self.loop = asyncio.get_running_loop()
        self._address = address
        self._tls = tls if address.tls else None
        self._idle: deque[_Connection] = deque()
        self._open: set[_Connection] = set()
        self._slots = asyncio.Semaphore(reach.connections)
        self._idle_s = reach.idle_ms / 1_000
        self._waiting = 0
        default = 443 if address.tls else 80
        shown = f"[{address.host}]" if ":" in address.host else address.host
        host = shown if address.port == default else f"{shown}:{address.port}"
        self.prefix = (
            f" HTTP/1.1\r\nhost: {host}\r\nuser-agent: drawbridge\r\naccept: application/json\r\n"
        ).encode("ascii")

    async def take(self, deadline: float, *, fresh: bool = False) -> "tuple[_Connection, bool]":
        """Give a connection that is ours alone, and whether it was used before."""
        if self._slots.locked():
            await self._wait_for_slot(deadline)
        else:
            await self._slots.acquire()
        if not fresh:
            oldest = self.loop.time() - self._idle_s
            while self._idle:
                connection = self._idle.pop()
                if connection.is_usable and connection.idle_since > oldest:
                    return connection, True
                connection.abort()
        try:
            connection = await self._dial(deadline)
        except BaseException:
            self._slots.release()
            raise
        self._open.add(connection)
        return connection, False

    def give_back(self, connection: "_Connection") -> None:
        """Keep a connection for the next request, if it ended in good order."""
        self._slots.release()
        if connection.is_usable:
            connection.idle_since = self.loop.time()
            self._idle.append(connection)
        else:
            connection.abort()
            self._open.discard(connection)

    def close(self) -> None:
        """Abort all connections, idle or not."""
        for connection in self._open:
            connection.abort()
        self._open.clear()
        self._idle.clear()

    async def _wait_for_slot(self, deadline: float) -> None:
        if self._waiting >= _MAX_WAITING:
            raise ExchangeDown("egress_busy", host=self._address.host)
        self._waiting += 1
        try:
            async with asyncio.timeout_at(deadline):
                await self._slots.acquire()
        except TimeoutError:
            raise ExchangeDown("egress_busy", host=self._address.host) from None
        finally:
            self._waiting -= 1

    async def _dial(self, deadline: float) -> "_Connection":
        host, told = self._address.host, ""
        ips = await self._resolve(deadline)
        for left, ip in zip(range(len(ips), 0, -1), ips, strict=True):
            now = self.loop.time()
            try:
                # An address that swallows packets must leave time for the next one.
                async with asyncio.timeout_at(now + (deadline - now) / left):
                    return await self._connect(ip)
            except ssl.SSLError as error:
                told = error.reason or ""
                raise ExchangeDown("certificate_refused", host=host, told=told) from None
            except (OSError, TimeoutError) as error:
                told = type(error).__name__
        raise ExchangeDown("unreachable", host=host, told=told)

    async def _connect(self, ip: str) -> "_Connection":
        tls = self._tls
        _, connection = await self.loop.create_connection(
            lambda: _Connection(self.loop, self._forget),
            ip,
            self._address.port,
            ssl=tls,
            # The certificate is held against the pinned name, not against what DNS said.
            server_hostname=self._address.host if tls else None,
        )
        return connection

    async def _resolve(self, deadline: float) -> list[str]:
        host, port = self._address.host, self._address.port
        names = [host]
        if not is_ip(host):
            try:
                async with asyncio.timeout_at(deadline):
                    found = await self.loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, TimeoutError) as error:
                raise ExchangeDown("unreachable", host=host, told=type(error).__name__) from None
            names = [str(entry[4][0]) for entry in found]
        ips = [ip for ip in names if is_allowed(self._address, ip)]
        if not ips:
            raise Forbidden("private_address", rule="egress", host=host)
        return ips

    def _forget(self, connection: "_Connection") -> None:
        self._open.discard(connection)
        try:
            self._idle.remove(connection)
        except ValueError:
            return


class _Connection(asyncio.Protocol):
    """One connection, one request at a time; also the parser's target."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, forget: "Callable[[_Connection], None]"
    ) -> None:
        self.is_usable = False
        self.idle_since = 0.0
        self._loop = loop
        self._forget = forget
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[WireAnswer] | None = None
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._received = 0
        self._body_bytes = 0
        self._in_head = True

    async def ask(self, data: bytes, deadline: float) -> WireAnswer:
        """Write a request and wait for its answer.

        Raises: `ExchangeDown` when nothing was written, `OutcomeUnknown` or
        `_ClosedBeforeAnswer` when something was.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ExchangeDown("unreachable")
        self.is_usable = False
        self._received = self._body_bytes = 0
        self._in_head = True
        waiter: asyncio.Future[WireAnswer] = self._loop.create_future()
        self._waiter = waiter
        timer = self._loop.call_at(deadline, self._fail, OutcomeUnknown("answer_late"))
        transport.write(data)
        try:
            return await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def abort(self) -> None:
        """Close at once."""
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_connection makes
        self._transport = transport
        self.is_usable = True

    def data_received(self, data: bytes) -> None:
        if self._waiter is None or self._waiter.done():
            # Nobody asked: what comes unasked could be taken for the next request's answer.
            self.abort()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail(OutcomeUnknown("answer_malformed"))
            return
        if self._received > (MAX_HEAD_BYTES if self._in_head else _MAX_ANSWER_BYTES):
            self._fail(OutcomeUnknown("answer_too_large"))

    def eof_received(self) -> None:
        self.is_usable = False

    def connection_lost(self, error: Exception | None) -> None:
        del error  # Whatever the reason, the answer is not whole.
        self.is_usable = False
        self._transport = None
        self._fail(OutcomeUnknown("answer_lost") if self._received else _ClosedBeforeAnswer())
        self._forget(self)

    # ------------------------------------------------------------ what the parser calls

    def on_message_begin(self) -> None:
        if self._waiter is None or self._waiter.done():
            self.is_usable = False  # A second answer to one request: the two are out of step.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._fail(OutcomeUnknown("answer_too_large"))
            return
        self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        headers, body = tuple(self._headers), b"".join(self._body)
        self._headers, self._body = [], []
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if status in _INTERIM and status != _SWITCHING:
            self._in_head = True
            return
        self.is_usable = self._parser.should_keep_alive()
        waiter.set_result(WireAnswer(status, body, headers))

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.abort()


def _written(prefix: bytes, base_path: bytes, request: WireRequest) -> bytes:
    """Write a request as it travels. Raises: `BadInput("unsafe_request")`."""
    target = base_path + request.target
    if _UNSAFE_TARGET.search(target):
        raise BadInput("unsafe_request", field="path")
    body, count, block = request.body, len(request.headers), b""
    for name, value in request.headers:
        if name in _OURS:
            raise BadInput("unsafe_request", field="headers")
        block += b"%b: %b\r\n" % (name, value)
    # A line end inside a value would write a header of its own.
    if block.count(b"\n") != count or block.count(b"\r") != count:
        raise BadInput("unsafe_request", field="headers")
    if body or request.method != "GET":
        block += b"content-length: %d\r\n" % len(body)
    return b"%b %b%b%b\r\n%b" % (request.method.encode("ascii"), target, prefix, block, body)


def _checked(answer: WireAnswer) -> WireAnswer:
    """Refuse what we never follow or unpack; the request was written, so its outcome is open."""
    if answer.status in _REDIRECTS:
        raise OutcomeUnknown("redirected", status=answer.status)
    if (answer.header(b"content-encoding") or b"identity") != b"identity":
        raise OutcomeUnknown("answer_malformed")
    return answer
