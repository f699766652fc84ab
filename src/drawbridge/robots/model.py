"""Robots as values: what one is to do, where it stands, and what it has decided.

No SQL and no I/O; the rules of money are in risk.py, what people ask for is read in wishes.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.ids import ClientOrderId, client_order_id
from drawbridge.core.markets import currencies_of, is_contract
from drawbridge.core.money import ZERO
from drawbridge.core.orders import Fill, Side
from drawbridge.robots import steering
from drawbridge.robots.steering import NOT_TURNED, Turn
from drawbridge.robots.strategy import Number

INTERVALS: Final[Mapping[str, int]] = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": DAY_MS,
}
"""The lengths of candles that a robot can work on; every exchange that is traded has them."""


class RobotStatus(StrEnum):
    """Where a robot stands, on each of its accounts. `PAUSED`: it stopped itself and says why."""

    STOPPED = "stopped"
    STARTING = "starting"
    STARTED = "started"
    STOPPING = "stopping"
    PAUSED = "paused"


class OnStop(StrEnum):
    """What becomes of what a robot holds when a person stops it.

    `LIMIT`: a limit order at the best price, kept up to date for some minutes, then at market.
    """

    MARKET = "market"
    LIMIT = "limit"
    KEEP = "keep"


class Direction(StrEnum):
    """Which positions a robot may take. Short ones there are only with contracts."""

    LONG = "long"
    SHORT = "short"
    BOTH = "both"

    @property
    def side(self) -> int:
        """Give it as steering has it."""
        return _SIDES[self]


_SIDES: Final = {
    Direction.LONG: steering.LONG,
    Direction.SHORT: steering.SHORT,
    Direction.BOTH: steering.BOTH,
}


class Trigger(StrEnum):
    """What makes a robot act.

    `CANDLE`: a closed candle. `TICK`: as well, and its guards judge every price in between; a
    strategy that places orders then hears of each fill at once.
    `SIGNAL`: signals from outside in place of its strategy's own; guards judge closed candles.
    """

    CANDLE = "candle"
    TICK = "tick"
    SIGNAL = "signal"


class DecisionState(StrEnum):
    """What became of a decision.

    `ASKED`: it waits for its owner's answer, and nothing was sent. `LEAVING`: its order is not
    wanted any more and is being cancelled. `DROPPED`: too late to carry out, or not allowed, and
    nothing was sent.
    """

    ASKED = "asked"
    OPEN = "open"
    LEAVING = "leaving"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"

    @property
    def is_open(self) -> bool:
        """Tell whether there is still something to do about it."""
        return self in {DecisionState.OPEN, DecisionState.LEAVING}


@dataclass(frozen=True, slots=True)
class Stake:
    """An account that a robot trades on, and what for.

    Units: `amount` in quote currency, what one entry spends and, without safety entries, all that
    is ever held there.
    """

    key_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A signal strategy that must be in as well before a robot enters."""

    strategy: str
    settings: Mapping[str, Number | str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a robot is to do, on one account or on several of one exchange.

    `joins`: it enters at once when its strategy is in already, instead of at the next turn.
    `guards` holds only those that a person chose, by the names of guards.PARAMETERS.
    `asks`: its owner is asked before each order, but those that protect a position.
    """

    stakes: tuple[Stake, ...]
    exchange: str
    venue: str
    symbol: str
    interval_ms: int
    strategy: str
    settings: Mapping[str, Number | str]
    on_stop: OnStop = OnStop.MARKET
    joins: bool = False
    guards: Mapping[str, Number | str] = field(default_factory=dict)
    confirm: tuple[Confirmation, ...] = ()
    direction: Direction = Direction.LONG
    trigger: Trigger = Trigger.CANDLE
    asks: bool = False

    @property
    def key_id(self) -> str:
        """Give the key of the first account."""
        return self.stakes[0].key_id

    @property
    def amount(self) -> Decimal:
        """Give the amount of the first account."""
        return self.stakes[0].amount

    @property
    def base(self) -> str:
        """Give the currency that is bought."""
        return currencies_of(self.symbol)[0]

    @property
    def quote(self) -> str:
        """Give the currency that is spent."""
        return currencies_of(self.symbol)[1]

    @property
    def is_contract(self) -> bool:
        """Tell whether it trades contracts, not the goods themselves."""
        return is_contract(self.symbol)

    @property
    def listens(self) -> bool:
        """Tell whether signals from outside move it."""
        return self.trigger is Trigger.SIGNAL


class Trip(NamedTuple):
    """A position that ended: at which candle, with which gain in percent, and by a stop or not."""

    at_ms: int
    gain: float
    stopped: int


class Standing(NamedTuple):
    """What is remembered of a strategy and a position between candles, as of one candle.

    `entered_ms` is the candle in which the position began, `entry` its first price, `best` the
    best price since; `steps` counts the safety entries; `trips` are those that guards look at.
    `sums` are what the fills until then add up to (`running.book.Book.sums`); none where nobody
    has written them down yet, and all fills have to be read.
    """

    turn: Turn = NOT_TURNED
    at_ms: int = 0
    entered_ms: int = 0
    entry: float = 0.0
    best: float = 0.0
    steps: int = 0
    trips: tuple[Trip, ...] = ()
    sums: tuple[str, ...] = ()


NOT_BEGUN: Final = Standing()


@dataclass(frozen=True, slots=True)
class Account:
    """A robot on one of its accounts. `reason` is a code with a sentence, empty when all is well.

    `memory` is what an order strategy remembers. `leaves`: the account is taken off the robot
    once it has stopped there.
    """

    stake: Stake
    status: RobotStatus = RobotStatus.STOPPED
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    standing: Standing = NOT_BEGUN
    memory: Mapping[str, object] = field(default_factory=dict)
    leaves: bool = False
    changed_ms: int = 0

    @property
    def key_id(self) -> str:
        """Give its key."""
        return self.stake.key_id


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot as it stands; its own status and reason sum up those of its accounts.

    `quantity_step` is its market's lot step, zero until it was first started. `last_candle_ms` is
    the newest candle of its market that was acted upon. `closes_by` is the way of this one stop,
    where a person chose another than the plan's.
    """

    id: str
    owner: str
    name: str
    plan: Plan
    created_ms: int
    changed_ms: int
    accounts: tuple[Account, ...]
    status: RobotStatus = RobotStatus.STOPPED
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    quantity_step: Decimal = ZERO
    last_candle_ms: int | None = None
    closes_by: OnStop | None = None

    @property
    def closing(self) -> OnStop:
        """Tell how it closes where it is stopping."""
        return self.closes_by or self.plan.on_stop

    @property
    def will_close(self) -> OnStop:
        """Tell how it closes: where it is not stopping, at its next stop."""
        return self.closing if self.status is RobotStatus.STOPPING else self.plan.on_stop

    @property
    def origin(self) -> str:
        """Give the name under which its orders stand in the journal."""
        return f"robot:{self.id}"


@dataclass(frozen=True, slots=True)
class Decision:
    """One order that a robot decided on for one account; `moment_ms` is the candle it came from.

    A tag names one decision for ever within a robot and account. Without a `price` it is carried
    out at market, with one its order rests. `reduces`: it may only make a position smaller.
    `approval` is the answer that it waits for or has; from `until_ms` on it is not sent any more.
    """

    robot_id: str
    key_id: str
    tag: str
    moment_ms: int
    side: Side
    quantity: Decimal
    price: Decimal | None = None
    reduces: bool = False
    attempt: int = 1
    state: DecisionState = DecisionState.OPEN
    reason: str = ""
    approval: str = ""
    until_ms: int | None = None

    @property
    def client_id(self) -> ClientOrderId:
        """Derive the client order id: the same decision and attempt always have the same one.

        Why: decisions from before robots had several accounts keep the ids that they had.
        """
        kind, _, moment = self.tag.partition(":")
        if kind in _OLD_KINDS:
            return client_order_id("robot", self.robot_id, moment, kind, str(self.attempt))
        return client_order_id("robot", self.robot_id, self.key_id, self.tag, str(self.attempt))


_OLD_KINDS: Final = frozenset({"buy", "sell"})


def held_of(fills: Iterable[Fill], base: str) -> Decimal:
    """Count what the robot's own fills left it with, to the last digit."""
    held = ZERO
    for fill in fills:
        held += fill.quantity if fill.side is Side.BUY else -fill.quantity
        if fill.fee_currency == base:
            held -= fill.fee
    return held
