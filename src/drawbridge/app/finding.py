"""What was found out about one thing, and how bad it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drawbridge.core.errors import DrawbridgeError


class Health(StrEnum):
    """How a thing looked at stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out about one thing; its sentence is `doctor.<what>.<found>`.

    `error` is a code with a sentence of its own, where one was raised.
    """

    what: str
    health: Health
    found: str
    facts: Mapping[str, object] = field(default_factory=dict)
    error: DrawbridgeError | None = None
