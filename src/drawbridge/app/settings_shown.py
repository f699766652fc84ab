"""What holds of the settings, and where each value came from. Holds no secret.

Values are those that a child process would be started with, which is to say checked and whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from drawbridge.app.settings import Settings
from drawbridge.app.settings_file import CONFIG, settings_in


class Source(StrEnum):
    """Where a value came from."""

    COMMAND = "command"
    ENVIRONMENT = "environment"
    FILE = "file"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting; an empty value is not set."""

    name: str
    value: str
    source: Source


def show_settings(
    settings: Settings, given: Mapping[str, str], named: frozenset[str] = frozenset()
) -> tuple[Shown, ...]:
    """Give all settings; `given` is the environment, `named` what the command itself said."""
    told = settings.environment()
    config = settings.config
    in_file = {} if config is None else settings_in(config, told.keys() - {CONFIG})
    return tuple(
        Shown(name, _without_password(value), _source_of(name, given, in_file, named))
        for name, value in told.items()
    )


def _source_of(
    name: str, given: Mapping[str, str], in_file: Mapping[str, str], named: frozenset[str]
) -> Source:
    if name in named:
        return Source.COMMAND
    if given.get(name):
        return Source.ENVIRONMENT
    return Source.FILE if in_file.get(name) else Source.USUAL


def _without_password(value: str) -> str:
    """Take a password out of an address. Why: one of somebody else's servers may hold one."""
    if "://" not in value or "@" not in value:
        return value
    parts = urlsplit(value)
    user, at, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + place))
