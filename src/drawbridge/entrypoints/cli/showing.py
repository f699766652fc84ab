"""The steps of the demonstration, each through the same services that the pages use."""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

from drawbridge.app.asking import ask
from drawbridge.app.build import House, open_house
from drawbridge.app.clock import SystemClock, entropy
from drawbridge.app.settings import read_settings
from drawbridge.app.supervisor import Child, start_child
from drawbridge.catalogue.registry import get_card
from drawbridge.core.errors import Conflict, Corrupted, ExchangeDown
from drawbridge.core.ids import id_from
from drawbridge.core.money import plain
from drawbridge.core.operations import GetCandles, Scope
from drawbridge.core.secret import Secret, masked
from drawbridge.entrypoints.cli.checks import latest_check
from drawbridge.entrypoints.cli.output import print_line
from drawbridge.entrypoints.paper_server.hosting import papered
from drawbridge.paper.accounts import KeyWish, switches_for
from drawbridge.paper.keys import Surroundings, make_key
from drawbridge.paper.world import read_books
from drawbridge.robots.model import Plan, Robot, RobotStatus
from drawbridge.robots.running.deciding import turn_of
from drawbridge.robots.strategy import IN
from drawbridge.robots.wishes import Wish, read_plan
from drawbridge.trading.model import OwnOrder, missing_fills
from drawbridge.vault.model import KeyRecord, KeyStatus, Venue
from drawbridge.vault.unlock import VaultStatus, read_vault_state
from drawbridge.vault.unlock import Wish as VaultWish
from drawbridge.wording import formats
from drawbridge.wording.say import say, say_reason

A = TypeVar("A")

_LOOK_EVERY_S: Final = 0.1
_LONGEST_S: Final = 90
_SCOPES: Final = frozenset({Scope.READ, Scope.TRADE_SPOT})
# Which averages are tried, quick ones last: a market in which one of them is up is entered at
# once, so that nobody has to wait for the next turn.
_AVERAGES: Final = ((12, 26), (5, 20), (3, 10), (2, 5), (1, 3), (1, 2))
_MINUTE: Final = "1m"


class Showing:
    """One demonstration in one folder."""

    def __init__(self, folder: Path, exchange: str, amount: str, *, quiet: bool) -> None:
        """Show it on this exchange, spending this amount."""
        self._exchange = exchange
        self._amount = amount
        self._quiet = quiet
        self._paper = folder / "paper"
        self._settings = dataclasses.replace(read_settings(), data=folder / "app")
        self._clock = SystemClock()
        self._step = 0
        self._told: dict[str, object] = {}

    async def run(self) -> dict[str, object]:
        """Go the whole way and give what was done, as scripts read it."""
        async with self._process("drawbridge.entrypoints.paper_server", self._at()) as ready:
            site = str(ready["account_site"])
            self._say("paper", site=site)
            address = site.partition("://")[2]
            self._settings = dataclasses.replace(self._settings, paper=address)
            async with (
                self._process("drawbridge.app.gateway_process", ()),
                open_house(self._settings) as house,
            ):
                await self._whole_way(house)
            await self._prove()
        return self._told

    async def _whole_way(self, house: House) -> None:
        # A password nobody knows: this owner is never logged in as.
        password = Secret(id_from("p", entropy(20)))
        owner = (await house.accounts.create_owner("demo", password, first=True)).id
        await house.door.ask(owner, VaultWish.CREATE, None)
        await _until(lambda: _vault_open(house))
        self._say("vault")
        key = await self._key(house, owner)
        await self._robot(house, owner, key)

    async def _key(self, house: House, owner: str) -> KeyRecord:
        card = get_card(self._exchange)
        switches = switches_for(card, _SCOPES)
        wish = KeyWish(card.id, label="demo", switches=switches)
        made = await make_key(
            self._paper, papered(), "demo", wish, Surroundings(self._clock, entropy)
        )
        labels = sorted(it.label for it in card.permissions if it.api in switches)
        self._say("key", exchange=card.name, api_key=masked(made.api_key), switches=labels)
        fields = {"api_key": made.api_key}
        if made.api_secret:
            fields["api_secret"] = made.api_secret.reveal()
        if made.passphrase:
            fields["passphrase"] = made.passphrase.reveal()
        added = (await house.vault.add(owner, card.id, Venue.PAPER.value, fields)).key
        fields.clear()
        self._say("added", label=added.label)
        key = await _until(lambda: _checked(house, added))
        for step in await latest_check(house, key):
            facts, words = step["facts"], say(f"cli.step.{step['step']}")
            told = json.dumps(facts, ensure_ascii=False) if facts else ""
            self._line(f"     {step['state']:8} {words} {told}".rstrip())
        await self._show_orders(house, "check:1")
        if key.status is not KeyStatus.ENABLED:
            raise Conflict("demo_failed", told=say_reason(key.reason, key.facts))
        self._say("proven", label=key.label)
        self._told["key"] = {"label": key.label, "status": key.status, "scopes": key.scopes}
        return key

    async def _robot(self, house: House, owner: str, key: KeyRecord) -> None:
        plan = await self._rising(key)
        robot = await house.robots.create(owner, _wish_of(plan, self._amount))
        self._say(
            "robot",
            name=robot.name,
            strategy=say(f"robots.strategy.{plan.strategy}.name"),
            settings=[f"{name} {value}" for name, value in plan.settings.items()],
            market=plan.symbol,
            amount=plan.amount,
            currency=plan.quote,
        )
        await house.robots.start(owner, robot.id)
        order = await _until(lambda: _first_filled(house, robot))
        self._say("filled")
        await self._show_orders(house, robot.origin)
        await self._show_fills(house, robot)
        self._told["order"] = _told_order(order)
        await house.robots.stop(owner, robot.id)
        await _until(lambda: _stopped(house, robot))
        self._say("stopped")
        await self._show_orders(house, robot.origin, skip=1)

    async def _rising(self, key: KeyRecord) -> Plan:
        """Find a market in which crossing averages are up now, so that a robot enters at once.

        Raises: `ExchangeDown("demo_no_rise")` when no market rises for long.
        """
        return await _until(lambda: self._find_rising(key), "demo_no_rise")

    async def _find_rising(self, key: KeyRecord) -> Plan | None:
        for fast, slow in _AVERAGES:
            for market in get_card(self._exchange).paper_markets:
                settings: dict[str, object] = {"fast": fast, "slow": slow}
                wish = Wish(
                    key.id, market.symbol, self._amount, interval=_MINUTE, settings=settings
                )
                plan = read_plan(wish, self._exchange, Venue.PAPER.value)
                if await self._is_rising(plan):
                    return plan
        return None

    async def _is_rising(self, plan: Plan) -> bool:
        # The quote decides how much the amount is; a market in coins is left out.
        if not plan.quote.startswith("USD"):
            return False
        operation = GetCandles(plan.symbol, plan.interval_ms, limit=300)
        candles = await ask(self._settings, self._exchange, Venue.PAPER, operation)
        return turn_of(plan, candles[:-1]).stance == IN

    async def _prove(self) -> None:
        books = await read_books(self._paper, papered(), self._clock.now_ms())
        for proof in books.proofs:
            self._line(
                "     "
                + say(
                    "cli.demo.proof",
                    currency=proof.currency,
                    issued=proof.issued,
                    people=proof.people,
                    house=proof.house,
                    fees=proof.fees,
                    difference=proof.difference,
                )
            )
        if any(proof.difference for proof in books.proofs):
            raise Corrupted("books_do_not_balance")
        self._say("proven_books")
        self._told["balanced"] = True

    async def _show_orders(self, house: House, origin: str, skip: int = 0) -> None:
        for order in (await house.orders.orders_of(origin))[skip:]:
            self._line("     " + say("cli.demo.order", **_told_order(order)))

    async def _show_fills(self, house: House, robot: Robot) -> None:
        for fill in await house.orders.fills_of(robot.origin):
            self._line(
                "     "
                + say(
                    "cli.demo.fill",
                    quantity=fill.quantity,
                    price=fill.price,
                    fee=fill.fee,
                    currency=fill.fee_currency,
                    at=formats.moment(fill.time_ms),
                )
            )

    @contextlib.asynccontextmanager
    async def _process(
        self, module: str, arguments: tuple[str, ...]
    ) -> AsyncIterator[dict[str, object]]:
        """Run a process of the product, and give the line with which it tells to be ready."""
        environment = self._settings.environment()
        child = Child(module, module, (*arguments, "--with-parent"), environment)
        process = await start_child(child)
        try:
            line = await process.stdout.readline() if process.stdout else b""
            if not line.startswith(b"{"):
                raise Corrupted("child_failed", child=module)
            yield json.loads(line)
        finally:
            if process.stdin:
                process.stdin.close()
            await process.wait()

    def _at(self) -> tuple[str, ...]:
        return ("--state", str(self._paper), "--port-base", "0")

    def _say(self, step: str, **facts: object) -> None:
        self._step += 1
        self._line(f"{self._step:2}. {say(f'cli.demo.step.{step}', **facts)}")

    def _line(self, text: str) -> None:
        if not self._quiet:
            print_line(text)


def _wish_of(plan: Plan, amount: str) -> Wish:
    return Wish(
        key_id=plan.key_id,
        symbol=plan.symbol,
        amount=amount,
        strategy=plan.strategy,
        interval=_MINUTE,
        settings=dict(plan.settings),
        joins=True,
    )


def _told_order(order: OwnOrder) -> dict[str, object]:
    return {
        "side": order.side.value,
        "type": order.type.value,
        "quantity": plain(order.quantity) if order.quantity else "",
        "price": plain(order.price) if order.price else say("cli.demo.at_market"),
        "symbol": order.symbol,
        "client_id": order.client_id,
        "order_id": order.order_id,
        "state": order.state.value,
        "filled": plain(order.filled),
    }


async def _until(look: Callable[[], Awaitable[A | None]], code: str = "demo_too_slow") -> A:
    """Look until there is something to see. Raises: `ExchangeDown` when it takes too long."""
    for _ in range(int(_LONGEST_S / _LOOK_EVERY_S)):
        seen = await look()
        if seen is not None:
            return seen
        await asyncio.sleep(_LOOK_EVERY_S)
    raise ExchangeDown(code)


async def _vault_open(house: House) -> bool | None:
    state = await read_vault_state(house.database)
    return True if state.status is VaultStatus.OPEN else None


async def _checked(house: House, key: KeyRecord) -> KeyRecord | None:
    known = await house.vault.get_record(key.id)
    check = await house.checks.find_latest(key.id)
    return known if check and check.is_done and known.check_requested_ms is None else None


async def _first_filled(house: House, robot: Robot) -> OwnOrder | None:
    now = await house.robots.get_robot(robot.owner, robot.id)
    if now.status is RobotStatus.PAUSED:
        raise Conflict("demo_failed", told=say_reason(now.reason, now.facts))
    orders = await house.orders.orders_of(robot.origin)
    done = next((order for order in orders if order.filled and order.state.is_settled), None)
    # Not every exchange tells the executions in its answer; they come a moment later.
    fills = await house.orders.fills_of(robot.origin)
    return None if done is None or missing_fills(done, fills) else done


async def _stopped(house: House, robot: Robot) -> Robot | None:
    now = await house.robots.get_robot(robot.owner, robot.id)
    return now if now.status is RobotStatus.STOPPED else None
