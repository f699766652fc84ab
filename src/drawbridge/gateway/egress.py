"""The only HTTP client of the product: HTTP/1.1 over an asyncio protocol and httptools.

A pool of kept connections per address (`dialling.py` opens them), and bounds on everything. No
redirects, no cookies, no compression, no proxies, no retries but one: a GET that met a connection
which the other side had just closed. What an answer means is not known here.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, cast

import httptools

from drawbridge.core.errors import ExchangeDown, OutcomeUnknown
from drawbridge.gateway.dialling import UNHEARD_MS, Dialler, give_up_after
from drawbridge.gateway.outbox import Outbox
from drawbridge.gateway.slots import Slots
from drawbridge.gateway.travelling import checked, written
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import WireAnswer, WireRequest

# The list of all markets of a large exchange is the largest answer there is.
MAX_BODY_BYTES: Final = 16 * 1024 * 1024
MAX_HEAD_BYTES: Final = 64 * 1024
_MAX_ANSWER_BYTES: Final = 2 * MAX_BODY_BYTES
_BUFFER_BYTES: Final = 32 * 1024
_TICK_S: Final = 0.001
_INTERIM: Final = range(100, 200)
_SWITCHING: Final = 101


Leave: TypeAlias = Callable[[], int | None]
"""Asked right before bytes are handed to a socket, behind every wait for one: gives within how many
milliseconds they must have arrived (None: whenever), or raises, and then nothing is written."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How much the egress takes on.

    `sharers` tells how many processes go out by the same addresses, with this one.

    Why: `idle_ms` stays below the five seconds after which common servers close a quiet
    connection, so that an order is hardly ever written into a closing one.
    """

    connections: int = 64
    idle_ms: int = 4_000
    sharers: Callable[[], int] = lambda: 1


class Egress:
    """Send requests to addresses; one instance for a process."""

    def __init__(self, *, reach: Reach = Reach(), trusted_pem: str | None = None) -> None:
        """Prepare TLS; `trusted_pem` replaces the system's authorities (tests bring their own)."""
        self.reach = reach
        self._dialler = Dialler(trusted_pem)
        self._pools: dict[Address, _Pool] = {}

    async def send(
        self,
        address: Address,
        request: WireRequest,
        timeout_ms: int,
        leave: Leave | None = None,
    ) -> WireAnswer:
        """Send one request and give its answer, whatever its status (but no redirect).

        Raises: `ExchangeDown` when nothing was written; `OutcomeUnknown` when something was and
        no whole answer came back; `Forbidden("private_address")`; `BadInput("unsafe_request")`;
        what `leave` raises, and then nothing was written.
        """
        pool = self._pools.get(address)
        if pool is None:
            pool = self._pools[address] = _Pool(address, self.reach, self._dialler)
        data = written(pool.prefix, address.base_path, request)
        deadline = pool.loop.time() + timeout_ms / 1_000
        connection = pool.take_kept() or await pool.take(deadline)
        try:
            if leave is not None:
                connection.deliver_within(leave())
            return checked(await connection.ask(data, deadline))
        except _ClosedBeforeAnswer:
            if not connection.was_kept or request.method != "GET":
                raise OutcomeUnknown("answer_lost") from None
        finally:
            pool.give_back(connection)
        connection = await pool.take(deadline, is_new=True)
        try:
            if leave is not None:
                connection.deliver_within(leave())
            return checked(await connection.ask(data, deadline))
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
    """The connections to one address: kept ones, last used first, and how many there may be."""

    def __init__(self, address: Address, reach: Reach, dialler: Dialler) -> None:
        self.loop = asyncio.get_running_loop()
        self._address = address
        self._dialler = dialler
        self._kept: deque[_Connection] = deque()
        self._open: set[_Connection] = set()
        self._slots = Slots(reach.connections)
        self._kept_s = reach.idle_ms / 1_000
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = math.inf
        self.outbox = Outbox(self.loop)
        default = 443 if address.tls else 80
        shown = f"[{address.host}]" if ":" in address.host else address.host
        host = shown if address.port == default else f"{shown}:{address.port}"
        self.prefix = (
            f" HTTP/1.1\r\nhost: {host}\r\nuser-agent: drawbridge\r\naccept: application/json\r\n"
        ).encode("ascii")

    def take_kept(self) -> "_Connection | None":
        """Give a connection that was used before, or None when there is none to give."""
        if not self._slots.free:
            return None
        connection = self._find_kept()
        if connection is not None:
            self._slots.take_free()
        return connection

    async def take(self, deadline: float, *, is_new: bool = False) -> "_Connection":
        """Give a connection once there is a slot for it, opened now if there is none or `is_new`.

        Why: who waited for a slot finds the connection that made room for it.
        """
        if not (self._slots.take_free() or await self._waited(deadline)):
            raise ExchangeDown("egress_busy", host=self._address.host)
        kept = None if is_new else self._find_kept()
        if kept is not None:
            return kept
        try:
            connection = await self._dialler.dial(
                self._address, lambda: _Connection(self), deadline
            )
        except BaseException:
            self._slots.release()
            raise
        self._open.add(connection)
        return connection

    def give_back(self, connection: "_Connection") -> None:
        """Keep a connection for the next request, if it ended in good order."""
        self._slots.release()
        if connection.is_usable:
            connection.kept_since = self.loop.time()
            self._kept.append(connection)
        else:
            connection.abort()
            self._open.discard(connection)

    def watch(self, deadline: float) -> None:
        """See to it that a request which began just now ends at its deadline.

        Why: one alarm for all requests, set anew only when it rings; a timer for each would be
        a tenth of an order's cost.
        """
        if deadline < self._alarm_at:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm_at = deadline
            self._alarm = self.loop.call_at(deadline, self._ring)

    def close(self) -> None:
        """Abort all connections, in use or not."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm, self._alarm_at = None, math.inf
        for connection in tuple(self._open):
            connection.abort()
        self._open.clear()
        self._kept.clear()

    def _ring(self) -> None:
        self._alarm, self._alarm_at = None, math.inf
        # The loop rings up to one tick of its clock early.
        now = self.loop.time() + _TICK_S
        for connection in tuple(self._open):
            connection.end_if_late(now)
        self._slots.end_late(now)
        left = [connection.deadline for connection in self._open if connection.is_asking]
        waiting = self._slots.first_deadline
        if waiting is not None:
            left.append(waiting)
        if left:
            self.watch(min(left))

    def _find_kept(self) -> "_Connection | None":
        oldest = self.loop.time() - self._kept_s
        while self._kept:
            connection = self._kept.pop()
            if connection.is_usable and connection.kept_since > oldest:
                return connection
            connection.abort()
        return None

    async def _waited(self, deadline: float) -> bool:
        self.watch(deadline)
        return await self._slots.wait(deadline)

    def forget(self, connection: "_Connection") -> None:
        """Drop a connection that has ended."""
        self._open.discard(connection)
        with contextlib.suppress(ValueError):
            self._kept.remove(connection)


class _Connection(asyncio.BufferedProtocol):
    """One connection, one request at a time.

    Why buffered: asyncio's plain protocols take fresh memory of 256 KiB for every read.
    """

    def __init__(self, pool: _Pool) -> None:
        self.is_usable = False
        self.kept_since = 0.0
        self.deadline = 0.0
        self._unheard_ms = UNHEARD_MS
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._reader = _Reader()
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._waiter: asyncio.Future[WireAnswer] | None = None

    @property
    def was_kept(self) -> bool:
        """Tell whether it had an answer before, so that it may have been closed meanwhile."""
        return self.kept_since > 0

    @property
    def is_asking(self) -> bool:
        """Tell whether an answer is waited for."""
        return self._waiter is not None and not self._waiter.done()

    def ask(self, data: bytes, deadline: float) -> asyncio.Future[WireAnswer]:
        """Write a request and give what will be its answer.

        Raises: `ExchangeDown` when nothing was written; in the future, `OutcomeUnknown` or
        `_ClosedBeforeAnswer` when something was.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ExchangeDown("unreachable")
        # Usable again only after a whole answer: who is cancelled leaves no half-read one behind.
        self.is_usable = False
        self._reader.begin()
        self.deadline = deadline
        self._waiter = self._pool.loop.create_future()
        self._pool.watch(deadline)
        self._pool.outbox.write(transport, data)
        return self._waiter

    def deliver_within(self, within_ms: int | None) -> None:
        """Let the system give up what is written next, if it has not arrived by then.

        Why: bytes that are written lie with the system, which tries again for as long as it is
        let, also after we may not be the ones who send for that account any more.
        """
        wanted_ms = UNHEARD_MS if within_ms is None else min(within_ms, UNHEARD_MS)
        if wanted_ms != self._unheard_ms and self._transport is not None:
            self._unheard_ms = wanted_ms
            give_up_after(self._transport, wanted_ms)

    def end_if_late(self, now: float) -> None:
        """Give up on an answer that is overdue."""
        if self.is_asking and self.deadline <= now:
            self._fail(OutcomeUnknown("answer_late"))

    def abort(self) -> None:
        """Close at once."""
        self.is_usable = False
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not asked: uvloop's own are none by their class.
        self._transport = cast("asyncio.Transport", transport)
        self.is_usable = True

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint  # The system gives no more than fits, and the rest with the next read.
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            # Nobody asked: what comes unasked could be taken for the next request's answer.
            self.abort()
            return
        try:
            answer = self._reader.feed(self._buffer[:nbytes])
        except OutcomeUnknown as error:
            self._fail(error)
            return
        if answer is not None:
            self.is_usable = self._reader.is_in_step
            waiter.set_result(answer)

    def eof_received(self) -> None:
        self.is_usable = False

    def connection_lost(self, error: Exception | None) -> None:
        del error  # Whatever the reason, the answer is not whole.
        self.is_usable = False
        self._transport = None
        began = self._reader.received > 0
        self._fail(OutcomeUnknown("answer_lost") if began else _ClosedBeforeAnswer())
        self._pool.forget(self)

    def _fail(self, error: Exception) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
        self.abort()


class _Reader:
    """Reads a connection's answers, one after the other; the target of httptools' parser."""

    def __init__(self) -> None:
        self.received = 0
        self.is_in_step = True
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._in_head = True
        self._answer: WireAnswer | None = None

    def begin(self) -> None:
        """Get ready for the next answer."""
        self.received = self._body_bytes = 0
        self._in_head = True
        self._answer = None

    def feed(self, data: memoryview) -> WireAnswer | None:
        """Take what came; give the answer once it is whole.

        Raises: `OutcomeUnknown` for what is malformed or larger than any answer should be.
        """
        self.received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            raise OutcomeUnknown("answer_malformed") from None
        most = MAX_HEAD_BYTES if self._in_head else _MAX_ANSWER_BYTES
        if self.received > most or self._body_bytes > MAX_BODY_BYTES:
            raise OutcomeUnknown("answer_too_large")
        return self._answer

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._answer is not None:
            self.is_in_step = False  # a second answer to one request

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._in_head = False

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes <= MAX_BODY_BYTES:
            self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        headers, body = tuple(self._headers), b"".join(self._body)
        self._headers, self._body = [], []
        if status in _INTERIM and status != _SWITCHING:
            self._in_head = True
        elif self._answer is None:
            self.is_in_step = self.is_in_step and self._parser.should_keep_alive()
            self._answer = WireAnswer(status, body, headers)
