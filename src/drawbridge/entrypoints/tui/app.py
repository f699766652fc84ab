"""The program in the terminal: tables under tabs, read again and again, and acts on a row."""

import asyncio
from collections.abc import Sequence
from typing import Final

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Static, TabbedContent, TabPane

from drawbridge.core.clock import Clock
from drawbridge.core.errors import DrawbridgeError
from drawbridge.entrypoints.tui.asking import Question
from drawbridge.entrypoints.tui.model import Act, Board, Row, Table, Tone
from drawbridge.wording.formats import moment
from drawbridge.wording.say import say, say_error

_LONG_S: Final = 15
_STYLES: Final = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.UNDER_WAY: "yellow",
    Tone.BAD: "bold red",
}


class Looking(App[None]):
    """Look on until the person goes."""

    TITLE = "Drawbridge"
    # Its words are English only, and everything it offers has a key in the last line.
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #title { height: 1; padding: 0 1; background: $primary; color: $text; text-style: bold; }
    #attention { height: auto; padding: 0 1; background: $warning; color: $text; display: none; }
    #attention.on { display: block; }
    #told { height: 1; padding: 0 1; color: $text-muted; }
    #told.bad { color: $error; height: auto; }
    #tabs { height: 1fr; }
    TabPane { padding: 0; }
    DataTable { height: 1fr; }
    .none { padding: 1 2; color: $text-muted; display: none; }
    """

    def __init__(self, board: Board, clock: Clock) -> None:
        """Show this board."""
        super().__init__()
        self._board = board
        self._clock = clock
        self._reading = asyncio.Lock()
        self._rows: dict[str, Sequence[Row]] = {}

    def compose(self) -> ComposeResult:
        """Put the tables under tabs."""
        yield Static(self._board.title, id="title", markup=False)
        yield Static("", id="attention", markup=False)
        with TabbedContent(id="tabs"):
            for table in self._board.tables:
                with TabPane(table.title, id=table.name):
                    yield Static(table.none, classes="none", markup=False)
                    yield DataTable(cursor_type="row", zebra_stripes=True, fixed_columns=1)
        yield Static(say("tui.reading"), id="told", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Name the columns, begin to read, and say which keys do what."""
        for table in self._board.tables:
            for place, column in enumerate(table.columns):
                self._widget(table).add_column(column, key=str(place))
        for number, table in enumerate(self._board.tables, 1):
            self.bind(str(number), f"show('{table.name}')", description=table.title)
        for table in self._board.tables:
            for act in table.acts:
                self.bind(act.key, f"act('{act.key}')", description=act.label)
        self.bind("r", "look", description=say("tui.again"))
        self.bind("q", "quit", description=say("tui.quit"))
        self._focus()
        self.set_interval(self._board.every_s, self.action_look)
        self.action_look()

    @property
    def fault(self) -> Exception | None:
        """Give the fault of ours that ended the program, None where the person went."""
        return self._exception

    def _print_error_renderables(self) -> None:
        """Print nothing of a fault. Why: it would be shown with the values of all names."""
        self._exit_renderables.clear()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer an act only where the table that is shown knows it."""
        if action != "act" or not self.is_running:
            return True
        return any(act.key in parameters for act in self._table().acts)

    def on_tabbed_content_tab_activated(self) -> None:
        """Let the keys of the table work that has come to the front, and read it at once."""
        self._focus()
        self.refresh_bindings()
        self.action_look()

    def action_show(self, name: str) -> None:
        """Bring a table to the front."""
        self.query_one("#tabs", TabbedContent).active = name

    @work(exclusive=True, group="look")
    async def action_look(self) -> None:
        """Read the table in front, and what needs attention."""
        await self._look()

    @work(group="act")
    async def action_act(self, key: str) -> None:
        """Ask whether it is meant, do it, and tell what came of it."""
        table = self._table()
        row = self._row(table)
        act = next((it for it in table.acts if it.key == key), None)
        if act is None or row is None:
            return
        if not await self.push_screen_wait(Question(act.question(row.name))):
            self.notify(say("tui.not_done"), markup=False)
            return
        await self._do(act, row)

    async def _do(self, act: Act, row: Row) -> None:
        try:
            told = await act.do(row.id)
        except DrawbridgeError as error:
            self.notify(say_error(error), severity="error", timeout=_LONG_S, markup=False)
            return
        self.notify(told, markup=False)
        await self._look()

    async def _look(self) -> None:
        # One at a time: on a slow line, the next look must not overtake this one.
        async with self._reading:
            if not self.query("#tabs"):
                return
            table = self._table()
            try:
                attention = await self._board.attention()
                rows = await table.read()
            except DrawbridgeError as error:
                # What was read last stays on the screen; this line says that it is old.
                self._tell(say_error(error), is_bad=True)
                return
            if not self.query("#told"):
                # The person has gone while this was read.
                return
            self._attend(attention)
            self._fill(table, rows)
            self._tell(say("tui.read", at=moment(self._clock.now_ms())))

    def _attend(self, text: str) -> None:
        band = self.query_one("#attention", Static)
        band.update(text)
        band.set_class(bool(text), "on")

    def _fill(self, table: Table, rows: Sequence[Row]) -> None:
        """Show rows; where the same ones stand in the same order, only what has changed."""
        widget = self._widget(table)
        if [row.id for row in rows] != [row.id for row in self._rows.get(table.name, ())]:
            chosen, place = self._row(table), widget.cursor_row
            widget.clear()
            for row in rows:
                widget.add_row(*_cells(table, row), key=row.id)
            kept = [place for place, row in enumerate(rows) if chosen and row.id == chosen.id]
            widget.move_cursor(row=kept[0] if kept else min(place, max(0, len(rows) - 1)))
        else:
            self._update(table, rows)
        self._rows[table.name] = rows
        widget.display = bool(rows)
        self.query_one(f"#{table.name} .none").display = not rows

    def _update(self, table: Table, rows: Sequence[Row]) -> None:
        widget = self._widget(table)
        for row, before in zip(rows, self._rows.get(table.name, ()), strict=True):
            if row == before:
                continue
            for place, cell in enumerate(_cells(table, row)):
                widget.update_cell(row.id, str(place), cell, update_width=True)

    def _tell(self, text: str, *, is_bad: bool = False) -> None:
        for line in self.query("#told").results(Static):
            line.update(text)
            line.set_class(is_bad, "bad")

    def _focus(self) -> None:
        self._widget(self._table()).focus()

    def _table(self) -> Table:
        """Give the table in front."""
        name = self.query_one("#tabs", TabbedContent).active
        return next((it for it in self._board.tables if it.name == name), self._board.tables[0])

    def _row(self, table: Table) -> Row | None:
        """Give the row that the person has chosen."""
        rows, place = self._rows.get(table.name, ()), self._widget(table).cursor_row
        return rows[place] if 0 <= place < len(rows) else None

    def _widget(self, table: Table) -> "DataTable[Text]":
        return self.query_one(f"#{table.name} DataTable", DataTable)


def _cells(table: Table, row: Row) -> list[Text]:
    """Give cells as texts, not as markup: what people named their keys is not interpreted."""
    return [
        Text(cell, style=_STYLES[row.tone] if place == table.state else "")
        for place, cell in enumerate(row.cells)
    ]
