"""A bot trades while operators look on: they see that it does, and nothing of whose it is.

A paper exchange, the process that holds the vault, and its listener for operators, as they run.
"""

import asyncio
import json
import re
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from drawbridge.app.clock import SystemClock
from drawbridge.app.observing.readings import LABELS
from drawbridge.catalogue.registry import credential_of, exchange_ids, get_exchange
from drawbridge.core.operations import PlaceOrder
from drawbridge.core.orders import OrderType, Side
from drawbridge.core.secret import Secret
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.dialect import sign
from tests.kit.ford import written
from tests.kit.gateways import WORKERS
from tests.kit.proxied import Fields, Proxied, found_proxied

_EXCHANGE: Final = "binance"
_ORDERS: Final = 12
# What ids, addresses and amounts look like; a slug of ours has none of it.
_WORD: Final = re.compile(r"[a-z][a-z_]{0,40}")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+\w*")
_BOUND: Final = re.compile(r"\d+(\.\d+)?|\+Inf")


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    with found_proxied(tmp_path_factory.mktemp("home"), ops="127.0.0.1:0") as proxied:
        key = proxied.real_key(_EXCHANGE, "watched")
        fields = proxied.virtual_key(key, Wish(scopes=("trade_spot",))).fields
        wrong = {**fields, "api_secret": "x" * 64}
        proxied.runner.run(_trade(proxied, fields, [f"seen-{n}" for n in range(_ORDERS)]))
        proxied.runner.run(_trade(proxied, wrong, ["forged"]))
        yield proxied


async def _trade(proxied: Proxied, fields: Fields, names: list[str]) -> None:
    port = int(proxied.exchanges[_EXCHANGE]["rest"].rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    exchange = get_exchange(_EXCHANGE)
    credential = credential_of(exchange, {it: Secret(text) for it, text in fields.items()})
    for name in names:
        order = PlaceOrder(
            symbol="BTC/USDT",
            side=Side.BUY,
            type=OrderType.LIMIT,
            quantity=Decimal("0.001"),
            price=Decimal(20_000),
            client_id=name,
        )
        request = exchange.codec.encode_request(order, exchange.card.markets())
        stamp = str(SystemClock().now_ms())
        writer.write(written(sign(exchange.dialect, request, credential, stamp)))
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()


def _read(proxied: Proxied, path: str) -> list[str]:
    """Read it from each process: where several are at work, each tells of its own."""
    told = []
    for ready in proxied.process.told:
        with urllib.request.urlopen(ready["ops"] + path) as answer:  # noqa: S310  it told so itself
            told.append(str(answer.read().decode()))
    return told


def _families(proxied: Proxied) -> list[Metric]:
    texts = _read(proxied, "/metrics")
    return [family for text in texts for family in text_string_to_metric_families(text)]


def test_nothing_else_is_told_there(proxied: Proxied) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        _read(proxied, "/keys")


def test_no_label_tells_whose_anything_is(proxied: Proxied) -> None:
    """All labels of all metrics: their names stand on the list, their values are closed words."""
    labels = [
        (sample.name, *label)
        for family in _families(proxied)
        for sample in family.samples
        for label in sample.labels.items()
    ]
    assert len(labels) > 100
    assert [it for it in labels if not _is_closed(*it[1:])] == []


def _is_closed(name: str, value: str) -> bool:
    """Tell whether a label is on the list, and its value one of few."""
    match name:
        case "le":
            return bool(_BOUND.fullmatch(value))
        case "exchange":
            return value in {*exchange_ids(), ""}
        case "venue":
            return value in {*Venue, ""}
        case "version":
            return bool(_VERSION.fullmatch(value))
    return name in LABELS and (value == "" or bool(_WORD.fullmatch(value)))


def test_nothing_of_persons_stands_in_all_that_is_told(proxied: Proxied) -> None:
    paths = ("/metrics", "/readyz", "/healthz")
    text = "".join(told for path in paths for told in _read(proxied, path))
    keys = proxied.runner.run(proxied.house.vault.list_keys(proxied.owner))
    for word in (proxied.owner, *(key.id for key in keys), "watched", "seen-", "vk_", "key_"):
        assert word not in text


def test_what_the_bot_did_is_counted(proxied: Proxied) -> None:
    told: Counter[tuple[str, str]] = Counter()
    for family in _families(proxied):
        for sample in family.samples:
            if sample.labels.get("exchange", _EXCHANGE) == _EXCHANGE:
                told[sample.name, sample.labels.get("outcome", "")] += int(sample.value)
    assert told["drawbridge_bot_requests_total", "passed"] == _ORDERS
    assert told["drawbridge_bot_requests_total", "refused"] == 1
    assert told["drawbridge_requests_total", "answered"] >= _ORDERS
    assert told["drawbridge_bot_refusals_total", ""] == 1
    assert told["drawbridge_journal_seconds_count", ""] >= 1
    assert told["drawbridge_orders_open", ""] >= 1
    assert told["drawbridge_vault_open", ""] == WORKERS
    assert told["drawbridge_shards_held", ""] == 64


def test_the_process_is_alive_and_ready(proxied: Proxied) -> None:
    assert all(json.loads(told) == {"alive": True} for told in _read(proxied, "/healthz"))
    for told in map(json.loads, _read(proxied, "/readyz")):
        assert told["ready"] is True
        assert set(told["checks"].values()) == {"ok"}
