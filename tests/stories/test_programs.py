"""A program's whole way through the product's own processes, with the typed client."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pyotp
import pytest

from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.catalogue.registry import get_card
from drawbridge.client import Calling, Client, Refused, every
from drawbridge.core.clock import DAY_MS
from drawbridge.core.operations import Scope
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from tests.kit.house import ACCOUNT, Town, checked, create_owner, found_town, until
from tests.kit.planted import Planted
from tests.kit.processes import free_port

T = TypeVar("T")

EXCHANGE = "kraken"
_SCOPES = frozenset({Scope.READ, Scope.TRADE_SPOT})
_EVERYTHING = ("robots", "keys", "limits")


async def _fields(town: Town) -> dict[str, str]:
    """Make a key at the paper exchange, as a person would on its page."""
    wish = KeyWish(EXCHANGE, switches=switches_for(get_card(EXCHANGE), _SCOPES))
    at = Surroundings(SystemClock(), entropy)
    made = await make_key(town.paper.state, papered(), ACCOUNT, wish, at)
    assert made.api_secret is not None
    return {"api_key": made.api_key, "api_secret": made.api_secret.reveal()}


async def _enrolled(house: House, owner: str) -> pyotp.TOTP:
    totp = pyotp.TOTP((await house.accounts.enrol_second_factor(owner)).secret.reveal())
    # The step before: the code of this one is still to be used.
    now_s = house.clock.now_ms() // 1_000
    await house.accounts.confirm_second_factor(owner, totp.at(now_s - totp.interval))
    return totp


async def _ask(call: Callable[[], T]) -> T:
    return await asyncio.to_thread(call)


async def _forgotten(client: Client, planted: Planted, pid: int) -> None:
    """Search the pages' process; cycles go with the next collection, so it is kept busy."""
    left: list[str] = []

    async def gone() -> bool:
        left[:] = planted.in_memory(pid)
        await _ask(client.keys.list_keys)
        return not left

    try:
        await until(gone, "forgotten")
    except AssertionError:
        pytest.fail(f"still in the memory of the pages' process: {left}")


def test_the_pages_do_not_load_what_only_programs_need() -> None:
    code = "import sys, drawbridge.entrypoints.web.__main__; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"fastapi", "pydantic"}.isdisjoint(done.stdout.split())


async def test_a_program_adds_a_key_lets_a_robot_trade_and_is_gone_when_revoked(
    tmp_path: Path,
) -> None:
    with found_town(tmp_path) as town:
        town.settings = replace(town.settings, port=free_port())
        town.gateway()
        pages = town.start("drawbridge.entrypoints.web", ["--with-parent"])
        async with open_house(town.settings) as house:
            owner = await create_owner(house)
            totp = await _enrolled(house, owner)
            token, text = await house.tokens.make(owner, "Program", _EVERYTHING, DAY_MS)
            client = Client(Calling(str(pages.ready["address"]), text.reveal()))
            assert (await _ask(client.me.get_vault))["status"] == "open"

            fields = await _fields(town)
            planted = Planted({"secret": fields["api_secret"]})
            added = await _ask(
                lambda: client.keys.add_key(
                    {"exchange": EXCHANGE, "fields": fields, "code": totp.now()}
                )
            )
            key = added["key"]["id"]

            await checked(house, key)
            assert (await _ask(lambda: client.keys.get_key(key)))["status"] == "enabled"
            await _forgotten(client, planted, pages.pid)

            made = await _ask(
                lambda: client.robots.create_robot(
                    {
                        "key": key,
                        "symbol": "BTC/USD",
                        "amount": "100",
                        "strategy": "dca",
                    },
                    idempotency_key="the-one-robot",
                )
            )
            await _ask(lambda: client.robots.start_robot(made["id"]))

            async def traded() -> bool:
                return bool(await house.orders.fills_of(f"robot:{made['id']}"))

            await until(traded, "the robot's order was filled")
            trades = client.robot_reports.list_robot_trades
            told = await _ask(lambda: list(every(trades, made["id"])))
            assert {it["side"] for it in told} == {"buy"}
            await _ask(lambda: client.limits.stop({"stop_robots": True, "on_stop": "keep"}))
            assert (await _ask(client.limits.get_stop))["is_stopped"]
            await house.tokens.revoke(owner, token.id)
            with pytest.raises(Refused, match="token_wrong"):
                await _ask(client.me.get_me)
