"""A house that is lived in: keys good and bad, robots with trades, trials, notices, orders.

For tests of how pages look; what the services do with such facts is proven beside them.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from drawbridge.accounts.roles import Role
from drawbridge.app.backup import Wish as BackupWish
from drawbridge.app.lab_process import LabWork
from drawbridge.approvals import asking
from drawbridge.approvals.model import Approval, ApprovalKind, Question
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.markets import Candle
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Fill
from drawbridge.core.refusals import Refused
from drawbridge.lab.model import TrialWish
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.robots.candle_store import keep_candles, series_of
from drawbridge.robots.model import Robot
from drawbridge.robots.wishes import Wish
from drawbridge.rotation.leak import Answer, Deed, DeedKind, Gap
from drawbridge.rotation.leak_store import write_answer
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyRecord, KeyStatus, Standing
from drawbridge.verification.store import Step, StepState
from drawbridge.virtual_keys.uses import UseCounter
from drawbridge.virtual_keys.wishes import Wish as VirtualWish
from tests.kit.browserling import Browserling
from tests.kit.crossed import cross
from tests.kit.licensed import hold_licence
from tests.kit.owner import SECRET, add_good, set_up
from tests.kit.past_orders import PastRow, write_orders
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.roles import browser_of, let_in, settle
from tests.kit.trades import trade
from tests.kit.web_site import WebSite
from tests.kit.workers import stand_three

_TRADING: Final = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))
_WISH: Final = Wish(key_id="", symbol="BTC/USD", amount="100000", name="Ace of the crossing")
_STATES: Final = ("filled", "open", "cancelled", "refused", "unknown", "partially_filled")
_CANDLES: Final = 120


async def furnish(browser: Browserling, site: WebSite) -> str:
    """Let an owner move in with all they have; give the secret of their authenticator."""
    totp = await set_up(browser, site)
    good = await add_good(browser, site, totp, "Main account")
    await site.house.vault.record_verdict(good, _TRADING)
    key = await site.house.vault.get_record(good)
    await _check(site, key)
    await _replacement(site, key)
    await _other_keys(site, key)
    await _past(site, key)
    await _virtual_keys(site, key, site.code(totp))
    await _robots(site, key)
    await _leak(site, key)
    await _trials(site, key.owner)
    await _notices(site, key.owner)
    await _approvals(site, key.owner)
    await _people(site)
    await _backups(site, key.owner)
    await stand_three(site.house.database)
    await hold_licence(site.house, key.owner, key)
    limits = {"position": "50000", "day_loss": "250", "open_orders": "4"}
    await site.house.limits.set_limits(key.owner, f"key:{key.id}", key.label, limits)
    return totp


async def _backups(site: WebSite, owner: str) -> None:
    """Let a backup have been made, and put nowhere."""
    await site.house.safe_keeping.make_recovery_key(owner)
    with TemporaryDirectory() as folder:
        await site.house.safe_keeping.make(owner, Path(folder), BackupWish())


async def _check(site: WebSite, key: KeyRecord) -> None:
    """Let the check of the good key have gone well."""
    checks = site.house.checks
    check = (key.id, await checks.begin(key.id))
    for step in Step:
        facts = {"status": "enabled", "reason": "", "remarks": []} if step is Step.VERDICT else {}
        await checks.write(check, step, StepState.OK, "", facts)


async def _replacement(site: WebSite, key: KeyRecord) -> None:
    """Let a new key have been entered for the good one, of another account as it seems."""
    fields = {"api_key": "N" * 56, "api_secret": SECRET}
    await site.house.replacements.enter(key.owner, key.id, fields)
    facts = json.dumps({"label": key.label, "exchange": "Kraken"})
    async with site.house.database.transaction() as tx:
        await tx.execute(
            "UPDATE replacements SET state = 'asking', reason = 'replacement_other_account',"
            " facts = ? WHERE key_id = ?",
            *(facts, key.id),
        )


async def _other_keys(site: WebSite, key: KeyRecord) -> None:
    """Add a key that may withdraw, one that is off, and one whose check failed."""
    vault, facts = site.house.vault, {"exchange": "Kraken", "switches": "Withdraw funds"}
    found = []
    for letter, name in (("R", "Careless key with a long name"), ("D", "Old"), ("I", "Broken")):
        fields = {"api_key": letter * 56, "api_secret": SECRET}
        found.append((await vault.add(key.owner, "kraken", "paper", fields, name)).key.id)
    await vault.refuse(found[0], "key_can_withdraw", facts)
    await vault.record_verdict(found[1], replace(_TRADING, expires_ms=key.created_ms + DAY_MS))
    await vault.disable(key.owner, found[1])
    await vault.record_verdict(found[2], Standing(KeyStatus.INVALID, "bad_signature"))


async def _past(site: WebSite, key: KeyRecord) -> None:
    """Give the account a worth, and two days of it."""
    now_ms = site.clock.now_ms()
    store = SnapshotStore(site.house.database)
    for hour in range(48):
        at_ms, worth = now_ms - (48 - hour) * HOUR_MS, Decimal(10_000 + hour * hour)
        moved = {"USD": Decimal(100)} if hour == 30 else {}
        await store.keep(key.id, Snapshot(at_ms, "USD", {"USD": Held(worth, worth)}, at_ms, moved))
    holdings = (
        Holding("BTC", Decimal("0.51234567"), Decimal("0.25"), Decimal("30123.45"), 4_000),
        Holding("USD", Decimal("12209.5"), Decimal("1000.25"), Decimal("13209.75"), 0),
        Holding("NEWCOIN", Decimal(7), Decimal(0), None, None),
    )
    total = Decimal("43333.20")
    await site.house.portfolios.keep(
        key.id, Portfolio("USD", total, holdings, ("NEWCOIN",), now_ms)
    )


async def _virtual_keys(site: WebSite, key: KeyRecord, code: str) -> None:
    """Give a bot a key that it has used, also for what it may not."""
    wish = VirtualWish(scopes=("trade_spot",), pairs=("BTC/USD",), largest_order="500 USD")
    made = await site.house.virtual_keys.make(key.owner, key.id, wish, "Night bot", code)
    counter, now_ms = UseCounter(site.house.database), site.clock.now_ms()
    refused = Refused("virtual_pair", {"rule": "pairs"})
    for hour in range(20):
        for number in range(hour * hour % 17):
            told = refused if number % 5 == 1 else None
            counter.note(made.virtual.id, told, now_ms - hour * HOUR_MS)
    await counter.flush()
    whose = (key.owner, made.virtual.id)
    await cross(site.house, whose, "passed")
    await cross(site.house, whose, "refused", "virtual_pair", "pairs")
    await cross(site.house, whose, "told", "insufficient_funds")


async def _robots(site: WebSite, key: KeyRecord) -> None:
    """Let one robot have worked for forty days, one wait for signals, and one be paused."""
    robots = site.house.robots
    one = await robots.create(key.owner, replace(_WISH, key_id=key.id, guards={"stop_loss": "3"}))
    listening = replace(_WISH, key_id=key.id, name="Listener", trigger="signal", amount="100")
    other = await robots.create(key.owner, listening)
    await site.house.signals.make_hook(key.owner, other.id, other.name)
    grid = replace(_WISH, key_id=key.id, name="Grid", strategy="grid", amount="1000")
    await robots.create(key.owner, grid)
    whose = Whose(key.owner, key.id, key.exchange, key.venue.value, one.origin)
    await record_trades(site.house.database, whose, *_fills(site.clock.now_ms()))
    rows = [
        PastRow(
            key.owner, f"db{n:018}", site.clock.now_ms() - n * HOUR_MS, key.id, one.origin,
            state=state,
        )
        for n, state in enumerate(_STATES)
    ]  # fmt: skip
    await write_orders(site.house.database, *rows)
    await _candles(site, one)
    async with site.house.database.transaction() as tx:
        await tx.execute(
            "UPDATE robots SET status = 'started', reason = 'insufficient_funds' WHERE id = ?",
            one.id,
        )


def _fills(now_ms: int) -> Iterator[Fill]:
    for day, side in enumerate(("buy", "sell") * 20):
        price = str(60_000 + 37 * day - (700 if day % 8 == 7 else 0))
        yield trade(side, "0.12345678", price, now_ms - (40 - day) * DAY_MS, "1.23456789 USD")


async def _candles(site: WebSite, robot: Robot) -> None:
    series = series_of(robot.plan)
    newest = site.clock.now_ms() // series.interval_ms * series.interval_ms
    candles = []
    for n in range(_CANDLES):
        low = Decimal(60_000 + 90 * (n % 17) - 40 * (n % 5))
        open_ms = newest - (_CANDLES - n) * series.interval_ms
        candles.append(Candle(open_ms, low + 20, low + 90, low, low + 70 - 9 * (n % 9), Decimal(3)))
    async with site.house.database.transaction() as tx:
        await keep_candles(tx, series, candles, _CANDLES)


async def _leak(site: WebSite, key: KeyRecord) -> None:
    """Let the exchange have told what was done with the good key, and not yet with another."""
    house, now_ms = site.house, site.clock.now_ms()
    others = [it for it in await house.vault.list_keys(key.owner) if it.id != key.id]
    await house.leaks.ask(key.owner, others[0].id, now_ms - HOUR_MS)
    inquiry = await house.leaks.ask(key.owner, key.id, now_ms - DAY_MS)
    sold = Deed(
        now_ms - HOUR_MS,
        DeedKind.ORDER,
        "filled",
        symbol="BTC/USD",
        side="sell",
        quantity="0.25",
        price="60111.1",
        name="OSELLX-NOTOUR-SORDER",
        is_foreign=True,
    )
    gaps = (Gap("trades", "exchange_unreachable", "ETH/USD"),)
    answer = Answer(orders=3, trades=2, foreign=(sold,), markets=("BTC/USD", "ETH/USD"), gaps=gaps)
    async with house.database.transaction() as tx:
        await write_answer(tx, inquiry, answer, now_ms)


async def _trials(site: WebSite, owner: str) -> None:
    """Order a backtest, a search, and one that waits."""
    lab = site.house.lab
    terms = {"cash": "1000", "amount": "100", "fee": "0.001"}
    wish = TrialWish("XRP-USDT", last="900", settings={"fast": "5", "slow": "20"}, terms=terms)
    await lab.order(owner, wish)
    await lab.order(owner, replace(wish, settings={"slow": "20"}, vary={"fast": "3..9:3"}))
    await LabWork(site.house.database, lab.shelf, site.clock).run()
    await lab.order(owner, wish)


async def _people(site: WebSite) -> None:
    """Let somebody of each role live here as well, and one have been ended."""
    people = await settle(site.house)
    gone = await let_in(site.house, people[Role.OWNER], Role.MEMBER, "Gustav with a longer name")
    await browser_of(site, people[Role.READ_ONLY])
    await site.house.people.end(people[Role.OWNER], gone.id)
    await site.house.invitations.invite(people[Role.OWNER], Role.OPERATOR)


async def _approvals(site: WebSite, owner: str) -> None:
    """Let a robot and an assistant wait for an answer, and one have been declined."""
    approvals, now_ms = site.house.approvals, site.clock.now_ms()
    stop = Question(owner, ApprovalKind.STOP_EVERYTHING, "", {"name": ""}, "Jeeves")
    declined = await approvals.propose(stop)
    await approvals.answer(owner, declined.id, is_yes=False, by=owner)
    robot = next(iter(await site.house.robots.list_robots(owner)))
    named = {"name": robot.name}
    await approvals.propose(Question(owner, ApprovalKind.START_ROBOT, robot.id, named, "Jeeves"))
    sell = {"side": "sell", "quantity": "0.12345678", "why": "leave"}
    enter = {"side": "sell", "quantity": "0.12", "why": "enter"}
    facts = {**named, "symbol": "BTC/USD", "price": "60123.4", "orders": [sell, enter]}
    asked = Question(owner, ApprovalKind.ORDERS, robot.id, facts, robot.name)
    lasting = Approval("approval_aaaaaaaaaaaaaaaa", asked, now_ms, now_ms + DAY_MS)
    async with site.house.database.transaction() as tx:
        await asking.ask(tx, lasting)


async def _notices(site: WebSite, owner: str) -> None:
    now_ms = site.clock.now_ms()
    paused = {"name": "Grid", "reason": "insufficient_funds", "about": {}}
    async with site.house.database.transaction() as tx:
        await tell(tx, Notice(NoticeKind.ROBOT_PAUSED, owner, "robot_1", paused), now_ms)
        await tell(tx, Notice(NoticeKind.STOP_ON, owner), now_ms + MINUTE_MS)
