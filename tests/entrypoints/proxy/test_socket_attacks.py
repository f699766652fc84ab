"""Attacks over sockets: each is refused, and nothing of it reaches the exchange.

Scenarios 80, 82 and 84. The table stands in `socket_attacks.py`.
"""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from drawbridge.gateway.bot_streams import hub
from tests.entrypoints.proxy.socket_attacks import API, LISTEN, TRIES, Try, signed, was_told_yes
from tests.kit.socket_ford import SocketFord, socket_ford
from tests.kit.stream_house import HERE, until

EXCHANGES = ("binance", "kraken")


@pytest.mark.parametrize("exchange_id", EXCHANGES)
async def test_each_attack_over_a_socket_is_refused_and_reaches_nobody(
    tmp_path: Path, exchange_id: str
) -> None:
    async with socket_ford(tmp_path, exchange_id) as at:
        for tried in TRIES:
            if tried.exchange == exchange_id:
                await _attack(at, tried)


async def _attack(at: SocketFord, tried: Try) -> None:
    own = await at.virtual_key()
    other = await at.virtual_key(key_id=await at.house.new_key())
    known = len(await at.crossings())
    told = await tried.attack(at, own, other)
    at.house.ring.is_locked = False
    assert not was_told_yes(told), tried.name
    assert await at.rows("orders") == [], tried.name
    noted = [row for row in (await at.crossings())[known:] if row["code"]]
    if tried.code:
        last = noted[-1]
        assert (last["outcome"], last["code"]) == ("refused", tried.code), tried.name


async def test_a_virtual_key_has_so_many_sockets_and_no_more(tmp_path: Path) -> None:
    async with socket_ford(tmp_path, "binance") as at:
        made = await at.virtual_key()
        # Counted as if they were there: as many sockets would take their time.
        others = Counter({made.virtual.id: hub.MOST_OF_A_KEY})
        at.sockets.of_keys.update(others)
        async with at.bot(API) as bot:
            told = await bot.ask(id=1, method=LISTEN, params=signed(at, made))
            assert not was_told_yes(told)
        at.sockets.of_keys.subtract(others)
        async with at.bot(API) as bot:
            again = signed(at, made, recvWindow=50_000)
            assert was_told_yes(await bot.ask(id=1, method=LISTEN, params=again))


async def test_a_page_of_somebody_else_opens_no_socket(tmp_path: Path) -> None:
    async with socket_ford(tmp_path, "binance") as at:
        await _refused(at, 501, origin=Origin("https://evil.example"))
        own = Origin(f"http://{HERE}:{at.port}")
        async with connect(f"ws://{HERE}:{at.port}/ws", origin=own):
            pass


async def test_many_who_hammer_with_wrong_log_ins_are_cut_off_and_others_notice_nothing(
    tmp_path: Path,
) -> None:
    async with socket_ford(tmp_path, "binance") as at:
        made = await at.virtual_key()
        async with at.bot("/ws/btcusdt@ticker") as quiet, at.bot(API) as bad:
            for _ in range(2_100):
                await bad.say(id=1, method="ping")
            assert await bad.ended() == 1008
            await quiet.hear_of(e="24hrTicker")
            async with at.bot(API) as good:
                told = await good.ask(id=1, method=LISTEN, params=signed(at, made))
                assert was_told_yes(told)


async def test_who_goes_without_a_word_is_let_go_of(tmp_path: Path) -> None:
    async with socket_ford(tmp_path, "binance") as at:
        async with at.bot("/ws/btcusdt@ticker") as bot:
            await bot.hear()
            bot.socket.transport.abort()
            await until(lambda: not len(at.sockets), "the socket is let go")
        await until(lambda: not at.house.hub.connections, "so is the exchange's line")


async def _refused(at: SocketFord, status: int, **how: Any) -> None:  # noqa: ANN401  how a client opens
    with pytest.raises(InvalidStatus) as refused:
        async with asyncio.timeout(5), connect(f"ws://{HERE}:{at.port}/ws", **how):
            pass
    assert refused.value.response.status_code == status


def test_there_are_enough_of_them() -> None:
    names = [it.name for it in TRIES]
    assert len(names) >= 30
    assert len(set(names)) == len(names)
