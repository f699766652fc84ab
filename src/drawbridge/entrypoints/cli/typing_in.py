"""Reading secrets: from a hidden prompt, or from a pipe. Never from an argument.

Why: arguments stand in the shell's history and in the list of processes, where anybody on the
machine can read them.
"""

import getpass
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from drawbridge.catalogue.card import Card, CredentialField
from drawbridge.core.errors import BadInput
from drawbridge.core.secret import Secret
from drawbridge.entrypoints.cli.output import print_hint
from drawbridge.wording.say import say

_MAX_CHARACTERS: Final = 1 << 18


def read_fields(card: Card) -> dict[str, str]:
    """Read the fields of a new key: asked for on a terminal, else from standard input.

    Shape: from a pipe, a JSON object of field names and texts (null counts as left out), which
    is what `drawbridge paper key --json` prints; or one line per required field, in the order
    in which the exchange shows them.
    Raises: `BadInput` naming the field.
    """
    if is_typed():
        return _asked(card)
    text = sys.stdin.read(_MAX_CHARACTERS + 1)
    if len(text) > _MAX_CHARACTERS:
        raise BadInput("too_long", field="stdin", most=_MAX_CHARACTERS)
    if text.lstrip().startswith("{"):
        return _from_json(text)
    return _from_lines(text, [part for part in card.credentials if part.required])


def print_cleaned(fields: Iterable[str]) -> None:
    """Say which fields were not taken quite as they were typed."""
    for name in fields:
        print_hint(say("cli.key.add.cleaned", field=say(f"field.{name}")))


def is_typed() -> bool:
    """Tell whether a person sits at a terminal, who can be asked."""
    return sys.stdin.isatty()


def read_new_secret(prompt: str, field: str) -> Secret:
    """Ask twice for a new password or passphrase, or read one line from a pipe.

    Raises: `BadInput("not_the_same")` when the two differ.
    """
    first = read_secret(prompt)
    if is_typed() and read_secret(say("cli.prompt.again")) != first:
        raise BadInput("not_the_same", field=field)
    return first


def read_secret(prompt: str) -> Secret:
    """Ask for a password or passphrase without showing it, or read one line from a pipe."""
    return Secret(getpass.getpass(prompt) if is_typed() else _piped_line())


def read_line(prompt: str) -> str:
    """Ask for a line that may be seen while it is typed, or read it from a pipe."""
    if not is_typed():
        return _piped_line().strip()
    # Beside the result, as every hint: what is printed may be kept in a file.
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return input().strip()


def is_answered_yes(question: str) -> bool:
    """Ask a person at a terminal."""
    print_hint(question)
    return read_line(say("cli.prompt.confirm")).casefold() in {"y", "yes"}


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone.

    Raises: `BadInput("not_confirmed")` unless it was confirmed, by answer or by `--yes`.
    """
    if not yes and not (is_typed() and is_answered_yes(question)):
        raise BadInput("not_confirmed", field="yes")


def _piped_line() -> str:
    return sys.stdin.readline(_MAX_CHARACTERS).rstrip("\r\n")


def _asked(card: Card) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in card.credentials:
        if not part.required or part.either in given:
            continue
        label = f"{part.label}: "
        given[part.field] = getpass.getpass(label) if part.secret else input(label)
    return given


def _from_json(text: str) -> dict[str, str]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        # Not shown and not kept: the text may hold a secret.
        raise BadInput("stdin_not_json", field="stdin") from None
    fields: dict[str, str] = {}
    for name, value in told.items():
        if isinstance(value, str):
            fields[name] = value
        elif value is not None:
            raise BadInput("stdin_not_texts", field="stdin")
    return fields


def _from_lines(text: str, parts: Sequence[CredentialField]) -> dict[str, str]:
    lines = text.splitlines()
    if len(lines) < len(parts):
        missing = parts[len(lines)]
        raise BadInput("missing_field", field=missing.field)
    last = len(parts) - 1
    fields = {part.field: lines[place] for place, part in enumerate(parts)}
    if parts and parts[last].multiline:
        fields[parts[last].field] = "\n".join(lines[last:])
    return fields
