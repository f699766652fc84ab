"""All robots at work on our accounts, in memory: read when people have changed something.

Else only when accounts come to us from another process; what goes to another is given up at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.cluster.looking import Looking
from drawbridge.core.errors import DrawbridgeError
from drawbridge.core.orders import Fill
from drawbridge.core.shards import shard_of
from drawbridge.robots.candle_store import SeriesId, series_of
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.model import Account, Decision, DecisionState, Robot, RobotStatus
from drawbridge.robots.running.book import Book
from drawbridge.robots.running.charts import Chart
from drawbridge.robots.running.moves import Moves
from drawbridge.robots.running.seat import Seat, course_of
from drawbridge.robots.seams import Record
from drawbridge.robots.store import RobotStore
from drawbridge.storage.database import Database

# So many accounts are read with one question.
_READ_AT_ONCE: Final = 200
_NONE: Final[frozenset[int]] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """What a look has found: the seats that have `come`, and whether others may have changed."""

    come: Sequence[Seat]
    has_changed: bool


class Seating:
    """Which robots there are on which accounts, and the charts at which they look."""

    def __init__(self, database: Database, record: Record, moves: Moves, looking: Looking) -> None:
        """Use the app's database, and trading's record of fills, for the accounts that are ours."""
        self._database = database
        self._looking = looking
        # The shards whose seats are here, and those whose seats are still to be read; None: all.
        self._read: frozenset[int] | None = None if looking.is_whole else _NONE
        self._unread = _NONE
        self._has_left = False
        self._robots = RobotStore(database)
        self._decisions = DecisionStore(database)
        self._record = record
        self._moves = moves
        self._seen = 0
        self._seats: dict[tuple[str, str], Seat] = {}
        self._charts: dict[SeriesId, Chart] = {}
        self._at: dict[SeriesId, list[Seat]] = {}
        self._of_key: dict[str, list[Seat]] = {}
        self._of_robot: dict[str, dict[int, list[Seat]]] = {}

    @property
    def shards(self) -> frozenset[int] | None:
        """Give the shards whose seats are here and ours; None: all."""
        if self._read is None:
            return None
        return frozenset(filter(self._looking.keeps_shard, self._read))

    @property
    def is_taking_over(self) -> bool:
        """Tell whether there are accounts whose seats are still to be read."""
        return bool(self._unread)

    def give_up(self) -> None:
        """Give up, at once, the seats on accounts that are not ours any more."""
        news = self._looking.look()
        if news is None or self._read is None:
            return
        self._read -= news.lost
        self._unread = (self._unread - news.lost) | news.gained
        self._leave(news.lost)

    def doubt(self, shards: frozenset[int]) -> None:
        """Read the seats of shards anew: nobody knows what was written about them.

        One process over a file needs none of it: a file tells at once what became of a commit.
        """
        if self._read is not None:
            ours = shards & self._read
            self._read -= ours
            self._unread |= ours
            self._leave(ours)

    def _leave(self, shards: frozenset[int]) -> None:
        left = [it for it in self._seats.values() if shard_of(it.key_id) in shards]
        for seat in left:
            seat.is_left = True
            del self._seats[seat.robot.id, seat.key_id]
        if left:
            self._arrange()
            self._has_left = True

    async def read_changes(self) -> News | None:
        """Take in what has changed on disk since the last look; None where nothing has.

        Of accounts that have come to us one shard is read, and the next look reads the next: all
        at once would keep us from renewing claims, and those that were read first from going on.
        """
        has_left, self._has_left = self._has_left, False
        changes = self._robots.changes()
        has_changed = changes != self._seen
        if not (has_changed or has_left or self._unread):
            return None
        come: list[Seat] = []
        if has_changed and self._read != _NONE:
            come += await self._take_all(self._seen, self._read)
        if self._unread:
            come += await self._take_over()
        self._seen = changes
        if has_changed:
            self._arrange()
        else:
            self._add(come)
        return News(come, has_changed or has_left)

    async def _take_over(self) -> Sequence[Seat]:
        """Read seats of accounts that have come to us, as after a restart."""
        shards = frozenset({min(self._unread)})
        # Whoever had them may just be writing; in the next turn all of that is on disk, and after
        # it nothing more of theirs comes (writing.py).
        async with self._database.transaction():
            pass
        come = await self._take_all(0, shards)
        self._read = (self._read or _NONE) | shards
        self._unread -= shards
        return come

    async def _take_all(self, since: int, shards: frozenset[int] | None) -> Sequence[Seat]:
        robots = await self._robots.list_changed(since, shards)
        gone: dict[str, set[str]] = {}
        # Of those that are read for the first time, nobody has a seat yet.
        for robot_id, key_id in self._seats if since else ():
            if shards is None or shard_of(key_id) in shards:
                gone.setdefault(robot_id, set()).add(key_id)
        new = [it for robot in robots for it in self._hear(robot, gone.get(robot.id, set()))]
        come: list[Seat] = []
        for begin in range(0, len(new), _READ_AT_ONCE):
            come += await self._seat(new[begin : begin + _READ_AT_ONCE])
        return come

    def _hear(self, robot: Robot, gone: set[str]) -> list[tuple[Robot, Account]]:
        """Let a robot's seats hear how it stands; gives its accounts that have none yet.

        `gone`: those that have one; what of them the robot does not have any more is given up.
        """
        new = []
        for account in robot.accounts:
            if account.status is RobotStatus.STOPPED:
                continue
            gone.discard(account.key_id)
            seat = self._seats.get((robot.id, account.key_id))
            if seat is None:
                new.append((robot, account))
            else:
                seat.hear(robot, account)
        for key_id in gone:
            del self._seats[robot.id, key_id]
        return new

    async def _seat(self, new: Sequence[tuple[Robot, Account]]) -> Sequence[Seat]:
        """Read what stands on disk of accounts, and seat robots there."""
        robot_ids = sorted({robot.id for robot, _ in new})
        key_ids = sorted({account.key_id for _, account in new})
        opened: dict[tuple[str, str], dict[str, Decision]] = {}
        for decision in await self._decisions.list_open(robot_ids, key_ids):
            of_account = opened.setdefault((decision.robot_id, decision.key_id), {})
            of_account[decision.tag] = decision
        # A robot may have traded for years: only where nobody summed up what it did.
        asked = [(robot.origin, it.key_id) for robot, it in new if not it.standing.sums]
        fills = await self._record.fills_of_each(asked) if asked else {}
        come = []
        for robot, account in new:
            at = (robot.id, account.key_id)
            filled = fills.get((robot.origin, account.key_id), ())
            try:
                seat = _seated(robot, account, opened.get(at, {}), filled)
            except DrawbridgeError as error:
                await self._moves.pause_unread(robot, account, error)
            else:
                self._seats[at] = seat
                come.append(seat)
        return come

    def seats(self) -> Sequence[Seat]:
        """Give every seat that is not stopped."""
        return tuple(self._seats.values())

    def holds(self, seat: Seat) -> bool:
        """Tell whether a seat is still one of them."""
        return self._seats.get((seat.robot.id, seat.key_id)) is seat

    def charts(self) -> Iterable[Chart]:
        """Give the charts at which started robots look."""
        return [self._charts[series] for series in self._at]

    def seats_of(self, chart: Chart) -> Sequence[Seat]:
        """Give the started seats of a chart."""
        return [seat for seat in self._at.get(chart.series, ()) if seat.is_started]

    def seats_of_key(self, key_id: str) -> Sequence[Seat]:
        """Give every seat on a key that is not stopped."""
        return [seat for seat in self._of_key.get(key_id, ()) if self.holds(seat)]

    def seats_of_robot(self, robot_id: str) -> Mapping[int, Sequence[Seat]]:
        """Give every seat of a robot that is not stopped, by shard; what came last at the end."""
        return self._of_robot.get(robot_id, {})

    def chart_of(self, seat: Seat) -> Chart:
        """Give the chart at which a seat looks."""
        return self._charts.setdefault(series_of(seat.plan), Chart(series_of(seat.plan)))

    def _add(self, come: Iterable[Seat]) -> None:
        """Sort seats by chart, key and robot."""
        for seat in come:
            self._of_key.setdefault(seat.key_id, []).append(seat)
            of_robot = self._of_robot.setdefault(seat.robot.id, {})
            of_robot.setdefault(shard_of(seat.key_id), []).append(seat)
            market = self.chart_of(seat).market
            if seat.market is None and market is not None:
                # Others here know it: nothing is to be asked before a signal reaches it.
                seat.meet(market)
            if seat.is_started:
                self._at.setdefault(series_of(seat.plan), []).append(seat)

    def _arrange(self) -> None:
        """Sort all anew, and forget charts at which nobody looks any more."""
        self._at, self._of_key, self._of_robot = {}, {}, {}
        self._add(self._seats.values())
        needed = {series_of(seat.plan) for seat in self._seats.values()}
        self._charts = {it: chart for it, chart in self._charts.items() if it in needed}


def _seated(
    robot: Robot, account: Account, opened: Mapping[str, Decision], fills: Iterable[Fill]
) -> Seat:
    plan = robot.plan
    book = Book(plan.base, plan.quote, robot.quantity_step)
    if account.standing.sums:
        book.restore(account.standing.sums)
    else:
        # Fills of a decision that is open are taken in when it is settled. Counted here as well, a
        # robot killed in between would hold twice what it bought, and sell it.
        unsettled = {decision.client_id for decision in opened.values()}
        book.take(fill for fill in fills if fill.client_id not in unsettled)
    return Seat(
        robot=robot,
        account=account,
        course=course_of(plan),
        book=book,
        standing=account.standing,
        memory=dict(account.memory),
        open={tag: it for tag, it in opened.items() if it.state is not DecisionState.ASKED},
        asked={tag: it for tag, it in opened.items() if it.state is DecisionState.ASKED},
        written_ms=account.standing.at_ms,
    )
