"""The vault gets a new key while bots trade: nobody notices, and the old one is destroyed."""

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from drawbridge.sealing.keyring import Keyring
from drawbridge.vault.rotations import find_rotation
from drawbridge.vault.unlock import read_vault_key
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import until
from tests.kit.processes import drawbridge
from tests.kit.proxied import Proxied
from tests.kit.trading_bot import MARKETS, TradingBot, all_traded

_FEW: Final = 3
# Slowly enough for every exchange's limits of orders.
_PAUSE_MS: Final = 250


def _bot(bridge: Proxied, exchange_id: str) -> TradingBot:
    key = bridge.real_key(exchange_id, "account")
    fields = bridge.virtual_key(key, Wish(scopes=("trade_spot",))).fields
    return TradingBot(exchange_id, fields, _urls(bridge, exchange_id), _PAUSE_MS)


async def _told(bridge: Proxied, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
    environment = bridge.town.settings.environment()
    run: Callable[[], Any] = partial(drawbridge, *arguments, "--json", environment=environment)
    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


async def _story(bridge: Proxied, bots: list[TradingBot]) -> None:
    before = (await read_vault_key(bridge.house.database)).data

    async def is_resealed() -> bool:
        found = await find_rotation(bridge.house.database)
        return found is not None and found.resealed_ms is not None

    async with asyncio.TaskGroup() as trading:
        for bot in bots:
            trading.create_task(bot.run())
        await all_traded(bots, _FEW)
        told = await _told(bridge, "vault", "rotate")
        assert told["rotation"]["destroyed_ms"] is None
        await all_traded(bots, _FEW)
        await until(is_resealed, "everything is sealed to the new key")
        status = await _told(bridge, "vault", "status")
        # Two fields of each real key, and one of each virtual key.
        assert status["rotation"]["resealed"] == 3 * len(bots)
        assert status["rotation"]["damaged"] == 0
        told = await _told(bridge, "vault", "destroy-old-key", "--yes")
        assert told["rotation"]["destroyed_ms"] is not None
        await all_traded(bots, _FEW)
        for bot in bots:
            bot.has_to_stop = True
    ring = await asyncio.to_thread(Keyring.load, bridge.town.settings.vault_key, None)
    assert ring.older == ()
    assert ring.public.data == (await read_vault_key(bridge.house.database)).data != before


def test_bots_trade_on_while_the_vault_gets_a_new_key_and_after_the_old_one_is_gone(
    bridge: Proxied,
) -> None:
    """Scenario 32."""
    bots = [_bot(bridge, exchange_id) for exchange_id in MARKETS]
    bridge.runner.run(_story(bridge, bots))
    # What memory held is gone with the process: the next one opens by the new key alone.
    bridge.process.stop()
    bridge.process = bridge.town.proxy()
    again = [
        TradingBot(bot.exchange_id, bot.fields, _urls(bridge, bot.exchange_id), _PAUSE_MS)
        for bot in bots
    ]

    async def trade() -> None:
        async with asyncio.TaskGroup() as trading:
            for bot in again:
                trading.create_task(bot.run())
            await all_traded(again, _FEW)
            for bot in again:
                bot.has_to_stop = True

    bridge.runner.run(trade())


def _urls(bridge: Proxied, exchange_id: str) -> Any:  # noqa: ANN401  as ccxt takes them
    return bridge.exchanges[exchange_id]["ccxt_urls"]
