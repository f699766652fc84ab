"""The buttons under notices in a linked chat: they answer, or lead to the robot or key.

What stands in a button is read by the bot (`entrypoints/telegram/screens.py`), which shows the
robot or key in a message below, so that the notice stays; an answer stands in place of a question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from drawbridge.notices.model import Kept
from drawbridge.wording.say import say

BELOW: Final = "below"
_KINDS: Final = frozenset({"robot", "key"})
_APPROVAL: Final = "approval"
_ANSWERS: Final = ("approve", "decline")
_MOST_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class ChatButton:
    """A button: its words, and the data that Telegram gives to the bot when it is pressed."""

    words: str
    data: str


def buttons_of(kept: Sequence[Kept]) -> tuple[ChatButton, ...]:
    """Give the buttons under notices that are all about one thing, none otherwise."""
    subjects = {it.notice.subject for it in kept}
    subject = subjects.pop() if len(subjects) == 1 else ""
    if not subject.isascii():
        return ()
    kind = subject.partition("_")[0]
    if kind == _APPROVAL:
        made = [_answer(act, subject) for act in _ANSWERS]
    elif kind in _KINDS:
        words = say(f"telegram.button.open_{kind}")
        made = [ChatButton(words, f"go:{kind}:{subject}:{BELOW}")]
    else:
        made = []
    return tuple(it for it in made if len(it.data) <= _MOST_BYTES)


def _answer(act: str, subject: str) -> ChatButton:
    return ChatButton(say(f"telegram.button.{act}"), f"go:{act}:{subject}:")
