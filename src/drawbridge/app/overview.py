"""Everything at a glance: what accounts are worth, what robots earned, what needs a person.

Put together here, because it takes from almost every room. No exchange is asked and nothing is
worked out that was worked out before.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from drawbridge.accounts.recovery import count_recovery_codes
from drawbridge.accounts.roles import Act, may
from drawbridge.accounts.store import find_by_id
from drawbridge.app.attention import Need, Situation, needs_of
from drawbridge.app.backup_records import Kept
from drawbridge.app.build import House
from drawbridge.core.clock import DAY_MS, HOUR_MS
from drawbridge.core.ids import OwnerId
from drawbridge.licences.service import Place
from drawbridge.notices.store import NoticeStore
from drawbridge.robots.candle_store import CandleStore
from drawbridge.robots.model import Robot
from drawbridge.statistics.earnings import Earned, Trader
from drawbridge.statistics.together import Together
from drawbridge.trading.adding_up import Sum, add_up
from drawbridge.trading.holdings import Portfolio, Shown
from drawbridge.vault.model import IN_USE, KeyRecord, Venue
from drawbridge.vault.roles import one_of_each
from drawbridge.vault.unlock import VaultState

MONTH_MS: Final = 30 * DAY_MS


class Whose(Protocol):
    """Who looks, and whose things they are shown."""

    @property
    def id(self) -> OwnerId:
        """Give their own id."""

    @property
    def account(self) -> OwnerId:
        """Give whose things they are shown."""

    @property
    def second_factor(self) -> bool:
        """Tell whether they have set up an authenticator."""


class Portfolios(Protocol):
    """Where it stands what was last read of accounts, here or elsewhere."""

    async def find_all(self, key_ids: Collection[str]) -> Mapping[str, Shown]:
        """Give what was last read of several keys' accounts, of those that ever were."""


@dataclass(frozen=True, slots=True)
class RobotSeen:
    """A robot and its profit, made and not yet made; None where no price is known.

    Units: `profit` in the quote currency of its market.
    """

    robot: Robot
    profit: Decimal | None
    trades: int


@dataclass(frozen=True, slots=True)
class Account:
    """A key in use and what was last read of its account, None when it never was."""

    key: KeyRecord
    shown: Shown | None


@dataclass(frozen=True, slots=True)
class Purse:
    """All accounts of one venue: play money and real money are never added.

    `sum` is None until one of them was read; `month` is how they did in the last thirty days, as
    far as they were looked at.
    """

    venue: Venue
    accounts: tuple[Account, ...]
    sum: Sum | None
    month: Together | None


@dataclass(frozen=True, slots=True)
class Overview:
    """How everything of a person stands."""

    vault: VaultState
    keys: tuple[KeyRecord, ...]
    purses: tuple[Purse, ...]
    robots: tuple[RobotSeen, ...]
    needs: tuple[Need, ...]


async def look_over(house: House, whose: Whose) -> Overview:
    """Look at everything of a person."""
    vault = await house.door.state()
    keys = await house.vault.list_keys(whose.account)
    robots = await house.robots.list_robots(whose.account)
    situation = Situation(
        now_ms=house.clock.now_ms(),
        vault=vault,
        is_stopped=house.limits.is_stopped(whose.account),
        keys=keys,
        robots=robots,
        waiting_approvals=house.approvals.count_open(whose.account),
        failing=await NoticeStore(house.database).list_failing(whose.account),
        has_authenticator=whose.second_factor,
        codes_left=await count_recovery_codes(house.database, whose.id),
        kept=await _kept_for(house, whose.id),
        replacements=await house.replacements.list_open(whose.account),
        licence=await _licence_refusal(house, whose.account),
    )
    return Overview(
        vault=vault,
        keys=keys,
        purses=await purses_of(house, keys),
        robots=await _robots_seen(house, whose.account, robots),
        needs=needs_of(situation),
    )


async def _licence_refusal(house: House, owner: str) -> str:
    """Tell why a licence lets nobody enter, where one is asked for and something could trade."""
    if not house.licences.is_asked:
        return ""
    shown = await house.licences.show(owner)
    return shown.reason if any(it.place is not Place.NOT_NEEDED for it in shown.keys) else ""


async def _kept_for(house: House, person: str) -> Kept | None:
    """Tell how backups stand, to those who make them."""
    known = await find_by_id(house.database, person)
    if known is None or not may(known.owner.role, Act.VAULT):
        return None
    return await house.safe_keeping.read_kept()


async def purses_of(house: House, keys: Sequence[KeyRecord]) -> tuple[Purse, ...]:
    """Put the accounts of keys in use together by venue, real money first."""
    by_venue = await accounts_of(house.portfolios, keys)
    return tuple([await _purse(house, venue, its) for venue, its in by_venue.items()])


async def accounts_of(
    portfolios: Portfolios, keys: Sequence[KeyRecord]
) -> Mapping[Venue, tuple[Account, ...]]:
    """Give the accounts of keys in use by venue, real money first; no venue without any."""
    used = one_of_each(key for key in keys if key.status in IN_USE)
    read = await portfolios.find_all([key.id for key in used])
    by_venue = {
        venue: tuple(Account(it, read.get(it.id)) for it in used if it.venue is venue)
        for venue in Venue
    }
    return {venue: accounts for venue, accounts in by_venue.items() if accounts}


def portfolios_in(accounts: Sequence[Account]) -> Mapping[str, Portfolio]:
    """Give what was read of accounts by the ids of their keys, of those that ever were read."""
    return {it.key.id: it.shown.portfolio for it in accounts if it.shown and it.shown.portfolio}


async def _purse(house: House, venue: Venue, accounts: tuple[Account, ...]) -> Purse:
    told = portfolios_in(accounts)
    total = add_up(told)
    if total is None:
        return Purse(venue, accounts, None, None)
    # By the hour, as snapshots are: what was worked out then holds until the next one.
    this_hour_ms = house.clock.now_ms() // HOUR_MS * HOUR_MS
    month = await house.wealth.together(
        list(told),
        total.currency,
        since_ms=this_hour_ms - MONTH_MS,
        fine_from_ms=this_hour_ms - 2 * DAY_MS,
    )
    return Purse(venue, accounts, total, month)


async def _robots_seen(
    house: House, account: str, robots: Sequence[Robot]
) -> tuple[RobotSeen, ...]:
    if not robots:
        return ()
    traders = [Trader(it.origin, it.plan.symbol, it.quantity_step) for it in robots]
    earned = await house.earnings.of(traders)
    prices = await CandleStore(house.database).last_prices(account)
    return tuple(_seen(robot, earned, prices) for robot in robots)


def _seen(robot: Robot, earned: Mapping[str, Earned], prices: Mapping[str, Decimal]) -> RobotSeen:
    of_robot = earned[robot.origin]
    return RobotSeen(robot, of_robot.profit_at(prices.get(robot.id)), of_robot.trades)
