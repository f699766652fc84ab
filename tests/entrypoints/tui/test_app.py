"""The screen of tables: what stands there, what the keys do, and what goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Static
from textual.worker import WorkerFailed

from drawbridge.core.clock import SteppedClock
from drawbridge.core.errors import ExchangeDown
from drawbridge.entrypoints.tui.app import Looking
from drawbridge.entrypoints.tui.model import Act, Board, Row, Table, Tone
from drawbridge.wording.language import speaking
from drawbridge.wording.say import say
from tests.kit.house import until

_NEVER_S = 3_600


@dataclass
class Stock:
    """Rows that a test changes, what was done to them, and what needs attention."""

    rows: list[Row] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    attention: str = ""
    is_down: bool = False

    async def read(self) -> Sequence[Row]:
        self._check()
        return tuple(self.rows)

    async def act(self, row_id: str) -> str:
        self._check()
        self.done.append(row_id)
        return f"{row_id} started"

    async def attend(self) -> str:
        self._check()
        return self.attention

    def _check(self) -> None:
        if self.is_down:
            raise ExchangeDown("remote_too_slow", address="https://bridge.example.com")

    def screen(self, every_s: int = _NEVER_S) -> Looking:
        """Give the screen over it: robots that can be started, and keys."""
        act = Act("s", "Start", lambda name: f"Start {name}?", self.act)
        columns = ("name", "status")
        robots = Table("robots", "Robots", columns, 1, "no robots", self.read, (act,))
        keys = Table("keys", "Keys", columns, 1, "no keys", self.read)
        board = Board("Drawbridge", (robots, keys), self.attend, every_s)
        return Looking(board, SteppedClock(1_790_000_000_000))


def _row(name: str, status: str = "stopped", tone: Tone = Tone.PLAIN) -> Row:
    return Row(f"id_{name}", name, (name, status), tone)


def _shown(screen: Looking, table: str = "robots") -> list[list[str]]:
    widget = screen.query_one(f"#{table} DataTable", DataTable)
    return [[str(cell) for cell in widget.get_row_at(at)] for at in range(widget.row_count)]


def _text(screen: Looking, name: str) -> str:
    return str(screen.query_one(name, Static).render())


async def _asked(screen: Looking, pilot: Pilot[None]) -> None:
    async def there() -> bool:
        await pilot.pause()
        return len(screen.screen_stack) > 1

    await until(there, "the question")


async def _read(screen: Looking, pilot: Pilot[None]) -> None:
    await screen.workers.wait_for_complete()
    await pilot.pause()


async def test_rows_are_shown_with_their_tone_and_none_as_a_sentence() -> None:
    stock = Stock([_row("Ace", "started", Tone.GOOD), _row("Bob [red]", "paused", Tone.BAD)])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        assert _shown(screen) == [["Ace", "started"], ["Bob [red]", "paused"]]
        cell = screen.query_one("#robots DataTable", DataTable).get_cell("id_Ace", "1")
        assert cell.style == "green"
        stock.rows.clear()
        await pilot.press("r")
        await _read(screen, pilot)
        assert not screen.query_one("#robots DataTable").display
        assert screen.query_one("#robots .none").display


async def test_the_chosen_row_stays_chosen_when_others_come_and_change() -> None:
    stock = Stock([_row("Ace"), _row("Bob")])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        await pilot.press("down")
        stock.rows[:] = [_row("New"), _row("Ace", "started"), _row("Bob", "started")]
        await pilot.press("r")
        await _read(screen, pilot)
        assert screen.query_one("#robots DataTable", DataTable).cursor_row == 2
        stock.rows[2] = _row("Bob", "paused")
        await pilot.press("r")
        await _read(screen, pilot)
        assert _shown(screen)[2] == ["Bob", "paused"]


async def test_nothing_is_done_before_somebody_says_yes() -> None:
    stock = Stock([_row("Ace")])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        for answer in ("n", "escape", "enter"):
            await pilot.press("s")
            await _asked(screen, pilot)
            await pilot.press(answer)
            await _read(screen, pilot)
        assert stock.done == []
        await pilot.press("s")
        await _asked(screen, pilot)
        await pilot.press("y")
        await _read(screen, pilot)
        assert stock.done == ["id_Ace"]


async def test_yes_can_be_pressed_as_a_button() -> None:
    stock = Stock([_row("Ace")])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        await pilot.press("s")
        await _asked(screen, pilot)
        await pilot.click("#yes")
        await _read(screen, pilot)
        assert stock.done == ["id_Ace"]


async def test_an_act_is_offered_only_where_the_table_knows_it() -> None:
    stock = Stock([_row("Ace")])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        await pilot.press("2")
        await _read(screen, pilot)
        await pilot.press("s")
        await pilot.pause()
        assert len(screen.screen_stack) == 1
        offered = {it.binding.key for it in screen.screen.active_bindings.values() if it.enabled}
        assert ("s" in offered, {"1", "2", "r", "q"} <= offered) == (False, True)


async def test_a_table_is_read_as_soon_as_it_comes_to_the_front() -> None:
    stock = Stock([_row("Ace")])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        assert _shown(screen, "keys") == []
        await pilot.press("2")
        await _read(screen, pilot)
        await _read(screen, pilot)
        assert _shown(screen, "keys") == [["Ace", "stopped"]]


async def test_without_a_row_nothing_is_asked() -> None:
    screen = Stock().screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        await pilot.press("s")
        await _read(screen, pilot)
        assert len(screen.screen_stack) == 1


async def test_what_needs_attention_stands_above_until_it_is_mended() -> None:
    stock = Stock([_row("Ace")], attention="The vault is locked.")
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        assert (screen.query_one("#attention").display, _text(screen, "#attention")) == (
            True,
            "The vault is locked.",
        )
        stock.attention = ""
        await pilot.press("r")
        await _read(screen, pilot)
        assert not screen.query_one("#attention").display


async def test_a_line_that_breaks_is_told_and_what_was_read_stays() -> None:
    stock = Stock([_row("Ace")])
    screen = stock.screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        stock.is_down = True
        await pilot.press("r")
        await _read(screen, pilot)
        assert "bridge.example.com" in _text(screen, "#told")
        assert _shown(screen) == [["Ace", "stopped"]]
        await pilot.press("s")
        await _asked(screen, pilot)
        await pilot.press("y")
        await _read(screen, pilot)
        assert stock.done == []
        stock.is_down = False
        await pilot.press("r")
        await _read(screen, pilot)
        assert "2026" in _text(screen, "#told")


async def test_tables_are_read_again_by_themselves() -> None:
    stock = Stock([_row("Ace")])
    screen = stock.screen(every_s=1)
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        stock.rows[0] = _row("Ace", "started")

        async def seen() -> bool:
            await pilot.pause()
            return _shown(screen) == [["Ace", "started"]]

        await until(seen, "the change")


async def test_of_a_fault_of_ours_no_value_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken(Stock):
        async def read(self) -> Sequence[Row]:
            hidden = "dbr_hidden"
            raise RuntimeError(hidden[:3])

    screen = Broken().screen()
    with pytest.raises(WorkerFailed):
        async with screen.run_test() as pilot:
            await _read(screen, pilot)
    assert screen.fault is not None
    assert "hidden" not in "".join(capsys.readouterr())


async def test_its_own_words_are_in_the_language_of_the_person() -> None:
    with speaking("ru"):
        screen = Stock([_row("Ace")]).screen()
        async with screen.run_test() as pilot:
            await _read(screen, pilot)
            words = {it.binding.description for it in screen.screen.active_bindings.values()}
            assert {say("tui.quit"), say("tui.again")} <= words
            assert say("tui.read", at="").rstrip(" .") in _text(screen, "#told")


async def test_the_person_goes_by_q() -> None:
    screen = Stock([_row("Ace")]).screen()
    async with screen.run_test() as pilot:
        await _read(screen, pilot)
        await pilot.press("q")
    assert screen.return_code == 0
