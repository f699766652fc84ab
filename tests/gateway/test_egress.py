"""The egress against servers that misbehave, then against one that does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from drawbridge.core.errors import BadInput, ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.gateway.egress import MAX_BODY_BYTES, MAX_HEAD_BYTES, Egress, Reach
from drawbridge.gateway.venues import Address
from drawbridge.wire.http import WireRequest
from tests.gateway.scripted_server import OK, Behaviour, Visit, scripted_server

GET = WireRequest("GET", b"/time", b"a=1")
POST = WireRequest("POST", b"/order", headers=((b"x-key", b"k"),), body=b"symbol=BTCUSDT")
SOON_MS = 5_000
AT_ONCE_MS = 80


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    egress = Egress()
    yield egress
    await egress.close()


async def _answer_ok(visit: Visit) -> None:
    await visit.say(OK)


def _say(*pieces: bytes) -> Behaviour:
    async def behave(visit: Visit) -> None:
        for piece in pieces:
            await visit.say(piece)
        if not pieces or pieces[-1] == b"":
            visit.cut()

    return behave


# --------------------------------------------------------------------- nothing was written


async def test_nobody_at_home_means_that_nothing_happened(egress: Egress) -> None:
    async with scripted_server(_answer_ok) as server:
        address = server.address
    with pytest.raises(ExchangeDown, match="unreachable"):
        await egress.send(address, POST, SOON_MS)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.7", "169.254.169.254", "::1"])
async def test_a_private_address_is_refused_unless_it_is_the_paper_exchange(
    egress: Egress, host: str
) -> None:
    async with scripted_server(_answer_ok) as server:
        with pytest.raises(Forbidden, match="private_address"):
            await egress.send(Address(host, server.port, tls=False), POST, SOON_MS)
        assert server.connections == 0


async def test_a_paper_address_must_be_on_this_machine(egress: Egress) -> None:
    address = Address("192.0.2.1", 80, tls=False, on_this_machine=True)
    with pytest.raises(Forbidden, match="private_address"):
        await egress.send(address, GET, SOON_MS)


@pytest.mark.parametrize(
    "request_",
    [
        WireRequest("GET", b"/a b"),
        WireRequest("GET", b"/a", b"x=1\r\nhost: elsewhere"),
        WireRequest("GET", b"/a", headers=((b"x", b"1\r\ny: 2"),)),
        WireRequest("GET", b"/a", headers=((b"x", b"1\ny: 2"),)),
        WireRequest("POST", b"/a", headers=((b"transfer-encoding", b"chunked"),)),
        WireRequest("POST", b"/a", headers=((b"host", b"elsewhere"),)),
    ],
)
async def test_a_value_cannot_write_lines_of_its_own(egress: Egress, request_: WireRequest) -> None:
    async with scripted_server(_answer_ok) as server:
        with pytest.raises(BadInput, match="unsafe_request"):
            await egress.send(server.address, request_, SOON_MS)
        assert not server.visits


async def test_waiting_for_a_free_connection_ends_at_the_deadline() -> None:
    async def never(visit: Visit) -> None:
        del visit

    egress = Egress(reach=Reach(connections=1))
    async with scripted_server(never) as server:
        first = asyncio.create_task(egress.send(server.address, POST, SOON_MS))
        while not server.visits:
            await asyncio.wait([first], timeout=0.01)
        with pytest.raises(ExchangeDown, match="egress_busy"):
            await egress.send(server.address, POST, AT_ONCE_MS)
        await egress.close()
        with pytest.raises(OutcomeUnknown):
            await first


# ------------------------------------------------------------------ written, outcome unknown


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((), "answer_lost"),
        ((b"HTTP/1.1 200 OK\r\ncontent-le", b""), "answer_lost"),
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", b""), "answer_lost"),
        ((b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", b""), "answer_lost"),
        ((b"HTTP/1.1 200 OK\r\n\r\n{}", b""), "answer_lost"),
        ((b"SSH-2.0-OpenSSH\r\n",), "answer_malformed"),
        ((b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",), "answer_malformed"),
        (
            (b"HTTP/1.1 302 Found\r\nlocation: http://a/\r\ncontent-length: 0\r\n\r\n",),
            "redirected",
        ),
        (
            (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",),
            "answer_malformed",
        ),
        ((b"HTTP/1.1 200 OK\r\nx: " + b"a" * (MAX_HEAD_BYTES + 1),), "answer_too_large"),
        (
            (b"HTTP/1.1 200 OK\r\n" + b"x: a\r\n" * (MAX_HEAD_BYTES // 5),),
            "answer_too_large",
        ),
        (
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
                b"a" * (MAX_BODY_BYTES + 1),
            ),
            "answer_too_large",
        ),
        (
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                (b"10000\r\n" + b"a" * 0x10000 + b"\r\n") * (MAX_BODY_BYTES // 0x10000 + 2),
            ),
            "answer_too_large",
        ),
    ],
)
@pytest.mark.parametrize("request_", [GET, POST])
async def test_without_a_whole_answer_nobody_knows_what_happened(
    egress: Egress, said: tuple[bytes, ...], code: str, request_: WireRequest
) -> None:
    async with scripted_server(_say(*said)) as server:
        with pytest.raises(OutcomeUnknown) as caught:
            await egress.send(server.address, request_, SOON_MS)
        assert caught.value.code == code
        assert len(server.visits) == 1, "it must not be sent a second time"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{"])
async def test_an_answer_that_comes_too_late_is_an_unknown_outcome(
    egress: Egress, said: bytes
) -> None:
    async def dawdle(visit: Visit) -> None:
        if said:
            await visit.say(said)

    async with scripted_server(dawdle) as server:
        with pytest.raises(OutcomeUnknown, match="answer_late"):
            await egress.send(server.address, POST, AT_ONCE_MS)


async def test_a_cancelled_request_leaves_no_connection_for_the_next_one(egress: Egress) -> None:
    """The late answer to the first must never be read as the answer to the second."""

    async def only_later(visit: Visit) -> None:
        if visit.number > 1:
            await visit.say(OK)

    async with scripted_server(only_later) as server:
        first = asyncio.create_task(egress.send(server.address, POST, SOON_MS))
        while not server.visits:
            await asyncio.wait([first], timeout=0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        await egress.send(server.address, POST, SOON_MS)
        assert server.connections == 2


async def test_a_second_unasked_answer_is_never_taken_for_the_next_one(egress: Egress) -> None:
    async def twice(visit: Visit) -> None:
        await visit.say(OK + OK.replace(b"{}", b"[]"))

    async with scripted_server(twice) as server:
        for _ in range(3):
            answer = await egress.send(server.address, POST, SOON_MS)
            assert answer.body == b"{}"
        assert server.connections == 3


async def _wait_until_forgotten(egress: Egress, address: Address) -> None:
    while any(connection.is_usable for connection in egress._pools[address]._kept):  # noqa: SLF001 - the one way to see that a closing was noticed
        await asyncio.wait([asyncio.create_task(_turn())])


async def _turn() -> None:
    return None


async def test_a_connection_closed_while_idle_is_not_used_again(egress: Egress) -> None:
    async def once(visit: Visit) -> None:
        await visit.say(OK)
        await visit.close()

    async with scripted_server(once) as server:
        await egress.send(server.address, POST, SOON_MS)
        await _wait_until_forgotten(egress, server.address)
        await egress.send(server.address, POST, SOON_MS)
        assert server.connections == 2


async def _close_on_second(visit: Visit) -> None:
    """Close when the second request of a connection comes, as a server whose time ran out."""
    if visit.number == 2:
        visit.cut()
    else:
        await visit.say(OK)


async def test_a_get_on_a_connection_that_just_died_is_sent_once_more(egress: Egress) -> None:
    async with scripted_server(_close_on_second) as server:
        for _ in range(2):
            answer = await egress.send(server.address, GET, SOON_MS)
            assert answer.status == 200
        assert [visit.connection for visit in server.visits] == [1, 1, 2]


async def test_an_order_on_a_connection_that_just_died_is_not_sent_again(egress: Egress) -> None:
    async with scripted_server(_close_on_second) as server:
        await egress.send(server.address, POST, SOON_MS)
        with pytest.raises(OutcomeUnknown, match="answer_lost"):
            await egress.send(server.address, POST, SOON_MS)
        assert len(server.visits) == 2


async def test_a_get_is_sent_once_more_but_not_for_ever(egress: Egress) -> None:
    async def never_again(visit: Visit) -> None:
        if visit.number == 1:
            await visit.say(OK)
        else:
            visit.cut()

    async with scripted_server(never_again) as server:
        await egress.send(server.address, GET, SOON_MS)
        with pytest.raises(OutcomeUnknown, match="answer_lost"):
            await egress.send(server.address, GET, SOON_MS)
        assert len(server.visits) == 3


# ------------------------------------------------------------------------------ all is well


async def test_a_request_travels_byte_for_byte(egress: Egress) -> None:
    async with scripted_server(_answer_ok) as server:
        address = Address(
            "127.0.0.1", server.port, tls=False, base_path=b"/x", on_this_machine=True
        )
        request = WireRequest("POST", b"/order", b"q=%5B1%5D", ((b"x-key", b"k"),), b'a= ["1"]')
        answer = await egress.send(address, request, SOON_MS)
        assert (answer.status, answer.body) == (200, b"{}")
        assert answer.header(b"content-type") == b"application/json"
        [visit] = server.visits
        line, *headers = visit.head.rstrip().split(b"\r\n")
        assert line == b"POST /x/order?q=%5B1%5D HTTP/1.1"
        assert set(headers) == {
            b"host: 127.0.0.1:%d" % server.port,
            b"user-agent: drawbridge",
            b"accept: application/json",
            b"x-key: k",
            b"content-length: 8",
        }
        assert visit.body == b'a= ["1"]'


async def test_an_error_status_is_an_answer_like_any_other(egress: Egress) -> None:
    said = b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\nRetry-After: 7\r\n\r\n{}"
    async with scripted_server(_say(said)) as server:
        answer = await egress.send(server.address, POST, SOON_MS)
        assert (answer.status, answer.header(b"retry-after")) == (503, b"7")


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK,
        OK,
    ],
)
async def test_an_answer_is_read_however_it_is_cut_into_pieces(egress: Egress, said: bytes) -> None:
    async with scripted_server(_say(*(said[at : at + 1] for at in range(len(said))))) as server:
        for _ in range(2):
            answer = await egress.send(server.address, POST, SOON_MS)
            assert (answer.status, answer.body) == (200, b"{}")
        assert server.connections == 1


async def test_connections_are_kept_and_shared_out_among_many(egress: Egress) -> None:
    async with scripted_server(_answer_ok) as server:
        for _ in range(3):
            await asyncio.gather(*(egress.send(server.address, POST, SOON_MS) for _ in range(8)))
        assert len(server.visits) == 24
        assert server.connections <= 8


async def test_who_waited_for_a_connection_is_given_one_that_is_open_already() -> None:
    egress = Egress(reach=Reach(connections=4))
    async with scripted_server(_answer_ok) as server:
        await asyncio.gather(*(egress.send(server.address, POST, SOON_MS) for _ in range(64)))
        assert len(server.visits) == 64
        assert server.connections == 4
        await egress.close()


async def test_a_server_that_wants_to_close_is_left_alone(egress: Egress) -> None:
    said = OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    async with scripted_server(_say(said)) as server:
        for _ in range(2):
            await egress.send(server.address, POST, SOON_MS)
        assert server.connections == 2
