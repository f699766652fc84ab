"""What typer says by itself around our sentences, said in the language that is spoken.

Typer has English words of its own for the frame of a help and for arguments that it refuses, and
no door through which others could be given. They are few and known, so they are exchanged in the
finished text; what typer may say besides stays as it is.
"""

import re
from collections.abc import Mapping
from typing import Final

from drawbridge.wording.say import say

_FRAME: Final[Mapping[str, re.Pattern[str]]] = {
    "cli.frame.usage": re.compile(r"^Usage:", re.MULTILINE),
    "cli.frame.arguments": re.compile(r"^Arguments:$", re.MULTILINE),
    "cli.frame.options": re.compile(r"^Options:$", re.MULTILINE),
    "cli.frame.commands": re.compile(r"^Commands:$", re.MULTILINE),
    "cli.frame.help": re.compile(r"Show\s+this\s+message\s+and\s+exit\."),
    "cli.frame.required": re.compile(r"(?<=\[)required(?=\])"),
    "cli.frame.default": re.compile(r"(?<=\[)default(?=:\s)"),
}
_REFUSED: Final[Mapping[str, re.Pattern[str]]] = {
    "cli.refused.option": re.compile(r"No such option: (?P<what>\S+).*", re.DOTALL),
    "cli.refused.command": re.compile(r"No such command '(?P<what>.*)'\."),
    "cli.refused.missing": re.compile(r"Missing (?:option|argument) '(?P<what>[^']*)'\..*"),
    "cli.refused.value": re.compile(r"Invalid value for '(?P<what>[^']*)': .*", re.DOTALL),
    "cli.refused.no_command": re.compile(r"Missing command\."),
}


def framed(text: str) -> str:
    """Put the frame of a help into words of ours."""
    for key, pattern in _FRAME.items():
        text = pattern.sub(_literally(say(key)), text)
    return text


def _literally(words: str) -> str:
    """Write words so that a substitution takes none of their signs for a command."""
    return words.replace("\\", r"\\")


def refusal_of(message: str) -> str:
    """Say in words of ours which argument typer refused."""
    for key, pattern in _REFUSED.items():
        if found := pattern.fullmatch(message):
            return say(key, **found.groupdict())
    return message
