"""All robots at work, in memory: read when people have changed something, and never else."""

from collections.abc import Iterable, Sequence

from drawbridge.core.errors import DrawbridgeError
from drawbridge.robots.candle_store import SeriesId, series_of
from drawbridge.robots.decision_store import DecisionStore
from drawbridge.robots.model import Account, DecisionState, Robot, RobotStatus
from drawbridge.robots.running.book import Book
from drawbridge.robots.running.charts import Chart
from drawbridge.robots.running.moves import Moves
from drawbridge.robots.running.seat import Seat, course_of
from drawbridge.robots.seams import Record
from drawbridge.robots.store import RobotStore
from drawbridge.storage.database import Database


class Seating:
    """Which robots there are on which accounts, and the charts at which they look."""

    def __init__(self, database: Database, record: Record, moves: Moves) -> None:
        """Use the app's database, and trading's record of fills."""
        self._robots = RobotStore(database)
        self._decisions = DecisionStore(database)
        self._record = record
        self._moves = moves
        self._seen = 0
        self._seats: dict[tuple[str, str], Seat] = {}
        self._charts: dict[SeriesId, Chart] = {}
        self._at: dict[SeriesId, list[Seat]] = {}

    async def read_changes(self) -> bool:
        """Take in what has changed on disk since the last look; tells whether anything has."""
        changes = self._robots.changes()
        if changes == self._seen:
            return False
        robots = await self._robots.list_changed(self._seen)
        for robot in robots:
            await self._take(robot)
        self._seen = changes
        self._arrange()
        return True

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

    def chart_of(self, seat: Seat) -> Chart:
        """Give the chart at which a seat looks."""
        return self._charts.setdefault(series_of(seat.plan), Chart(series_of(seat.plan)))

    async def _take(self, robot: Robot) -> None:
        known = {key_id for robot_id, key_id in self._seats if robot_id == robot.id}
        for account in robot.accounts:
            at = (robot.id, account.key_id)
            if account.status is RobotStatus.STOPPED:
                continue
            known.discard(account.key_id)
            seat = self._seats.get(at)
            if seat is not None:
                seat.hear(robot, account)
                continue
            try:
                self._seats[at] = await self._seated(robot, account)
            except DrawbridgeError as error:
                await self._moves.pause_unread(robot, account, error)
        for key_id in known:
            del self._seats[robot.id, key_id]

    async def _seated(self, robot: Robot, account: Account) -> Seat:
        plan = robot.plan
        book = Book(plan.base, plan.quote, robot.quantity_step)
        opened = {
            decision.tag: decision
            for decision in await self._decisions.list_open([robot.id])
            if decision.key_id == account.key_id
        }
        # Fills of a decision that is open are taken in when it is settled. Counted here as well,
        # a robot killed in between would hold twice what it bought, and sell it.
        unsettled = {decision.client_id for decision in opened.values()}
        fills = await self._record.fills_of(robot.origin, account.key_id)
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

    def _arrange(self) -> None:
        """Sort seats by chart, and forget the charts at which nobody looks any more."""
        self._at = {}
        for seat in self._seats.values():
            self.chart_of(seat)
            if seat.is_started:
                self._at.setdefault(series_of(seat.plan), []).append(seat)
        needed = {series_of(seat.plan) for seat in self._seats.values()}
        self._charts = {it: chart for it, chart in self._charts.items() if it in needed}
