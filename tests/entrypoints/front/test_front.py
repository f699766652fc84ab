"""Bots at the front: handed on as they are to whoever has the account, and to nobody twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drawbridge.core.errors import ExchangeDown, NotProven, OutcomeUnknown
from drawbridge.core.operations import GetBalances, GetServerTime, GetTickers, PlaceOrder
from drawbridge.core.shards import shard_of
from drawbridge.entrypoints.wire_server.reading import Reader
from drawbridge.wire.codec import encode_at
from drawbridge.wire.http import WireRequest
from tests.gateway.scripted_server import Behaviour, Visit
from tests.gateway.setting import EXCHANGES
from tests.gateway.stub_exchange import Fault
from tests.kit.ford import TRADES, Ford, ford, trading, written
from tests.kit.front_ford import Fleet, Worker, found_fleet
from tests.kit.house import until


@dataclass
class At:
    """A bot's way through the front, and the one straight to the first worker's own port."""

    fleet: Fleet
    front: Ford
    direct: Ford

    @property
    def key_id(self) -> str:
        return self.direct.setting.key


@pytest.fixture(params=EXCHANGES)
async def at(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[At]:
    async with (
        ford(tmp_path, request.param) as direct,
        found_fleet(tmp_path, direct.bridge, direct.sockets, request.param) as fleet,
    ):
        fleet.give(direct.setting.key, to=0)
        yield At(fleet, replace(direct, port=fleet.port), direct)


async def test_a_key_that_nobody_knows_is_refused_in_the_exchanges_words(at: At) -> None:
    made = await at.front.virtual_key()
    other = replace(made, drawn=replace(made.drawn, api_key="x" * len(made.drawn.api_key)))
    request = at.front.signed(other, GetBalances())
    answer = await at.front.ask(request)
    assert isinstance(at.front.read(answer), NotProven)
    assert answer == await at.direct.ask(request)


@pytest.mark.parametrize("path", [b"/nowhere", b"/", b"/api/v3/%6frder", b"/../0/private/Balance"])
async def test_what_the_exchange_does_not_have_is_refused_as_at_a_worker(
    at: At, path: bytes
) -> None:
    request = WireRequest("GET", path)
    assert await at.front.ask(request) == await at.direct.ask(request)


async def test_an_order_lost_with_its_worker_is_unknown_and_never_sent_again(at: At) -> None:
    """Scenario 85: the bytes were handed on, so nobody may guess."""
    made = await at.front.virtual_key()
    assert (await at.front.ask(at.front.signed(made, GetBalances()))).status == 200
    hold = asyncio.Event()
    at.direct.setting.server.behaviour = _held(at, hold)
    asking = asyncio.create_task(at.front.ask(at.front.signed(made, at.direct.setting.order())))
    await until(lambda: _orders(at), "the order has reached the exchange")
    seen = at.direct.arrived
    _kill(at, 0)
    at.fleet.give(at.key_id, to=1)
    error = at.front.read(await asking)
    assert isinstance(error, OutcomeUnknown)
    assert at.direct.arrived == seen
    hold.set()


async def test_what_only_reads_is_asked_of_the_next_worker(at: At) -> None:
    made = await at.front.virtual_key()
    first, second = at.fleet.workers
    first.door.is_free.clear()
    asking = asyncio.create_task(at.front.ask(at.front.signed(made, GetBalances())))
    await until(lambda: _arrived(first), "the question has reached the worker")
    at.fleet.give(at.key_id, to=1)
    _kill(at, 0)
    assert (await asking).status == 200
    assert first.door.seen == second.door.seen
    first.door.is_free.set()


async def test_nobody_has_the_account_and_the_bot_hears_to_come_back(at: At) -> None:
    made = await at.front.virtual_key()
    at.fleet.directory.addresses.pop(shard_of(at.key_id))
    error = at.front.read(await at.front.ask(at.front.signed(made, at.direct.setting.order())))
    assert isinstance(error, ExchangeDown)
    assert at.direct.arrived == 0


async def test_an_account_that_moved_is_found_again_before_anything_was_judged(at: At) -> None:
    made = await at.front.virtual_key()
    stale = dict(at.fleet.directory.addresses)
    at.fleet.give(at.key_id, to=1)
    right, at.fleet.directory.addresses = at.fleet.directory.addresses, stale
    asking = asyncio.create_task(at.front.ask(at.front.signed(made, at.direct.setting.order())))
    await until(lambda: _forgotten(at), "the worker has said that it is elsewhere")
    at.fleet.directory.addresses = right
    assert (await asking).status == 200
    first, second = at.fleet.workers
    await first.bridge.write()
    await second.bridge.write()
    # One crossing, noted by the one that has the account.
    rows = await at.direct.setting.rows("crossings")
    assert [row["outcome"] for row in rows] == ["passed"]
    assert len(await at.direct.setting.rows("orders")) == 1


async def test_what_was_signed_before_an_account_came_here_counts_as_seen(at: At) -> None:
    """Who overheard it could otherwise send it once more, to a worker that never saw it."""
    made = await at.front.virtual_key()
    order = at.front.signed(made, at.direct.setting.order())
    assert (await at.front.ask(order)).status == 200
    at.direct.setting.clock.advance(10)
    at.fleet.give(at.key_id, to=1)
    seen = at.direct.arrived
    assert isinstance(at.front.read(await at.front.ask(order)), NotProven)
    assert at.direct.arrived == seen


async def test_a_bot_that_comes_to_a_worker_without_its_account_is_told_to_come_back(
    at: At,
) -> None:
    made = await at.front.virtual_key()
    first, _ = at.fleet.workers
    at.fleet.give(at.key_id, to=1)
    answer = await first.door.answering.answer(at.front.signed(made, GetBalances()), "127.0.0.1")
    assert isinstance(at.front.read(answer), ExchangeDown)
    assert at.direct.arrived == 0


async def test_answers_are_those_of_the_worker_byte_for_byte(at: At) -> None:
    made = await at.front.virtual_key(replace(TRADES, scopes=("read",)))
    for operation in (GetBalances(), GetTickers(), at.direct.setting.order()):
        request = at.front.signed(made, operation)
        through = await _raw(at.fleet.port, request)
        straight = await _raw(at.direct.port, at.front.signed(made, operation))
        assert _without_date(through) == _without_date(straight)


async def test_the_workers_see_the_request_that_the_bot_has_sent(at: At) -> None:
    made = await at.front.virtual_key()
    request = at.front.signed(made, at.direct.setting.order())
    more = (*request.headers, (b"x-odd", b"\xc3\xa9 \t two  blanks"), (b"user-agent", b"a bot"))
    sent = replace(request, headers=more)
    assert (await at.front.ask(sent)).status == 200
    [seen] = at.fleet.workers[0].door.seen
    received = Reader()
    received.feed(memoryview(written(sent)))
    assert seen == received.received[0].request


async def test_a_worker_holds_a_key_to_the_address_of_the_bot(at: At) -> None:
    """Scenario 81, through the front."""
    allowed = await at.front.virtual_key(trading(addresses=("127.0.0.1",)), "here")
    refused = await at.front.virtual_key(trading(addresses=("192.0.2.7",)), "elsewhere")
    assert at.front.read(await at.front.ask(at.front.signed(allowed, GetBalances()))) is None
    assert at.front.read(await at.front.ask(at.front.signed(refused, GetBalances()))) is not None
    told = WireRequest("GET", b"/nowhere", b"", ((b"x-forwarded-for", b"192.0.2.7"),))
    await at.front.ask(told)
    await at.fleet.workers[0].bridge.write()
    await at.fleet.workers[1].bridge.write()
    rows = await at.direct.setting.rows("crossings")
    assert {row["address"] for row in rows} == {"127.0.0.1"}
    assert [row["rule"] for row in rows if row["outcome"] == "refused"].count("addresses") == 1


async def test_what_needs_no_key_is_asked_of_all_workers_in_turn(at: At) -> None:
    exchange, clock = at.direct.exchange, at.direct.setting.clock
    request = encode_at(exchange.codec, GetServerTime(), exchange.card.markets(), clock.now_ms())
    for _ in range(4):
        assert (await at.front.ask(request)).status == 200
    assert [len(it.door.seen) for it in at.fleet.workers] == [2, 2]


async def test_a_worker_that_is_gone_does_not_stop_what_needs_no_key(at: At) -> None:
    exchange, clock = at.direct.exchange, at.direct.setting.clock
    request = encode_at(exchange.codec, GetServerTime(), exchange.card.markets(), clock.now_ms())
    await at.fleet.workers[0].taking.stop(0)
    for _ in range(4):
        assert (await at.front.ask(request)).status == 200


async def test_what_is_no_request_is_noted_by_a_worker(at: At) -> None:
    made = await at.front.virtual_key()
    assert (await at.front.ask(at.front.signed(made, GetBalances()))).status == 200
    assert (await at.front.say(b"GET /a b HTTP/1.1\r\n\r\n")).status == 400

    async def noted() -> list[dict[str, object]]:
        await at.fleet.workers[0].bridge.write()
        return [it for it in await at.direct.setting.rows("crossings") if it["rule"] == "wire"]

    [row] = await until(noted, "a worker notes what was unreadable")
    assert row["address"] == "127.0.0.1"


async def test_an_answer_that_was_lost_at_the_exchange_is_told_as_at_a_worker(at: At) -> None:
    made = await at.front.virtual_key()
    at.direct.setting.stub.fail(PlaceOrder, Fault.LOST_AFTER)
    error = at.front.read(await at.front.ask(at.front.signed(made, at.direct.setting.order())))
    assert isinstance(error, OutcomeUnknown)


async def test_many_requests_of_many_bots_share_one_line(at: At) -> None:
    made = await at.front.virtual_key()
    asked = [at.front.ask(at.front.signed(made, GetBalances())) for _ in range(50)]
    answers = await asyncio.gather(*asked)
    assert {it.status for it in answers} == {200}
    assert len(at.fleet.workers[0].taking.lines) == 1


def _held(at: At, hold: asyncio.Event) -> Behaviour:
    usual = at.direct.setting.server.behaviour

    async def behave(visit: Visit) -> None:
        await hold.wait()
        await usual(visit)

    return behave


def _kill(at: At, number: int) -> None:
    """Cut all lines of a worker, as its death would."""
    taking = at.fleet.workers[number].taking
    for line in taking.lines:
        line.end(at_once=True)


async def _orders(at: At) -> bool:
    return any(b"POST" in it.head and b"rder" in it.head for it in at.direct.setting.server.visits)


async def _arrived(worker: Worker) -> bool:
    return bool(worker.door.seen)


async def _forgotten(at: At) -> bool:
    return at.fleet.directory.forgotten > 0


async def _raw(port: int, request: WireRequest) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(written(request))
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    body = await reader.readexactly(length)
    writer.close()
    return head + body


def _without_date(raw: bytes) -> bytes:
    return b"\r\n".join(it for it in raw.split(b"\r\n") if not it.lower().startswith(b"date:"))
