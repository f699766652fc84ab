"""A key may have leaked: one command ends all use of it, and tells what somebody else did with it.

Scenarios 38, 75 and 84, through real processes: the gateway with robots' and bots' roads, the paper
exchange, the command line.
"""

import asyncio
import contextlib
import json
from collections.abc import Iterator
from typing import Any, Self

import ccxt.async_support as ccxt
import pytest

from drawbridge.core.operations import Scope
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.virtual_keys.wishes import Wish
from tests.kit.house import until
from tests.kit.processes import drawbridge
from tests.kit.proxied import Fields, Proxied, found_proxied

EXCHANGE, PAIR = "kraken", "BTC/USD"
FAR_BELOW, LITTLE = 5_000, 0.01
_FIELDS = ("api_key", "api_secret")


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    with found_proxied(tmp_path_factory.mktemp("burning")) as standing:
        yield standing


def _run(bridge: Proxied, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
    done = drawbridge(*arguments, "--json", environment=bridge.town.settings.environment())
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _client(urls: object, fields: Fields) -> Any:  # noqa: ANN401  ccxt has no types
    given = {"apiKey": fields["api_key"], "secret": fields["api_secret"], "urls": urls}
    return getattr(ccxt, EXCHANGE)({**given, "enableRateLimit": False})


class Burning:
    """A key with a bot before it, and a thief who has the key itself."""

    def __init__(self, bridge: Proxied) -> None:
        self.bridge = bridge
        self.secrets = bridge.paper.key(EXCHANGE)
        self.thief = _client(bridge.paper.exchanges[EXCHANGE]["ccxt_urls"], self.secrets)

    async def __aenter__(self) -> Self:
        house, fields = self.bridge.house, {it: self.secrets[it] for it in _FIELDS}
        added = await house.vault.add(self.bridge.owner, EXCHANGE, "paper", fields)
        standing = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
        self.key = await house.vault.record_verdict(added.key.id, standing)
        wish = Wish(scopes=("trade_spot",))
        made = await self.bridge.virtual_keys.make(self.bridge.owner, self.key.id, wish)
        drawn = made.drawn
        given = {"api_key": drawn.api_key, "api_secret": drawn.api_secret.reveal()}
        self.bot = _client(self.bridge.exchanges[EXCHANGE]["ccxt_urls"], given)
        return self

    async def __aexit__(self, *_: object) -> None:
        # Both stories are of one account.
        await self.thief.cancel_all_orders()
        await self.bot.close()
        await self.thief.close()

    async def order(self, client: Any) -> str:  # noqa: ANN401  ccxt has no types
        """Place an order that rests, and give its name."""
        placed = await client.create_order(PAIR, "limit", "buy", LITTLE, FAR_BELOW)
        return str(placed["id"])

    async def open_orders(self) -> set[str]:
        """Ask the exchange, as the thief can."""
        return {str(it["id"]) for it in await self.thief.fetch_open_orders(PAIR)}

    async def command(self, *arguments: str) -> Any:  # noqa: ANN401  whatever JSON it printed
        """Type a command."""
        return await asyncio.to_thread(_run, self.bridge, *arguments)

    async def are_left(self, orders: set[str]) -> None:
        """Wait until these alone are open."""

        async def found() -> bool:
            # The exchange refuses a nonce below the thief's last: who asks all the time would keep
            # our own requests under the same key from being taken.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), timeout=1)
            return await self.open_orders() == orders

        await until(found, "the others are cancelled")


async def _leaked(bridge: Proxied) -> None:
    async with Burning(bridge) as it:
        ours, theirs = await it.order(it.bot), await it.order(it.thief)
        assert await it.open_orders() == {ours, theirs}
        told = await it.command("panic", "--key", it.key.id, "--cancel-orders", "--yes")
        assert [key["id"] for key in told["keys"]] == [it.key.id]
        with pytest.raises(ccxt.ExchangeError):
            await it.bot.fetch_balance()
        with pytest.raises(ccxt.ExchangeError):
            await it.order(it.bot)
        # Ours alone is cancelled: what somebody else placed is told of, and not touched.
        await it.are_left({theirs})
        report = await it.command("key", "leak-report", it.key.id, "--since", "1h")
        assert report["answered_ms"] is not None
        assert report["gaps"] == []
        foreign = [deed for deed in report["deeds"] if not deed["through_us"]]
        assert [(deed["kind"], deed["name"]) for deed in foreign] == [("order", theirs)]
        kinds = {deed["kind"] for deed in report["deeds"] if deed["through_us"]}
        assert kinds >= {"event", "order"}


def test_one_command_ends_all_use_of_a_key_and_tells_what_a_thief_did(bridge: Proxied) -> None:
    """Scenario 38."""
    bridge.runner.run(_leaked(bridge))


async def _breached(bridge: Proxied) -> None:
    async with Burning(bridge) as it:
        ours, theirs = await it.order(it.bot), await it.order(it.thief)
        told = await it.command("panic", "--exchange", EXCHANGE, "--cancel-orders", "--yes")
        [key] = told["keys"]
        assert (key["id"], key["orders"]) == (it.key.id, 1), ours
        with pytest.raises(ccxt.ExchangeError):
            await it.bot.fetch_balance()
        await it.are_left({theirs})
        [notice, *_] = await it.command("notice", "list")
        assert notice["kind"] == "key_frozen"
        assert (await it.command("panic", "--all", "--yes"))["keys"] == []


def test_an_exchange_that_is_breached_is_frozen_by_one_command(bridge: Proxied) -> None:
    """Scenario 75: in far less than a minute, owners told, a report given."""
    bridge.runner.run(_breached(bridge))
