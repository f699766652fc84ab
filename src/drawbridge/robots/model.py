"""Robots as values: what one is to do, where it stands, and what it has decided.

No SQL and no I/O; the rules of money are in risk.py.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.ids import ClientOrderId, client_order_id
from drawbridge.core.money import ZERO, parse_positive
from drawbridge.core.orders import Fill, Side
from drawbridge.robots.steering import NOT_TURNED, Turn
from drawbridge.robots.strategies import get_strategy
from drawbridge.robots.strategy import Number

_SYMBOL: Final = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}")

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
    """Where a robot stands. `PAUSED`: it stopped itself, and its reason says why."""

    STOPPED = "stopped"
    STARTING = "starting"
    STARTED = "started"
    STOPPING = "stopping"
    PAUSED = "paused"


class OnStop(StrEnum):
    """What becomes of what a robot holds when a person stops it."""

    SELL = "sell"
    KEEP = "keep"


class DecisionState(StrEnum):
    """What became of a decision. `DROPPED`: too late to carry out, and nothing was sent."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a robot is to do.

    Units: `amount` in quote currency, what one entry spends and all that it ever holds.
    `joins`: it enters at once when its strategy is in already, instead of at the next turn.
    """

    key_id: str
    exchange: str
    venue: str
    symbol: str
    interval_ms: int
    strategy: str
    settings: Mapping[str, Number | str]
    amount: Decimal
    on_stop: OnStop = OnStop.SELL
    joins: bool = False

    @property
    def base(self) -> str:
        """Give the currency that is bought."""
        return self.symbol.partition("/")[0]

    @property
    def quote(self) -> str:
        """Give the currency that is spent."""
        return self.symbol.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a robot has come: what its strategy said last, and at which candle."""

    turn: Turn = NOT_TURNED
    last_candle_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot as it stands. `reason` is a code with a sentence, empty when there is none.

    `quantity_step` is its market's lot step, zero until it was first started.
    """

    id: str
    owner: str
    name: str
    plan: Plan
    status: RobotStatus
    created_ms: int
    changed_ms: int
    reason: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    progress: Progress = Progress()
    quantity_step: Decimal = ZERO

    @property
    def origin(self) -> str:
        """Give the name under which its orders stand in the journal."""
        return f"robot:{self.id}"


@dataclass(frozen=True, slots=True)
class Decision:
    """One order that a robot decided on; `moment_ms` is the candle or the stop it came from."""

    robot_id: str
    moment_ms: int
    side: Side
    quantity: Decimal
    attempt: int = 1
    state: DecisionState = DecisionState.OPEN
    reason: str = ""

    @property
    def client_id(self) -> ClientOrderId:
        """Derive the client order id: the same decision and attempt always have the same one."""
        return client_order_id(
            "robot", self.robot_id, str(self.moment_ms), self.side.value, str(self.attempt)
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for when making a robot: texts as forms and command lines give them."""

    key_id: str
    symbol: str
    amount: str
    strategy: str = "ema_cross"
    interval: str = "1m"
    settings: Mapping[str, object] = field(default_factory=dict)
    on_stop: str = OnStop.SELL.value
    joins: bool = False
    name: str = ""


def read_plan(wish: Wish, exchange: str, venue: str) -> Plan:
    """Read a wish for a key of this exchange and venue.

    Raises: `BadInput` naming the field, `NotFound("unknown_strategy")`.
    """
    symbol = wish.symbol.strip()
    if not _SYMBOL.fullmatch(symbol):
        raise BadInput("bad_symbol", field="symbol")
    if wish.interval not in INTERVALS:
        raise BadInput("bad_interval", field="interval", known=tuple(INTERVALS))
    if wish.on_stop not in set(OnStop):
        raise BadInput("bad_on_stop", field="on_stop", known=tuple(OnStop))
    strategy = get_strategy(wish.strategy)
    settings = strategy.read_settings(wish.settings)
    return Plan(
        key_id=wish.key_id,
        exchange=exchange,
        venue=venue,
        symbol=symbol,
        interval_ms=INTERVALS[wish.interval],
        strategy=strategy.id,
        settings=strategy.tell_settings(settings),
        amount=parse_positive(wish.amount.strip(), "amount"),
        on_stop=OnStop(wish.on_stop),
        joins=wish.joins,
    )


def held_of(fills: Iterable[Fill], base: str) -> Decimal:
    """Count what the robot's own fills left it with, to the last digit."""
    held = ZERO
    for fill in fills:
        held += fill.quantity if fill.side is Side.BUY else -fill.quantity
        if fill.fee_currency == base:
            held -= fill.fee
    return held
