"""Keys that follow their own account: what they show, to whom, and for how long."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, cast

import pytest

from drawbridge.core.errors import DrawbridgeError, ExchangeDown, Forbidden, OutcomeUnknown
from drawbridge.core.operations import GetBalances, GetStreamToken, Operation, StreamToken
from drawbridge.core.streams import Topic, TopicKind
from drawbridge.gateway.crossing import Gateway
from drawbridge.gateway.parties import Anyone, Holder, Party
from drawbridge.gateway.policy import Purpose
from drawbridge.vault.model import KeyStatus
from drawbridge.wire.stream import KeptStream
from tests.kit.stream_house import (
    BEGAN,
    LOST,
    PAPER,
    RESUMED,
    StreamHouse,
    first,
    stream_house,
    until,
    within,
)

ORDERS = Topic(TopicKind.ORDERS)
WITH_TOKENS = ("binance_futures", "kraken", "kucoin")
STRANGE = ("", 'a","topic":"/other', "a\nb", "a b", "é", "x" * 5_000, "back\\slash")


@pytest.fixture
async def house(tmp_path: Path, exchange_id: str) -> AsyncIterator[StreamHouse]:
    async with stream_house(tmp_path, exchange_id) as it:
        yield it


def stream_of(house: StreamHouse) -> KeptStream:
    assert house.exchange.stream is not None
    return house.exchange.stream


def tokens_of(house: StreamHouse) -> dict[str, Any]:
    return house.world.stream_tokens._shelf._tokens  # noqa: SLF001 - the one way to see which were drawn


@pytest.mark.parametrize("exchange_id", ["binance", *WITH_TOKENS])
async def test_no_token_and_no_signature_is_ever_told(
    house: StreamHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key_id = await house.new_key()
    async with aclosing(house.streams.follow_key(key_id, ORDERS)) as following:
        assert await within(anext(following)) == BEGAN
        tokens = list(tokens_of(house))
        assert bool(tokens) == (house.exchange.id in WITH_TOKENS)
        await house.revoke(key_id)
        with pytest.raises(DrawbridgeError) as ended:
            await first(following, lambda _: False)
    # The server of the paper exchange stands in this process as well and tells what it likes.
    ours = [it for it in caplog.records if not it.name.startswith("uvicorn")]
    told = "\n".join([*(it.getMessage() for it in ours), repr(ended.value), str(ended.value)])
    assert not [token for token in tokens if token in told]
    assert "signature" not in told


@pytest.mark.parametrize("exchange_id", ["kucoin"])
@pytest.mark.parametrize("text", STRANGE)
async def test_a_token_that_could_say_more_than_itself_is_not_used(
    house: StreamHouse, text: str
) -> None:
    class Careless:
        """An exchange that draws any token."""

        async def call_public(self, *_: object) -> StreamToken:
            return StreamToken(text, 1)

        async def call(self, *_: object, **__: object) -> StreamToken:
            return StreamToken(text, 1)

        async def may_listen(self, _: str) -> None:
            return None

        def secret_of(self, _: str) -> int:
            return 0

    gateway, place = cast("Gateway", Careless()), (house.exchange.id, PAPER)
    parties: list[Party] = [
        Anyone(gateway, place, stream_of(house)),
        Holder(gateway, place, stream_of(house), "key", 10),
    ]
    for party in parties:
        with pytest.raises(OutcomeUnknown, match="unreadable_answer"):
            await party.address(b"/endpoint?token={token}")


@pytest.mark.parametrize("exchange_id", ["binance_futures"])
async def test_the_token_of_an_address_is_kept_alive(house: StreamHouse) -> None:
    key_id = await house.new_key()
    place = (house.exchange.id, PAPER)
    holder = Holder(house.gateway, place, stream_of(house), key_id, 10)
    path, token = await holder.address(b"/private/ws?listenKey={token}")
    assert token is not None
    assert path == b"/private/ws?listenKey=" + token.token.encode()
    until_ms = tokens_of(house)[token.token].until_ms
    keeping = asyncio.create_task(holder.look_after(StreamToken(token.token, 40)))
    await until(lambda: tokens_of(house)[token.token].until_ms > until_ms, "it was kept alive")
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


@pytest.mark.parametrize("exchange_id", ["kucoin"])
async def test_everybodys_token_is_in_the_address_where_one_is_wanted(house: StreamHouse) -> None:
    anyone = Anyone(house.gateway, (house.exchange.id, PAPER), stream_of(house))
    path, token = await anyone.address(b"/endpoint?token={token}")
    assert token is not None
    assert path == b"/endpoint?token=" + token.token.encode()
    assert await anyone.address(b"/plain") == (b"/plain", None)


@pytest.mark.parametrize("exchange_id", ["bitfinex", "kraken"])
async def test_while_the_vault_is_locked_a_stream_waits(house: StreamHouse) -> None:
    key_id = await house.new_key()
    async with aclosing(house.streams.follow_key(key_id, ORDERS)) as following:
        assert await within(anext(following)) == BEGAN
        house.ring.is_locked = True
        house.hub.drop()
        assert LOST in await first(following, lambda told: LOST in told)
        with pytest.raises(Forbidden, match="vault_locked"):
            await house.gateway.call(key_id, GetBalances(), purpose=Purpose.READ)
        house.ring.is_locked = False
        await first(following, lambda told: RESUMED in told)


@pytest.mark.parametrize("exchange_id", ["kraken"])
async def test_a_key_that_may_not_be_used_follows_nothing(house: StreamHouse) -> None:
    key_id = await house.new_key()
    for status in (KeyStatus.DISABLED, KeyStatus.INVALID, KeyStatus.UNVERIFIED):
        await house.change(key_id, status)
        with pytest.raises(Forbidden, match="key_not_usable"):
            await anext(house.streams.follow_key(key_id, ORDERS))
        with pytest.raises(Forbidden, match="key_not_usable"):
            await house.gateway.may_listen(key_id)
    assert house.hub.opened == 0


@pytest.mark.parametrize("exchange_id", ["kraken"])
async def test_a_purpose_that_listens_asks_for_nothing_but_tokens(house: StreamHouse) -> None:
    key_id = await house.new_key()
    operations: list[Operation[Any]] = [GetBalances(), GetStreamToken()]
    with pytest.raises(Forbidden, match="purpose_only_listens"):
        await house.gateway.call(key_id, operations[0], purpose=Purpose.LISTEN)
    with pytest.raises(Forbidden, match="scope_never_allowed"):
        await house.gateway.call(key_id, operations[1], purpose=Purpose.READ)
    token = await house.gateway.call(key_id, GetStreamToken(), purpose=Purpose.LISTEN)
    assert token.token in tokens_of(house)


@pytest.mark.parametrize("exchange_id", ["binance"])
async def test_many_keys_follow_side_by_side(house: StreamHouse) -> None:
    keys = [await house.new_key() for _ in range(5)]
    following = [house.streams.follow_key(key_id, ORDERS) for key_id in keys]
    told = await within(asyncio.gather(*map(anext, following)))
    assert told == [BEGAN] * len(keys)
    assert house.hub.opened == len(keys)
    for it in following:
        await it.aclose()
    await until(lambda: not house.hub.connections, "all connections were closed")
    await house.streams.close()
    with pytest.raises(ExchangeDown, match="too_many_streams"):
        await anext(house.streams.follow_key(keys[0], ORDERS))
