"""Making and adding keys from a phone: possible, but only for who has read why a computer is safer.

Browsers on phones say that they are. Whoever hides it is spared the question and loses nothing:
it protects the person in front of the screen, not us from them.
"""

from typing import Final

from starlette.requests import Request

from drawbridge.core.errors import BadInput
from drawbridge.entrypoints.pages.fields import Fields

FIELD: Final = "on_phone"
"""The field of a form into which the word is typed."""

# Chromium says it in a header of its own; all others have "Mobi" in their name, as Mozilla asks.
_HINT: Final = "sec-ch-ua-mobile"
_MARK: Final = "Mobi"


def is_phone(request: Request) -> bool:
    """Tell whether a browser says that it runs on a phone."""
    hint = request.headers.get(_HINT)
    return hint == "?1" if hint is not None else _MARK in request.headers.get("user-agent", "")


def check_phone(request: Request, fields: Fields, word: str) -> None:
    """Make sure that who adds a key from a phone means to, by a word that they typed.

    Raises: `BadInput("phone_unconfirmed")`.
    """
    typed = " ".join(fields.text(FIELD).split()).casefold()
    if is_phone(request) and typed != word.casefold():
        raise BadInput("phone_unconfirmed", field=FIELD, word=word)
