"""Attacks: each is refused, nothing reaches the exchange, and it stands in the log.

Scenarios 80 and 82. The table stands in `attacks.py`.
"""

from pathlib import Path

import pytest

from drawbridge.core.operations import GetBalances
from tests.entrypoints.proxy.attacks import BOTH, TRIES, Try
from tests.kit.ford import Ford, ford, written


@pytest.mark.parametrize("exchange_id", BOTH)
@pytest.mark.parametrize("kind", TRIES)
async def test_each_attack_is_refused_reaches_nobody_and_is_told(
    tmp_path: Path, kind: str, exchange_id: str
) -> None:
    async with ford(tmp_path, exchange_id) as at:
        for tried in TRIES[kind]:
            if exchange_id in tried.exchanges:
                await _attack(at, tried)


async def _attack(at: Ford, tried: Try) -> None:
    own, other = await at.virtual_key(), await at.virtual_key()
    # What is asked once and kept is asked now: markets and the exchange's clock.
    assert at.read(await at.ask(at.signed(own, GetBalances()))) is None, tried.name
    if tried.first is not None:
        assert at.read(await at.say(tried.first(at, own, other))) is None, tried.name
    arrived, known = at.arrived, len(await at.crossings())
    answer = await at.say(tried.attack(at, own, other))
    assert answer.status >= 400 or at.read(answer) is not None, tried.name
    assert at.arrived == arrived, tried.name
    told = (await at.crossings())[known:]
    assert {row["outcome"] for row in told} == {"refused"}, tried.name
    assert all(row["code"] for row in told), tried.name
    tags = [str(row["tag"]) for row in await at.setting.rows("audit_events")]
    assert "virtual_keys:request:refused" in tags, tried.name
    # Limits of the exchange are no matter of these tests.
    at.setting.clock.advance(60_000)


@pytest.mark.parametrize("exchange_id", BOTH)
async def test_headers_of_a_bot_mean_nothing_behind_us(tmp_path: Path, exchange_id: str) -> None:
    async with ford(tmp_path, exchange_id) as at:
        own = await at.virtual_key()
        raw = written(at.signed(own, at.setting.order())).replace(
            b"Host: 127.0.0.1\r\n",
            b"Host: evil.example:8080\r\nX-HTTP-Method-Override: DELETE\r\n"
            b"X-Forwarded-Host: evil.example\r\nCookie: a=b\r\nProxy-Connection: keep-alive\r\n",
        )
        assert at.read(await at.say(raw)) is None
        head = at.setting.server.visits[-1].head.lower()
        for planted in (b"evil", b"override", b"cookie", b"proxy-connection"):
            assert planted not in head


def test_there_are_enough_of_them() -> None:
    names = [it.name for tries in TRIES.values() for it in tries]
    assert len(names) >= 60
    assert len(set(names)) == len(names)
