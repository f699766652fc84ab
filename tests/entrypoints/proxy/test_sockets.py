"""Bots' sockets at the proxy: shared by who looks, proven by who listens, ended in time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drawbridge.vault.model import KeyStatus
from drawbridge.virtual_keys.service import Made
from drawbridge.virtual_keys.wishes import Wish
from tests.entrypoints.proxy.socket_attacks import order, signed
from tests.gateway.setting import OWNER
from tests.kit.ford import READS, trading
from tests.kit.house import until as within_reason
from tests.kit.socket_ford import Bot, SocketFord, socket_ford
from tests.kit.stream_house import until

POLICY = 1008
AGAIN_LATER = 1012


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[SocketFord]:
    async with socket_ford(tmp_path, "binance") as standing:
        yield standing


@pytest.fixture
async def kraken(tmp_path: Path) -> AsyncIterator[SocketFord]:
    async with socket_ford(tmp_path, "kraken") as standing:
        yield standing


async def listening(at: SocketFord, bot: Bot, made: Made) -> dict[str, Any]:
    method = "userDataStream.subscribe.signature"
    return await bot.ask(id=1, method=method, params=signed(at, made))


async def followed(at: SocketFord) -> None:
    """Wait until the account is followed at the exchange, so that nothing more is on its way."""
    await until(lambda: any(it.kind.is_private for it in at.house.hub.topics), "nobody listens")


async def test_many_bots_share_one_subscription_at_the_exchange(at: SocketFord) -> None:
    async with at.bot("/ws/btcusdt@ticker") as first, at.bot("/ws/btcusdt@ticker") as second:
        told = [await bot.hear_of(e="24hrTicker") for bot in (first, second)]
        assert {it["s"] for it in told} == {"BTCUSDT"}
        assert at.house.hub.opened == 1
    await until(lambda: not at.house.hub.connections, "the exchange's line is let go")


async def test_a_newcomer_is_told_at_once_how_things_stand(at: SocketFord) -> None:
    async with at.bot("/ws/btcusdt@depth20") as first:
        book = await first.hear()
        assert float(book["bids"][0][0]) < float(book["asks"][0][0])
        async with at.bot("/ws/btcusdt@depth20") as second:
            assert len((await second.hear())["bids"]) == 20
    assert at.house.hub.opened == 1


async def test_a_bot_hears_of_its_account_with_its_virtual_key(at: SocketFord) -> None:
    """Scenario 78: the exchange sees the real key alone."""
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot:
        assert (await listening(at, bot, made))["status"] == 200
        await followed(at)
        await at.house.buy(at.key_id)
        while (told := await bot.hear())["event"]["e"] != "executionReport":
            pass
        assert told["event"]["s"] == "BTCUSDT"
    seen = {connection.key.key for connection in at.house.hub.connections if connection.key}
    assert seen == {at.house.keys[at.key_id]}


async def test_an_order_over_a_socket_is_journalled_and_known_by_its_virtual_key(
    at: SocketFord,
) -> None:
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot:
        params = signed(at, made, **order())
        answer = await bot.ask(id=7, method="order.place", params=params)
        assert answer["status"] == 200, answer
    [row] = await at.rows("orders")
    assert row["origin"] == made.virtual.origin
    assert row["client_order_id"] == answer["result"]["clientOrderId"]
    crossing = (await at.crossings())[-1]
    assert (crossing["endpoint"], crossing["outcome"]) == ("ws_order_place", "passed")
    assert (crossing["owner"], crossing["virtual_id"]) == (OWNER, made.virtual.id)


async def test_what_was_placed_before_is_there_when_it_is_cancelled(at: SocketFord) -> None:
    """A client may cancel by its own id without waiting for the answer to its order."""
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot:
        placed = signed(at, made, **order(newClientOrderId="mine"))
        ended = signed(at, made, symbol="BTCUSDT", origClientOrderId="mine")
        await bot.say(id=1, method="order.place", params=placed)
        await bot.say(id=2, method="order.cancel", params=ended)
        answers = [await bot.hear(), await bot.hear()]
    assert {it["id"]: it["status"] for it in answers} == {1: 200, 2: 200}


async def test_orders_at_once_over_sockets_cannot_slip_past_a_limit_together(
    at: SocketFord,
) -> None:
    """Scenario 81."""
    made = await at.virtual_key(trading(day_turnover="500 USDT"))
    async with at.bot("/ws-api/v3") as bot:
        for number in range(8):
            params = signed(at, made, **order(newClientOrderId=f"o{number}"))
            await bot.say(id=number, method="order.place", params=params)
        answers = [await bot.hear() for _ in range(8)]
    assert sum(it["status"] == 200 for it in answers) == 2
    assert len(await at.rows("orders")) == 2


async def test_a_key_that_only_reads_is_refused_an_order_over_a_socket(at: SocketFord) -> None:
    """Scenario 79."""
    made = await at.virtual_key(READS)
    async with at.bot("/ws-api/v3") as bot:
        params = signed(at, made, **order())
        answer = await bot.ask(id=1, method="order.place", params=params)
    assert (answer["status"], answer["error"]["code"]) == (401, -2015)
    assert await at.rows("orders") == []
    assert (await at.crossings())[-1]["rule"] == "scopes"


@pytest.mark.parametrize("how", ["revoked", "narrowed", "locked", "switched off"])
async def test_an_open_socket_ends_within_a_second_of_losing_its_right(
    at: SocketFord, how: str
) -> None:
    """Scenario 84."""
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot:
        assert (await listening(at, bot, made))["status"] == 200
        loop = asyncio.get_running_loop()
        began = loop.time()
        if how == "revoked":
            await at.virtual_keys.revoke(OWNER, made.virtual.id)
        elif how == "narrowed":
            elsewhere = Wish(addresses=("192.0.2.0/24",))
            await at.virtual_keys.narrow(OWNER, made.virtual.id, elsewhere)
        elif how == "locked":
            at.house.ring.is_locked = True
        else:
            await at.house.change(at.key_id, KeyStatus.DISABLED)
        assert await bot.ended() == POLICY
        assert loop.time() - began < 1
    assert (await at.crossings())[-1]["endpoint"] == "ws_ended"


async def test_an_open_socket_ends_when_its_virtual_key_does(at: SocketFord) -> None:
    now_ms = at.house.clock.now_ms()
    made = await at.virtual_key(replace(READS, expires_ms=now_ms + 30_000))
    async with at.bot("/ws-api/v3") as bot:
        assert (await listening(at, bot, made))["status"] == 200
        assert await bot.ended() == POLICY


async def test_narrowed_holds_for_the_next_order_over_an_open_socket(at: SocketFord) -> None:
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot:
        assert (await listening(at, bot, made))["status"] == 200
        await at.virtual_keys.narrow(OWNER, made.virtual.id, Wish(largest_order="10 USDT"))
        params = signed(at, made, **order())
        await bot.say(id="late", method="order.place", params=params)
        assert (await bot.hear_of(id="late"))["status"] != 200
    assert await at.rows("orders") == []


async def test_a_lost_line_to_the_exchange_is_told_by_the_end_of_the_socket(
    at: SocketFord,
) -> None:
    """What was missed cannot be made up for: a client begins anew, as after any lost line."""
    async with at.bot("/ws/btcusdt@trade") as bot:
        await bot.hear_of(e="trade")
        at.house.hub.drop()
        assert await bot.ended() == AGAIN_LATER


async def test_a_token_of_ours_opens_the_account_and_nothing_at_the_exchange(
    kraken: SocketFord,
) -> None:
    made = await kraken.virtual_key()
    token = await kraken.token(made)
    async with kraken.bot("/ws-auth/v2") as bot:
        params = {"channel": "executions", "snap_orders": True, "token": token}
        answer = await bot.ask(req_id=1, method="subscribe", params=params)
        assert answer["success"], answer
        placed = await kraken.house.buy(kraken.key_id)
        while placed.order_id not in str(await bot.hear()):
            pass
    now_ms = kraken.house.clock.now_ms()
    with pytest.raises(Exception, match="bad_key"):
        kraken.house.world.stream_tokens.key_of("kraken", token, now_ms)


async def test_what_ends_with_the_socket_was_asked_and_is_carried_out(at: SocketFord) -> None:
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot:
        params = signed(at, made, **order())
        await bot.say(id=1, method="order.place", params=params)

    async def found() -> bool | None:
        rows = await at.rows("orders")
        return [row["state"] for row in rows] == ["open"] or None

    await within_reason(found, "the order is there")


async def test_nothing_is_left_behind_when_all_are_gone(at: SocketFord) -> None:
    made = await at.virtual_key()
    async with at.bot("/ws-api/v3") as bot, at.bot("/ws/btcusdt@trade/btcusdt@depth"):
        assert (await listening(at, bot, made))["status"] == 200
        assert len(at.sockets) == 2
    await until(lambda: not len(at.sockets), "sockets are counted no more")
    await until(lambda: not at.house.hub.connections, "the exchange's lines are let go")
