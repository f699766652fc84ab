"""Fields of a form: read from a bounded body, shown again after a refusal, forgotten otherwise.

A body may hold secrets. It is read straight from the stream, so that no request object keeps
it, and what is shown again is named field by field by the handler.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from drawbridge.core.errors import BadInput, DrawbridgeError
from drawbridge.entrypoints.pages.uploads import MULTIPART, Upload, read_multipart
from drawbridge.wording.language import spoken
from drawbridge.wording.say import say_reason

# Larger than any field may be even when every byte is percent-encoded, so that a field that is
# too long is refused by its own name, and only absurd bodies are refused whole.
_MOST_BODY_BYTES: Final = 4_194_304
_MOST_FIELDS: Final = 256
_FORM: Final = "application/x-www-form-urlencoded"

Choices = Sequence[tuple[str, str]]
"""What may be chosen in a field: values, and the words that a person sees."""


class Fields:
    """What a person filled in. Its repr shows names only."""

    __slots__ = ("_files", "_values")

    def __init__(
        self, pairs: list[tuple[str, str]], files: Mapping[str, Upload] | None = None
    ) -> None:
        """Take the fields in the order of the form, and the files that were chosen."""
        self._files = files or {}
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        """Give the names; values may be secrets."""
        return f"Fields({', '.join(self._values)})"

    def text(self, name: str) -> str:
        """Give a field as it was typed; one that was not sent is empty."""
        return self._values.get(name, [""])[-1]

    def line(self, name: str) -> str:
        """Give a field without blanks around it."""
        return self.text(name).strip()

    def chosen(self, name: str) -> tuple[str, ...]:
        """Give all values of a field that may be ticked several times."""
        return tuple(self._values.get(name, ()))

    def file(self, name: str) -> Upload | None:
        """Give a file that was chosen; None where none was."""
        found = self._files.get(name)
        # A browser sends an empty one without a name where nothing was chosen.
        return found if found is not None and (found.name or found.raw) else None

    def keep(self, *names: str) -> dict[str, str]:
        """Give the fields that may be shown again. Never name a secret here."""
        return {name: self.text(name) for name in names if name in self._values}


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it is shown: what stood in it, and what was wrong with which field.

    `problem` is what was wrong with no single field of this form.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    ticked: frozenset[str] = frozenset()


def refused(
    error: DrawbridgeError,
    shown: tuple[str, ...],
    values: Mapping[str, str],
    ticked: frozenset[str] = frozenset(),
    choices: Mapping[str, Choices] | None = None,
) -> Form:
    """Show a form again after a refusal, the problem beside its field where it names one.

    `shown` are the fields that the form has; a problem of any other stands above the form.
    `choices` are what may be chosen in its fields: the person saw the words, not the values.
    """
    name, facts = str(error.facts.get("field", "")), error.facts
    if "known" in facts and choices is not None and name in choices:
        facts = {**facts, "known": spoken().comma.join(words for _, words in choices[name])}
    sentence = say_reason(error.code, facts)
    if name in shown:
        return Form(values, {name: sentence}, ticked=ticked)
    return Form(values, problem=sentence, ticked=ticked)


async def read_fields(request: Request) -> Fields:
    """Read the body of a form.

    Raises: `BadInput("form_not_readable")`, `BadInput("form_too_large")`.
    """
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in {_FORM, MULTIPART}:
        raise BadInput("form_not_readable")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BODY_BYTES:
            raise BadInput("form_too_large")
    try:
        if kind == MULTIPART:
            return Fields(*read_multipart(content_type, bytes(body)))
        pairs = parse_qsl(
            body.decode("ascii", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise BadInput("form_not_readable") from None
    finally:
        body[:] = bytes(len(body))  # It may have held a secret; this copy at least is gone now.
    return Fields(pairs)
