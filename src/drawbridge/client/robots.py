"""The operations of the group “robots”."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from drawbridge.client.calling import Calling, Page
from drawbridge.client.shapes import OnStop, Reason, Venue

Direction = Literal["long", "short", "both"]
RobotStatus = Literal["stopped", "starting", "started", "stopping", "paused"]
Trigger = Literal["candle", "tick", "signal"]


class AccountTold(TypedDict):
    """A robot on one of its accounts."""

    key_id: str
    amount: str
    status: RobotStatus
    reason: Reason | None


class AccountWish(TypedDict):
    """What one entry spends on an account; empty for as much as on the first one."""

    amount: NotRequired[str]


class ParameterTold(TypedDict):
    """A setting: a number between two bounds, one of `choices`, or several of `members`."""

    name: str
    about: str
    default: Any
    lowest: Any
    highest: Any
    places: int
    choices: list[str]
    members: list[str]


class RobotStop(TypedDict):
    """How a robot is to stop; without it, as was chosen when it was made."""

    on_stop: NotRequired[OnStop | None]


class RobotWish(TypedDict):
    """A robot to be made."""

    key: str
    symbol: str
    amount: str
    strategy: NotRequired[str]
    interval: NotRequired[str]
    settings: NotRequired[Mapping[str, str | int | float]]
    guards: NotRequired[Mapping[str, str | int | float]]
    confirm: NotRequired[Mapping[str, Mapping[str, str | int | float]]]
    also_on: NotRequired[Mapping[str, str]]
    on_stop: NotRequired[OnStop]
    direction: NotRequired[Direction]
    trigger: NotRequired[Trigger]
    joins: NotRequired[bool]
    asks: NotRequired[bool]
    name: NotRequired[str]


class RobotTold(TypedDict):
    """A robot as it stands."""

    id: str
    name: str
    exchange: str
    venue: Venue
    symbol: str
    strategy: str
    settings: Mapping[str, Any]
    guards: Mapping[str, Any]
    confirm: Mapping[str, Mapping[str, Any]]
    direction: Direction
    trigger: Trigger
    interval_ms: int
    amount: str
    on_stop: OnStop
    joins: bool
    asks: bool
    status: RobotStatus
    reason: Reason | None
    accounts: list[AccountTold]
    quantity_step: str
    last_candle_ms: int | None
    created_ms: int
    changed_ms: int


class StrategyTold(TypedDict):
    """A strategy; one of the kind `orders` places orders of its own and takes no guards."""

    id: str
    name: str
    about: str
    kind: str
    parameters: list[ParameterTold]


class RobotsOperations:
    """The operations of the group “robots”."""

    def __init__(self, calling: Calling) -> None:
        """Call by this."""
        self._calling = calling

    def list_strategies(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[StrategyTold]:
        """List the strategies with their settings."""
        told: Page[StrategyTold] = self._calling.ask(
            "GET", "/strategies", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def list_robots(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Page[RobotTold]:
        """List the robots."""
        told: Page[RobotTold] = self._calling.ask(
            "GET", "/robots", {}, query={"limit": limit, "cursor": cursor}
        )
        return told

    def create_robot(self, wish: RobotWish, *, idempotency_key: str = "") -> RobotTold:
        """Make a robot, stopped."""
        told: RobotTold = self._calling.ask(
            "POST", "/robots", {}, wish=wish, idempotency_key=idempotency_key
        )
        return told

    def get_robot(self, robot: str) -> RobotTold:
        """Give one robot."""
        told: RobotTold = self._calling.ask("GET", "/robots/{robot}", {"robot": robot})
        return told

    def delete_robot(self, robot: str) -> None:
        """Delete a stopped robot; its orders stay on record."""
        self._calling.ask("DELETE", "/robots/{robot}", {"robot": robot})

    def start_robot(self, robot: str, *, idempotency_key: str = "") -> RobotTold:
        """Ask for a robot to run on all its accounts; asking twice is asking once."""
        told: RobotTold = self._calling.ask(
            "POST", "/robots/{robot}/start", {"robot": robot}, idempotency_key=idempotency_key
        )
        return told

    def stop_robot(
        self, robot: str, wish: RobotStop | None = None, *, idempotency_key: str = ""
    ) -> RobotTold:
        """Ask for a robot to stop; asking twice is asking once."""
        told: RobotTold = self._calling.ask(
            "POST",
            "/robots/{robot}/stop",
            {"robot": robot},
            wish=wish,
            idempotency_key=idempotency_key,
        )
        return told

    def add_account(self, robot: str, key: str, wish: AccountWish | None = None) -> RobotTold:
        """Let a robot trade on one account more; at work, it starts there at once."""
        told: RobotTold = self._calling.ask(
            "PUT", "/robots/{robot}/accounts/{key}", {"robot": robot, "key": key}, wish=wish
        )
        return told

    def remove_account(self, robot: str, key: str) -> RobotTold:
        """Take an account off a robot; at work, it stops there first, in the way chosen."""
        told: RobotTold = self._calling.ask(
            "DELETE", "/robots/{robot}/accounts/{key}", {"robot": robot, "key": key}
        )
        return told
