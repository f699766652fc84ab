"""`drawbridge tui`: keys, robots and orders live in the terminal, here or elsewhere.

The rows are those of `key list`, `robot list` and `order list`, in the same words.
"""

from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.cli import key as keys
from drawbridge.entrypoints.cli import order as orders
from drawbridge.entrypoints.cli import robot_words as robots
from drawbridge.entrypoints.cli.options import Data, Owner
from drawbridge.entrypoints.cli.typing_in import is_typed
from drawbridge.wording.say import say

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from drawbridge.entrypoints.cli.house import Place
    from drawbridge.entrypoints.tui.model import Act, Board, Row, Table, Tone
    from drawbridge.robots.model import Robot

_MOST_ORDERS: Final = 100
_TONES: Final = {
    "good": frozenset({"enabled", "read_only", "started", "filled"}),
    "under_way": frozenset(
        {"unverified", "checking", "starting", "stopping", "intended", "open", "partially_filled"}
    ),
    "bad": frozenset(
        {"refused", "invalid", "cleanup_pending", "paused", "unknown", "rejected", "never_arrived"}
    ),
}
_STATE: Final = 1
_STATE_OF_KEY: Final = keys.COLUMNS.index("status")
_STATE_OF_ROBOT: Final = robots.COLUMNS.index("status")
_STATE_OF_ORDER: Final = orders.COLUMNS.index("state_label")
_EVERY_S, _ELSEWHERE_EVERY_S = 1, 3


def tui(*, owner: Owner = "", data: Data = None) -> None:
    """Look on until the person goes."""
    from drawbridge.entrypoints.cli.house import in_place, owner_of

    if find_spec("textual") is None:
        raise BadInput("tui_not_installed")
    if not is_typed():
        raise BadInput("tui_needs_terminal")

    async def work(place: "Place") -> None:
        from drawbridge.app.clock import SystemClock
        from drawbridge.entrypoints.tui.app import Looking

        person = await owner_of(place, owner)
        board = board_of(place, person)
        # What is wrong with the way there is told as by every command, and not on a screen.
        await board.attention()
        looking = Looking(board, SystemClock())
        await looking.run_async()
        if looking.fault is not None:
            raise looking.fault

    in_place(data, work)


def board_of(place: "Place", person: str) -> "Board":
    """Put together what is looked at: keys, robots with their acts, orders."""
    from drawbridge.app.build import House
    from drawbridge.entrypoints.tui.model import Board

    tables = (_robots(place, person), _keys(place, person), _orders(place, person))
    attention = partial(_attention, place, person)
    if isinstance(place, House):
        return Board(say("tui.title"), tables, attention, _EVERY_S)
    title = say("tui.title_elsewhere", address=place.address)
    return Board(title, tables, attention, _ELSEWHERE_EVERY_S)


def _keys(place: "Place", person: str) -> "Table":
    from drawbridge.entrypoints.tui.model import Row, Table

    async def read() -> "Sequence[Row]":
        return [
            Row(
                it.id,
                it.label,
                _with_state_first(keys.row_of(it), _STATE_OF_KEY),
                _tone(it.status.value),
            )
            for it in await place.vault.list_keys(person)
        ]

    return Table(
        name="keys",
        title=say("tui.keys"),
        columns=_with_state_first(
            [say(f"cli.key.column.{name}") for name in keys.COLUMNS], _STATE_OF_KEY
        ),
        state=_STATE,
        none=say("cli.key.none"),
        read=read,
    )


def _robots(place: "Place", person: str) -> "Table":
    from drawbridge.entrypoints.tui.model import Row, Table

    async def read() -> "Sequence[Row]":
        return [
            Row(
                it.id,
                it.name,
                _with_state_first(robots.row_of(it), _STATE_OF_ROBOT),
                _tone(it.status.value),
            )
            for it in await place.robots.list_robots(person)
        ]

    return Table(
        name="robots",
        title=say("tui.robots"),
        columns=_with_state_first(
            [say(f"cli.robot.column.{name}") for name in robots.COLUMNS], _STATE_OF_ROBOT
        ),
        state=_STATE,
        none=say("cli.robot.none"),
        read=read,
        acts=(
            _act("s", "start", partial(place.robots.start, person)),
            _act("x", "stop", partial(place.robots.stop, person)),
        ),
    )


def _act(key: str, name: str, change: "Callable[[str], Awaitable[Robot]]") -> "Act":
    from drawbridge.entrypoints.tui.model import Act

    async def do(robot_id: str) -> str:
        robot = await change(robot_id)
        status = say(f"robots.status.{robot.status.value}")
        return say("cli.robot.changed", name=robot.name, status=status)

    return Act(key, say(f"tui.{name}"), lambda named: say(f"tui.{name}_sure", name=named), do)


def _orders(place: "Place", person: str) -> "Table":
    from drawbridge.entrypoints.tui.model import Row, Table
    from drawbridge.trading.history import Query

    async def read() -> "Sequence[Row]":
        names = await orders.names_of(place, person)
        return [
            Row(
                str(it.cursor),
                it.order.client_id,
                _with_state_first(orders.row_of(it, names), _STATE_OF_ORDER),
                _tone(it.order.state.value),
            )
            for it in await place.history.find(person, Query(), _MOST_ORDERS)
        ]

    return Table(
        name="orders",
        title=say("tui.orders"),
        columns=_with_state_first(
            [say(f"orders.{name}") for name in orders.COLUMNS], _STATE_OF_ORDER
        ),
        state=_STATE,
        none=say("orders.none_yet"),
        read=read,
    )


def _with_state_first(cells: Sequence[str], state: int) -> tuple[str, ...]:
    """Put the state behind the name: on a narrow terminal, it is what is looked for."""
    others = [cell for place, cell in enumerate(cells) if place not in {0, state}]
    return (cells[0], cells[state], *others)


def _tone(state: str) -> "Tone":
    """Give how a state is to be taken; keys, robots and orders have no two by one name."""
    from drawbridge.entrypoints.tui.model import Tone

    return next((Tone(tone) for tone, states in _TONES.items() if state in states), Tone.PLAIN)


async def _attention(place: "Place", person: str) -> str:
    """Say what keeps things from moving."""
    from drawbridge.entrypoints.cli.house import has_gateway, vault_status
    from drawbridge.vault.unlock import VaultStatus

    said = []
    if not await has_gateway(place):
        said.append(say("tui.no_gateway"))
    elif await vault_status(place) is not VaultStatus.OPEN:
        said.append(say("tui.vault_closed"))
    if await place.limits.find_stop(person):
        said.append(say("risk.band"))
    return " ".join(said)
