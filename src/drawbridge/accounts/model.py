"""What an account is, and the rules for its name and password.

Values and pure rules; hashing is in `passwords`, codes are in `second_factor`.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Protocol

from drawbridge.accounts.roles import Role
from drawbridge.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from drawbridge.core.errors import BadInput
from drawbridge.core.ids import OwnerId
from drawbridge.core.secret import Secret
from drawbridge.sealing.envelope import bytes_of

MAX_NAME_LENGTH: Final = 64
MIN_PASSWORD_LENGTH: Final = 12
MAX_PASSWORD_LENGTH: Final = 1024

SESSION_IDLE_MS: Final = 12 * HOUR_MS
SESSION_LONGEST_MS: Final = 7 * DAY_MS
# Seeing a session is written down this often and not at every page.
SESSION_SEEN_EVERY_MS: Final = 5 * MINUTE_MS

_LEAST_DIFFERENT: Final = 5


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who can log in; `second_factor` tells whether an authenticator is set up.

    `language` is the tag of the language that they have chosen, empty before they have; `sees` is
    whose things they are shown when they have none of their own. Who is ended logs in no more.
    """

    id: OwnerId
    name: str
    created_ms: int
    second_factor: bool = False
    language: str = ""
    role: Role = Role.MEMBER
    sees: str = ""
    ended_ms: int | None = None

    @property
    def account(self) -> OwnerId:
        """Give whose keys, robots and orders this person is shown."""
        return OwnerId(self.sees) if self.sees else self.id


class Doer(Protocol):
    """Whoever does something to others, as the log names them; what they may is looked up."""

    @property
    def id(self) -> OwnerId:
        """Give their id."""

    @property
    def name(self) -> str:
        """Give their name."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new authenticator, shown once: the secret to type and the address to draw as a QR."""

    secret: Secret
    uri: Secret


def clean_name(text: str) -> str:
    """Bring a name into the form in which it is kept.

    Raises: `BadInput("name_missing")`, `BadInput("name_too_long")`,
    `BadInput("name_unreadable")`.
    """
    name = " ".join(unicodedata.normalize("NFC", text[: MAX_NAME_LENGTH * 16]).split())
    if not name:
        raise BadInput("name_missing", field="name")
    if len(name) > MAX_NAME_LENGTH:
        raise BadInput("name_too_long", field="name", most=MAX_NAME_LENGTH)
    if not name.isprintable():
        raise BadInput("name_unreadable", field="name")
    return name


def fold_name(name: str) -> str:
    """Give the form in which names are held against each other: no two may look alike."""
    return unicodedata.normalize("NFKC", name).casefold()


def check_password(password: Secret, name: str) -> None:
    """Refuse a new password that is short or easily guessed.

    Raises: `BadInput("password_too_short")`, `BadInput("password_too_long")`,
    `BadInput("password_too_easy")`, `BadInput("not_text")`.
    """
    text = password.reveal()
    if len(text.strip()) < MIN_PASSWORD_LENGTH:
        raise BadInput("password_too_short", field="password", least=MIN_PASSWORD_LENGTH)
    if len(text) > MAX_PASSWORD_LENGTH:
        raise BadInput("password_too_long", field="password", most=MAX_PASSWORD_LENGTH)
    bytes_of(password, "password")
    folded = text.casefold()
    word = _word_of(folded)
    own_name = _word_of(fold_name(name))
    if len(set(folded)) < _LEAST_DIFFERENT or word in {"", own_name} or word in _easy_words():
        raise BadInput("password_too_easy", field="password")


def _word_of(text: str) -> str:
    """Take digits and signs off, and of a word said several times give it once."""
    letters = "".join(letter for letter in text if letter.isalpha())
    # A word that repeats itself is found in its own double before the double's second half.
    period = (letters + letters).find(letters, 1)
    return letters[:period] if period > 0 else letters


@cache
def _easy_words() -> frozenset[str]:
    return frozenset(files(__package__).joinpath("easy_words.txt").read_text("utf-8").split())
