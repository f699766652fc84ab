"""One trace from the front through the worker to the exchange, which no bot can write into."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import pytest_asyncio

from drawbridge.app.clock import entropy, now_ns
from drawbridge.app.observing.traces import Traces
from drawbridge.core.operations import GetBalances
from drawbridge.core.tracing import Span
from drawbridge.entrypoints.edge.messages import Malformed
from drawbridge.entrypoints.edge.spans import decode_span, encode_span
from tests.kit.ford import Ford, ford
from tests.kit.front_ford import Fleet, found_fleet
from tests.kit.house import until

EXCHANGE = "binance"
FORGED = b"ab" * 16
SPAN = Span(
    "front_request", b"t" * 16, b"s" * 8, b"", 1, 2, {"exchange": EXCHANGE}, has_failed=False
)


@dataclass
class Followed:
    """A front that follows each request, before two workers."""

    fleet: Fleet
    front: Ford
    spans: list[Span] = field(default_factory=list)

    async def one(self, name: str) -> Span:
        """Wait for a span of this name."""

        async def told() -> Span | None:
            return next((it for it in self.spans if it.name == name), None)

        return await until(told, name, within_s=5)


@pytest_asyncio.fixture
async def followed(tmp_path: Path) -> AsyncIterator[Followed]:
    spans: list[Span] = []
    async with (
        ford(tmp_path, EXCHANGE) as direct,
        found_fleet(tmp_path, direct.bridge, direct.sockets, EXCHANGE, spans) as fleet,
    ):
        fleet.give(direct.setting.key, to=0)
        yield Followed(fleet, replace(direct, port=fleet.port), spans)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name":1}', encode_span(SPAN).body.replace(b"73", b"zz", 1)]
)
def test_what_is_no_span_ends_the_line(body: bytes) -> None:
    with pytest.raises(Malformed):
        decode_span(body)


def test_what_a_front_tells_is_held_against_the_lists_once_more() -> None:
    kept: list[Span] = []
    traces = Traces(1, now_ns, entropy, kept.append)
    traces.take(replace(SPAN, name="transfer"))
    traces.take(replace(SPAN, facts={"exchange": EXCHANGE, "owner": "owner_1"}))
    assert [it.facts for it in kept] == [{"exchange": EXCHANGE}]


async def test_what_a_bot_says_of_traces_is_not_followed(followed: Followed) -> None:
    made = await followed.front.virtual_key()
    request = followed.front.signed(made, GetBalances())
    told = (b"traceparent", b"00-" + FORGED + b"-" + FORGED[:16] + b"-01")
    sent = replace(request, headers=(*request.headers, told))
    assert (await followed.front.ask(sent)).status == 200
    front, worker = await followed.one("front_request"), await followed.one("bot_request")
    assert front.parent_id == b""
    assert bytes.fromhex(FORGED.decode()) not in {front.trace_id, worker.trace_id}


def test_a_span_comes_out_as_it_went_in() -> None:
    assert decode_span(encode_span(SPAN).body) == SPAN


async def test_front_worker_and_exchange_stand_in_one_trace(followed: Followed) -> None:
    made = await followed.front.virtual_key()
    order = followed.front.setting.order()
    assert (await followed.front.ask(followed.front.signed(made, order))).status == 200
    front, worker = await followed.one("front_request"), await followed.one("bot_request")
    judged, handed_on = await followed.one("judge"), await followed.one("hand_on")
    assert {it.trace_id for it in (front, worker, judged, handed_on)} == {front.trace_id}
    assert (worker.parent_id, handed_on.parent_id) == (front.span_id, front.span_id)
    assert judged.parent_id == worker.span_id
    assert front.facts == {"exchange": EXCHANGE, "venue": "paper", "outcome": "answered"}
    assert front.began_ns <= worker.began_ns <= judged.began_ns
    assert worker.ended_ns <= front.ended_ns
