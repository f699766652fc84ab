"""What was followed reaches a collector as OpenTelemetry says it, and is in nobody's way if not."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from drawbridge.app.observing.exporting import Exporter, exporter_of
from drawbridge.app.observing.settings import ObservingSettings, read_observing_settings
from drawbridge.core.errors import BadInput
from drawbridge.core.tracing import Span
from drawbridge.gateway.egress import Egress

_SPAN = Span(
    name="send",
    trace_id=bytes(range(16)),
    span_id=bytes(range(8)),
    parent_id=bytes(range(8, 16)),
    began_ns=1_795_287_072_000_000_001,
    ended_ns=1_795_287_072_000_000_009,
    facts={"exchange": "one", "code": "unreachable"},
    has_failed=True,
)


class Collector:
    """Takes what is posted, and answers with a status."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.port = 0
        self.taken: list[tuple[str, Any]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        body = json.loads(await reader.readexactly(length))
        self.taken.append((head.partition("\r\n")[0], body))
        answer = f"HTTP/1.1 {self._status} X\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
        writer.write(answer.encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def _collector(status: int = 200) -> AsyncIterator[Collector]:
    collector = Collector(status)
    server = await asyncio.start_server(collector.talk, "127.0.0.1", 0)
    collector.port = server.sockets[0].getsockname()[1]
    try:
        yield collector
    finally:
        server.close()


def _exporter(port: int) -> Exporter:
    url = f"http://127.0.0.1:{port}/v1/traces"
    made = exporter_of(ObservingSettings(traces=url), "gateway")
    assert made is not None
    return made


async def _outcomes(exporter: Exporter) -> dict[str, int]:
    [reading] = await exporter.read()
    return {words[0]: int(count) for words, count in reading.values.items()}  # type: ignore[union-attr]  # these are counts


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:4318",
        "ftp://127.0.0.1/v1/traces",
        "http://me:hunter2@127.0.0.1/v1/traces",
        "http://127.0.0.1/v1/traces?token=x",
        "http://127.0.0.1:x/",
        "http:///v1/traces",
    ],
)
def test_what_is_no_collector_is_refused_by_name(url: str) -> None:
    with pytest.raises(BadInput, match="bad_traces_url"):
        read_observing_settings({"DRAWBRIDGE_TRACES": url})


@pytest.mark.parametrize("text", ["0", "-1", "x", "1000001"])
def test_what_is_no_number_of_requests_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput, match="bad_traces_one_in"):
        read_observing_settings({"DRAWBRIDGE_TRACES_ONE_IN": text})


async def test_a_collector_that_refuses_or_is_not_there_costs_what_was_to_be_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    egress = Egress()
    async with _collector(503) as collector:
        refused = _exporter(collector.port)
        refused.keep(_SPAN)
        await refused.send(egress)
    away = _exporter(collector.port)
    away.keep(_SPAN)
    await away.send(egress)
    await egress.close()
    assert await _outcomes(refused) == {"dropped": 1}
    assert await _outcomes(away) == {"dropped": 1}
    assert "traces_refused" in caplog.text


async def test_more_than_can_wait_is_dropped() -> None:
    exporter = _exporter(1)
    for _ in range(5_000):
        exporter.keep(_SPAN)
    assert await _outcomes(exporter) == {"dropped": 5_000 - 4_096}


async def test_spans_arrive_in_the_words_of_open_telemetry() -> None:
    async with _collector() as collector:
        exporter = _exporter(collector.port)
        async with exporter.sending():
            for _ in range(600):
                exporter.keep(_SPAN)
    assert await _outcomes(exporter) == {"sent": 600}
    assert [line for line, _ in collector.taken] == ["POST /v1/traces HTTP/1.1"] * 2
    [told] = collector.taken[0][1]["resourceSpans"]
    names = {it["key"]: it["value"]["stringValue"] for it in told["resource"]["attributes"]}
    assert names["service.name"] == "drawbridge"
    assert names["drawbridge.process"] == "gateway"
    [scope] = told["scopeSpans"]
    assert len(scope["spans"]) == 512
    assert scope["spans"][0] == {
        "traceId": "000102030405060708090a0b0c0d0e0f",
        "spanId": "0001020304050607",
        "parentSpanId": "08090a0b0c0d0e0f",
        "name": "send",
        "kind": 1,
        "startTimeUnixNano": "1795287072000000001",
        "endTimeUnixNano": "1795287072000000009",
        "attributes": [
            {"key": "exchange", "value": {"stringValue": "one"}},
            {"key": "code", "value": {"stringValue": "unreachable"}},
        ],
        "status": {"code": 2},
    }


def test_without_an_address_nothing_is_sent() -> None:
    assert exporter_of(ObservingSettings(), "web") is None
