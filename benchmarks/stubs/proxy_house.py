"""A house with one real key and one virtual key, serving bots: the product's side of `proxy.py`.

Run as `python -m benchmarks.stubs.proxy_house FOLDER UPSTREAM_PORT PROXY_PORT [COUNT]`; so many
more virtual keys, each with an end of its own, stand in `bots.json` of the folder. An exchange's
limits would stop every measurement after a moment; here they are raised, so that each request is
charged and none is kept waiting.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.fanout import unreached_limits
from drawbridge.app.bridge import Bridge
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import entropy
from drawbridge.app.gateway_process import Beside, run
from drawbridge.app.lifetime import run_process
from drawbridge.app.settings import Settings
from drawbridge.catalogue.registry import get_exchange
from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import Scope
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.proxy.hosting import serve_bots
from drawbridge.sealing.envelope import seal
from drawbridge.vault.keyholder import KeyHolder
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.vault.unlock import Wish as VaultWish
from drawbridge.vault.unlock import read_vault_key
from drawbridge.virtual_keys import store
from drawbridge.virtual_keys.issue import binding_of, issue
from drawbridge.virtual_keys.model import VirtualKey, VirtualKeyId
from drawbridge.virtual_keys.restrictions import Expiry
from drawbridge.virtual_keys.service import Made, VirtualKeys
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.holding import held_here
from tests.kit.house import OWNER, PASSWORD
from tests.kit.proxied import NobodyElse

EXCHANGE: Final = "binance"
SYMBOL: Final = "BTC/USDT"
# What is judged without a price: every order is held against all of these.
_WISH: Final = Wish(
    scopes=("read", "trade_spot"),
    pairs=(SYMBOL, "ETH/USDT"),
    sides=("buy", "sell"),
    order_types=("limit",),
    addresses=("127.0.0.0/8",),
)


def main() -> int:
    """Serve until the parent ends."""
    folder, upstream, port = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    paper, proxy = f"127.0.0.1:{upstream}", f"127.0.0.1:{port}"
    serve(Settings(folder, paper=paper, proxy=proxy), serve_bots, sum(map(int, sys.argv[4:])))
    return 0


def serve(settings: Settings, serving: Beside, more: int = 0) -> None:
    """Serve in that way until the parent ends, with so many more virtual keys."""
    made = asyncio.run(_furnished(settings, more))
    secret = made.drawn.api_secret.reveal()
    key = {"api_key": made.drawn.api_key, "api_secret": secret}

    @asynccontextmanager
    async def beside(settings: Settings, bridge: Bridge) -> AsyncIterator[Mapping[str, object]]:
        async with serving(settings, bridge) as told:
            yield {**told, "key": key}

    with unreached_limits(get_exchange(EXCHANGE)):
        work = partial(run, settings, with_parent=True, beside=beside)
        run_process("gateway", work, carries_orders=True)


async def _furnished(settings: Settings, more: int) -> Made:
    """Furnish the house before its process starts: an owner, a vault, and keys."""
    async with open_house(settings) as opened:
        house = held_here(opened)
        owner = await house.accounts.create_owner(OWNER, Secret(PASSWORD), first=True)
        holder = KeyHolder(house.database, house.clock, settings.vault_key)
        await holder.start()
        await house.door.ask(owner.id, VaultWish.CREATE, None)
        await holder.answer()
        made = await _virtual_key(house, owner.id)
        if more:
            await _more(house, made.virtual, more)
        await holder.stop()
        return made


async def _virtual_key(house: House, owner: str) -> Made:
    fields = {"api_key": "K" * 64, "api_secret": "s" * 64}
    added = await house.vault.add(owner, EXCHANGE, "paper", fields)
    standing = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
    await house.vault.record_verdict(added.key.id, standing)
    public_key = partial(read_vault_key, house.database)
    keys = VirtualKeys(house.database, house.clock, entropy, public_key, NobodyElse())
    return await keys.make(owner, added.key.id, _WISH)


async def _more(house: House, like: VirtualKey, count: int) -> None:
    """Make many virtual keys like one, in one transaction, and write down what bots are given."""
    public_key, told = await read_vault_key(house.database), []
    async with house.database.transaction() as tx:
        for number in range(count):
            issued = issue(get_exchange(EXCHANGE), entropy)
            public, name = issued.drawn.api_key, VirtualKeyId(f"vk_more{number}")
            held = (*like.restrictions, Expiry(house.clock.now_ms() + DAY_MS + number))
            label = f"more {number}"
            virtual = replace(like, id=name, label=label, public=public, restrictions=held)
            sealed = {
                field: seal(public_key, secret, binding_of(virtual, field))
                for field, secret in issued.kept.items()
            }
            await store.insert(tx, virtual, sealed)
            told.append({"api_key": public, "api_secret": issued.drawn.api_secret.reveal()})
    (house.settings.data / "bots.json").write_text(json.dumps(told))


if __name__ == "__main__":
    sys.exit(main())
