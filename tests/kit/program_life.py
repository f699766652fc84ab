"""What a person has whose programs use the API: an authenticator, a key, a robot, orders."""

from dataclasses import dataclass
from decimal import Decimal

from drawbridge.accounts.roles import Role
from drawbridge.app.lab_process import LabWork
from drawbridge.approvals.model import ApprovalKind, Question
from drawbridge.core.clock import HOUR_MS
from drawbridge.core.operations import Scope
from drawbridge.core.orders import Side
from drawbridge.licences.model import Act
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.robots.decision_store import Changes, write
from drawbridge.robots.model import Decision
from drawbridge.robots.wishes import Wish
from drawbridge.statistics.account import Held, Snapshot
from drawbridge.statistics.store import SnapshotStore
from drawbridge.trading.holdings import Holding, Portfolio
from drawbridge.vault.model import KeyStatus, Standing
from drawbridge.verification.store import Step, StepState
from drawbridge.virtual_keys.wishes import Wish as VirtualWish
from tests.kit.licensed import hold_licence
from tests.kit.owner import KEY, SECRET
from tests.kit.past_orders import PastRow, write_orders
from tests.kit.program import ApiSite, Program
from tests.kit.recorded_trades import Whose, record_trades
from tests.kit.trades import trade

TRADING = Standing(KeyStatus.ENABLED, scopes=frozenset({Scope.READ, Scope.TRADE_SPOT}))


@dataclass(frozen=True)
class Life:
    """The person, a program with every right, and the ids of what they have."""

    site: ApiSite
    owner: str
    program: Program
    totp: str
    key: str
    robot: str
    trial: str
    person: str
    invitation: str
    approval: str
    virtual_key: str

    def code(self) -> str:
        """Give the authenticator's next code."""
        return self.site.web.code(self.totp)

    @property
    def ids(self) -> dict[str, str]:
        """Give the ids by the names that addresses have for them."""
        return {
            "exchange": "kraken",
            "key": self.key,
            "robot": self.robot,
            "trial": self.trial,
            "subject": f"key:{self.key}",
            "person": self.person,
            "invitation": self.invitation,
            "approval": self.approval,
            "virtual_key": self.virtual_key,
            # Asked in `live_on`: the first that this house asks of a licence server.
            "question": "1",
        }


async def live_on(life: Life) -> None:
    """Let the key have been checked and read, the trial worked on, and the robot decide."""
    house, now_ms = life.site.house, life.site.house.clock.now_ms()
    await hold_licence(house, life.owner, await house.vault.get_record(life.key))
    await house.licences.wish(life.owner, Act.RENEW)
    check = (life.key, await house.checks.begin(life.key))
    for step in Step:
        facts = {"status": "enabled", "reason": "", "remarks": []} if step is Step.VERDICT else {}
        await house.checks.write(check, step, StepState.OK, "", facts)
    held = (
        Holding("BTC", Decimal("0.5"), Decimal("0.25"), Decimal(30_000), 4_000),
        Holding("NEWCOIN", Decimal(7), Decimal(0), None, None),
    )
    told = Portfolio("USD", Decimal(30_000), held, ("NEWCOIN",), now_ms)
    await house.portfolios.keep(life.key, told)
    store = SnapshotStore(house.database)
    for hour in range(30):
        at_ms, worth = now_ms - (30 - hour) * HOUR_MS, Decimal(10_000 + hour * hour)
        moved = {"USD": Decimal(100)} if hour == 20 else {}
        await store.keep(
            life.key, Snapshot(at_ms, "USD", {"USD": Held(worth, worth)}, at_ms, moved)
        )
    await house.leaks.ask(life.owner, life.key, now_ms - HOUR_MS)
    new = {"api_key": "N" * 56, "api_secret": SECRET}
    await house.replacements.enter(life.owner, life.key, new)
    made = Decision(life.robot, life.key, "enter:1", now_ms, Side.BUY, Decimal("0.5"))
    async with house.database.transaction() as tx:
        await write(tx, Changes(made=[made]), now_ms)
    await LabWork(house.database, house.lab.shelf, house.clock).run()


async def begin_life(site: ApiSite) -> Life:
    """Let Ada have something of everything."""
    owner = await site.owner()
    totp = await site.authenticator(owner)
    await site.open_vault(owner)
    house, fields = site.house, {"api_key": KEY, "api_secret": SECRET}
    key = (await house.vault.add(owner, "kraken", "paper", fields, "Main")).key
    await house.vault.record_verdict(key.id, TRADING)
    wish = Wish(key_id=key.id, symbol="BTC/USD", amount="100", name="Ace")
    robot = await house.robots.create(owner, wish)
    program = await site.program(owner)
    trial = (await program.post("/trials", {"candles": "XRP-USDT", "last": "900"})).told["id"]
    now_ms = house.clock.now_ms()
    rows = [PastRow(owner, f"db{n}", now_ms - n, key.id, robot.origin, "BTC/USD") for n in range(5)]
    await write_orders(house.database, *rows)
    whose = Whose(owner, key.id, "kraken", "paper", robot.origin)
    fills = [
        trade(side, "0.5", "60000", now_ms - n, "1 USD") for n, side in enumerate(("sell", "buy"))
    ]
    await record_trades(house.database, whose, *fills)
    asked = Question(owner, ApprovalKind.STOP_EVERYTHING, "", {"name": ""}, "Jeeves")
    approval = await house.approvals.propose(asked)
    async with house.database.transaction() as tx:
        for kind in (NoticeKind.STOP_ON, NoticeKind.STOP_OFF):
            await tell(tx, Notice(kind, owner), now_ms)
    await house.limits.set_limits(owner, f"key:{key.id}", "Main", {"position": "500"})
    other = await site.owner("Mia", Role.MEMBER)
    ada = await house.people.find_owner(owner)
    assert ada is not None
    invitation, _ = await house.invitations.invite(ada, Role.MEMBER)
    code = site.web.code(totp)
    bot = await house.virtual_keys.make(owner, key.id, VirtualWish(), "Night bot", code)
    ids = (key.id, robot.id, trial, other, invitation.id, approval.id, bot.virtual.id)
    return Life(site, owner, program, totp, *ids)
