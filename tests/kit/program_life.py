"""What a person has whose programs use the API: an authenticator, a key, a robot, orders."""

from dataclasses import dataclass

from drawbridge.core.operations import Scope
from drawbridge.notices.model import Notice, NoticeKind
from drawbridge.notices.outbox import tell
from drawbridge.robots.wishes import Wish
from drawbridge.vault.model import KeyStatus, Standing
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
        }


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
    async with house.database.transaction() as tx:
        for kind in (NoticeKind.STOP_ON, NoticeKind.STOP_OFF):
            await tell(tx, Notice(kind, owner), now_ms)
    await house.limits.set_limits(owner, f"key:{key.id}", "Main", {"position": "500"})
    return Life(site, owner, program, totp, key.id, robot.id, trial)
