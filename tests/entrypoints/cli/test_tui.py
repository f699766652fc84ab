"""What the screen in the terminal is made of: the commands' own rows, here and elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from textual.widgets import DataTable

from drawbridge.app.remotes import Remote
from drawbridge.entrypoints.cli.house import Place
from drawbridge.entrypoints.cli.remote_place import Elsewhere
from drawbridge.entrypoints.cli.tui import board_of
from drawbridge.entrypoints.tui.app import Looking
from drawbridge.entrypoints.tui.model import Tone
from drawbridge.robots.model import RobotStatus
from tests.kit.house import until
from tests.kit.program_life import Life
from tests.kit.remote_line import RemoteLine, life, line

__all__ = ["life", "line"]


@pytest.fixture(params=["here", "elsewhere"])
def place(request: pytest.FixtureRequest, line: RemoteLine, life: Life) -> Place:
    if request.param == "here":
        return life.site.house
    return Elsewhere(Remote("", line.address, line.token_file))


@asynccontextmanager
async def _looking(place: Place, life: Life) -> AsyncIterator[Looking]:
    board = board_of(place, life.owner)
    yield Looking(board, life.site.house.clock)


async def test_the_board_has_robots_keys_and_orders(place: Place, life: Life) -> None:
    board = board_of(place, life.owner)
    rows = {table.name: await table.read() for table in board.tables}
    assert {name: len(found) for name, found in rows.items()} == {
        "robots": 1,
        "keys": 1,
        "orders": 7,
    }
    assert (rows["robots"][0].id, rows["keys"][0].tone) == (life.robot, Tone.GOOD)
    for table in board.tables:
        assert all(len(row.cells) == len(table.columns) for row in rows[table.name])
    await life.site.house.limits.stop(life.owner, of=life.owner)
    assert "stopped" in await board.attention()


async def test_a_robot_is_started_and_stopped_from_the_screen(place: Place, life: Life) -> None:
    house = life.site.house
    async with _looking(place, life) as screen, screen.run_test(size=(160, 30)) as pilot:

        async def shows(status: str) -> bool:
            await pilot.pause()
            table = screen.query_one("#robots DataTable", DataTable)
            return bool(table.row_count) and status in map(str, table.get_row_at(0))

        async def asked() -> bool:
            await pilot.pause()
            return len(screen.screen_stack) > 1

        await until(partial(shows, "stopped"), "the robot")
        for key, status in (("s", "starting"), ("x", "stopping")):
            await pilot.press(key)
            await until(asked, "the question")
            await pilot.press("y")
            await until(partial(shows, status), status)
    robot = await house.robots.get_robot(life.owner, life.robot)
    assert robot.status is RobotStatus.STOPPING


async def test_without_a_terminal_it_is_refused(line: RemoteLine) -> None:
    code, out, err = await line.at("tui")
    assert (code, out, "robot list --json" in err) == (2, "", True)
