"""The vault gets a new key while bots trade: nobody notices, and the old one is destroyed."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import ccxt.async_support
import pytest

from drawbridge.sealing.keyring import Keyring
from drawbridge.vault.rotations import find_rotation
from drawbridge.vault.unlock import read_vault_key
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import until
from tests.kit.processes import drawbridge
from tests.kit.proxied import Proxied, found_proxied

_MARKETS: Final = {"binance": "BTC/USDT", "kraken": "BTC/USD"}
_FEW: Final = 3


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[Proxied]:
    with found_proxied(tmp_path) as standing:
        yield standing


@dataclass
class _Bot:
    """An unmodified client that places and cancels orders until it is told to stop."""

    exchange_id: str
    settings: dict[str, Any]
    rounds: int = 0
    has_to_stop: bool = False

    async def run(self) -> None:
        """Trade; whatever the client raises ends the test."""
        # Slowly enough for every exchange's limits of orders.
        settings = {**self.settings, "enableRateLimit": True, "rateLimit": 250}
        client = getattr(ccxt.async_support, self.exchange_id)(settings)
        symbol = _MARKETS[self.exchange_id]
        try:
            await client.load_markets()
            price = float((await client.fetch_ticker(symbol))["last"]) / 2
            price = float(client.price_to_precision(symbol, price))
            while not self.has_to_stop:
                placed = await client.create_order(symbol, "limit", "buy", 0.001, price)
                await client.cancel_order(placed["id"], symbol)
                self.rounds += 1
        finally:
            await client.close()


def _bot(bridge: Proxied, exchange_id: str) -> _Bot:
    key = bridge.real_key(exchange_id, "account")
    fields = bridge.virtual_key(key, Wish(scopes=("trade_spot",))).fields
    proof = {"apiKey": fields["api_key"], "secret": fields["api_secret"]}
    return _Bot(exchange_id, {**proof, "urls": _urls(bridge, exchange_id)})


async def _told(bridge: Proxied, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
    environment = bridge.town.settings.environment()
    run: Callable[[], Any] = partial(drawbridge, *arguments, "--json", environment=environment)
    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def _traded(bots: list[_Bot]) -> None:
    before = [bot.rounds for bot in bots]

    async def enough() -> bool:
        pairs = zip(bots, before, strict=True)
        return all(bot.rounds >= rounds + _FEW for bot, rounds in pairs)

    await until(enough, "every bot traded")


async def _story(bridge: Proxied, bots: list[_Bot]) -> None:
    before = (await read_vault_key(bridge.house.database)).data

    async def is_resealed() -> bool:
        found = await find_rotation(bridge.house.database)
        return found is not None and found.resealed_ms is not None

    async with asyncio.TaskGroup() as trading:
        for bot in bots:
            trading.create_task(bot.run())
        await _traded(bots)
        told = await _told(bridge, "vault", "rotate")
        assert told["rotation"]["destroyed_ms"] is None
        await _traded(bots)
        await until(is_resealed, "everything is sealed to the new key")
        status = await _told(bridge, "vault", "status")
        # Two fields of each real key, and one of each virtual key.
        assert status["rotation"]["resealed"] == 3 * len(bots)
        assert status["rotation"]["damaged"] == 0
        told = await _told(bridge, "vault", "destroy-old-key", "--yes")
        assert told["rotation"]["destroyed_ms"] is not None
        await _traded(bots)
        for bot in bots:
            bot.has_to_stop = True
    ring = await asyncio.to_thread(Keyring.load, bridge.town.settings.vault_key, None)
    assert ring.older == ()
    assert ring.public.data == (await read_vault_key(bridge.house.database)).data != before


def test_bots_trade_on_while_the_vault_gets_a_new_key_and_after_the_old_one_is_gone(
    bridge: Proxied,
) -> None:
    """Scenario 32."""
    bots = [_bot(bridge, exchange_id) for exchange_id in _MARKETS]
    bridge.runner.run(_story(bridge, bots))
    # What memory held is gone with the process: the next one opens by the new key alone.
    bridge.process.stop()
    bridge.process = bridge.town.proxy()
    again = [
        _Bot(bot.exchange_id, {**bot.settings, "urls": _urls(bridge, bot.exchange_id)})
        for bot in bots
    ]

    async def trade() -> None:
        async with asyncio.TaskGroup() as trading:
            for bot in again:
                trading.create_task(bot.run())
            await _traded(again)
            for bot in again:
                bot.has_to_stop = True

    bridge.runner.run(trade())


def _urls(bridge: Proxied, exchange_id: str) -> Any:  # noqa: ANN401  as ccxt takes them
    return bridge.exchanges[exchange_id]["ccxt_urls"]
