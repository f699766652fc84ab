"""Robots and strategies as the API tells them, and a robot as it is asked for."""

from typing import Annotated

from pydantic import Field, JsonValue

from drawbridge.core.money import plain
from drawbridge.core.orders import Side
from drawbridge.entrypoints.api.shapes import (
    Amount,
    Asked,
    Facts,
    Moment,
    Name,
    Reason,
    Settings,
    Text,
    Told,
    read_settings,
    tell_amount,
    tell_facts,
    tell_reason,
    to_json,
)
from drawbridge.robots.model import (
    Account,
    Decision,
    DecisionState,
    Direction,
    OnStop,
    Robot,
    RobotStatus,
    Trigger,
)
from drawbridge.robots.strategy import Parameter, Strategy
from drawbridge.robots.wishes import Wish
from drawbridge.trading.foreign_orders import ForeignOrder
from drawbridge.vault.model import Venue
from drawbridge.wording.say import say


class ParameterTold(Told):
    """A setting: a number between two bounds, one of `choices`, or several of `members`."""

    name: str
    about: str
    default: JsonValue
    lowest: JsonValue
    highest: JsonValue
    places: int
    choices: list[str]
    members: list[str]


class StrategyTold(Told):
    """A strategy; one of the kind `orders` places orders of its own and takes no guards."""

    id: str
    name: str
    about: str
    kind: str = Field(pattern="^(signals|orders)$")
    parameters: list[ParameterTold]


class AccountTold(Told):
    """A robot on one of its accounts."""

    key_id: str
    amount: Amount
    status: RobotStatus
    reason: Reason | None


class RobotTold(Told):
    """A robot as it stands. `amount` is what one entry spends on the first account.

    `quantity_step` is its market's lot step, zero until it was first started.
    """

    id: str
    name: str
    exchange: str
    venue: Venue
    symbol: str
    strategy: str
    settings: Facts
    guards: Facts
    confirm: dict[str, Facts]
    direction: Direction
    trigger: Trigger
    interval_ms: int
    amount: Amount
    on_stop: OnStop
    joins: bool
    asks: bool
    status: RobotStatus
    reason: Reason | None
    accounts: list[AccountTold]
    quantity_step: Amount
    last_candle_ms: Moment | None
    created_ms: Moment
    changed_ms: Moment


class DecisionTold(Told):
    """An order that a robot decided on; without a price, at market."""

    key_id: str
    tag: str
    moment_ms: Moment
    side: Side
    quantity: Amount
    price: Amount | None
    reduces: bool
    attempt: int
    state: DecisionState
    reason: Reason | None
    client_id: str


class ForeignOrderTold(Told):
    """An open order of the account that was not placed here."""

    key_id: str
    symbol: str
    order_id: str
    side: Side
    quantity: Amount
    price: Amount | None
    seen_ms: Moment


class FiguresTold(Told):
    """How a robot did; what is not defined is null."""

    is_simulated: bool
    held: Amount
    cost: Amount
    last_price: Amount | None
    figures: dict[str, JsonValue]


class RobotWish(Asked):
    """A robot to be made. `also_on` are further keys, each with its amount or an empty text."""

    key: Name
    symbol: Name = Field(examples=["BTC/USDT"])
    amount: Text = Field(examples=["100"], description="What one entry spends, as text.")
    strategy: Name = "ema_cross"
    interval: Name = "1m"
    settings: Settings = Field(default_factory=dict)
    guards: Settings = Field(default_factory=dict)
    confirm: Annotated[dict[Text, Settings], Field(max_length=10)] = Field(default_factory=dict)
    also_on: Annotated[dict[Text, Text], Field(max_length=100)] = Field(default_factory=dict)
    on_stop: OnStop = Field(OnStop.MARKET, strict=False)
    direction: Direction = Field(Direction.LONG, strict=False)
    trigger: Trigger = Field(Trigger.CANDLE, strict=False)
    joins: bool = False
    asks: bool = Field(default=False, description="Ask its owner before each order.")
    name: Text = ""

    def read(self) -> Wish:
        """Give it as forms and command lines give it."""
        return Wish(
            key_id=self.key,
            symbol=self.symbol,
            amount=self.amount,
            strategy=self.strategy,
            interval=self.interval,
            settings=read_settings(self.settings),
            on_stop=self.on_stop,
            joins=self.joins,
            asks=self.asks,
            name=self.name,
            also_on=self.also_on,
            guards=read_settings(self.guards),
            confirm={name: read_settings(chosen) for name, chosen in self.confirm.items()},
            direction=self.direction,
            trigger=self.trigger,
        )


class RobotStop(Asked):
    """How a robot is to stop; without it, as was chosen when it was made."""

    on_stop: OnStop | None = Field(None, strict=False)


def tell_strategy(strategy: Strategy) -> StrategyTold:
    """Tell a strategy of ours."""
    key = f"robots.strategy.{strategy.id}"
    return StrategyTold(
        id=strategy.id,
        name=say(f"{key}.name"),
        about=say(f"{key}.about"),
        kind="signals" if strategy.orders is None else "orders",
        parameters=[_tell_parameter(it) for it in strategy.parameters],
    )


def tell_robot(robot: Robot) -> RobotTold:
    """Tell a robot."""
    plan = robot.plan
    return RobotTold(
        id=robot.id,
        name=robot.name,
        exchange=plan.exchange,
        venue=Venue(plan.venue),
        symbol=plan.symbol,
        strategy=plan.strategy,
        settings=tell_facts(plan.settings),
        guards=tell_facts(plan.guards),
        confirm={it.strategy: tell_facts(it.settings) for it in plan.confirm},
        direction=plan.direction,
        trigger=plan.trigger,
        interval_ms=plan.interval_ms,
        amount=plain(plan.amount),
        on_stop=robot.will_close,
        joins=plan.joins,
        asks=plan.asks,
        status=robot.status,
        reason=tell_reason(robot.reason, robot.facts),
        accounts=[_tell_account(it) for it in robot.accounts],
        quantity_step=plain(robot.quantity_step),
        last_candle_ms=robot.last_candle_ms,
        created_ms=robot.created_ms,
        changed_ms=robot.changed_ms,
    )


def tell_decision(decision: Decision) -> DecisionTold:
    """Tell a decision."""
    return DecisionTold(
        key_id=decision.key_id,
        tag=decision.tag,
        moment_ms=decision.moment_ms,
        side=decision.side,
        quantity=plain(decision.quantity),
        price=tell_amount(decision.price),
        reduces=decision.reduces,
        attempt=decision.attempt,
        state=decision.state,
        reason=tell_reason(decision.reason, {}),
        client_id=decision.client_id,
    )


def tell_foreign(order: ForeignOrder) -> ForeignOrderTold:
    """Tell an order that others placed."""
    return ForeignOrderTold(
        key_id=order.key_id,
        symbol=order.symbol,
        order_id=order.order_id,
        side=order.side,
        quantity=plain(order.quantity),
        price=tell_amount(order.price),
        seen_ms=order.seen_ms,
    )


def _tell_account(account: Account) -> AccountTold:
    return AccountTold(
        key_id=account.key_id,
        amount=plain(account.stake.amount),
        status=account.status,
        reason=tell_reason(account.reason, account.facts),
    )


def _tell_parameter(parameter: Parameter) -> ParameterTold:
    return ParameterTold(
        name=parameter.name,
        about=say(f"robots.parameter.{parameter.name}.about"),
        default=to_json(parameter.default),
        lowest=to_json(parameter.lowest),
        highest=to_json(parameter.highest),
        places=parameter.places,
        choices=list(parameter.choices),
        members=list(parameter.members),
    )
