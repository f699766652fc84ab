"""What the bot shows: a text with buttons under it.

Where a button leads stands in its data, never in its words, so that all of them work in every
language, also under messages of before the language was changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from drawbridge.wording.say import say

_MOST_LETTERS: Final = 4_000
_LONGEST_WORDS: Final = 60
_MOST_LISTED: Final = 50
MAIN: Final = "main"


class Go(CallbackData, prefix="go"):
    """Where a button leads: to a screen or to an act, of what, and how."""

    to: str
    what: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A button with its words."""

    words: str
    go: Go


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """A text and rows of buttons."""

    text: str
    rows: Rows = ()

    @property
    def told(self) -> str:
        """Give the text as a message may hold it; Telegram counts a sign beyond 16 bits twice."""
        if len(self.text.encode("utf-16-le")) <= 2 * _MOST_LETTERS:
            return self.text
        cut = self.text.encode("utf-16-le")[: 2 * _MOST_LETTERS]
        return cut.decode("utf-16-le", "ignore") + "…"

    @property
    def keyboard(self) -> InlineKeyboardMarkup | None:
        """Give the buttons as Telegram has them."""
        rows = [[_drawn(button) for button in row] for row in self.rows]
        return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def button(key: str, to: str, what: str = "", how: str = "") -> Button:
    """Make a button whose words stand in the wording files."""
    return Button(say(f"telegram.button.{key}"), Go(to=to, what=what, how=how))


def named(words: str, to: str, what: str = "", how: str = "") -> Button:
    """Make a button with words of its own: the name of a key, a robot or an exchange."""
    return Button(words, Go(to=to, what=what, how=how))


def back_to(to: str, what: str = "") -> tuple[Button, ...]:
    """Give the row that every screen ends with: back, and to the main menu."""
    return (button("back", to, what), button("main", MAIN))


def home_row() -> tuple[Button, ...]:
    """Give the row that leads to the main menu alone."""
    return (button("main", MAIN),)


def listed(buttons: Sequence[Button], lead: str) -> tuple[str, Rows]:
    """Put one button into each row; of too many, the text tells how many more there are.

    Why: Telegram takes a hundred buttons; whoever has more looks at the page.
    """
    rows = tuple((made,) for made in buttons[:_MOST_LISTED])
    more = len(buttons) - len(rows)
    return (f"{lead}\n\n{say('holdings.more', count=more)}" if more else lead), rows


def in_rows(buttons: Sequence[Button], width: int) -> Rows:
    """Put buttons side by side."""
    return tuple(tuple(buttons[begin : begin + width]) for begin in range(0, len(buttons), width))


def _drawn(made: Button) -> InlineKeyboardButton:
    words = made.words
    if len(words) > _LONGEST_WORDS:
        words = words[: _LONGEST_WORDS - 1] + "…"
    return InlineKeyboardButton(text=words, callback_data=made.go.pack())
