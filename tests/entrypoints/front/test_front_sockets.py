"""Bots' sockets at the front: they begin anywhere, and end up where the account is."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.operations import GetStreamToken
from drawbridge.core.shards import SHARDS, shard_of
from drawbridge.entrypoints.edge.messages import Relayed
from drawbridge.entrypoints.edge.places import place_of
from drawbridge.vault.model import Venue
from drawbridge.virtual_keys.service import Made
from drawbridge.virtual_keys.wishes import Wish
from drawbridge.wire.http import WireRequest
from tests.entrypoints.proxy.socket_attacks import order, signed
from tests.gateway.setting import OWNER
from tests.kit.ford import trading
from tests.kit.front_ford import Fleet, found_fleet
from tests.kit.socket_ford import Bot, SocketFord, socket_ford
from tests.kit.stream_house import HERE, until

POLICY = 1008
AGAIN_LATER = 1012
API = "/ws-api/v3"


@dataclass
class At:
    """Bots' way through the front; the account is the second worker's."""

    fleet: Fleet
    front: SocketFord
    direct: SocketFord

    def mislead(self) -> None:
        """Let the next socket begin where the account is not."""
        mine = shard_of(self.direct.key_id)
        place = place_of(get_exchange(self.direct.house.exchange.id), Venue.PAPER)
        relayed = Relayed(place, b"", over_tls=False, address=HERE, request=WireRequest("GET", b""))
        self.fleet.routes.remember(relayed, (mine + 1) % SHARDS)

    async def token(self, made: Made) -> str:
        """Draw a token for streams, over the front."""
        return await replace(self.direct, bridge=self.fleet.workers[1].bridge).token(
            made, GetStreamToken()
        )

    def seen(self, number: int) -> list[bytes]:
        return [it.path for it in self.fleet.workers[number].door.seen]


At_ = Callable[[str], AbstractAsyncContextManager[At]]


@pytest.fixture
def standing(tmp_path: Path) -> At_:
    @asynccontextmanager
    async def found(exchange_id: str) -> AsyncIterator[At]:
        async with (
            socket_ford(tmp_path, exchange_id) as direct,
            found_fleet(tmp_path, direct.bridge, direct.sockets, exchange_id) as fleet,
        ):
            fleet.give(direct.key_id, to=1)
            at = At(fleet, replace(direct, port=fleet.port), direct)
            at.mislead()
            yield at

    return found


async def _listens(at: At, bot: Bot, made: Made) -> dict[str, Any]:
    params = signed(at.front, made)
    return await bot.ask(id=1, method="userDataStream.subscribe.signature", params=params)


async def test_a_path_without_streams_is_refused_before_there_is_a_socket(standing: At_) -> None:
    async with standing("binance") as at:
        with pytest.raises(InvalidStatus) as refused:
            async with at.front.bot("/nowhere"):
                pass
        with pytest.raises(InvalidStatus) as straight:
            async with at.direct.bot("/nowhere"):
                pass
    assert refused.value.response.body == straight.value.response.body


async def test_a_key_that_may_not_come_from_there_is_refused_where_the_account_is(
    standing: At_,
) -> None:
    """Scenario 81."""
    async with standing("binance") as at:
        made = await at.front.virtual_key(trading(addresses=("192.0.2.7",)))
        async with at.front.bot(API) as bot:
            assert (await _listens(at, bot, made))["status"] != 200
        assert {row["address"] for row in await at.direct.crossings()} == {HERE}


async def test_an_order_that_names_its_key_first_is_placed_where_the_account_is(
    standing: At_,
) -> None:
    async with standing("binance") as at:
        made = await at.front.virtual_key()
        async with at.front.bot(API) as bot:
            params = signed(at.front, made, **order())
            answer = await bot.ask(id=7, method="order.place", params=params)
            assert answer["status"] == 200, answer
            # And all that follows goes there too.
            params = signed(at.front, made, **order(newClientOrderId="second"))
            assert (await bot.ask(id=8, method="order.place", params=params))["status"] == 200
        assert len(await at.direct.rows("orders")) == 2
        assert (at.seen(0), at.seen(1)) == ([API.encode()], [API.encode()])


async def test_a_bot_is_greeted_once_though_its_socket_moved(standing: At_) -> None:
    async with standing("kraken") as at:
        made = await at.front.virtual_key()
        token = await at.token(made)
        async with at.front.bot("/ws-auth/v2") as bot:
            assert (await bot.hear())["channel"] == "status"
            params = {"channel": "executions", "snap_orders": True, "token": token}
            await bot.say(req_id=1, method="subscribe", params=params)
            told = await bot.hear()
            assert (told["req_id"], told["success"]) == (1, True)
            placed = await at.direct.house.buy(at.direct.key_id)
            while placed.order_id not in str(await bot.hear()):
                pass
        assert at.seen(1) == [b"/ws-auth/v2"]


async def test_a_token_in_the_address_leads_to_where_it_was_drawn(standing: At_) -> None:
    async with standing("kucoin") as at:
        made = await at.front.virtual_key()
        token = await at.token(made)
        async with at.front.bot(f"/endpoint?token={token}&connectId=1") as bot:
            told = await bot.hear()
            assert told["type"] == "welcome", told
        assert len(at.seen(1)) == 1


async def test_who_was_told_something_begins_anew_and_is_at_the_right_place_then(
    standing: At_,
) -> None:
    async with standing("binance") as at:
        made = await at.front.virtual_key()
        async with at.front.bot(API) as bot:
            assert (await bot.ask(id=1, method="time"))["status"] == 200
            await bot.say(id=2, method="order.place", params=signed(at.front, made, **order()))
            assert await bot.ended() == AGAIN_LATER
        assert await at.direct.rows("orders") == []
        async with at.front.bot(API) as bot:
            assert (await bot.ask(id=1, method="time"))["status"] == 200
            params = signed(at.front, made, **order())
            assert (await bot.ask(id=2, method="order.place", params=params))["status"] == 200
        assert len(await at.direct.rows("orders")) == 1


async def test_a_socket_ends_when_its_account_moves(standing: At_) -> None:
    async with standing("binance") as at:
        made = await at.front.virtual_key()
        async with at.front.bot(API) as bot:
            assert (await _listens(at, bot, made))["status"] == 200
            at.fleet.give(at.direct.key_id, to=0)
            assert await bot.ended() == AGAIN_LATER
        async with at.front.bot(API) as bot:
            assert (await _listens(at, bot, made))["status"] == 200


async def test_a_socket_ends_with_its_worker(standing: At_) -> None:
    async with standing("binance") as at:
        made = await at.front.virtual_key()
        async with at.front.bot(API) as bot:
            assert (await _listens(at, bot, made))["status"] == 200
            for line in at.fleet.workers[1].taking.lines:
                line.end(at_once=True)
            assert await bot.ended() == AGAIN_LATER


async def test_a_revoked_key_ends_its_sockets_through_the_front_too(standing: At_) -> None:
    """Scenario 84."""
    async with standing("binance") as at:
        made = await at.front.virtual_key()
        async with at.front.bot(API) as bot:
            assert (await _listens(at, bot, made))["status"] == 200
            await at.front.virtual_keys.revoke(OWNER, made.virtual.id)
            assert await bot.ended() == POLICY


async def test_what_many_may_hear_is_told_through_the_front(standing: At_) -> None:
    async with standing("binance") as at:
        async with at.front.bot("/ws/btcusdt@ticker") as bot:
            assert (await bot.hear_of(e="24hrTicker"))["s"] == "BTCUSDT"
        await until(lambda: not len(at.direct.sockets), "sockets are counted no more")
        await until(lambda: not at.fleet.door.passages, "nor at the front")
        lines = [it.taking.lines for it in at.fleet.workers]
        assert sum(map(len, lines)) <= len(lines)


async def test_where_nobody_has_the_account_a_socket_ends_to_come_back(standing: At_) -> None:
    async with standing("binance") as at:
        made = await at.front.virtual_key(Wish(scopes=("read",)))
        at.fleet.directory.addresses.pop(shard_of(at.direct.key_id))
        async with at.front.bot(API) as bot:
            await bot.say(
                id=1, method="userDataStream.subscribe.signature", params=signed(at.front, made)
            )
            assert await bot.ended() == AGAIN_LATER
