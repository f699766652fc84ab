"""A text that cannot print itself.

`Secret` guards against the accidental ways out: repr, str, format, logging, pickling, JSON.
It does not encrypt; what lies at rest is sealed by `sealing/`.
"""

import hmac
from typing import Final, NoReturn

MASK: Final = "[secret]"
_SHOWN = 4
_MIN_LENGTH_TO_SHOW = 16


class Secret:
    """Hold a secret text; only `reveal` gives it back."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Take the text."""
        self._text = text

    def reveal(self) -> str:
        """Give the text, at the one line that needs it."""
        return self._text

    def __repr__(self) -> str:
        """Give the mask. Why: tracebacks and debuggers print reprs."""
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        """Give the mask, so that f-strings cannot leak it either."""
        return MASK

    def __len__(self) -> int:
        """Give the length of the text, which format checks need and which reveals nothing."""
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        """Compare in constant time, so that timing tells nothing about where texts differ."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # A secret as a dict key would live on in tables.

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied into another process."""
        message = "a secret cannot be pickled"
        raise TypeError(message)


def masked(public_text: str) -> str:
    """Show the first and last four characters of a key id, enough to recognise it by.

    Why: short texts are hidden whole; eight characters of a short one would be most of it.
    """
    if len(public_text) < _MIN_LENGTH_TO_SHOW:
        return "…"
    return f"{public_text[:_SHOWN]}…{public_text[-_SHOWN:]}"
