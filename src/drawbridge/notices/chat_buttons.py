"""The button under notices in a linked chat: it leads to the robot or key that they are about.

What stands in a button is read by the bot (`entrypoints/telegram/screens.py`), which shows the
robot or key in a message below, so that the notice stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.notices.model import Kept
from drawbridge.wording.say import say

BELOW: Final = "below"
_KINDS: Final = frozenset({"robot", "key"})
_MOST_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class ChatButton:
    """A button: its words, and the data that Telegram gives to the bot when it is pressed."""

    words: str
    data: str


def button_of(kept: Sequence[Kept]) -> ChatButton | None:
    """Give the button under notices that are all about one robot or one key, None otherwise."""
    subjects = {it.notice.subject for it in kept}
    subject = subjects.pop() if len(subjects) == 1 else ""
    kind = subject.partition("_")[0]
    data = f"go:{kind}:{subject}:{BELOW}"
    if kind not in _KINDS or not subject.isascii() or len(data) > _MOST_BYTES:
        return None
    return ChatButton(say(f"telegram.button.open_{kind}"), data)
