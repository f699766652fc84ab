"""A question before something is done."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from drawbridge.wording.say import say


class Question(ModalScreen[bool]):
    """Ask, and answer yes only where somebody says so: Escape and Enter at once mean no."""

    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Vertical {
        width: auto; max-width: 80%; height: auto; padding: 1 3;
        border: round $warning; background: $surface;
    }
    Question Label { width: auto; max-width: 100%; margin-bottom: 1; }
    Question Horizontal { width: auto; height: auto; }
    Question Button { margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape", "answer(False)", show=False),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, text: str) -> None:
        """Ask this."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """Show the question; the safe answer comes first and has the focus."""
        with Vertical():
            yield Label(self._text, markup=False)
            with Horizontal():
                yield Button(f"{say('tui.no')} (n)", id="no")
                yield Button(f"{say('tui.yes')} (y)", id="yes", variant="warning")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the answer."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001  textual calls it so
        """Take the answer that was typed."""
        self.dismiss(answer)
